"""
One call of the server after the other fails: a fixed script of requests, and what must hold of it
whichever call it is. Each request is answered; what was acknowledged is there, what was refused is
not; the server lives and works; a restart after a SIGKILL finds the same.
"""
import base64
import collections
import errno
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.conftest import COALMINE, ROLE, STOP_SECONDS, Server
from tests.support.faults import SHORT, Faults
from tests.support.machine import open_files, wait_for
from tests.support.packages import arn, python, zip_of
from tests.support.wire import CLOUDWATCH, LAMBDA, LOGS, Wire

LAYERS = "/2018-10-31/layers"
EVENTS = 5  # of one PutLogEvents

# Of each kind of call: how it fails.
FAULTS = {
    "open": [errno.EMFILE], "read": [errno.EIO], "write": [errno.ENOSPC, SHORT],
    "sync": [errno.EIO], "close": [errno.EIO], "rename": [errno.EIO], "mkdir": [errno.ENOSPC],
    "unlink": [errno.EIO], "truncate": [errno.EIO], "pipe": [errno.EMFILE],
    "duplicate": [errno.EMFILE], "fork": [errno.EAGAIN], "map": [errno.ENOMEM],
    "mode": [errno.EIO], "link": [errno.EIO], "stat": [errno.EIO], "list": [errno.EIO],
    "socket": [errno.EMFILE],
}


def code(text):
    package = python(f"print('ran', event.get('n')); return {text!r}")["Code"]["ZipFile"]
    return base64.b64encode(package).decode()


def function(name, text):
    return {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "app.handler",
            "Code": {"ZipFile": code(text)}}


class Answer:
    """What a request came to. `is_open`: nobody knows, as the connection broke."""

    def __init__(self, status=0, headers=None, body=b""):
        self.status, self.headers, self.body = status, headers or {}, body
        self.is_open, self.is_good = status == 0, 200 <= status < 300

    def check(self):
        """A refusal is spelled as AWS spells it."""
        if self.is_open or self.is_good:
            return
        said = json.loads(self.body)
        kind = said.get("__type") or self.headers.get("x-amzn-ErrorType")
        assert kind and (said.get("Message") or said.get("message")), (self.status, self.body)


class Caller:
    """Sends, over a connection that is made again when it broke."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def send(self, method, path, body=None, **headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                    headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            return Answer()

    def target(self, service, operation, **body):
        return self.send("POST", "/", body, **{"X-Amz-Target": f"{service}.{operation}",
                                               "Content-Type": "application/x-amz-json-1.1"})


def get(caller, path):
    """The body of what is there, or None."""
    answer = caller.send("GET", path)
    assert answer.status in (200, 404), answer.body
    return json.loads(answer.body) if answer.is_good else None


class Step:
    """A request, and whether it has done what it says."""

    may_count_twice = False  # docs/trust.md: what the journal alone refused stays in memory

    def __init__(self, name, ask, is_done):
        self.name, self.ask, self.is_done = name, ask, is_done
        self.answer = None

    def run(self, caller):
        self.answer = self.ask(caller)
        self.answer.check()

    def check(self, caller):
        is_done = self.is_done(caller)
        if self.answer.is_good:
            assert is_done, f"{self.name} was acknowledged and is lost"
        elif not self.answer.is_open and not self.may_count_twice:
            assert not is_done, f"{self.name} was refused, and is there: {self.answer.body}"
        return is_done


class Run(Step):
    """An invocation: each that was acknowledged has left its lines."""

    def __init__(self, name, target, **headers):
        super().__init__(name, lambda caller: caller.send(
            "POST", f"{LAMBDA}/{target}/invocations", {"n": name}, **headers), self.has_run)
        self.group = "/aws/lambda/" + target.split("/")[0].split(":")[0]

    def lines(self, caller):
        answer = caller.target(LOGS, "FilterLogEvents", logGroupName=self.group)
        return [event["message"] for event in json.loads(answer.body).get("events", [])]

    def reports(self, lines):
        request = self.answer.headers.get("x-amzn-RequestId", "unknown")
        return sum(line.startswith("REPORT ") and request in line for line in lines)

    def has_run(self, caller):
        count = self.reports(self.lines(caller))
        assert count <= 1, f"{self.name} is in the log {count} times"
        return count == 1


class Event(Run):
    """An asynchronous one runs, however often it is tried."""

    def __init__(self, name, target):
        super().__init__(name, target, **{"X-Amz-Invocation-Type": "Event"})

    def has_run(self, caller):
        def has_ended():
            lines = self.lines(caller)
            if self.reports(lines) and any(f"ran {self.name}" in line for line in lines):
                return True
            caller.send("POST", "/_coalmine/clock", {"advance": "5m"})  # for the next try
            return False
        if self.answer.is_good:
            wait_for(has_ended, "the event runs")
            return True
        return has_ended()


class Telemetry(Step):
    may_count_twice = True


def has_alias(name, description=None):
    def is_done(caller):
        alias = get(caller, f"{LAMBDA}/f/aliases/{name}")
        return bool(alias) and description in (None, alias["Description"])
    return is_done


def has_code_of(name, text):
    def is_done(caller):
        found = get(caller, f"{LAMBDA}/{name}")
        if not found:
            return False
        sizes = {len(base64.b64decode(code(t))) for t in (text, "before")}
        assert found["Configuration"]["CodeSize"] in sizes
        invoked = caller.send("POST", f"{LAMBDA}/{name}/invocations", {})
        assert invoked.is_good and "X-Amz-Function-Error" not in invoked.headers, invoked.body
        return json.loads(invoked.body) == text
    return is_done


def has_layers(caller):
    found = get(caller, f"{LAMBDA}/layered")["Configuration"].get("Layers", [])
    assert len(found) in (0, 2)
    if found:
        answer = caller.send("POST", f"{LAMBDA}/layered/invocations", {})
        assert json.loads(answer.body) == "12", answer.body
    return bool(found)


def has_events(caller):
    answer = json.loads(caller.target(LOGS, "FilterLogEvents", logGroupName="g").body)
    count = sum(event["message"].startswith("line") for event in answer["events"])
    assert count % EVENTS == 0, f"{count} of {EVENTS} lines"
    return count > 0


def is_allowed(caller):
    policy = get(caller, f"{LAMBDA}/f/policy")
    return bool(policy) and '"Sid":"new"' in policy["Policy"].replace(" ", "")


def has_alarm(caller):
    answer = json.loads(caller.target(CLOUDWATCH, "DescribeAlarms", AlarmNames=["new"]).body)
    return bool(answer["MetricAlarms"])


def is_group_gone(caller):
    answer = json.loads(caller.target(LOGS, "DescribeLogGroups", logGroupNamePrefix="dead").body)
    return not answer["logGroups"]


def is_counted(caller):
    return Wire(caller.port).total("sweep", "m", int(time.time()) - 3600) > 0


ALARM = {"MetricName": "m", "Namespace": "sweep", "Statistic": "Sum", "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}


def script():
    """Each step stands on what was there before, not on another."""
    path = f"{LAMBDA}/f"
    return [
        Event("event", "e"),
        Step("create", lambda c: c.send("POST", LAMBDA, function("new", "new")),
             has_code_of("new", "new")),
        Run("invoke", "f"),
        Step("publish", lambda c: c.send("POST", f"{path}/versions", {}),
             lambda c: get(c, f"{path}:2") is not None),
        Step("create alias", lambda c: c.send("POST", f"{path}/aliases",
                                              {"Name": "new", "FunctionVersion": "1"}),
             has_alias("new")),
        Step("update alias", lambda c: c.send("PUT", f"{path}/aliases/live",
                                              {"Description": "changed"}),
             has_alias("live", "changed")),
        Step("delete alias", lambda c: c.send("DELETE", f"{path}/aliases/old"),
             lambda c: not has_alias("old")(c)),
        Run("invoke again", "f:live"),
        Step("permission", lambda c: c.send("POST", f"{path}/policy", {
            "StatementId": "new", "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com"}), is_allowed),
        Step("code", lambda c: c.send("PUT", f"{LAMBDA}/coded/code",
                                      {"ZipFile": code("changed")}),
             has_code_of("coded", "changed")),
        Step("layers", lambda c: c.send("PUT", f"{LAMBDA}/layered/configuration", {"Layers": [
            arn("x").replace("function:x", f"layer:{name}:1") for name in ("one", "two")]}),
             has_layers),
        Telemetry("metric", lambda c: c.target(
            CLOUDWATCH, "PutMetricData", Namespace="sweep",
            MetricData=[{"MetricName": "m", "Value": 1}]), is_counted),
        Telemetry("log events", lambda c: c.target(
            LOGS, "PutLogEvents", logGroupName="g", logStreamName="s", logEvents=[
                {"timestamp": int(time.time() * 1000), "message": f"line {i}"}
                for i in range(EVENTS)]), has_events),
        Step("alarm", lambda c: c.target(CLOUDWATCH, "PutMetricAlarm", AlarmName="new", **ALARM),
             has_alarm),
        Step("delete", lambda c: c.send("DELETE", f"{LAMBDA}/gone"),
             lambda c: get(c, f"{LAMBDA}/gone") is None),
        Step("delete group", lambda c: c.target(LOGS, "DeleteLogGroup", logGroupName="dead"),
             is_group_gone),
    ]


def must(answer):
    assert answer.is_good, (answer.status, answer.body)
    return answer


def prepare(directory):
    """What the script stands on, as a SIGKILL leaves it. True if this machine has no walls for
    functions."""
    server = Server("--data-dir", str(directory), ephemeral=False)
    caller = Caller(server.port)
    for name in ("f", "e", "coded", "gone"):
        must(caller.send("POST", LAMBDA, function(name, "before")))
    layered = function("layered", "")
    text = ("import sys\ndef handler(event, context):\n"
            "    import first, second; return first.NAME + second.NAME\n")
    layered["Code"]["ZipFile"] = base64.b64encode(zip_of({"app.py": text})).decode()
    must(caller.send("POST", LAMBDA, layered))
    for name, module, value in (("one", "first", "1"), ("two", "second", "2")):
        content = zip_of({f"python/{module}.py": f"NAME = '{value}'\n"})
        must(caller.send("POST", f"{LAYERS}/{name}/versions",
                         {"Content": {"ZipFile": base64.b64encode(content).decode()}}))
    must(caller.send("POST", f"{LAMBDA}/f/versions", {}))
    must(caller.send("PUT", f"{LAMBDA}/f/configuration", {"Description": "for version 2"}))
    for name in ("live", "old"):
        must(caller.send("POST", f"{LAMBDA}/f/aliases",
                         {"Name": name, "FunctionVersion": "1", "Description": "old"}))
    for group in ("g", "dead"):
        must(caller.target(LOGS, "CreateLogGroup", logGroupName=group))
        must(caller.target(LOGS, "CreateLogStream", logGroupName=group, logStreamName="s"))
        must(caller.target(LOGS, "PutLogEvents", logGroupName=group, logStreamName="s", logEvents=[
            {"timestamp": int(time.time() * 1000), "message": "first"}]))
    must(caller.send("POST", f"{LAMBDA}/e/invocations", {"n": "early"},
                     **{"X-Amz-Invocation-Type": "Event"}))
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    for name in ("code/new-1/files", "removed/1", "sandboxes/9/tmp"):
        (directory / name).mkdir(parents=True)
        (directory / name / "left").write_text("by a crash")
    return "plain process" in server.read_log()


def check_prepared(caller):
    """All of it is there."""
    assert has_alias("live", "old")(caller) and has_alias("old", "old")(caller)
    for name in ("coded", "gone"):
        assert has_code_of(name, "before")(caller)
    for group in ("g", "dead"):
        found = json.loads(caller.target(LOGS, "FilterLogEvents", logGroupName=group).body)
        assert [event["message"] for event in found["events"]] == ["first"], group

    def has_run():
        caller.send("POST", "/_coalmine/clock", {"advance": "5m"})
        found = json.loads(caller.target(LOGS, "FilterLogEvents",
                                         logGroupName="/aws/lambda/e").body)
        return any("ran early" in event["message"] for event in found.get("events", []))
    wait_for(has_run, "an event that was acknowledged before runs")


PIPES = 3  # that a server has of each function process


def descriptors(pid):
    """What a server has open besides: files by name, all else by its kind."""
    found = collections.Counter()
    for name in open_files(pid):
        if not name.endswith(" (deleted)"):  # the test's log
            found[name if name.startswith("/") else name.split(":")[0]] += 1
    processes = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found["pipe"] -= PIPES * len(processes)
    return found


def steady(pid):
    """descriptors(), or nothing while it is just looking at something."""
    looks = [descriptors(pid) for _ in range(20)]
    is_reading = any(name.startswith("/proc") for name in looks[0])
    return looks[0] if looks.count(looks[0]) == len(looks) and not is_reading else None


class Sweep:
    """On copies of one directory."""

    def __init__(self, directory):
        self.directory, self.template, self.usual = directory, directory / "template", None
        self.is_plain = prepare(self.template)
        self.strike("none", 0, 0)

    def start(self, *options):
        return Server("--data-dir", str(self.data), *options, ephemeral=False,
                      environment=self.faults.environment(self.data))

    def renew(self):
        self.data = self.directory / "data"
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(self.template, self.data, symlinks=True)
        self.faults = Faults(self.directory / "control")

    def check_descriptors(self, pid):
        """They are those of the first server, with which nothing failed."""
        self.usual = self.usual or wait_for(lambda: steady(pid), "its descriptors stay as they are")
        wait_for(lambda: descriptors(pid) == self.usual, f"not what is usual: {self.usual}")

    def inspect(self):
        done = subprocess.run([COALMINE, "check", str(self.data)], capture_output=True, text=True)
        assert done.returncode == 0 and "PROBLEM" not in done.stdout, done.stdout

    def strike(self, call, number, fault, lasts=False):
        """The script with that fault. Returns how many such calls there were."""
        self.renew()
        server = self.start(*(["--durable"] if call == "sync" else []))
        try:
            return self._strike(server, call, number, fault, lasts)
        except Exception:
            print(server.read_log())
            raise
        finally:
            server.process.kill()
            server.process.wait()

    def _strike(self, server, call, number, fault, lasts):
        steps = script()
        caller = Caller(server.port)
        self.faults.set_nth(call, number, fault, lasts)
        for step in steps:
            step.run(caller)
        count = self.faults.clear_nth()
        assert server.process.poll() is None, "the server is gone"
        for step in steps:
            is_done = step.check(caller)
            if not is_done:
                step.run(caller)
                assert step.answer.is_good, f"{step.name} again: {step.answer.body}"
        for step in steps:
            assert step.is_done(caller), step.name
        self.check_descriptors(server.process.pid)
        assert ("plain process" in server.read_log()) == self.is_plain, "functions lost their walls"
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        self.inspect()
        again = self.start()
        try:
            caller = Caller(again.port)
            for step in steps:
                assert step.is_done(caller), f"{step.name} is lost after the restart"
            assert again.stop() == 0
            assert self.faults.bad_closes() == 0
        finally:
            again.process.kill()
            again.process.wait()
        return count

    def strike_start(self, call, number, fault, lasts=False):
        """A start and a stop with that fault: the server says why, or runs. Returns how many such
        calls there were."""
        self.renew()
        self.faults.set_nth(call, number, fault, lasts)
        status, log = self._start_and_stop(*(["--durable"] if call == "sync" else []))
        count = self.faults.clear_nth()
        assert status == 0 or (status == 1 and log), f"it ended with {status}: {log}"
        self.inspect()
        again = self.start()
        try:
            check_prepared(Caller(again.port))
            assert again.stop() == 0
            assert self.faults.bad_closes() == 0
        except Exception:
            print(log, again.read_log())
            raise
        finally:
            again.process.kill()
            again.process.wait()
        return count

    def _start_and_stop(self, *options):
        with open(self.directory / "log", "w+") as log:
            process = subprocess.Popen(
                [COALMINE, "serve", "--port", "0", "--data-dir", str(self.data), *options],
                stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, **self.faults.environment(self.data)})
            is_ready = "Ready." in "".join(itertools.islice(process.stdout, 2))
            if is_ready:
                process.send_signal(signal.SIGTERM)
            status = process.wait(STOP_SECONDS)
            process.stdout.close()
            log.seek(0)
            return status, log.read()
