"""Processors: the time of one that a process and all below it used, which others hardly move, and
keeping to one of them."""
import contextlib
import os

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


def tree(pid):
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{parent}/children") as file:
            found += [int(child) for child in file.read().split()]
    return found


def used_us(pid):
    """Since they started, their reaped children included."""
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError), open(f"/proc/{each}/stat") as file:
            ticks += sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:15])
    return ticks * TICK_US


def per_request_us(pid, load):
    """Of `load()`, which gives the number of its requests."""
    before = used_us(pid)
    requests = load()
    return (used_us(pid) - before) / requests


def move(pid, processors):
    """All threads of a process and of those below it."""
    for each in tree(pid):
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{each}/task"):
                os.sched_setaffinity(int(thread), processors)


@contextlib.contextmanager
def on_one():
    """The caller and all that it started run on one processor: a request that wakes a process on
    another takes twice as long as one that does not, and which it is changes by the second."""
    before = os.sched_getaffinity(0)
    move(os.getpid(), {max(before)})
    try:
        yield
    finally:
        move(os.getpid(), before)
