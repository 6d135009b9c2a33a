"""Execution environments: when they start, stop and are replaced, and the memory they may use."""
import base64
import json
import re
import threading

import pytest

from tests.conftest import Http, Server
from tests.support.bootstraps import serving
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.machine import processes_with, wait_for
from tests.support.packages import create, invoke, node, python, zip_of


@pytest.fixture(scope="module", params=[(), ("--no-sandbox",)], ids=["isolated", "plain"])
def server(request):
    running = Server(*request.param)
    yield running
    assert running.stop() == 0, running.read_log()


COUNT = "return globalThis.n = (globalThis.n || 0) + 1"


def advance(server, duration):
    answer = Http(server.port).send("POST", "/_coalmine/clock", json.dumps({"advance": duration}))
    assert answer.status == 200, answer.body


def in_background(call, *arguments):
    """A thread that runs the call; its result is in `result` after join()."""
    def run():
        thread.result = call(*arguments)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


# Idle and stale ones.

def test_an_idle_environment_stops_after_ten_minutes(lam, server, name):
    create(lam, name, node(COUNT))
    assert invoke(lam, name)[1] == 1
    advance(server, "9m")
    assert invoke(lam, name)[1] == 2
    advance(server, "9m")  # the time counts from the last invocation
    assert invoke(lam, name)[1] == 3 and processes_with(name)
    advance(server, "11m")
    wait_for(lambda: not processes_with(name), "the process has stopped")
    assert invoke(lam, name)[1] == 1


def test_keepalive_is_an_option(start_server, name):
    server = start_server("--keepalive", "1m")
    Http(server.port).json("POST", "/_coalmine/clock", {"mode": "frozen"})  # a second passes soon
    lam = server.client("lambda")
    create(lam, name, node(COUNT))
    assert invoke(lam, name)[1] == 1
    advance(server, "59s")
    assert invoke(lam, name)[1] == 2
    advance(server, "61s")
    wait_for(lambda: not processes_with(name), "the process has stopped")
    assert invoke(lam, name)[1] == 1


def test_environments_stop_after_a_clock_was_set_back(start_server, name):
    server = start_server()
    lam = server.client("lambda")
    clock = {"mode": "frozen", "time": "2030-01-01T00:00:00Z"}
    Http(server.port).json("POST", "/_coalmine/clock", clock)
    names = [name + "-before", name + "-after"]
    for each in names:
        create(lam, each, node(COUNT))
    assert invoke(lam, names[0])[1] == 1
    Http(server.port).json("POST", "/_coalmine/clock", {**clock, "time": "2026-01-01T00:00:00Z"})
    assert invoke(lam, names[1])[1] == 1
    advance(server, "11m")
    for each in names:
        wait_for(lambda: not processes_with(each), "the process has stopped")


def test_each_idle_environment_has_its_own_time(lam, server, name):
    gate = Gate()
    create(lam, name, gate.package)
    threads = [in_background(invoke, lam, name) for _ in range(3)]
    gate.wait_until_inside(3)
    gate.open()
    for thread in threads:
        thread.join()
    of_one = len(processes_with(name)) // 3
    advance(server, "6m")
    assert invoke(lam, name, {"pass": True})[1] == {"pass": True}  # only the last one is used
    advance(server, "6m")
    wait_for(lambda: len(processes_with(name)) == of_one, "the two others have stopped")


@pytest.mark.parametrize("update", [
    lambda lam, name: lam.update_function_code(FunctionName=name, ZipFile=zip_of(
        {"index.mjs": f"export const handler = async () => {{ {COUNT}; }}"})),
    lambda lam, name: lam.update_function_configuration(FunctionName=name, Description="other"),
    lambda lam, name: lam.delete_function(FunctionName=name),
], ids=["code", "configuration", "deletion"])
def test_a_stale_environment_stops_at_once(lam, name, update):
    create(lam, name, node(COUNT))
    assert invoke(lam, name)[1] == 1
    assert processes_with(name)
    update(lam, name)
    wait_for(lambda: not processes_with(name), "the process has stopped")


def test_the_environment_that_worked_last_works_next(lam, name):
    """So that those that are not needed rest until they stop."""
    gate = Gate()
    create(lam, name, node(f"if (event.wait) {gate.wait} {COUNT}"))
    first = [threading.Thread(target=invoke, args=(lam, name, {"wait": True})) for _ in range(2)]
    for thread in first:
        thread.start()
    gate.wait_until_inside(2)
    gate.open()
    for thread in first:
        thread.join()
    assert [invoke(lam, name)[1] for _ in range(3)] == [2, 3, 4]


def test_a_busy_stale_environment_may_finish(lam, name):
    gate = Gate()
    create(lam, name, gate.package)
    busy = in_background(invoke, lam, name, {"n": 1})
    gate.wait_until_inside()
    lam.update_function_code(FunctionName=name, ZipFile=node("return 'new'")["Code"]["ZipFile"])
    assert invoke(lam, name)[1] == "new"
    old_and_new = len(processes_with(name))
    gate.open()
    busy.join()
    assert busy.result[1] == {"n": 1}
    wait_for(lambda: len(processes_with(name)) < old_and_new, "the old one has stopped")
    assert invoke(lam, name)[1] == "new"


# A burst.

def test_the_first_environment_to_be_ready_takes_the_oldest_invocation(lam, name):
    """Two environments boot; the one that was started second is let through first."""
    boots = Gate()
    create(lam, name, {"Runtime": "python3.12", "Handler": "app.handler", "Code": {
        "ZipFile": zip_of({"app.py": f"""
import socket
order = socket.create_connection(("127.0.0.1", {boots.port})).recv(100).decode()
def handler(event, context):
    return [event, order]
"""})}})
    oldest = in_background(invoke, lam, name, {"n": 1})
    boots.wait_until_inside(1)
    next_one = in_background(invoke, lam, name, {"n": 2})
    boots.wait_until_inside(2)
    first, second = boots.inside
    second.sendall(b"second")
    oldest.join()
    assert oldest.result[1] == [{"n": 1}, "second"]
    first.sendall(b"first")
    next_one.join()
    # The second environment may have been free for it before the first was ready.
    assert next_one.result[1] in ([{"n": 2}, "first"], [{"n": 2}, "second"])


def test_a_waiting_invocation_does_not_wait_for_its_own_boot(lam, name):
    """An environment that becomes free serves those who wait, whatever boots meanwhile."""
    boots = Gate()
    create(lam, name, {"Runtime": "python3.12", "Handler": "app.handler", "Code": {
        "ZipFile": zip_of({"app.py": f"""
import socket
order = socket.create_connection(("127.0.0.1", {boots.port})).recv(100).decode()
def handler(event, context):
    return order
"""})}})
    threads = [in_background(invoke, lam, name) for _ in range(4)]
    boots.wait_until_inside(1)
    boots.inside[0].sendall(b"only")
    for thread in threads:
        thread.join()
    assert [thread.result[1] for thread in threads] == ["only"] * 4
    boots.open()


# Memory.

ALLOCATE = "b = bytearray(event['mb'] << 20)\n    for i in range(0, len(b), 4096): b[i] = 1\n    "


def report_of(answer):
    log = base64.b64decode(answer["LogResult"]).decode()
    line = next(line for line in log.split("\n") if line.startswith("REPORT "))
    return log, line, int(re.search(r"Max Memory Used: (\d+) MB", line)[1])


def is_out_of_memory(answer, error, size_mb=128):
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert error == {"errorType": "Runtime.OutOfMemory", "errorMessage":
                     f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"}
    log, report, used_mb = report_of(answer)
    assert used_mb == size_mb and report.endswith("Status: error\tError Type: Runtime.OutOfMemory")
    assert (f"RequestId: {request_id} Error: Runtime exited with error: signal: killed\n"
            "Runtime.OutOfMemory\n") in log


# What is allocated is held until it is seen: the memory is measured from time to time.
HOLD_PYTHON = ALLOCATE + "import time; time.sleep(event['hold']); return len(b) >> 20"
HOLD_NODE = ("const kept = []; for (let i = 0; i < event.mb; i++) "
             "kept.push(Buffer.alloc(1 << 20, 1)); "
             "await new Promise((go) => setTimeout(go, event.hold * 1000)); return kept.length")
HOLD_CUSTOM = ("    kept = bytearray(b'x') * (event['mb'] << 20)\n    time.sleep(event['hold'])\n"
               "    respond(request_id, len(kept) >> 20)\n")


@pytest.mark.parametrize("package", [python(HOLD_PYTHON), node(HOLD_NODE), serving(HOLD_CUSTOM)],
                         ids=["python", "node", "custom"])
def test_a_function_past_its_memory_is_killed(lam, name, package):
    create(lam, name, package, MemorySize=128, Timeout=30)
    assert invoke(lam, name, {"mb": 20, "hold": 0})[1] == 20
    is_out_of_memory(*invoke(lam, name, {"mb": 400, "hold": 20}, LogType="Tail"))
    assert invoke(lam, name, {"mb": 20, "hold": 0})[1] == 20


def test_max_memory_used_is_measured_and_kept(lam, name):
    create(lam, name, python(HOLD_PYTHON), MemorySize=512)
    small = report_of(invoke(lam, name, {"mb": 1, "hold": 0}, LogType="Tail")[0])[2]
    large = report_of(invoke(lam, name, {"mb": 201, "hold": 0}, LogType="Tail")[0])[2]
    assert 5 <= small <= 60 and 195 <= large - small <= 215
    again = report_of(invoke(lam, name, {"mb": 1, "hold": 0}, LogType="Tail")[0])[2]
    assert again == large  # the most of the environment so far


def test_max_memory_used_counts_the_boot_of_what_ends_at_once(lam, name):
    create(lam, name, {**python(""), "Code": {"ZipFile": zip_of({
        "app.py": "import os\nkept = b'x' * (60 << 20)\ndef handler(event, context):\n"
                  "    os._exit(3)\n"})}})
    assert report_of(invoke(lam, name, LogType="Tail")[0])[2] >= 60


FORK_AND = """import os, time
    kept = b'x' * (event['before'] << 20)
    children = []
    for i in range(5):
        pid = os.fork()
        if pid == 0:
            b = bytearray(b'x') * (event['each'] << 20)
            time.sleep(event['hold'])
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    return 'done'"""


def test_what_children_allocate_counts(lam, name):
    create(lam, name, python(FORK_AND), MemorySize=128, Timeout=30)
    is_out_of_memory(*invoke(lam, name, {"before": 1, "each": 40, "hold": 20}, LogType="Tail"))


def test_what_children_share_counts_once(lam, name):
    create(lam, name, python(FORK_AND), MemorySize=192, Timeout=30)
    answer, result = invoke(lam, name, {"before": 80, "each": 1, "hold": 0.5}, LogType="Tail")
    assert result == "done"
    assert 85 <= report_of(answer)[2] <= 180


def test_memory_counts_while_the_function_boots(lam, name):
    create(lam, name, {"Runtime": "python3.12", "Handler": "app.handler", "Code": {
        "ZipFile": zip_of({"app.py": "import time\nb = bytearray(b'x') * (400 << 20)\n"
                                     "time.sleep(60)\ndef handler(e, c): return 1\n"})}},
           MemorySize=128, Timeout=30)
    answer, error = invoke(lam, name)
    assert error["errorType"] == "Runtime.OutOfMemory"


def test_memory_counts_between_invocations(lam, server, name):
    """A child that goes on after the answer takes its environment down, not the next call."""
    gate = Gate()
    create(lam, name, python(f"""import os, socket, time
    if event.get('fork') and os.fork() == 0:
        socket.create_connection(("127.0.0.1", {gate.port})).recv(1)
        b = bytearray(b'x') * (400 << 20)
        time.sleep(60)
        os._exit(0)
    return 'answered'"""), MemorySize=128)
    assert invoke(lam, name, {"fork": True})[1] == "answered"
    gate.wait_until_inside()
    gate.open()
    wait_for(lambda: not processes_with(name), "the environment was killed")
    assert invoke(lam, name)[1] == "answered"


def test_a_node_heap_is_as_large_as_the_memory(lam, name):
    create(lam, name, node("const v8 = await import('v8'); "
                           "return v8.getHeapStatistics().heap_size_limit"), MemorySize=1024)
    assert 850 << 20 <= invoke(lam, name)[1] <= 1024 << 20


def test_a_node_thread_s_heap_is_as_large_as_the_memory(lam, name):
    """Threads ask V8's flag, which the bootstrap puts aside while it loads the function."""
    create(lam, name, node("""const { Worker } = await import('worker_threads');
        const worker = new Worker("require('worker_threads').parentPort.postMessage(" +
            "require('v8').getHeapStatistics().heap_size_limit)", { eval: true });
        const limit = await new Promise((resolve) => worker.once('message', resolve));
        return [limit, process.execArgv, 'noDeprecation' in process]"""), MemorySize=1024)
    limit, arguments, is_silent = invoke(lam, name)[1]
    assert 850 << 20 <= limit <= 1024 << 20
    assert arguments == ["--max-old-space-size=921"] and not is_silent


def test_a_deletion_that_is_refused_leaves_the_environment_warm(lam, name):
    create(lam, name, node("globalThis.calls = (globalThis.calls ?? 0) + 1; return calls"))
    invoke = lambda: json.loads(lam.invoke(FunctionName=name)["Payload"].read())
    assert invoke() == 1
    status, code, _ = error_of(lam.delete_function, FunctionName=name, Qualifier="a$b")
    assert (status, code) == (404, "ResourceNotFoundException")
    assert invoke() == 2
