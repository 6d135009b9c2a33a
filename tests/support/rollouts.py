"""Rollouts under test: a canary that runs, what it has written down, stand-ins for what it asks."""
import errno
import fcntl
import http.server
import json
import os
import pty
import struct
import subprocess
import termios
import threading
import urllib.request

from tests.conftest import CANARY, clean_environment
from tests.support.http_handler import QuietHandler
from tests.support.machine import PATIENCE_SECONDS, wait_for

GOOD = "return 'v2'"

# Well for the health checks; then one request of four fails: against a limit of 1 %.
BAD = ("globalThis.n = (globalThis.n || 0) + 1; "
       "if (globalThis.n > 3 && globalThis.n % 4 === 0) throw new Error('broken')")


def alias_of(lam, name):
    alias = lam.get_alias(FunctionName=name, Name="live")
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    return alias["FunctionVersion"], weights


class Terminal:
    """A canary that runs; its lines are read as they come."""

    def __init__(self, server, cwd, *arguments, **environment):
        self.process = subprocess.Popen(
            [CANARY, *arguments], cwd=cwd, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean_environment(server.url), **environment})
        self.seen = ""

    def wait_for(self, words):
        for line in self.process.stdout:
            self.seen += line
            if words in line:
                return line
        raise AssertionError(f"never said {words!r}: {self.seen}{self.process.stderr.read()}")

    def end(self):
        out, self.err = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.seen += out
        return self.process.returncode


def state_of(canary, name):
    return canary("status", "--function", name, "--alias", "live", "--output",
                  "json").json["deployment"]


def canary_state():
    return os.path.join(clean_environment("")["XDG_STATE_HOME"], "canary")


def latest_of(name):
    """The id of the latest deployment."""
    return sorted(d for d in os.listdir(canary_state()) if d.endswith(f"-{name}-live"))[-1]


def record_of(name, kind):
    """The lines of one type of the latest deployment's record."""
    path = os.path.join(canary_state(), latest_of(name), "record.jsonl")
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [line for line in lines if line["type"] == kind]


class Listener(http.server.ThreadingHTTPServer):
    """Answers POSTs with `status`, and keeps what it was sent."""

    def __init__(self):
        listener = self

        class Handler(QuietHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                listener.bodies.append(json.loads(self.rfile.read(size)))
                self.send_response(listener.status)
                self.send_header("Content-Length", str(len(listener.answer)))
                self.end_headers()
                self.wfile.write(listener.answer)

        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.status, self.answer = [], 200, b"{}"
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class CloudWatch(http.server.ThreadingHTTPServer):
    """CloudWatch with alarms that a test sets; all else is handed on to the real server."""

    def __init__(self, url):
        proxy = self

        class Handler(QuietHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy.answer(self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.alarms, self.asked, self.expressions = url, {}, 0, []
        self.changes = {}  # after how many questions an alarm takes which state
        self.status, self.values = "Complete", [12.5]  # of expressions
        self.counts = {}  # by version: [invocations, errors] of one reading after the other
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer_expression(self, request):
        if "NextToken" not in request:
            self.expressions.append(request["MetricDataQueries"])
            return 200, b'{"MetricDataResults": [], "NextToken": "more"}'
        assert request["NextToken"] == "more"
        return 200, json.dumps({"MetricDataResults": [
            {"Id": "canary_result", "StatusCode": self.status, "Timestamps": [request["StartTime"]],
             "Values": self.values}]}).encode()

    def answer_counts(self, request):
        metric = request["MetricDataQueries"][0]["MetricStat"]["Metric"]
        [version] = [dimension["Value"] for dimension in metric["Dimensions"]
                     if dimension["Name"] == "ExecutedVersion"]
        script = self.counts[version]
        counts = script.pop(0) if len(script) > 1 else script[0]
        if not counts:
            return 400, b"{}"
        return 200, json.dumps({"MetricDataResults": [
            {"Id": name, "Timestamps": [request["StartTime"]], "Values": [count]}
            for name, count in zip(("invocations", "errors"), counts)]}).encode()

    def answer(self, headers, body):
        request = json.loads(body)
        if self.counts and "MetricDataQueries" in request:
            return self.answer_counts(request)
        if any("Expression" in query for query in request.get("MetricDataQueries", [])):
            return self.answer_expression(request)
        if not headers["X-Amz-Target"].endswith(".DescribeAlarms"):
            request = urllib.request.Request(self.upstream, body, dict(headers))
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.read()
        self.asked += 1
        self.alarms.update(self.changes.pop(self.asked, {}))
        wanted = json.loads(body)["AlarmNames"]
        return 200, json.dumps({"MetricAlarms": [
            {"AlarmName": name, "StateValue": state, "StateReason": "Threshold Crossed"}
            for name, state in self.alarms.items() if name in wanted]}).encode()


class Gate:
    """A command that stands still until the test lets it go on."""

    def __init__(self, path):
        self.path = path
        self.hook = {"hook": {"command": f"cat '{path}'"}}
        os.mkfifo(path)

    def reached(self):
        """Once the command stands there; it goes on when what this gives is closed."""
        def opened():
            try:
                return os.fdopen(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK), "wb")
            except OSError as error:
                assert error.errno == errno.ENXIO  # nobody reads
                return None
        return wait_for(opened, "the command stands at the gate")


def read_terminal(fd):
    """All that a program writes to its terminal until it leaves."""
    text = b""
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            return text.decode()
        if not chunk:
            return text.decode()
        text += chunk


def open_terminal(columns=130):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    return ours, theirs
