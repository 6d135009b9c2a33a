"""SIGKILL under load by writers of every kind, 200 times on the same data."""
import os

from tests.support.crash import Crash

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "200"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
START_MOST_MS = 100  # of processor time: the machine is shared


def test_what_was_acknowledged_survives_two_hundred_kills(tmp_path):
    crash = Crash(tmp_path, SEED)
    for _ in range(ROUNDS):
        crash.round()
    print(crash.table())
    found = crash.compare(is_whole=True)
    invoker = next(writer for writer in crash.writers if type(writer).__name__ == "Invoker")
    assert invoker.acknowledged <= invoker.reported <= invoker.asked
    print(f"{len(found.code)} versions of functions at the end, {invoker.reported} REPORT lines")
    assert all(writer.acknowledged > ROUNDS for writer in crash.writers)
    assert max(crash.start_cpu_ms) < START_MOST_MS
    assert crash.server.stop() == 0
