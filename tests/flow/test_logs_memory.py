"""Memory does not grow with the number of events that were recorded."""
import re
from pathlib import Path

import pytest

from tests.conftest import COALMINE
from tests.support.logs import make_stream, now_ms
from tests.support.machine import wait_for

MEGABYTE = 1 << 20
WARM_BATCHES, BATCHES = 20, 80  # of 0.9 MB each
GROWTH_MOST = 30 * MEGABYTE      # what is between two checkpoints, and the allocator's slack


def resident(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


@pytest.mark.skipif("asan" in COALMINE, reason="the sanitizer keeps what was freed for a while")
def test_memory_stays_while_events_come_in(start_server):
    server = start_server()
    logs = server.client("logs")
    make_stream(logs, "g")

    def fill(batches):
        for _ in range(batches):
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
                {"timestamp": now_ms(), "message": "x" * 900} for _ in range(1000)])

    fill(WARM_BATCHES)
    before = resident(server)
    fill(BATCHES)
    assert GROWTH_MOST < BATCHES * MEGABYTE / 2
    wait_for(lambda: resident(server) - before < GROWTH_MOST, "the checkpoints have followed")
