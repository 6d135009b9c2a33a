"""What a server that was killed leaves running, its successor on the same data ends."""
import json
import signal

import pytest

from tests.support.machine import status_of, wait_for
from tests.support.packages import create, node

# It has left its function's process, which dies with the server.
LEAVE = ("return (await import('node:child_process')).spawn('sleep', ['600'], "
         "{detached: true, stdio: 'ignore'}).pid")


@pytest.fixture
def options(tmp_path):
    return ("--no-sandbox", "--data-dir", str(tmp_path / "data"))


def test_processes_of_functions_end_at_the_next_start(start_server, options):
    server = start_server(*options, ephemeral=False)
    create(server.client("lambda"), "f", node(LEAVE))
    pid = json.loads(server.client("lambda").invoke(FunctionName="f")["Payload"].read())
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)
    assert status_of(pid)
    start_server(*options, ephemeral=False)
    wait_for(lambda: status_of(pid).get("State", "Z")[0] == "Z", "the process ends")
