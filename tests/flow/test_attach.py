"""`coalmine attach`: a process of the developer's own serves a function (docs/functions.md)."""
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

from tests.conftest import COALMINE, Http, Server, clean_environment
from tests.support.http_handler import QuietHandler
from tests.support.machine import PATIENCE_SECONDS, descendants, status_of, wait_for
from tests.support.packages import create, node
from tests.support.streams import Stream

ENDED = "Runtime exited without providing a reason"

# A runtime by hand: says who it is, and what it was started with.
SCRIPT = """
import json, os, sys, urllib.request
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
while True:
    with urllib.request.urlopen(base + "/invocation/next") as event:
        request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
        payload = json.loads(event.read())
    if payload.get("exit"):
        sys.exit(payload["exit"])
    body = {"pid": os.getpid(), "payload": payload, "variables": dict(os.environ)}
    urllib.request.urlopen(f"{base}/invocation/{request_id}/response",
                           json.dumps(body).encode()).close()
"""


class Runtime:
    """A process's side of the Runtime API, step by step."""

    def __init__(self, attachment):
        self.base = f"http://{attachment['runtimeApi']}/2018-06-01/runtime"

    def post(self, path, body, headers=None):
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(),
                                         headers or {})
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status

    def next(self):
        with urllib.request.urlopen(self.base + "/invocation/next",
                                    timeout=PATIENCE_SECONDS) as event:
            self.headers = event.headers
            return json.loads(event.read())

    def respond(self, body):
        request_id = self.headers["Lambda-Runtime-Aws-Request-Id"]
        assert self.post(f"/invocation/{request_id}/response", body) == 202


class Invocation(threading.Thread):
    """An invocation that waits on a thread."""

    def __init__(self, lam, name, payload, **settings):
        super().__init__()
        self.call = lambda: lam.invoke(FunctionName=name, Payload=json.dumps(payload), **settings)
        self.answer = self.failure = None
        self.start()

    def run(self):
        try:
            self.answer = self.call()
            self.payload = json.loads(self.answer["Payload"].read())
        except (ClientError, HTTPClientError) as failure:
            self.failure = failure

    def result(self):
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive()
        if self.failure:
            raise self.failure
        return self.payload


def attachments(http):
    return http.json("GET", "/_coalmine/attachments")["attachments"]


def detach(http, attachment):
    return http.send("DELETE", f"/_coalmine/attachments/{attachment['id']}").status


def state_of(http, attachment):
    return next(each for each in attachments(http) if each["id"] == attachment["id"])


@pytest.fixture
def attach(http):
    """A factory of attachments by the endpoint."""
    made = []

    def start(name, **settings):
        answer = http.send("POST", "/_coalmine/attachments",
                           json.dumps({"FunctionName": name, **settings}))
        assert answer.status == 201, answer.body
        made.append(json.loads(answer.body))
        return made[-1]

    yield start
    for attachment in made:
        detach(http, attachment)


@pytest.fixture
def attached_command(server):
    """Starts `coalmine attach`."""
    running = []

    def start(*arguments, **settings):
        running.append(subprocess.Popen(
            [COALMINE, "attach", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=clean_environment(server.url), **settings))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_pages_in_a_browser_reach_no_runtime_api(http, lam, attach):
    """Neither by a request across origins nor by DNS rebinding: the event is its process's."""
    create(lam, "f", node("return 1"))
    attachment = attach("f")
    invocation = Invocation(lam, "f", 1)
    api = Http(int(attachment["runtimeApi"].rpartition(":")[2]))
    path = "/2018-06-01/runtime"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Host": "evil.example"}, {"Host": "intranet", "Origin": "http://intranet"}):
        answer = api.send("GET", path + "/invocation/next", headers=headers)
        assert answer.status == 403 and json.loads(answer.body)["errorType"] == "Forbidden"
        assert api.send("POST", path + "/init/error", "{}", headers=headers).status == 403
    process = Runtime(attachment)
    assert process.next() == 1
    process.respond(2)
    assert invocation.result() == 2


def test_a_command_serves_the_function_with_its_variables(server, lam, name, http,
                                                          attached_command):
    create(lam, name, Environment={"Variables": {"GREETING": "it's \"me\""}}, MemorySize=192)
    process = attached_command(name, "--", sys.executable, "-c", SCRIPT)
    wait_for(lambda: [a["process"] for a in attachments(http)] == ["waiting"])
    answer = json.loads(lam.invoke(FunctionName=name, Payload=b'{"a": 1}')["Payload"].read())
    variables = answer["variables"]
    assert answer["payload"] == {"a": 1} and variables["GREETING"] == "it's \"me\""
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert variables["_HANDLER"] == "index.handler"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "192"
    assert variables["PATH"] == os.environ["PATH"]
    answer = lam.invoke(FunctionName=name, Payload=b'{"exit": 7}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorMessage"].endswith(ENDED)
    assert process.wait(PATIENCE_SECONDS) == 7
    assert attachments(http) == []
    assert json.loads(lam.invoke(FunctionName=name)["Payload"].read()) == "hello"


@pytest.mark.parametrize("options, given, found", [
    ((), {}, "the server's"), ((), {"AWS_ENDPOINT_URL": "http://elsewhere"}, "http://elsewhere"),
    (("--strict",), {}, None)])
def test_a_function_under_a_debugger_finds_this_server_as_others_do(start_server, options, given, found):
    server = start_server(*options)
    create(server.client("lambda"), "f", Environment={"Variables": given})
    made = Http(server.port).json("POST", "/_coalmine/attachments", {"FunctionName": "f"})
    assert made["environment"].get("AWS_ENDPOINT_URL") == (server.url if found == "the server's" else found)


def ignoring(number):
    """As a shell starts what runs in the background (SIGINT), nohup (SIGHUP), or who waits for nobody."""
    return lambda: signal.signal(number, signal.SIG_IGN)


def test_a_shell_takes_the_variables_and_an_interrupt_ends_it(server, lam, name, http,
                                                              attached_command, tmp_path):
    create(lam, name, Environment={"Variables": {"QUOTED": "a'b $c\nd"}})
    process = attached_command(name, preexec_fn=ignoring(signal.SIGINT))
    lines = []
    while not lines or not lines[-1].startswith("#"):
        lines.append(process.stdout.readline())
    (tmp_path / "variables").write_text("".join(lines))
    shell = subprocess.run(["sh", "-c", '. ./variables; printf %s "$QUOTED"; exec >&2; '
                            'echo "$AWS_LAMBDA_RUNTIME_API"'], cwd=tmp_path, text=True,
                           capture_output=True, check=True)
    assert shell.stdout == "a'b $c\nd"
    assert shell.stderr.strip() == attachments(http)[0]["runtimeApi"]
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert attachments(http) == []


def test_under_nohup_the_terminal_may_be_closed(lam, name, http, attached_command):
    create(lam, name)
    process = attached_command(name, preexec_fn=ignoring(signal.SIGHUP))
    assert process.stdout.readline()
    process.send_signal(signal.SIGSTOP)  # what it waits for does not count as blocked meanwhile
    wait_for(lambda: status_of(process.pid)["State"].startswith("T"))
    blocked = int(status_of(process.pid)["SigBlk"], 16)
    assert blocked & 1 << signal.SIGTERM - 1 and not blocked & 1 << signal.SIGHUP - 1
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGCONT)
    assert len(attachments(http)) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0


def test_who_ignores_the_ends_of_children_hears_of_the_commands(lam, name, attached_command):
    create(lam, name)
    process = attached_command(
        name, "--", "sh", "-c", "exit 3",
        preexec_fn=ignoring(signal.SIGCHLD))
    assert process.wait(PATIENCE_SECONDS) == 3


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP))
def test_a_signal_for_it_alone_is_the_commands(lam, name, http, attached_command, number):
    create(lam, name)
    process = attached_command(name, "--", "sh", "-c", "ulimit -c 0; echo runs; exec sleep 60")
    assert process.stdout.readline() == "runs\n"
    process.send_signal(number)
    assert process.wait(PATIENCE_SECONDS) == 128 + number
    assert attachments(http) == []


@pytest.mark.parametrize("arguments, complaint", [
    (["no-such"], "Function not found"),
    (["no-such:alias"], "Function not found"),
    (["two", "names"], "Usage:"),
    ([], "Usage:"),
    (["x", "--"], "Usage:"),
    (["x", "--endpoint-url", "http://127.0.0.1:1"], "cannot ask http://127.0.0.1:1"),
])
def test_what_cannot_be_attached_is_said(attached_command, arguments, complaint):
    process = attached_command(*arguments)
    _, complaints = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0 and complaint in complaints


@pytest.mark.parametrize("status, body", ((200, b"<html>"), (404, b"{}"), (501, b"<html>"),
                                          (200, b"{}"), (200, b'{"message": "well"}')))
def test_a_server_that_is_another_s_is_told(attached_command, status, body):
    class Handler(QuietHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{other.server_port}"
        process = attached_command("f", "--endpoint-url", url)
        _, complaints = process.communicate(timeout=PATIENCE_SECONDS)
        thread.join()
    assert process.returncode == 1
    assert complaints == (f"coalmine attach: {url} answers {status} to POST /_coalmine/attachments, "
                          "and not as coalmine does: what runs there?\n")


def test_the_region_is_that_of_awss_tools(server, name):
    create(server.client("lambda", region="eu-west-3"), name)
    environment = {**clean_environment(server.url), "AWS_DEFAULT_REGION": "eu-west-3"}
    done = subprocess.run([COALMINE, "attach", name, "--", "sh", "-c", "echo $AWS_REGION"],
                          env=environment, capture_output=True, text=True,
                          timeout=PATIENCE_SECONDS)
    assert done.stdout == "eu-west-3\n", done.stderr


def test_the_endpoint_may_end_with_a_slash(server, lam, name):
    create(lam, name)
    done = subprocess.run([COALMINE, "attach", name, "--", "true"], capture_output=True, text=True,
                          env=clean_environment(server.url + "/"), timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr


def test_a_command_has_its_signals_as_they_were(server, lam, name):
    """Those up to 31: two that are glibc's own come as they may."""
    create(lam, name)
    look = ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"]
    seen = [subprocess.run([*before, *look], env=clean_environment(server.url), text=True,
                           capture_output=True, timeout=PATIENCE_SECONDS).stdout.split()
            for before in ([], [COALMINE, "attach", name, "--"])]
    blocked, ignored = ([int(words[at], 16) % (1 << 31) for words in seen] for at in (1, 3))
    assert blocked[0] == blocked[1] and ignored[0] == ignored[1]


def test_a_command_that_is_not_there_leaves_nothing_attached(lam, name, http, attached_command):
    create(lam, name)
    process = attached_command(name, "--", "/no/such/program")
    assert process.wait(PATIENCE_SECONDS) == 127
    assert attachments(http) == []


def test_a_process_has_all_the_time_and_one_invocation_at_a_time(lam, name, http, attach):
    create(lam, name, Timeout=1)
    attachment = attach(name)
    assert state_of(http, attachment)["process"] == "absent"
    first = Invocation(lam, name, 1, LogType="Tail")
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    second = Invocation(lam, name, 2)
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 2)
    runtime = Runtime(attachment)
    assert runtime.next() == 1
    deadline = int(runtime.headers["Lambda-Runtime-Deadline-Ms"]) / 1000
    assert state_of(http, attachment)["process"] == "busy"
    wait_for(lambda: time.time() > deadline + 0.3)  # past the function's Timeout
    assert first.is_alive() and state_of(http, attachment)["waitingInvocations"] == 1
    runtime.respond("one")
    assert first.result() == "one"
    assert runtime.next() == 2
    runtime.respond("two")
    assert second.result() == "two"


def test_the_log_and_the_metrics_are_written(server, lam, name, attach):
    create(lam, name)
    attachment = attach(name)
    invocation = Invocation(lam, name, {}, LogType="Tail")
    runtime = Runtime(attachment)
    runtime.next()
    runtime.respond({})
    assert invocation.result() == {}
    logs = server.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert [e["message"].split()[0] for e in events] == ["START", "END", "REPORT"]


def test_an_error_of_the_handler_is_the_callers(lam, name, attach):
    create(lam, name)
    runtime = Runtime(attach(name))
    invocation = Invocation(lam, name, {})
    runtime.next()
    request_id = runtime.headers["Lambda-Runtime-Aws-Request-Id"]
    body = {"errorMessage": "broken", "errorType": "Oops"}
    assert runtime.post(f"/invocation/{request_id}/error", body) == 202
    assert invocation.result() == body
    assert invocation.answer["FunctionError"] == "Unhandled"


def test_an_error_whose_cause_for_x_ray_is_large_is_the_callers(lam, name, attach):
    """AWS's clients send up to 1 MB in a header: the message, and all frames of a recursion."""
    create(lam, name)
    runtime = Runtime(attach(name))
    invocation = Invocation(lam, name, "e")
    runtime.next()
    request_id = runtime.headers["Lambda-Runtime-Aws-Request-Id"]
    assert runtime.post(f"/invocation/{request_id}/error", {"errorType": "E"}, {
        "Lambda-Runtime-Function-XRay-Error-Cause": "x" * (1 << 20)}) == 202
    assert invocation.result() == {"errorType": "E"}


def test_an_error_at_init_is_told_to_who_waits_longest(lam, name, http, attach):
    create(lam, name)
    attachment = attach(name)
    invocation = Invocation(lam, name, {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    body = {"errorMessage": "no module", "errorType": "Runtime.ImportModuleError"}
    assert Runtime(attachment).post("/init/error", body) == 202
    assert invocation.result() == body
    again = Invocation(lam, name, {})
    runtime = Runtime(attachment)  # mended, and started once more
    runtime.next()
    runtime.respond("well")
    assert again.result() == "well"


def test_a_process_that_is_started_again_takes_over(lam, name, http, attach):
    create(lam, name)
    attachment = attach(name)
    lost = Invocation(lam, name, "lost")
    assert Runtime(attachment).next() == "lost"  # and never answers
    kept = Invocation(lam, name, "kept")
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    runtime = Runtime(attachment)
    assert runtime.next() == "kept"
    assert lost.result()["errorType"] == "Runtime.ExitError"
    assert lost.payload["errorMessage"].endswith(ENDED)
    runtime.respond("well")
    assert kept.result() == "well"


def test_an_invocation_is_not_given_to_a_process_that_has_gone_while_it_waited(
        lam, name, http, attach):
    create(lam, name)
    attachment = attach(name)
    script = subprocess.Popen([sys.executable, "-c", SCRIPT],
                              env={**os.environ, "AWS_LAMBDA_RUNTIME_API":
                                   attachment["runtimeApi"]})
    wait_for(lambda: state_of(http, attachment)["process"] == "waiting")
    script.kill()
    script.wait()
    wait_for(lambda: state_of(http, attachment)["process"] == "absent")
    invocation = Invocation(lam, name, "e")
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    runtime = Runtime(attachment)
    assert runtime.next() == "e"
    runtime.respond("well")
    assert invocation.result() == "well"


def test_when_it_ends_its_invocation_fails_and_the_pool_runs_those_that_wait(
        lam, name, http, attach):
    create(lam, name, node("return 'pool'"))
    attachment = attach(name)
    has = Invocation(lam, name, "has")
    Runtime(attachment).next()
    waits = Invocation(lam, name, "waits")
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    assert detach(http, attachment) == 204
    assert has.result()["errorType"] == "Runtime.ExitError"
    assert waits.result() == "pool"
    assert detach(http, attachment) == 404


def test_who_does_not_renew_its_lease_is_attached_no_more(lam, name, http, attach):
    create(lam, name, node("return 'pool'"))
    attachment = attach(name, LeaseSeconds=3600)
    renewed = http.send("POST", f"/_coalmine/attachments/{attachment['id']}")
    assert renewed.status == 200 and json.loads(renewed.body)["leaseSeconds"] == 3600
    assert detach(http, attachment) == 204
    attachment = attach(name, LeaseSeconds=1)
    invocation = Invocation(lam, name, {})
    assert invocation.result() == "pool"
    assert http.send("POST", f"/_coalmine/attachments/{attachment['id']}").status == 404


def test_two_attachments_serve_two_versions_and_an_alias_names_one(lam, name, attach, http):
    create(lam, name, node("return 'pool'"))
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    latest, live = attach(name), attach(name, Qualifier="live")
    assert (latest["version"], live["version"]) == ("$LATEST", "1")
    for attachment, qualifier in ((live, "live"), (latest, "$LATEST"), (live, "1")):
        invocation = Invocation(lam, name, qualifier, Qualifier=qualifier)
        runtime = Runtime(attachment)
        assert runtime.next() == qualifier
        runtime.respond("well")
        assert invocation.result() == "well"
        assert invocation.answer["ExecutedVersion"] == attachment["version"]
    again = http.send("POST", "/_coalmine/attachments", json.dumps({"FunctionName": name + ":1"}))
    assert again.status == 409 and b"attached already" in again.body


def test_new_code_leaves_it_attached_and_what_waits_runs_it_at_the_end(lam, name, http, attach):
    create(lam, name, node("return 'old'"))
    attachment = attach(name)
    old = Invocation(lam, name, {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    lam.update_function_code(FunctionName=name,
                             ZipFile=node("return 'new'")["Code"]["ZipFile"])
    new = Invocation(lam, name, {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 2)
    detach(http, attachment)
    assert [old.result(), new.result()] == ["new", "new"]


def test_what_waits_runs_the_code_that_came_after_it(lam, name, http, attach):
    create(lam, name, node("return 'old'"))
    attachment = attach(name)
    waits = Invocation(lam, name, {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    lam.update_function_code(FunctionName=name,
                             ZipFile=node("return 'new'")["Code"]["ZipFile"])
    detach(http, attachment)
    assert waits.result() == "new"


def test_what_waits_of_a_deleted_function_runs_and_leaves_no_process(start_server):
    server = start_server("--keepalive", "1000d")
    lam, http = server.client("lambda"), Http(server.port)
    create(lam, "f", node("return 'as it was'"))
    attachment = http.json("POST", "/_coalmine/attachments", {"FunctionName": "f"})
    waiting = [Invocation(lam, "f", {}) for _ in range(2)]
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 2)
    lam.delete_function(FunctionName="f")
    detach(http, attachment)
    for invocation in waiting:
        assert invocation.result() == "as it was"
    wait_for(lambda: not descendants(server.process.pid))


def test_a_streamed_answer_arrives_while_the_process_goes_on(server, lam, name, attach):
    create(lam, name)
    attachment = attach(name)
    pieces, first = [], threading.Event()

    def read():
        for kind, payload in Stream(server.port, name):
            if kind == "PayloadChunk":
                pieces.append(payload)
                first.set()

    def body():
        yield b"one "
        assert first.wait(PATIENCE_SECONDS)
        yield b"two"

    reader = threading.Thread(target=read)
    reader.start()
    runtime = Runtime(attachment)
    runtime.next()
    request_id = runtime.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(urllib.request.Request(
        f"{runtime.base}/invocation/{request_id}/response", body(),
        {"Lambda-Runtime-Function-Response-Mode": "streaming",
         "Transfer-Encoding": "chunked"})).close()
    reader.join(PATIENCE_SECONDS)
    assert b"".join(pieces) == b"one two" and len(pieces) >= 2


def test_a_process_that_streams_on_after_another_took_over_is_not_heard(
        server, lam, name, http, attach):
    """The first that asks while an answer is streamed waits for its end; the next one does not."""
    create(lam, name)
    attachment = attach(name)
    lost = Invocation(lam, name, "lost")
    runtime = Runtime(attachment)
    assert runtime.next() == "lost"
    request_id = runtime.headers["Lambda-Runtime-Aws-Request-Id"]
    host, port = attachment["runtimeApi"].split(":")

    def ask():
        asker = socket.create_connection((host, int(port)), PATIENCE_SECONDS)
        asker.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"
                      b"Host: localhost\r\n\r\n")
        return asker

    with socket.create_connection((host, int(port)), PATIENCE_SECONDS) as old:
        old.sendall(f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\n"
                    "Host: localhost\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n".encode())
        kept = Invocation(lam, name, "kept")
        wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
        with ask() as early:
            Http(int(port)).send("GET", "/2018-06-01/ping")  # so that it has been heard
            runtime = Runtime(attachment)
            assert runtime.next() == "kept"
            assert early.recv(12) == b"HTTP/1.1 410"
        assert lost.result()["errorType"] == "Runtime.ExitError"
        old.sendall(b"3\r\ntwo\r\n0\r\n\r\n")
        assert old.recv(12) == b"HTTP/1.1 400"
    runtime.respond("well")
    assert kept.result() == "well"


def test_a_reset_ends_it(start_server):
    server = start_server()
    lam, http = server.client("lambda"), Http(server.port)
    create(lam, "f", node("return 'pool'"))
    attachment = http.json("POST", "/_coalmine/attachments", {"FunctionName": "f"})
    has = Invocation(lam, "f", {})
    Runtime(attachment).next()
    waits = Invocation(lam, "f", {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    assert http.send("POST", "/_coalmine/reset").status == 204
    assert has.result()["errorType"] == "Runtime.ExitError"
    assert waits.result() == "pool"
    assert attachments(http) == []
    with pytest.raises(urllib.error.URLError):
        Runtime(attachment).next()


def test_what_a_reset_ends_is_recorded_nowhere(start_server, tmp_path):
    def start():
        return start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    server = start()
    lam, http = server.client("lambda"), Http(server.port)
    create(lam, "f")
    attachment = http.json("POST", "/_coalmine/attachments", {"FunctionName": "f"})
    has = Invocation(lam, "f", {})
    Runtime(attachment).next()
    assert http.send("POST", "/_coalmine/reset").status == 204
    assert has.result()["errorType"] == "Runtime.ExitError"
    assert server.client("logs").describe_log_groups()["logGroups"] == []
    server.process.kill()
    server.process.wait()
    server = start()
    assert server.client("logs").describe_log_groups()["logGroups"] == []
    assert server.client("cloudwatch").list_metrics()["Metrics"] == []


def test_a_stop_of_the_server_waits_for_no_debugger():
    server = Server()
    lam, http = server.client("lambda"), Http(server.port)
    create(lam, "f", node("return 'pool'"))
    attachment = http.json("POST", "/_coalmine/attachments", {"FunctionName": "f"})
    has = Invocation(lam, "f", {})
    Runtime(attachment).next()
    waits = Invocation(lam, "f", {})
    wait_for(lambda: state_of(http, attachment)["waitingInvocations"] == 1)
    assert server.stop() == 0, server.read_log()
    assert has.result()["errorType"] == "Runtime.ExitError"
    assert waits.result() == "pool"
    with pytest.raises(EndpointConnectionError):
        lam.list_functions()


def test_an_attachment_whose_server_has_gone_ends_its_command(tmp_path):
    server = Server()
    create(server.client("lambda"), "f")
    process = subprocess.Popen(
        [COALMINE, "attach", "f", "--", sys.executable, "-c", SCRIPT], stderr=subprocess.PIPE,
        text=True, env=clean_environment(server.url))
    wait_for(lambda: [a["process"] for a in attachments(Http(server.port))] == ["waiting"])
    assert server.stop() == 0
    _, complaints = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1 and "cannot ask" in complaints
