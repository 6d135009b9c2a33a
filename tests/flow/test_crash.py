"""SIGKILL under load by writers of every kind, a few times; tests/slow/test_crash.py: 200 times."""
from tests.support.crash import Crash

ROUNDS = 5
SEED = 20261125


def test_what_was_acknowledged_survives_a_few_kills(tmp_path):
    crash = Crash(tmp_path, SEED)
    for _ in range(ROUNDS):
        crash.round()
    print(crash.table())
    assert all(writer.acknowledged > 0 for writer in crash.writers)
    assert crash.server.stop() == 0
