"""What counts in a rollout: its own requests, others', live traffic."""
import email.utils
import json
import os
import subprocess
import time
import urllib.parse

import pytest

from tests.conftest import CANARY, Http, clean_environment
from tests.support.machine import wait_for
from tests.support.packages import NODE, create, node, zip_of
from tests.support.proxy import Proxy
from tests.support.rollouts import (
    BAD, CloudWatch, Gate, alias_of, canary_state, record_of, state_of)


def answered(name):
    return sum(v["requests"] for s in record_of(name, "sample") for v in s["versions"].values())


@pytest.mark.parametrize("minute, period", [(0, "1m"), (3, "5m")])
def test_a_version_that_comes_back_is_not_judged_by_what_it_did_before(start_server, tmp_path, minute, period):
    """Its first deployment failed in the period in which the second begins."""
    server = start_server()
    lam = server.client("lambda")
    create(lam, "again", node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName="again", Name="live", FunctionVersion="1")
    lam.update_function_code(FunctionName="again", ZipFile=zip_of({
        "index.mjs": NODE % "if (event.bad) throw new Error('bad'); return 'v2'"}), Publish=True)

    def deploy(bad, minute):
        Http(server.port).json("POST", "/_coalmine/clock",
                               {"mode": "frozen", "time": f"2026-01-01T00:0{minute}:20Z"})
        (tmp_path / "canary.json").write_text(json.dumps({
            "function": "again", "alias": "live", "version": "2", "healthChecks": 0,
            "strategy": {"canary": {"weight": "50%", "for": "5m"}},
            "traffic": {"generate": {"payload": {"bad": bad}}},
            "metrics": [{"name": "failures", "metric": "Errors", "period": period}],
            "checks": [{"kind": "errors"}, {"kind": "threshold", "metric": "failures", "max": 0}]}))
        return subprocess.run([CANARY, "deploy", "--fast", "--output", "json"], cwd=tmp_path,
                              text=True, capture_output=True, env=clean_environment(server.url))

    assert deploy(bad=True, minute=0).returncode == 3
    done = deploy(bad=False, minute=minute)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout)
    [new] = [v for v in facts["traffic"]["versions"] if v["version"] == "2"]
    assert facts["cloudWatch"] == {"invocations": new["requests"], "errors": 0}


@pytest.mark.parametrize("bad,code", [(2, 0), (60, 3)], ids=["few of many", "many"])
def test_what_others_meet_counts_with_all_their_requests(lam, deployed, canary, terminal, plan_file,
                                                         tmp_path, bad, code):
    """They come while a hook stands before a step: in that one they are counted."""
    first_gate, second_gate = Gate(tmp_path / "first"), Gate(tmp_path / "second")
    watch = {"weight": "100%", "for": "1s"}
    plan_file("if (event.bad) throw new Error('bad'); return 'v2'",
              strategy={"steps": [{"weight": "100%"}, first_gate.hook, watch, second_gate.hook,
                                  watch]})
    first = terminal("deploy")
    with first_gate.reached():
        for number in range(300):
            lam.invoke(FunctionName=deployed, Qualifier="live",
                       Payload=json.dumps({"bad": number < bad}))
    good = 0 if code else 100
    if good:  # what was counted counts once
        with second_gate.reached():
            for _ in range(good):
                lam.invoke(FunctionName=deployed, Qualifier="live", Payload="{}")
    assert first.end() == code, first.seen + first.err
    others = [sample["others"] for sample in record_of(deployed, "sample") if "others" in sample]
    assert [one["requests"] for one in others] == [300, good] if good else [300]
    assert sum(one["errors"] for one in others) == bad
    again = canary("analyze", "--from",
                   os.path.join(canary_state(), state_of(canary, deployed)["id"]))
    assert again.code == 0, again.out


def test_live_traffic_is_watched_and_not_sent(lam, deployed, canary, terminal, plan_file):
    plan_file(traffic={"live": {}}, checks=[{"kind": "errors", "minRequests": 20}],
              strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("live traffic")
    for _ in range(100):
        lam.invoke(FunctionName=deployed, Qualifier="live")["Payload"].read()
    wait_for(lambda: answered(deployed) == 100)
    assert canary("promote").code == 0 and first.end() == 0, first.seen + first.err
    assert answered(deployed) == 100
    assert alias_of(lam, deployed) == ("2", None)


@pytest.mark.parametrize("base, canary, wanted", [
    ([[0, 0], [30, 1], [90, 1]], [[0, 0], [20, 1], [50, 1], [100, 2]], ((90, 1), (100, 2))),
    ([[0, 0], [90, 0], [40, 0], [90, 0]], [[0, 0], [100, 2], [50, 1], [100, 2]], ((90, 0), (100, 2))),
    ([[0, 0]], [[0, 0], [0, 3], [100, 3]], ((0, 0), (100, 3))),
    ([[0, 0], [40, 0]], [[0, 0], None, [10, 0]], ((40, 0), (10, 0))),
], ids=["counts that grow", "a count that goes down for a while", "errors that are counted first",
        "one of two versions that cannot be read"])
def test_live_requests_are_counted_once(deployed, plan_file, cloudwatch, deploy_with_alarms, base,
                                        canary, wanted):
    """Of CloudWatch's servers not each knows the latest."""
    cloudwatch.counts = {"1": base, "2": canary}
    plan_file(traffic={"live": {}}, checks=[{"kind": "errors", "maxRate": "20%"}],
              strategy={"canary": {"weight": "50%", "for": "1m"}})
    done = deploy_with_alarms("--output", "json")
    assert done.returncode == 0, done.stderr
    counts = {version["version"]: (version["requests"], version["errors"])
              for version in json.loads(done.stdout)["traffic"]["versions"]}
    assert (counts.get("1", (0, 0)), counts.get("2", (0, 0))) == wanted
    for line in record_of(deployed, "sample"):
        assert all(side["errors"] <= side["requests"] for side in line["versions"].values())


@pytest.mark.parametrize("clock, members", [
    (["--fast"], {"strategy": {"canary": {"weight": "10%", "for": "5m"}}}),
    ([], {"strategy": {"canary": {"weight": "10%", "for": "10s"}}, "lostAfter": "2s"}),
], ids=["fast", "true"])
def test_live_traffic_that_is_not_told_of_any_more_is_no_reason_to_promote(
        lam, deployed, terminal, plan_file, cloudwatch, clock, members):
    cloudwatch.counts = {"1": [[0, 0], [900, 0]], "2": [[0, 0], [100, 0], None]}
    plan_file(traffic={"live": {}}, checks=[{"kind": "errors"}], **members)
    done = terminal("deploy", *clock,
                    AWS_ENDPOINT_URL_CLOUDWATCH=f"http://127.0.0.1:{cloudwatch.server_port}")
    assert done.end() == 4, done.seen + done.err
    assert "nobody knows how they fare" in done.seen
    assert alias_of(lam, deployed) == ("1", None)


class Lagging(CloudWatch):
    """Counts a thousand requests a minute as the alias splits them, and tells of each version as many
    minutes later as `lags` says, as AWS does."""

    def __init__(self, url, lam, name, lags):
        self.lam, self.name, self.lags, self.weights = lam, name, lags, {}
        super().__init__(url)

    def answer_counts(self, request):
        minute = int(request["EndTime"]) // 60 - 1
        _, weights = alias_of(self.lam, self.name)
        self.weights.setdefault(minute, (weights or {}).get("2", 0))
        version = "2" if '"ExecutedVersion","Value":"2"' in json.dumps(request, separators=(",", ":")) else "1"
        told = {at: weight if version == "2" else 1 - weight for at, weight in self.weights.items()
                if int(request["StartTime"]) // 60 <= at <= minute - self.lags[version]}
        return 200, json.dumps({"MetricDataResults": [
            {"Id": name, "Timestamps": [60 * at for at in told],
             "Values": [round(count * share) for share in told.values()]}
            for name, count in (("invocations", 1000), ("errors", 0))]}).encode()


@pytest.mark.parametrize("lags", [{"1": 2, "2": 2}, {"1": 1, "2": 3}, {"1": 3, "2": 1}], ids=[
    "both versions alike", "the new one later", "the old one later"])
def test_on_aws_a_step_is_judged_by_its_own_minutes_however_late_they_are_told(lam, deployed, server, plan_file,
                                                                               tmp_path, lags):
    lagging = Lagging(server.url, lam, deployed, lags)
    lagging.counts = {"all": True}
    plan_file(traffic={"live": {}}, checks=[{"kind": "split"}], strategy={"steps": [
        {"weight": 0, "for": "2m"}, {"weight": "10%", "for": "10m"}, {"weight": "50%", "for": "10m"}]})
    done = subprocess.run(
        [CANARY, "deploy", "--fast", "--aws", "--output", "json"], cwd=tmp_path, text=True,
        capture_output=True, env={**clean_environment(server.url), "AWS_ENDPOINT_URL_CLOUDWATCH":
                                  f"http://0.0.0.0:{lagging.server_port}"})
    lagging.shutdown()
    lagging.server_close()
    assert done.returncode == 0, done.stderr
    verdicts = [line["numbers"] for line in record_of(deployed, "verdict") if line["isFinal"] and line["step"] > 0]
    assert [verdict["share"] for verdict in verdicts] == [0.1, 0.5]
    assert all(8000 <= verdict["all"] <= 10000 for verdict in verdicts)  # not the first minute
    assert done.stderr.count("The step's time is over.") == 2


def test_on_aws_the_minutes_that_a_killed_client_had_not_counted_are_not_lost(lam, deployed, server, plan_file,
                                                                             tmp_path):
    class Killing(Lagging):
        victim = None

        def answer_counts(self, request):
            answer = super().answer_counts(request)
            if self.victim and len([weight for weight in self.weights.values() if weight == 0.1]) == 9:
                self.victim.kill()
                self.victim = None
            return answer

    killing = Killing(server.url, lam, deployed, {"1": 3, "2": 3})
    killing.counts = {"all": True}
    plan_file(traffic={"live": {}}, checks=[{"kind": "split", "minRequests": 500}],
              strategy={"canary": {"weight": "10%", "for": "10m"}})

    def start(*arguments):
        return subprocess.Popen(
            [CANARY, *arguments, "--aws", "--output", "json"], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**clean_environment(server.url), "AWS_ENDPOINT_URL_CLOUDWATCH":
                                         f"http://0.0.0.0:{killing.server_port}"})

    first = killing.victim = start("deploy", "--fast")
    assert first.communicate()[0] == ""
    second = start("resume")
    _, told = second.communicate()
    killing.shutdown()
    killing.server_close()
    assert second.returncode == 0, told
    [verdict] = [line["numbers"] for line in record_of(deployed, "verdict") if line["isFinal"]]
    assert verdict["share"] == 0.1 and 8000 <= verdict["all"] <= 10000


class Routing(Proxy):
    """Goes by the old weights for a while after each change of them, as AWS does; is not on this machine,
    as canary sees it."""

    def __init__(self, url, left):
        super().__init__(url)
        self.left, self.url = left, self.url.replace("127.0.0.1", "0.0.0.0")

    def rewrite(self, path, headers):
        if "/invocations?Qualifier=live" in path and self.left > 0:
            self.left -= 1
            path = path.replace("=live", "=1")
        return path, {**headers, "Host": urllib.parse.urlsplit(self.upstream).netloc}


def test_on_aws_weights_that_reach_requests_late_are_no_drift(server, deployed, terminal, plan_file):
    """A hundred requests to one side, where each goes to either with the same chance."""
    routing = Routing(server.url, 100)
    plan_file(strategy={"canary": {"weight": "50%", "for": "3m"}}, traffic={"generate": {"rate": "4/s"}})
    done = terminal("deploy", "--fast", "--aws", AWS_ENDPOINT_URL=routing.url)
    code = done.end()
    routing.shutdown()
    routing.server_close()
    assert code == 0, done.seen + done.err
    assert routing.left == 0
    assert "first minute, which does not count" in done.seen


class Ahead(Routing):
    """Its clock, as its answers tell it, is so many seconds ahead of the machine's; keeps for what moments
    CloudWatch was asked, as that clock calls them."""

    def __init__(self, url, ahead_s):
        super().__init__(url, 0)
        self.ahead_s, self.ends = ahead_s, []

    def read(self, file, size):
        body = super().read(file, size)
        if b"MetricDataQueries" in body:
            self.ends.append(json.loads(body)["EndTime"] - time.time() - self.ahead_s)
        return body

    def after(self, _request, status, headers, content):
        return status, [*headers, ("Date", email.utils.formatdate(time.time() + self.ahead_s, usegmt=True))], content


@pytest.mark.parametrize("ahead_s", [-240, 0, 240])
def test_cloudwatch_is_asked_by_the_clock_of_aws(server, deployed, terminal, plan_file, ahead_s):
    """AWS takes signatures of a clock that is minutes off; what it counted has its own times."""
    ahead = Ahead(server.url, ahead_s)
    plan_file(strategy="AllAtOnce", checks=[{"kind": "threshold", "metric": "Errors", "max": 5}])
    done = terminal("deploy", "--aws", AWS_ENDPOINT_URL=ahead.url)
    assert done.end() == 0, done.seen + done.err
    assert ahead.ends and all(-5 < end <= 65 for end in ahead.ends)  # the end of the minute
    ahead.shutdown()
    ahead.server_close()


class Late(CloudWatch):
    """Has counted nothing yet, as AWS for minutes; notes how the alias was when it was asked."""

    def __init__(self, url, lam, name):
        self.lam, self.name, self.seen = lam, name, []
        super().__init__(url)
        self.counts = {"all": True}

    def answer_counts(self, _request):
        self.seen.append(alias_of(self.lam, self.name))
        return 200, b'{"MetricDataResults": []}'


@pytest.fixture
def late(lam, deployed, server):
    running = Late(server.url, lam, deployed)
    running.environment = {"AWS_ENDPOINT_URL_CLOUDWATCH": f"http://0.0.0.0:{running.server_port}"}
    yield running
    running.shutdown()
    running.server_close()


def test_on_aws_the_weights_go_back_before_cloudwatch_is_asked(lam, deployed, terminal, plan_file, late):
    plan_file(BAD)
    first = terminal("deploy", "--fast", "--aws", **late.environment)
    assert first.end() == 3, first.err
    assert late.seen == [("1", None)] * 2  # at the beginning, and at the end


def test_on_aws_who_waits_for_cloudwatch_says_so_and_hears(lam, deployed, canary, terminal, plan_file, late):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1m"}})
    first = terminal("deploy", "--fast", "--aws", **late.environment)
    first.wait_for("CloudWatch lags behind")
    assert alias_of(lam, deployed) == ("1", {"2": 0.5})
    assert canary("abort").code == 0
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


def test_a_bad_version_under_live_traffic_goes_back(lam, deployed, terminal, plan_file):
    plan_file(BAD, traffic={"live": {}}, strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("live traffic")
    for _ in range(200):
        lam.invoke(FunctionName=deployed, Qualifier="live")["Payload"].read()
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


def test_lines_of_a_file_are_sent_one_a_request(lam, name, canary, plan_file, tmp_path):
    (tmp_path / "lines").write_text('{"n": 1}\n{"n": 2}\n{"bad": true}\n')
    plan_file("if (event.bad) throw new Error('bad line'); return event",
              checks=[{"kind": "split", "alpha": 1e-6}],
              traffic={"generate": {"rate": "2/s", "arrivals": "poisson", "ramp": "10s",
                                    "payloadLines": "lines"}})
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 0, done.err
    seen = {v["version"]: v for v in done.json["traffic"]["versions"]}["2"]
    # A third of about 150 is bad; beyond these bounds with a probability below 1e-6.
    assert 0.13 < seen["errors"] / seen["requests"] < 0.58
