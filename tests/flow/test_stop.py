"""Stopping: the first SIGTERM lets running invocations end, the second does not; no process of
the server's outlives it."""
import os
import signal
import socket
import subprocess
import threading

import pytest

from tests.conftest import STOP_SECONDS
from tests.flow.test_waiting import INVOKE, STREAM, head
from tests.support.faults import WAIT, Faults
from tests.support.gate import Gate
from tests.support.machine import PATIENCE_SECONDS, descendants, open_files, status_of, wait_for
from tests.support.packages import ROLE, create, node, zip_of

def is_alive(pid):
    return not status_of(pid).get("State", "Z").startswith("Z")


def wait_until_gone(pids):
    wait_for(lambda: not any(is_alive(pid) for pid in pids), "the server's processes are gone")


def wait_until_stopping(server):
    """It has taken the signal: two at once may arrive as one."""
    wait_for(lambda: "stopping" in server.read_log(), "the server has heard the signal")


class Invocation(threading.Thread):
    def __init__(self, client, name):
        super().__init__()
        self.client, self.name_of, self.payload, self.error = client, name, None, None
        self.start()

    def run(self):
        try:
            self.payload = self.client.invoke(FunctionName=self.name_of)["Payload"].read()
        except Exception as error:  # any failure is judged by the test
            self.error = error


def begin(start_server, gate, *options, **settings):
    """A server with an invocation under way, and the processes it has."""
    server = start_server(*options, **settings)
    server.gate = gate  # it lets its invocation go on when nobody has it any more
    client = server.client("lambda")
    create(client, "held", gate.package, Timeout=900)
    invocation = Invocation(client, "held")
    gate.wait_until_inside()
    children = descendants(server.process.pid)
    assert children
    return server, invocation, children


def test_a_running_invocation_may_end(start_server):
    gate = Gate("'done'")
    server, invocation, children = begin(start_server, gate)
    server.process.send_signal(signal.SIGTERM)
    wait_until_stopping(server)
    gate.open()
    invocation.join(PATIENCE_SECONDS)
    assert invocation.payload == b'"done"', invocation.error
    assert server.process.wait(STOP_SECONDS) == 0
    wait_until_gone(children)


@pytest.mark.parametrize("path", (INVOKE, STREAM))
def test_an_answer_that_is_on_its_way_may_arrive(start_server, path):
    """Also if the client takes it slowly: this one takes nothing until the server is to stop."""
    server = start_server()
    create(server.client("lambda"), "f", node("return 'x'.repeat(6e6)"), Timeout=60)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # the rest must wait
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(head(path, "f", 2).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
                           + b"{}")
        answer = connection.recv(1)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(1)
        while piece := connection.recv(1 << 20):
            answer += piece
    assert answer.count(b"x") >= 6e6
    assert server.process.wait(STOP_SECONDS) == 0


def test_a_stop_in_two_signals_closes_nothing_twice(start_server, tmp_path):
    faults = Faults(tmp_path / "control")
    server, _, _ = begin(start_server, Gate(), environment=faults.environment(tmp_path))
    server.process.send_signal(signal.SIGTERM)
    wait_until_stopping(server)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(STOP_SECONDS) == 0
    assert faults.bad_closes() == 0


def test_a_second_signal_stops_at_once(start_server):
    server, invocation, children = begin(start_server, Gate())
    server.process.send_signal(signal.SIGTERM)
    wait_until_stopping(server)
    assert server.process.poll() is None and invocation.is_alive()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(STOP_SECONDS)
    invocation.join(PATIENCE_SECONDS)
    # The caller is told, unless its connection went first.
    assert invocation.payload is None or b"signal: killed" in invocation.payload
    wait_until_gone(children)


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
def test_an_idle_server_stops_at_once_and_leaves_nothing(start_server, number, tmp_path):
    os.environ["TMPDIR"], before = str(tmp_path), os.environ.get("TMPDIR")
    try:
        server = start_server()
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    client = server.client("lambda")
    create(client, "f")
    client.invoke(FunctionName="f")
    children = descendants(server.process.pid)
    assert children  # a warm process
    assert server.stop(number) == 0
    wait_until_gone(children)
    assert list(tmp_path.iterdir()) == []


def test_under_nohup_the_terminal_may_be_closed(start_server):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = start_server()
    finally:
        signal.signal(signal.SIGHUP, before)
    server.process.send_signal(signal.SIGHUP)
    assert server.client("lambda").list_functions()["Functions"] == []
    assert server.stop() == 0
    assert server.read_log().count("stopping") == 1


def test_a_killed_server_leaves_no_process(start_server, tmp_path):
    server, invocation, children = begin(start_server, Gate(), "--data-dir", str(tmp_path),
                                         ephemeral=False)
    server.process.kill()
    server.process.wait(STOP_SECONDS)
    invocation.join(PATIENCE_SECONDS)
    wait_until_gone(children)


def is_unpacking(pid):
    """Has the server a file of a half-made package open?"""
    return any("/code/new-" in name for name in open_files(pid))


def test_a_stop_while_a_package_is_unpacked(start_server, tmp_path):
    """Two signals stop at once, but not in the middle of a worker's files."""
    faults = Faults(tmp_path / "control")
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False,
                          environment=faults.environment(tmp_path))
    client = server.client("lambda")
    archive = zip_of({f"d{i}/f{i}.js": "x" * 500 for i in range(20)})
    answers = []

    def upload():
        try:
            answers.append(client.create_function(
                FunctionName="large", Role=ROLE, Runtime="nodejs22.x", Handler="a.b",
                Code={"ZipFile": archive})["State"])
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=upload)
    faults.set("write", WAIT, "code")
    thread.start()
    wait_for(lambda: is_unpacking(server.process.pid), "the package is being unpacked")
    server.process.send_signal(signal.SIGTERM)
    wait_until_stopping(server)
    server.process.send_signal(signal.SIGTERM)
    faults.set("write", 0)
    assert server.process.wait(STOP_SECONDS) == 0, server.read_log()
    thread.join(PATIENCE_SECONDS)
    assert len(answers) == 1
