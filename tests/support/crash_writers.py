"""
Writers of every kind that keep books: what the server acknowledged, and the one thing at most that
each of them was asking for when the server died. A check compares a server with the books.
"""
import base64
import hashlib
import http.client
import json
import re
import threading
import time

from tests.support.packages import ROLE, node
from tests.support.wire import LAMBDA, Refused, Wire

ALARMS = 20
LOG_EVENTS = 20  # of one PutLogEvents


def code(text):
    """A package unlike all others, as CreateFunction takes it, and its CodeSha256."""
    package = node(f"console.log('event ' + event.n); return event.n; /* {text} */")["Code"]
    digest = base64.b64encode(hashlib.sha256(package["ZipFile"]).digest()).decode()
    return base64.b64encode(package["ZipFile"]).decode(), digest


def create(wire, name, text):
    package, digest = code(text)
    answer = wire.json("POST", LAMBDA, {
        "FunctionName": name, "Role": ROLE, "Runtime": "nodejs22.x", "Handler": "index.handler",
        "Code": {"ZipFile": package}})
    assert answer["CodeSha256"] == digest
    return digest


class Writer:
    """Its threads, one unless it says otherwise, run step() after step() until the server is
    gone."""

    callers = 1

    def __init__(self):
        self.asked = self.acknowledged = 0
        self.total = self.acknowledged_at_total = 0
        self.failure = None
        self.lock = threading.Lock()

    def step(self, wire, number):
        """One write; whoever comes back from it has an acknowledgement."""

    def run(self, crash, port):
        wire = Wire(port)
        try:
            while True:
                with self.lock:
                    self.asked += 1
                    number = self.asked
                self.step(wire, number)
                with self.lock:
                    self.acknowledged += 1
                crash.note(self)
        except (OSError, http.client.HTTPException) as error:
            if not crash.is_over:
                self.failure = error
        except Exception as error:
            self.failure = error

    def check(self, found):
        """Compares `found` (class Found) with the books, and closes the round."""

    def check_total(self, total):
        """A metric has grown by what was acknowledged since, and by the open ones at most."""
        beyond = total - self.total - (self.acknowledged - self.acknowledged_at_total)
        assert 0 <= beyond <= self.callers, f"{beyond} beyond what was acknowledged"
        self.total, self.acknowledged_at_total = total, self.acknowledged


class Creator(Writer):
    """Creates functions, each with code of its own, and deletes every second one again."""

    def __init__(self):
        super().__init__()
        self.present, self.open = {}, {}

    def step(self, wire, number):
        name = f"made-{number}"
        self.open = {name: code(name)[1]}
        self.present[name] = create(wire, name, name)
        if number % 2:
            digest = self.present.pop(name)
            self.open = {name: digest}
            wire.send("DELETE", f"{LAMBDA}/{name}")
        self.open = {}

    def check(self, found):
        made = {name: digest for (name, version), digest in found.code.items()
                if name.startswith("made-") and version == "$LATEST"}
        undecided = {name: digest for name, digest in self.open.items() if name in made}
        assert made == {**self.present, **undecided}
        for name in undecided:  # whole, if it is there at all
            assert found.wire.json("POST", f"{LAMBDA}/{name}/invocations", {"n": 7}) == 7
        self.present, self.open = made, {}


class Publisher(Writer):
    """Changes the code of one function and publishes it."""

    def __init__(self):
        super().__init__()
        self.versions, self.open = {}, None

    def step(self, wire, number):
        package, digest = code(f"version {number}")
        self.open = digest
        answer = wire.json("PUT", f"{LAMBDA}/published/code",
                           {"ZipFile": package, "Publish": True})
        assert answer["CodeSha256"] == digest
        self.versions[answer["Version"]] = digest

    def check(self, found):
        versions = {version: digest for (name, version), digest in found.code.items()
                    if name == "published" and version != "$LATEST"}
        assert self.versions.items() <= versions.items()
        assert sorted(map(int, versions)) == list(range(1, len(versions) + 1))
        beyond = set(versions) - set(self.versions)
        assert [versions[v] for v in beyond] in ([], [self.open])
        if versions:
            newest = versions[max(versions, key=int)]
            assert found.code["published", "$LATEST"] == newest
        self.versions, self.open = versions, None


class Updater(Writer):
    """Updates an alias; every tenth time makes a new one."""

    def __init__(self):
        super().__init__()
        self.description, self.names = 0, {"live"}

    def step(self, wire, number):
        path = f"{LAMBDA}/loaded/aliases"
        if number % 10:
            wire.send("PUT", path + "/live", json.dumps({"Description": str(number)}))
            self.description = number
        else:
            wire.json("POST", path, {"Name": f"a-{number}", "FunctionVersion": "1"})
            self.names.add(f"a-{number}")

    def check(self, found):
        aliases = {alias["Name"]: alias for alias in
                   found.wire.pages(f"{LAMBDA}/loaded/aliases", "Aliases")}
        assert self.names <= set(aliases) <= self.names | {f"a-{self.asked}"}
        assert all(alias["FunctionVersion"] == "1" for alias in aliases.values())
        description = int(aliases["live"]["Description"])
        assert description in (self.description, self.asked)
        self.names, self.description = set(aliases), description


class Invoker(Writer):
    """Several invoke and wait: in metrics and logs exactly once; unacknowledged ones at most
    once."""

    callers = 8

    def __init__(self):
        super().__init__()
        self.fresh, self.reported = [], 0

    def step(self, wire, number):
        answer = wire.send("POST", f"{LAMBDA}/loaded/invocations", json.dumps({"n": number}))
        assert answer.body == str(number).encode() and "X-Amz-Function-Error" not in answer.headers
        self.fresh.append(answer.headers["x-amzn-RequestId"])

    def check(self, found):
        lines = found.lines("/aws/lambda/loaded")
        reports = [re.match("REPORT RequestId: (.{36})", line) for line in lines]
        reports = [match[1] for match in reports if match]
        assert len(reports) == len(set(reports)), "an invocation was reported twice"
        missing = set(self.fresh) - set(reports)
        assert not missing, f"{len(missing)} acknowledged invocations have no REPORT"
        if not found.is_whole:  # at most those that were under way are there beyond
            assert len(reports) <= len(self.fresh) + self.callers
        printed = sum("\tINFO\tevent " in line for line in lines)
        assert printed >= len(reports)
        self.check_total(
            found.wire.total("AWS/Lambda", "Invocations", found.began, FunctionName="loaded"))
        self.reported = len(reports)


class Sender(Writer):
    """Sends events for later: each is run at least once."""

    def __init__(self):
        super().__init__()
        self.fresh = []

    def step(self, wire, number):
        answer = wire.send("POST", f"{LAMBDA}/later/invocations", json.dumps({"n": number}),
                           {"X-Amz-Invocation-Type": "Event"})
        assert answer.status == 202
        self.fresh.append(number)

    def check(self, found):
        end = time.monotonic() + 120
        while True:
            seen = [re.search("\tINFO\tevent ([0-9]+)\n", line)
                    for line in found.lines("/aws/lambda/later")]
            missing = set(self.fresh) - {int(match[1]) for match in seen if match}
            if not missing:
                return
            assert time.monotonic() < end, f"{len(missing)} acknowledged events never ran"


class Measurer(Writer):
    """Puts metric data."""

    def step(self, wire, number):
        wire.cloudwatch("PutMetricData", Namespace="crash", MetricData=[
            {"MetricName": "m", "Value": 1}])

    def check(self, found):
        self.check_total(found.wire.total("crash", "m", found.began))


class Logger(Writer):
    """Puts log events, some at a time: all of them or none."""

    def __init__(self):
        super().__init__()
        self.fresh = []

    def step(self, wire, number):
        now = int(time.time() * 1000)
        wire.logs("PutLogEvents", logGroupName="crash", logStreamName="s", logEvents=[
            {"timestamp": now, "message": f"{number}.{i} " + "x" * 200}
            for i in range(LOG_EVENTS)])
        self.fresh.append(number)

    def check(self, found):
        numbers = [line.split()[0] for line in found.lines("crash")]
        assert len(numbers) == len(set(numbers)), "an event came twice"
        wanted = {f"{batch}.{i}" for batch in self.fresh for i in range(LOG_EVENTS)}
        assert wanted <= set(numbers)
        if not found.is_whole:
            assert len(numbers) - len(wanted) in (0, LOG_EVENTS)


class Tagger(Writer):
    """Puts alarms and tags a function, in turn."""

    def __init__(self):
        super().__init__()
        self.alarms, self.tag = {}, 0

    def step(self, wire, number):
        if number % 2:
            name = f"alarm-{number % ALARMS}"
            wire.cloudwatch(
                "PutMetricAlarm", AlarmName=name, AlarmDescription=str(number), Namespace="crash",
                MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                ComparisonOperator="LessThanThreshold")
            self.alarms[name] = number
        else:
            arn = "arn:aws:lambda:us-east-1:000000000000:function:loaded"
            wire.send("POST", f"/2017-03-31/tags/{arn.replace(':', '%3A')}",
                      json.dumps({"Tags": {"turn": str(number)}}))
            self.tag = number

    def check(self, found):
        alarms = {alarm["AlarmName"]: int(alarm["AlarmDescription"])
                  for alarm in found.wire.cloudwatch("DescribeAlarms")["MetricAlarms"]}
        assert set(self.alarms) <= set(alarms)
        for name, number in alarms.items():
            assert number in (self.alarms.get(name), self.asked)
        tags = found.wire.json("GET", f"{LAMBDA}/loaded").get("Tags", {"turn": "0"})
        assert int(tags["turn"]) in (self.tag, self.asked)
        self.alarms, self.tag = alarms, int(tags["turn"])


KINDS = [Creator, Publisher, Updater, Invoker, Sender, Measurer, Logger, Tagger]


class Found:
    """What a server that came back has; `since_ms` 0 looks through all logs ever written."""

    def __init__(self, port, began, since_ms):
        self.wire, self.began, self.since_ms = Wire(port), began, since_ms
        self.is_whole = since_ms == 0
        functions = self.wire.pages(LAMBDA + "/?FunctionVersion=ALL", "Functions")
        self.code = {(f["FunctionName"], f["Version"]): f["CodeSha256"] for f in functions}
        assert len(self.code) == len(functions)

    def lines(self, group):
        """Messages of a log group; none if nothing made it yet."""
        try:
            events = self.wire.events(logGroupName=group, startTime=self.since_ms)
        except Refused as refused:
            if "ResourceNotFoundException" in str(refused):
                return []
            raise
        return [event["message"] for event in events]

    def code_directories(self):
        return {base64.b64decode(digest).hex() for digest in self.code.values()}
