"""What a server that was killed leaves, the next one removes: directories, and what runs in them."""
import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.machine import status_of, wait_for
from tests.support.packages import create, node

# It has left its function's process, which dies with the server.
LEAVE = ("return (await import('node:child_process')).spawn('sleep', ['600'], "
         "{detached: true, stdio: 'ignore'}).pid")


def has_an_age(pid):
    """Ages are told in ticks: whoever starts within its own cannot know that it is older."""
    birth = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK") > birth + 2


def leave_a_process(server):
    create(server.client("lambda"), "f", node(LEAVE))
    pid = json.loads(server.client("lambda").invoke(FunctionName="f")["Payload"].read())
    wait_for(lambda: has_an_age(pid))
    return pid


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(60)


def has_ended(pid):
    return status_of(pid).get("State", "Z")[0] == "Z"


def make_old(directory):
    """Older than any start takes."""
    before = time.time() - 3600
    os.utime(directory, (before, before))


def test_processes_of_functions_end_at_the_next_start(start_server, tmp_path):
    options = ("--no-sandbox", "--data-dir", str(tmp_path / "data"))
    server = start_server(*options, ephemeral=False)
    pid = leave_a_process(server)
    kill(server)
    assert status_of(pid)
    start_server(*options, ephemeral=False)
    wait_for(lambda: has_ended(pid), "the process ends")


@pytest.fixture
def start(start_server, tmp_path):
    return lambda: start_server("--no-sandbox", environment={"TMPDIR": str(tmp_path)})


def test_a_directory_for_a_while_goes_with_its_processes_at_the_next_start(start, tmp_path):
    server = start()
    pid = leave_a_process(server)
    kill(server)
    [left] = tmp_path.iterdir()
    make_old(left)
    start()
    wait_for(lambda: not left.exists() and has_ended(pid), "what was left is removed")


def test_only_what_no_server_holds_is_removed(start, tmp_path):
    running = start()
    [held] = tmp_path.iterdir()
    kept = tmp_path / "coalmine-canary"  # the user's own: it is like one, but for its name
    left, other, fresh = (tmp_path / f"coalmine-ephemeral-{name}" for name in
                          ("killed", "others", "starts"))  # another program's; just being made
    for directory in (kept, left, other, fresh):
        directory.mkdir()
        (directory / ("x" if directory == other else "coalmine.db")).touch()
    for directory in (held, kept, left, other):
        make_old(directory)
    again = start()
    wait_for(lambda: not left.exists(), "what was left is removed")
    assert again.stop() == 0  # its workers have ended
    assert held.exists() and kept.exists() and other.exists() and fresh.exists()
    create(running.client("lambda"), "f", node("return 1"))
    assert running.client("lambda").invoke(FunctionName="f")["Payload"].read() == b"1"
