"""Rollouts against the real server: steps and decisions on Coalmine's clock, going back."""
import json
import os
import re
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest

from tests.support.rollouts import BAD, alias_of, canary_state, record_of


def test_half_an_hour_passes_in_seconds_and_says_so(lam, server, deployed, canary, plan_file):
    plan_file(strategy="LambdaCanary10Percent30Minutes")
    began = time.monotonic()
    done = canary("deploy", "--fast")
    assert done.code == 0, done.err
    assert time.monotonic() - began < 1800
    assert "Coalmine's clock" in done.out and "Promoted" in done.out
    assert alias_of(lam, deployed) == ("2", None)
    [step], ends = record_of(deployed, "step"), record_of(deployed, "end")
    assert step["durationMs"] == 1800000 and ends[-1]["t"] - step["t"] >= 1800000
    with urllib.request.urlopen(server.url + "/_coalmine/clock") as answer:
        assert json.load(answer)["mode"] == "real"


def test_what_happens_is_told_line_by_line(deployed, canary, plan_file):
    plan_file(strategy={"canary": {"weight": "25%", "for": "2m"}})
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out + done.err
    for words in ("Shifted 25 % of the traffic to version 2 (UpdateAlias, AdditionalVersionWeights).",
                  "Sending 10 requests a second through the alias for 2m.",
                  "Promoted: alias live sends all traffic to version 2; it was 1 (UpdateAlias, no "
                  "weights)."):
        assert words in done.out, done.out
    assert [d["action"] for d in record_of(deployed, "decision")] == ["advance", "promote"]
    versions = record_of(deployed, "sample")[0]["versions"]
    told = re.search(r"^step 1  \d+s left  v1 (\d+)  v2 (\d+)  split ([\d.]+) %", done.err, re.M)
    old, new = (versions.get(version, {}).get("requests", 0) for version in "12")
    assert told and told.groups() == (str(old), str(new), f"{100 * new / (old + new):.1f}")


@pytest.mark.parametrize("first", [{"weight": 0, "for": "1m"}, {"pause": "1m"}])
def test_a_step_without_traffic_to_the_new_version_is_waited_out(deployed, canary, plan_file, first):
    plan_file(strategy={"steps": [first, {"weight": "50%", "for": "1m"}]})
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out + done.err
    assert "errors pass: the new version gets no traffic in this step" in done.out


def test_a_bad_version_goes_back_and_tells_with_how_many_requests(lam, deployed, canary, plan_file):
    plan_file(BAD)
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 3, done.err
    facts = done.json
    bad = {v["version"]: v for v in facts["traffic"]["versions"]}["2"]
    assert facts["decision"] == "rolled back" and bad["errors"] > 0
    assert bad["requests"] < 200  # of the 1500 that the plan would have sent it
    assert f"of {bad['requests']} requests" in facts["reason"]
    assert alias_of(lam, deployed) == ("1", None)
    assert record_of(deployed, "verdict")[-1]["verdict"] in ("fail", "continue")
    assert [d["action"] for d in record_of(deployed, "decision")] == ["rollback"]


@pytest.mark.parametrize("policy, code, version", [
    ("rollback", 4, "1"), ("extend", 4, "1"), ("promote", 0, "2"), ("pause", 4, "1")])
def test_inconclusive_is_an_answer_with_a_policy(lam, deployed, canary, plan_file, policy, code,
                                                 version):
    plan_file(onInconclusive=policy, traffic={"generate": {"rate": "20/h"}})
    done = canary("deploy", "--fast", "--no-wait", "--output", "json")
    assert done.code == code, done.err
    assert "are needed to" in done.json["reason"]
    held = policy == "pause"
    assert done.json["isOver"] is not held
    assert ("stands still and was left" in done.err) == held
    assert ("Rolling back" in done.err) == (code == 4 and not held)
    assert alias_of(lam, deployed) == (version, {"2": 0.5} if held else None)
    extended = [d for d in record_of(deployed, "decision") if d["action"] == "extend"]
    assert len(extended) == (3 if policy == "extend" else 0)
    if held:
        assert canary("abort").code == 3
        assert alias_of(lam, deployed) == ("1", None)


def test_a_promotion_says_once_what_each_check_found(deployed, canary, plan_file):
    plan_file(checks=[{"kind": "errors"}, {"kind": "split"}, {"kind": "latency", "max": "1ms", "dryRun": True}])
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 0, done.err
    said = record_of(deployed, "verdict")[-3:]
    assert [v["isFinal"] for v in said] == [True] * 3
    told = done.json["verdicts"]
    for verdict, recorded in zip(told, said, strict=True):  # the last digit of a number may have been rounded
        assert verdict["numbers"] == pytest.approx(recorded["numbers"], rel=1e-12)
        assert verdict == {"check": recorded["name"], "numbers": verdict["numbers"], **{
            member: recorded[member] for member in ("kind", "verdict", "isDryRun", "sentence")}}
    assert [(v["check"], v["verdict"], v["isDryRun"]) for v in told][:2] == [
        ("errors", "pass", False), ("split", "pass", False)]
    assert done.json["reason"] == record_of(deployed, "end")[-1]["reason"] == "every check passes"
    watched = canary("watch", "--function", deployed, "--alias", "live").out
    assert watched.count(said[0]["sentence"]) == 1 and watched.endswith(": promoted, every check passes.\n")
    assert len(canary("history", "--function", deployed).out) < 160


def test_a_linear_plan_takes_all_its_weights(lam, deployed, canary, plan_file):
    plan_file(strategy={"linear": {"weight": "25%", "every": "1m"}})
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 0 and done.json["traffic"]["elapsedMs"] == 3 * 60000, done.out
    assert [(a["version"], a.get("routedVersion"), a["weight"])
            for a in record_of(deployed, "alias")] == [
        ("1", "2", 0.25), ("1", "2", 0.5), ("1", "2", 0.75), ("2", None, 1)]


def test_an_analysis_has_checks_of_its_own(lam, deployed, canary, plan_file):
    plan_file(BAD, checks=[{"kind": "errors", "dryRun": True}], strategy={"steps": [
        {"weight": "20%", "for": "1m"},
        {"analysis": {"for": "5m", "checks": [{"kind": "errors", "name": "strict"}]}}]})
    done = canary("deploy", "--fast")
    assert done.code == 3, done.err
    verdicts = record_of(deployed, "verdict")
    assert {(v["step"], v["name"], v["isDryRun"]) for v in verdicts} == {
        (0, "errors", True), (1, "strict", False)}
    assert verdicts[-1]["verdict"] == "fail"


def test_a_published_version_is_deployed_as_it_is(lam, deployed, canary):
    lam.update_function_configuration(FunctionName=deployed, Description="two")
    lam.publish_version(FunctionName=deployed)
    done = canary("deploy", "--function", deployed, "--alias", "live", "--version", "2",
                  "--strategy", "AllAtOnce")
    assert done.code == 0 and alias_of(lam, deployed) == ("2", None)
    gone = canary("deploy", "--function", deployed, "--alias", "live", "--version", "9")
    assert gone.code == 1 and "Function not found" in gone.err


def test_rollback_goes_back_behind_a_promotion(lam, deployed, canary, package):
    assert canary("deploy", "--function", deployed, "--alias", "live", "--package", package(),
                  "--strategy", "AllAtOnce").code == 0
    assert canary("rollback", "--function", deployed, "--alias", "live").code == 0
    assert alias_of(lam, deployed) == ("1", None)


def test_rollback_passes_over_a_deployment_that_changed_nothing(lam, deployed, canary, package):
    where = ["--function", deployed, "--alias", "live"]
    for _ in range(2):
        done = canary("deploy", *where, "--package", package(), "--strategy", "AllAtOnce")
        assert done.code == 0, done.out + done.err
    assert alias_of(lam, deployed) == ("2", None)
    assert canary("rollback", *where).code == 0
    assert alias_of(lam, deployed) == ("1", None)
    again = canary("rollback", *where)
    assert again.code == 0 and "Nothing to do" in again.out


def test_rollback_takes_one_deployment_back_not_two(lam, deployed, canary, package):
    """Whoever says it when the second has just gone back by itself means that one."""
    where = ["--function", deployed, "--alias", "live"]
    for body, code in [("return 'v2'", 0), ("throw new Error('bad')", 3)]:
        done = canary("deploy", *where, "--package", package(body), "--strategy", "AllAtOnce")
        assert done.code == code, done.out + done.err
    done = canary("rollback", *where)
    assert done.code == 0 and "Nothing to do" in done.out
    assert alias_of(lam, deployed) == ("2", None)


def test_what_a_deployment_has_recorded_is_reported_and_judged_again(lam, deployed, canary,
                                                                     plan_file):
    plan_file("throw new Error('bad')", healthChecks=0)
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 3, done.err
    name = done.json["deployment"]
    report = canary("report", name, "--format", "json").json
    assert (report["outcome"], report["exitCode"]) == ("rolled back", 3)
    versions = report["steps"][0]["versions"]
    assert versions["2"]["errors"] == versions["2"]["requests"] > 0 == versions["1"]["errors"]
    cases = ElementTree.fromstring(canary("report", name, "--format", "junit").out)
    assert cases.find(".//testcase/failure") is not None
    again = canary("analyze", "--from", os.path.join(canary_state(), name), "--output", "json")
    assert again.code == 0 and again.json["different"] == 0, again.out + again.err
