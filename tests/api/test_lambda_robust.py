"""Functions that misbehave: none of them harms another function's invocations or the server, and
nothing of them is left when their environment ends."""
import contextlib
import json
import re
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import COALMINE, Server
from tests.support.bootstraps import custom, serving
from tests.support.machine import (
    descendants, forget_peak, peak_mb, processes_with, status_of, wait_for)
from tests.support.packages import create, invoke, node, python, zip_of

GROWTH_MAX_MB = 40 if "asan" not in COALMINE else 600  # the sanitizer keeps freed memory
BYSTANDER_MAX_SECONDS = 60  # a warm call takes a millisecond; a blocked server answers never


class Bystander(threading.Thread):
    """Invokes another function all the time and remembers its worst."""

    def __init__(self, lam, name):
        super().__init__()
        self.lam, self.name = lam, name
        self.is_over = threading.Event()
        self.count = 0
        self.worst = 0
        self.wrong = []

    def run(self):
        while not self.is_over.is_set() or self.count < 3:
            start = time.monotonic()
            answer, result = invoke(self.lam, self.name, {"n": self.count})
            self.worst = max(self.worst, time.monotonic() - start)
            if result != self.count or "FunctionError" in answer:
                self.wrong.append((answer, result))
            self.count += 1


@contextlib.contextmanager
def unharmed(server, lam, growth_max_mb=GROWTH_MAX_MB):
    """Inside, another function goes on answering, and the server's memory has a ceiling."""
    name = f"bystander-{time.monotonic_ns()}"
    create(lam, name, node("return event.n"))
    invoke(lam, name)
    before = forget_peak(server.process.pid)
    bystander = Bystander(server.client("lambda"), name)
    bystander.start()
    try:
        yield
    finally:
        bystander.is_over.set()
        bystander.join()
        lam.delete_function(FunctionName=name)
    assert not bystander.wrong
    assert bystander.worst < BYSTANDER_MAX_SECONDS
    assert peak_mb(server.process.pid) - before < growth_max_mb
    assert server.process.poll() is None


@pytest.fixture(scope="module", params=[(), ("--no-sandbox",)], ids=["isolated", "plain"])
def server(request):
    running = Server(*request.param)
    yield running
    assert running.stop() == 0, running.read_log()


def nothing_is_left(server, lam, name):
    """Deletes the function; the server has no child, living or dead, and no process has the mark."""
    lam.delete_function(FunctionName=name)
    wait_for(lambda: not descendants(server.process.pid), "all children are gone")
    wait_for(lambda: not processes_with(name), "no process of the function is left")


# Processes that outlive what started them. Each has the function's name in its environment.

FORK = """import os, signal, time
    for i in range(3):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
            os._exit(0)
    return 'forked'"""
DAEMONISE = """import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
    os.wait()
    return 'daemonised'"""


@pytest.mark.parametrize("body, result", [(FORK, "forked"), (DAEMONISE, "daemonised")],
                         ids=["fork", "daemonise"])
def test_children_end_with_the_environment(server, lam, name, body, result):
    create(lam, name, python(body), MemorySize=256)
    with unharmed(server, lam):
        assert [invoke(lam, name)[1] for _ in range(2)] == [result] * 2
        assert len(processes_with(name)) > 2
    nothing_is_left(server, lam, name)


# A bomb that gives up at `most`, so that the machine survives a server that does not see it.
PROCESSES = """
    import os, signal
    for _ in range(event["most"]):
        try:
            if os.fork() == 0:
                signal.pause()
        except BlockingIOError:  # the machine's own limit
            return "refused"
    signal.pause() if event["waits"] else None
    return "well"
"""
THREADS = """
    import threading
    threading.stack_size(262144)  # arm64 takes no less than 131072
    never = threading.Event()
    for _ in range(event["most"]):
        threading.Thread(target=never.wait, daemon=True).start()
    never.wait() if event["waits"] else None
    return "well"
"""


@pytest.mark.parametrize("body", [PROCESSES, THREADS], ids=["processes", "threads"])
def test_more_than_1024_processes_and_threads_are_killed(server, lam, name, body):
    create(lam, name, python(body.strip()), MemorySize=3008, Timeout=60)
    assert invoke(lam, name, {"most": 200, "waits": False})[1] == "well"
    with unharmed(server, lam):
        answer, error = invoke(lam, name, {"most": 1100, "waits": True})
    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    nothing_is_left(server, lam, name)
    assert "more than 1024 processes and threads" in server.read_log()


def test_children_end_when_the_function_times_out(server, lam, name):
    create(lam, name, python(FORK.replace("return 'forked'", "time.sleep(1000)")), Timeout=1,
           MemorySize=256)
    with unharmed(server, lam):
        assert invoke(lam, name)[1]["errorType"] == "Sandbox.Timedout"
        wait_for(lambda: not processes_with(name), "its children ended with it")
    nothing_is_left(server, lam, name)


def test_a_runtime_that_daemonises_has_exited(server, lam, name):
    create(lam, name, custom("""
if os.fork():
    os._exit(0)
os.setsid()
while True:
    time.sleep(1)
"""))
    with unharmed(server, lam):
        answer, error = invoke(lam, name)
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert error == {"errorType": "Runtime.ExitError", "errorMessage":
                         f"RequestId: {request_id} Error: Runtime exited without providing a reason"}
        wait_for(lambda: not processes_with(name), "the daemon ended with it")
    nothing_is_left(server, lam, name)


def test_sigterm_is_not_asked_for(server, lam, name):
    create(lam, name, python("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                             "return 'deaf'"))
    assert invoke(lam, name)[1] == "deaf"
    nothing_is_left(server, lam, name)


# Output without end.

@pytest.mark.parametrize("package", [
    python("import os\n    for i in range(4096): os.write(1, b'x' * 65535 + b'\\n')\n    "
           "return 'done'"),
    node("const fs = await import('fs'); const line = 'x'.repeat(65535) + '\\n'; "
         "for (let i = 0; i < 4096; i++) fs.writeSync(2, line); return 'done'"),
], ids=["python", "node"])
def test_256_megabytes_of_output_are_cut(server, lam, name, package):
    create(lam, name, package, Timeout=120, MemorySize=256)
    with unharmed(server, lam):
        answer, result = invoke(lam, name, LogType="Tail")
        assert result == "done" and "FunctionError" not in answer
    nothing_is_left(server, lam, name)


def written_by(pids):
    """Bytes that these processes have written so far."""
    counts = [re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text()) for pid in pids]
    return sum(int(count[1]) for count in counts)


def test_output_between_invocations_has_to_wait(server, lam, name):
    """A child that prints without end is not read while no invocation runs."""
    create(lam, name, python("""import os
    if event.get('first') and os.fork() == 0:
        while True:
            os.write(1, b'y' * 65536)
    return 0"""), MemorySize=256)

    def is_stuck():
        before = written_by(processes_with(name))
        for _ in range(300):
            lam.get_account_settings()
        is_asleep = all(status_of(pid)["State"].startswith("S") for pid in processes_with(name))
        return is_asleep and before == written_by(processes_with(name))

    with unharmed(server, lam):
        invoke(lam, name, {"first": True})
        wait_for(is_stuck, "it has to wait")
        before = written_by(processes_with(name))
        invoke(lam, name)
        wait_for(is_stuck, "it has to wait again")
        assert written_by(processes_with(name)) > before
    nothing_is_left(server, lam, name)


# Descriptors.

@pytest.mark.parametrize("body", [
    "import os; os.close(1); os.close(2); return 'no log'",
    "import os; os.closerange(0, 3); return 'no log'",
    "import sys; sys.stdout.close(); return 'no log'",
    "import os, sys; sys.stdout.write('unsaid'); os.close(1); raise ValueError('no log')",
], ids=["stdout-and-stderr", "stdin-too", "the-stream", "and-fails"])
def test_a_python_function_without_a_log_still_answers(server, lam, name, body):
    create(lam, name, python(body))
    result = invoke(lam, name)[1]
    assert "no log" in (result, "errorMessage" in result and result["errorMessage"])
    nothing_is_left(server, lam, name)


def test_a_node_function_without_a_log_still_answers(server, lam, name):
    create(lam, name, node("const fs = await import('fs'); fs.closeSync(1); fs.closeSync(2); "
                           "console.log('x'); console.error('y'); if (event.fail) "
                           "throw new Error('failed'); return 'no log'"))
    assert invoke(lam, name)[1] == "no log"
    lam.update_function_configuration(FunctionName=name, Description="a new environment")
    assert invoke(lam, name, {"fail": 1})[1]["errorMessage"] == "failed"
    nothing_is_left(server, lam, name)


@pytest.mark.parametrize("package", [
    python("import os; os.closerange(3, 5); return 1"),
    node("const fs = await import('fs'); fs.closeSync(3); fs.closeSync(4); return 1"),
    python("import os; os.closerange(0, 1024); return 1"),
], ids=["python", "node", "all"])
def test_a_function_that_closes_its_channel_has_exited(server, lam, name, package):
    create(lam, name, package)
    with unharmed(server, lam):
        assert invoke(lam, name)[1]["errorType"] == "Runtime.ExitError"
        assert invoke(lam, name)[1]["errorType"] == "Runtime.ExitError"
    nothing_is_left(server, lam, name)


def test_a_function_that_closes_its_channel_and_lives_times_out(server, lam, name):
    create(lam, name, python("import os, time; os.closerange(0, 1024); time.sleep(1000)"),
           Timeout=1)
    with unharmed(server, lam):
        assert invoke(lam, name)[1]["errorType"] == "Sandbox.Timedout"
    nothing_is_left(server, lam, name)


@pytest.mark.parametrize("bytes_", [
    "b'\\x00'", "b'\\xff' * 8", "struct.pack('<IBBH', 100, 3, 0, 0) + b'half'",
    "struct.pack('<IBBH', 0xffffffff, 7, 0, 0)", "struct.pack('<IBBH', 0, 99, 0, 0)",
], ids=["a-byte", "nonsense", "half-an-answer", "a-huge-chunk", "unknown-type"])
def test_rubbish_on_the_channel_costs_the_function_its_time(server, lam, name, bytes_):
    create(lam, name, python("import os, struct, time; os.write(4, %s); time.sleep(1000)" % bytes_),
           Timeout=1)
    with unharmed(server, lam):
        assert invoke(lam, name)[1]["errorType"] == "Sandbox.Timedout"
    nothing_is_left(server, lam, name)


def test_an_answer_to_half_an_event_is_none(server, lam, name):
    """While it boots it asks for an event, reads none of it, and answers: of so large an event no more is
    written by then than the pipe holds."""
    code = """import os, select, struct, time
os.write(4, struct.pack('<IBBH', 0, 2, 0, 0))
select.select([3], [], [])
os.write(4, struct.pack('<IBBH', 8, 3, 0, 0) + b'"forged"')
time.sleep(1000)
"""
    create(lam, name, {**python(""), "Code": {"ZipFile": zip_of({"app.py": code})}}, Timeout=1)
    with unharmed(server, lam):
        answer = lam.invoke(FunctionName=name, Payload=json.dumps("x" * 3000000))
        assert json.loads(answer["Payload"].read())["errorType"] == "Sandbox.Timedout"
    nothing_is_left(server, lam, name)


def test_frames_without_end_stop_nobody(server, lam, name):
    create(lam, name, python("""import os, struct
    frames = struct.pack('<IBBH', 0, 2, 0, 0) * 8192
    while True:
        os.write(4, frames)"""), Timeout=2)
    with unharmed(server, lam):
        assert invoke(lam, name)[1]["errorType"] == "Sandbox.Timedout"
    nothing_is_left(server, lam, name)


# The Runtime API, misused.

def test_next_before_the_answer_is_the_same_event(server, lam, name):
    create(lam, name, serving("""
    other = http.client.HTTPConnection(HOST)
    other.request("GET", API + "invocation/next")
    answer = other.getresponse()
    body = json.loads(answer.read())
    respond(request_id, [answer.headers["Lambda-Runtime-Aws-Request-Id"] == request_id, body])
"""))
    with unharmed(server, lam):
        for n in range(3):
            assert invoke(lam, name, {"n": n})[1] == [True, {"n": n}]
    nothing_is_left(server, lam, name)


def test_two_responses_to_one_event(server, lam, name):
    create(lam, name, serving("""
    first = respond(request_id, event if event.get("n") else told)
    told = [respond(request_id, "second")[::2], ask("POST", "invocation/%s/error" % request_id,
            "{}")[::2]]
"""))
    with unharmed(server, lam):
        assert invoke(lam, name, {"n": 1})[1] == {"n": 1}
        refused = [400, '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}']
        assert invoke(lam, name)[1] == [refused, refused]
    nothing_is_left(server, lam, name)


def test_a_response_after_the_deadline_is_nobodys(server, lam, name):
    """The runtime leaves its answer to a child that would post it later: it dies with the rest."""
    create(lam, name, serving("""
    if event.get("late"):
        if os.fork() == 0:
            os.setsid()
            end = float(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 + 0.5
            while time.time() < end:
                time.sleep(0.01)
            respond(request_id, "late")
            os._exit(0)
        time.sleep(1000)
    respond(request_id, "in time")
"""), Timeout=5)
    with unharmed(server, lam):
        assert invoke(lam, name, {"late": 1})[1]["errorType"] == "Sandbox.Timedout"
        assert invoke(lam, name)[1] == "in time"
        assert invoke(lam, name)[1] == "in time"
    nothing_is_left(server, lam, name)


def test_a_runtime_that_never_asks_for_an_event_times_out(server, lam, name):
    """Ten seconds to boot, then the function's timeout."""
    create(lam, name, custom("time.sleep(1000)"), Timeout=1)
    with unharmed(server, lam):
        start = time.monotonic()
        assert invoke(lam, name)[1]["errorType"] == "Sandbox.Timedout"
        assert time.monotonic() - start > 10
    nothing_is_left(server, lam, name)


def test_a_runtime_that_answers_and_never_asks_again_is_replaced(server, lam, name):
    create(lam, name, serving("""
    respond(request_id, "answered")
    time.sleep(1000)
"""), Timeout=4)
    with unharmed(server, lam):
        assert [invoke(lam, name)[1] for _ in range(3)] == ["answered"] * 3
    nothing_is_left(server, lam, name)


def test_many_large_bodies_at_once_have_a_ceiling(server, lam, name):
    """A hundred connections, each of which would send six megabytes."""
    create(lam, name, serving("""
    sockets = []
    for i in range(100):
        s = socket.create_connection(HOST.split(":"))
        s.setblocking(False)
        sockets.append(s)
    head = ("POST %sinvocation/other/response HTTP/1.1\\r\\nHost: x\\r\\n"
            "Content-Length: 6000000\\r\\n\\r\\n" % API).encode()
    for part in [head] + [b"x" * 65536] * 300:
        for s in sockets:
            try:
                s.send(part)
            except OSError: # it takes no more, or has been turned away
                pass
    for s in sockets:
        s.close()
    respond(request_id, "done")
"""), Timeout=30)
    # 32 connections are served at once; buffers that grow, and what the allocator keeps, cost half
    # as much again. Without the ceiling it would be 600.
    with unharmed(server, lam, growth_max_mb=32 * 9 + GROWTH_MAX_MB):
        assert invoke(lam, name)[1] == "done"
    nothing_is_left(server, lam, name)


class FewFiles(Server):
    command = ["prlimit", "--nofile=256:256", COALMINE]


def test_where_few_files_may_be_open_functions_run_and_the_start_says_so(name):
    server = FewFiles()
    lam = server.client("lambda")
    create(lam, name, python("import resource; return resource.getrlimit(resource.RLIMIT_NOFILE)"))
    assert invoke(lam, name)[1] == [256, 256]
    assert "only 256 files can be open at once" in server.read_log()
    assert server.stop() == 0
