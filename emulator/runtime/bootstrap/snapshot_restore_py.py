"""SnapStart's hooks, which functions register as they load. There are no snapshots here, so nobody calls
them, as on Lambda without SnapStart."""
before_snapshot = []
after_restore = []


def register_before_snapshot(function, *arguments, **named):
    """Also a decorator, as the next one is."""
    before_snapshot.append((function, arguments, named))
    return function


def register_after_restore(function, *arguments, **named):
    after_restore.append((function, arguments, named))
    return function


def get_before_snapshot():
    return before_snapshot


def get_after_restore():
    return after_restore
