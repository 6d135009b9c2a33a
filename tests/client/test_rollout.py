"""Rollouts against the real server: decisions, other terminals, crashes, alarms, hooks, the clock."""
import errno
import fcntl
import http.server
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest

from tests.conftest import CANARY, Http, clean_environment
from tests.support.machine import wait_for
from tests.support.packages import NODE, create, node, zip_of

GOOD = "return 'v2'"
# Well for the health checks; then one request of four fails: against a limit of 1 %.
BAD = ("globalThis.n = (globalThis.n || 0) + 1; "
       "if (globalThis.n > 3 && globalThis.n % 4 === 0) throw new Error('broken')")


@pytest.fixture
def deployed(lam, name):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


@pytest.fixture
def package(tmp_path):
    def make(body=GOOD):
        path = tmp_path / "package.zip"
        path.write_bytes(zip_of({"index.mjs": NODE % body}))
        return str(path)
    return make


@pytest.fixture
def plan_file(tmp_path, deployed, package):
    def write(body=GOOD, **members):
        path = tmp_path / "canary.json"
        path.write_text(json.dumps({
            "function": deployed, "alias": "live", "package": package(body),
            "strategy": {"canary": {"weight": "50%", "for": "5m"}}, **members}))
        return path
    return write


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
        out, self.err = self.process.communicate(timeout=60)
        self.seen += out
        return self.process.returncode


@pytest.fixture
def terminal(server, tmp_path):
    terminals = []

    def start(*arguments, **environment):
        terminals.append(Terminal(server, tmp_path, *arguments, **environment))
        return terminals[-1]

    yield start
    for one in terminals:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


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


# ---- Decisions on Coalmine's clock --------------------------------------------------------------


def test_half_an_hour_passes_in_seconds_and_says_so(lam, server, deployed, canary, plan_file):
    plan_file(strategy="LambdaCanary10Percent30Minutes")
    began = time.monotonic()
    done = canary("deploy", "--fast")
    assert done.code == 0, done.err
    assert time.monotonic() - began < 60
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
    assert alias_of(lam, deployed) == (version, {"2": 0.5} if held else None)
    extended = [d for d in record_of(deployed, "decision") if d["action"] == "extend"]
    assert len(extended) == (3 if policy == "extend" else 0)
    if held:
        assert canary("abort").code == 3
        assert alias_of(lam, deployed) == ("1", None)


def test_the_reason_of_a_promotion_has_every_check_to_its_end(deployed, canary, plan_file):
    plan_file()
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 0, done.err
    said = [v["sentence"] for v in record_of(deployed, "verdict") if v["isFinal"]]
    assert len(said) == 4 and done.json["reason"] == "; ".join(said)
    assert record_of(deployed, "end")[-1]["reason"] == done.json["reason"]
    watched = canary("watch", "--function", deployed, "--alias", "live").out
    assert watched.count(said[0]) == 1 and watched.endswith(": promoted, every check passes.\n")


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


# ---- Other terminals ----------------------------------------------------------------------------


def test_approval_from_another_terminal(lam, deployed, canary, terminal, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%", "for": "1m"}, {"approve": True}]})
    first = terminal("deploy", "--fast")
    first.wait_for("waits for approval")
    state = state_of(canary, deployed)
    assert (state["status"], state["isAlive"], state["weight"]) == ("approval", True, 0.5)
    refused = canary("resume")
    assert refused.code == 1 and "waits for approval" in refused.err
    approved = canary("approve")
    assert approved.code == 0 and "approve" in approved.out
    assert first.end() == 0 and "says approve" in first.seen
    assert alias_of(lam, deployed) == ("2", None)
    [control] = [c for c in record_of(deployed, "control") if not c.get("refusal")]
    assert control["verb"] == "approve" and "process" in control["by"]
    report = canary("report", "--format", "json", latest_of(deployed)).json
    assert [step["kind"] for step in report["steps"]] == ["weight", "approve"]
    said = {event["action"]: event["text"] for event in report["events"]
            if event["type"] == "control"}
    assert "refused: it waits for approval" in said["resume"] and "refused" not in said["approve"]


@pytest.mark.parametrize("verbs, code, version", [
    (("pause", "resume", "promote"), 0, "2"),
    (("pause", "abort"), 3, "1"),
    (("promote", "--full"), 0, "2"),
    (("abort",), 3, "1"),
    (("rollback",), 3, "1"),
])
def test_a_running_deployment_is_steered(lam, deployed, canary, terminal, plan_file, verbs, code,
                                         version):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    for verb in ([verbs] if "--full" in verbs else [(verb,) for verb in verbs]):
        told = canary(*verb)
        assert told.code == 0, told.err
    assert first.end() == code, first.seen + first.err
    assert alias_of(lam, deployed) == (version, None)


def test_watch_follows_to_the_end_and_ends_alike(deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    second = terminal("watch")
    second.wait_for("Sending")
    assert canary("abort").code == 0
    assert (first.end(), second.end()) == (3, 3)
    assert "Rolling back: aborted by" in second.seen


def test_a_first_version_that_does_not_answer_gets_no_alias(lam, name, canary):
    create(lam, name, node("throw new Error('never well')"))
    target = ("--function", name, "--alias", "live")
    plan = canary("plan", *target)
    assert plan.code == 0
    assert ("publish $LATEST as a new version, ask it 3 times alone, and make the alias. "
            "The next deployment would then:\n  1. weight 10 %") in plan.out
    unknown = canary("plan", *target, "--endpoint-url", "http://127.0.0.1:9")
    assert unknown.code == 1 and "ask it 3 times alone, then:\n  1. weight 10 %" in unknown.out
    done = canary("deploy", *target)
    assert (done.code, "Rolling back: version 1 answers with an error: Error: never well.\n" in done.out) == (
        3, True), done.out + done.err
    assert not lam.list_aliases(FunctionName=name)["Aliases"]
    assert canary("deploy", *target, "--health-checks", "0").code == 0
    assert alias_of(lam, name) == ("1", None)


def test_watch_says_how_a_deployment_ended_that_never_began(deployed, canary, plan_file):
    plan_file("throw new TypeError('never well,\\nnot at all')")
    assert canary("deploy").code == 3
    with open(os.path.join(canary_state(), latest_of(deployed), "deployment.json"), encoding="utf-8") as file:
        assert json.load(file)["exitCode"] == 3
    done = canary("watch")
    assert done.code == 3
    assert ("rolled back, version 2 answers with an error: TypeError: never well, not at all.\n"
            in done.out)


def test_a_sentence_has_one_full_stop(deployed, canary, plan_file):
    plan_file()
    gone = ("--endpoint-url", "http://127.0.0.1:9")
    assert canary("deploy", *gone).code == 1
    assert canary("watch", *gone).out.endswith("Is the endpoint right, and does it run?\n")


def test_a_deployment_that_waits_for_approval_says_so(deployed, canary, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%", "for": "1m"}, {"approve": True}]})
    assert canary("deploy", "--fast", "--no-wait").code == 5
    assert re.search(r"^Deployment \S+ waits for approval\.$", canary("status").out, re.MULTILINE)
    assert canary("abort").code == 3


def test_a_second_deployment_of_the_alias_is_refused(lam, deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    second = canary("deploy")
    assert second.code == 1 and "is under way" in second.err and "process" in second.err
    assert alias_of(lam, deployed) == ("1", {"2": 0.5})
    assert canary("abort").code == 0 and first.end() == 3


def test_verbs_without_a_deployment_say_so(deployed, canary):
    for verb in ("pause", "resume", "approve", "abort"):
        done = canary(verb, "--function", deployed, "--alias", "live")
        assert done.code == 1 and "no unfinished deployment" in done.err


def test_who_waits_names_the_words_that_apply(canary, terminal, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%", "for": "1h"}, {"approve": True}]})
    first = terminal("deploy")
    first.wait_for("Sending")
    assert canary("pause").code == 0
    assert first.wait_for("Paused").endswith("canary resume, promote or abort.\n")
    assert canary("promote").code == 0
    assert first.wait_for("Paused").endswith("canary approve or abort.\n")
    assert canary("approve").code == 0 and first.end() == 0


def test_ctrl_c_may_pause_instead(lam, deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy", "--on-interrupt", "pause")
    first.wait_for("Sending")
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 5 and "was left" in first.seen
    assert "canary: " not in first.err  # nothing has failed
    assert alias_of(lam, deployed) == ("1", {"2": 0.5})
    status = canary("status").out
    assert "canary resume lets it go on, canary abort ends it" in status and "GONE" not in status
    refused = canary("deploy")
    assert refused.code == 1 and "is paused" in refused.err
    assert canary("promote", "--full").code == 0
    assert alias_of(lam, deployed) == ("2", None)


def test_a_terminal_that_is_closed_takes_the_traffic_back(lam, deployed, terminal, plan_file):
    plan_file()
    first = terminal("deploy")
    first.wait_for("Sending")
    first.process.send_signal(signal.SIGHUP)
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


def test_ctrl_c_is_heeded_within_a_slice_of_fast_time(lam, deployed, canary, terminal, plan_file):
    """Of a hundred requests that take two seconds each, one after the other."""
    plan_file("await new Promise(go => setTimeout(go, 2000)); return 'v2'", healthChecks=0,
              strategy={"canary": {"weight": "100%", "for": "10m"}},
              traffic={"generate": {"rate": "100/s", "concurrency": 1}})
    first = terminal("deploy", "--fast")
    first.wait_for("Sending")
    wait_for(lambda: sum(version["invocations"] for version in canary(
        "status", "--output", "json").json["versions"]))
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 3, first.seen + first.err  # end() waits for a minute
    assert alias_of(lam, deployed) == ("1", None)


def test_ctrl_c_ends_health_checks(lam, deployed, terminal, plan_file):
    plan_file("await new Promise(go => setTimeout(go, 1000)); return 'v2'", healthChecks=1000)
    first = terminal("deploy")
    first.wait_for("Published")
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


def test_history_lists_what_was(deployed, canary, plan_file):
    plan_file(strategy="AllAtOnce")
    assert canary("deploy").code == 0 and canary("deploy").code == 0
    rows = canary("history", "--function", deployed, "--output", "json").json["deployments"]
    assert [row["status"] for row in rows] == ["promoted", "unchanged"]
    here = canary("history", "--function", deployed, "--endpoint-url", rows[0]["endpoint"] + "/")
    assert here.out.count(deployed + ":live") == 2


# ---- Crashes ------------------------------------------------------------------------------------


@pytest.fixture
def killed(deployed, terminal, plan_file):
    """A deployment whose client was killed with -9 while it watched its first step."""
    path = plan_file(strategy={"steps": [{"weight": "50%", "for": "20m"}, {"approve": True}]})
    first = terminal("deploy")
    first.wait_for("Sending")
    wait_for(lambda: record_of(deployed, "sample"))
    first.process.kill()
    first.end()
    return path


def test_a_killed_client_is_found_and_its_work_taken_up(lam, deployed, canary, terminal, killed):
    state = state_of(canary, deployed)
    assert (state["status"], state["isAlive"]) == ("running", False)
    assert "CLIENT IS GONE" in canary("status").out
    assert alias_of(lam, deployed) == ("1", {"2": 0.5})
    before = record_of(deployed, "sample")
    second = terminal("resume")
    second.wait_for("taken up")
    wait_for(lambda: len(record_of(deployed, "sample")) > len(before))
    now = state_of(canary, deployed)
    assert now["isAlive"] and now["id"] == state["id"]
    assert not record_of(deployed, "control")  # nothing was paused that a word would have to end
    requests = [sum(v["requests"] for v in s["versions"].values())
                for s in record_of(deployed, "sample")]
    assert now["evidence"]["base"]["requests"] + now["evidence"]["canary"]["requests"] >= sum(
        requests[:len(before)])  # what was seen before the crash still counts
    assert canary("promote").code == 0
    second.wait_for("waits for approval")
    assert canary("approve").code == 0 and second.end() == 0
    assert alias_of(lam, deployed) == ("2", None)


def test_a_word_that_the_dead_client_did_not_hear_is_not_heard_later(deployed, canary, terminal, killed):
    """Its asker was told that it may be, a hook running, and gave up long ago."""
    control = os.path.join(canary_state(), latest_of(deployed), "control")
    for name in ("00000001700000000000-1.ask", "00000001700000000000-1.answer"):
        with open(os.path.join(control, name), "w", encoding="utf-8") as file:
            json.dump({"verb": "abort", "by": "somebody"}, file)
    second = terminal("resume")
    second.wait_for("It goes on")
    assert not os.listdir(control) and not record_of(deployed, "control")
    assert canary("abort").code == 0 and second.end() == 3


def test_a_promotion_that_was_not_told_of_is_rolled_back_all_the_same(lam, deployed, canary, terminal, plan_file,
                                                                      tmp_path):
    """There is nothing left to take up but telling; who says rollback means the traffic."""
    plan_file(strategy="AllAtOnce", notify=[{"command": (
        '[ "$CANARY_EVENT" != promoted ] || [ -e told ] || { touch told; sleep 30; }')}])
    first = terminal("deploy", "--fast")
    wait_for((tmp_path / "told").exists)
    first.process.kill()
    first.end()
    assert alias_of(lam, deployed) == ("2", None)
    done = canary("rollback", "--function", deployed, "--alias", "live")
    assert done.code == 0, done.out + done.err
    assert alias_of(lam, deployed) == ("1", None)
    assert [line["outcome"] for line in record_of(deployed, "end")] == ["promoted"]


def test_a_killed_clients_work_is_rolled_back(lam, deployed, canary, killed):
    done = canary("rollback")
    assert done.code == 3, done.err
    assert alias_of(lam, deployed) == ("1", None)
    assert state_of(canary, deployed)["isOver"]


def test_the_same_deployment_again_takes_the_work_up(lam, deployed, canary, terminal, killed):
    again = terminal("deploy")
    again.wait_for("taken up")
    assert canary("abort").code == 0 and again.end() == 3
    assert len(canary("history", "--function", deployed, "--output",
                      "json").json["deployments"]) == 1


def test_another_deployment_rolls_the_half_done_one_back_first(lam, deployed, canary, killed,
                                                               plan_file):
    plan_file("return 'v3'", strategy="AllAtOnce")
    done = canary("deploy")
    assert done.code == 0, done.err
    assert alias_of(lam, deployed) == ("3", None)
    rows = canary("history", "--function", deployed, "--output", "json").json["deployments"]
    assert [row["status"] for row in rows] == ["rolled back", "promoted"]


def test_so_does_the_same_plan_with_other_code(lam, deployed, canary, terminal, killed, package):
    def statuses():
        rows = canary("history", "--function", deployed, "--output", "json").json["deployments"]
        return [row["status"] for row in rows]

    package("return 'v3'")
    again = terminal("deploy")
    wait_for(lambda: statuses() == ["rolled back", "running"], "the second runs")
    assert canary("abort").code == 0 and again.end() == 3


def test_approval_is_waited_for_again(lam, deployed, canary, terminal, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%"}, {"approve": True}]})
    first = terminal("deploy")
    first.wait_for("waits for approval")
    first.process.kill()
    first.end()
    second = terminal("resume")
    second.wait_for("waits for approval")
    assert canary("approve").code == 0 and second.end() == 0
    assert alias_of(lam, deployed) == ("2", None)


def test_a_strangers_change_while_nobody_watched_is_left_alone(lam, deployed, canary, killed):
    lam.update_alias(FunctionName=deployed, Name="live", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.01}})
    done = canary("resume")
    assert done.code == 1 and "somebody else has changed it" in done.err
    assert alias_of(lam, deployed) == ("1", {"2": 0.01})
    assert state_of(canary, deployed)["isOver"]


def test_watch_ends_where_nobody_works_on(deployed, canary, killed):
    done = canary("watch")
    assert done.code == 5 and "Its client is gone: canary resume takes it up" in done.out
    assert canary("rollback").code == 3


def test_a_deployment_that_cannot_be_locked_is_not_taken_up(lam, deployed, canary, killed):
    lock = os.path.join(canary_state(), state_of(canary, deployed)["id"], "lock")
    os.remove(lock)
    os.mkdir(lock)
    done = canary("resume")
    assert done.code == 1 and f"cannot write {lock}" in done.err
    os.rmdir(lock)
    assert canary("rollback").code == 3


def test_a_torn_record_is_gone_on_with(deployed, canary, killed):
    state = state_of(canary, deployed)
    path = os.path.join(canary_state(), state["id"], "record.jsonl")
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"t": 1, "type": "sam')
    assert canary("rollback").code == 3
    assert record_of(deployed, "end")  # and what was torn is no line of the record
    assert canary("report", path).code == 0 and canary("analyze", "--from", path).code == 0


def test_what_two_processes_have_recorded_is_judged_again(deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "4s"}},
              traffic={"generate": {"rate": "50/s"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    wait_for(lambda: record_of(deployed, "sample"))
    first.process.kill()
    first.end()
    second = terminal("resume")
    assert second.end() == 0, second.seen + second.err
    assert re.search("step 1  [0-4]s left", second.err), second.err
    record = os.path.join(canary_state(), state_of(canary, deployed)["id"])
    again = canary("analyze", "--from", record, "--output", "json")
    assert again.code == 0 and len(again.json["verdicts"]) == 4, again.out + again.err
    requests = sum(v["requests"] for s in record_of(deployed, "sample")
                   for v in s["versions"].values())
    seen = again.json["verdicts"][3]["numbers"]["all"]  # of the split
    assert seen == requests >= 100


# ---- Changes by others --------------------------------------------------------------------------


def test_a_description_changed_by_others_stops_it_and_takes_our_weights_back(
        lam, deployed, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}},
              traffic={"generate": {"rate": "100/s"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    lam.update_alias(FunctionName=deployed, Name="live", Description="mine")
    assert first.end() == 1 and "somebody else has changed alias live" in first.err
    assert first.seen.count("somebody else has changed alias live") == 1  # as the reason
    assert alias_of(lam, deployed) == ("1", None)
    assert lam.get_alias(FunctionName=deployed, Name="live")["Description"] == "mine"


def test_weights_changed_by_others_are_left_as_they_are(lam, deployed, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}},
              traffic={"generate": {"rate": "100/s"}},
              checks=[{"kind": "errors"}])
    first = terminal("deploy")
    first.wait_for("Sending")
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.4}})
    assert first.end() == 1 and "left as it is" in first.seen
    assert alias_of(lam, deployed) == ("1", {"2": 0.4})


def test_aws_that_is_asked_nothing_is_not_silent(lam, deployed, canary, plan_file):
    """A request every three seconds, and nobody else asks anything."""
    plan_file(lostAfter="1s", checks=[], traffic={"generate": {"rate": "20/m"}},
              strategy={"canary": {"weight": "50%", "for": "5s"}})
    done = canary("deploy")
    assert done.code == 0, done.out + done.err
    assert alias_of(lam, deployed) == ("2", None)


def test_aws_was_not_silent_while_somebody_was_waited_for(lam, deployed, canary, terminal, plan_file):
    plan_file("await new Promise(go => setTimeout(go, 800)); return 'v2'", lostAfter="2s", checks=[],
              healthChecks=0, strategy={"steps": [{"weight": "100%", "for": "1s"}, {"approve": True},
                                                  {"pause": "3s"}]})
    first = terminal("deploy")
    first.wait_for("waits for approval")
    time.sleep(2.5)  # what is tested is that this time does not count
    assert canary("approve").code == 0
    assert first.end() == 0, first.seen + first.err


def test_a_server_that_goes_away_is_not_waited_for_forever(start_server, tmp_path, package):
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "f", node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    plan = tmp_path / "canary.json"
    plan.write_text(json.dumps({"function": "f", "alias": "live", "package": package(),
                                "lostAfter": "1s",
                                "strategy": {"canary": {"weight": "50%", "for": "1h"}}}))
    first = Terminal(server, tmp_path, "deploy")
    first.wait_for("Sending")
    port = server.port
    server.process.kill()
    server.process.wait()
    assert first.end() == 1
    assert "THE ROLLBACK FAILED" in first.seen and "AWS has not answered" in first.seen
    server = start_server("--data-dir", str(tmp_path / "data"), "--port", str(port),
                          ephemeral=False)
    lam = server.client("lambda")
    assert alias_of(lam, "f") == ("1", {"2": 0.5})
    again = subprocess.run([CANARY, "rollback"], cwd=tmp_path, text=True, capture_output=True,
                           env=clean_environment(server.url))
    assert again.returncode == 1, again.stdout  # it ends as what it was: failed
    assert alias_of(lam, "f") == ("1", None)


# ---- Hooks, alarms, notifications ---------------------------------------------------------------


class Listener(http.server.ThreadingHTTPServer):
    """Answers POSTs with `status`, and keeps what it was sent."""

    def __init__(self):
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                listener.bodies.append(json.loads(self.rfile.read(size)))
                self.send_response(listener.status)
                self.send_header("Content-Length", str(len(listener.answer)))
                self.end_headers()
                self.wfile.write(listener.answer)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.status, self.answer = [], 200, b"{}"
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def listener():
    running = Listener()
    yield running
    running.shutdown()
    running.server_close()


def test_hooks_of_each_kind_run_in_their_order(lam, deployed, canary, plan_file, listener,
                                               tmp_path):
    create(lam, deployed + "-hook", node("return {got: event}"))
    note = "echo $CANARY_WHEN $CANARY_VERSION $CANARY_WEIGHT >> notes"
    plan_file(strategy={"steps": [{"weight": "20%", "for": "1m"},
                                  {"hook": {"name": "inner", "lambda": deployed + "-hook"}},
                                  {"weight": "60%", "for": "1m"}]},
              hooks={"before": [{"command": note}, {"http": listener.url, "payload": {"x": 1}}],
                     "between": [{"command": note}], "after": [{"http": listener.url}]})
    assert canary("deploy", "--fast").code == 0
    assert (tmp_path / "notes").read_text() == "before 2 0\nbetween 2 0.2\nbetween 2 0.6\n"
    assert listener.bodies[0] == {"x": 1}
    after = listener.bodies[1]
    assert (after["when"], after["version"], after["baseVersion"], after["weight"]) == (
        "after", "2", "1", 1)
    hooks = record_of(deployed, "hook")
    assert [(h["kind"], h["outcome"]) for h in hooks] == [
        ("command", "ok"), ("http", "ok"), ("lambda", "ok"), ("command", "ok"), ("command", "ok"),
        ("http", "ok")]
    inner = json.loads(hooks[2]["output"])
    assert hooks[2]["name"] == "inner" and inner["got"]["function"] == deployed


@pytest.mark.parametrize("when, hook, version, words", [
    ("before", {"command": "echo not now; exit 3"}, None, "failed: not now\nexit status 3"),
    ("before", {"command": "seq 30000; printf 'caf\\351 is shut\n'; exit 3"}, None, "\n30000\ncaf? is shut\nexit status 3"),
    ("before", {"command": "false"}, None, "hook false failed: exit status 1"),
    ("before", {"name": "long", "command": "#" * 200000}, None,
     "hook long failed: cannot start /bin/sh: Argument list too long"),
    ("between", {"command": "kill -9 $$"}, {"2": 0.5}, "signal 9"),
    ("after", {"command": "sleep 60", "timeout": "100ms"}, None, "too long"),
    ("before", {"http": "http://127.0.0.1:9/"}, None, "connect"),
    ("before", {"lambda": "no-such-function"}, None, "Function not found"),
])
def test_a_hook_that_fails_rolls_back(lam, deployed, canary, plan_file, when, hook, version, words):
    plan_file(hooks={when: [hook]})
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 3, done.err
    assert words in done.json["reason"] and "hook" in done.json["reason"]
    assert alias_of(lam, deployed) == ("1", None)
    shifted = [a.get("routedVersion") for a in record_of(deployed, "alias")]
    assert ("2" in shifted) == (when != "before")


def test_what_others_say_moves_no_cursor(deployed, canary, plan_file):
    """Colours of test runners, and worse; the record has them as they came."""
    plan_file("throw new Error('\\x1b[2Jno')", hooks={"before": [
        {"name": "unit", "command": r"printf '\033[32m3 passed\033[0m\nRolling back: no\033]0;owned\007'"}]}, healthChecks=0)
    done = canary("deploy", "--fast")
    report = canary("report", "--function", deployed)
    failed = canary("check", "--function", deployed, "--version", "2")
    assert (done.code, report.code, failed.code) == (3, 0, 1), done.err + failed.out
    assert "\n  3 passed\n  Rolling back: no\n" in done.out  # each line of it is set off
    assert "  hook ok: unit: 3 passed\n    Rolling back: no\n" in report.out
    assert "failed: Error: no\n" in failed.out
    for text in (done.out, report.out, failed.out, done.err, failed.err):
        assert "\x1b" not in text and "\x07" not in text and "owned" not in text
    assert record_of(deployed, "hook")[0]["output"] == "\x1b[32m3 passed\x1b[0m\nRolling back: no\x1b]0;owned\x07"


def test_a_metric_that_cloudwatch_refuses_is_named(lam, deployed, canary, plan_file):
    plan_file(metrics=[{"name": "rate", "expression": "e/(", "metrics": {"e": {"metric": "Errors"}}}],
              checks=[{"kind": "threshold", "metric": "rate", "max": 1}])
    done = canary("deploy", "--fast")
    assert done.code == 1 and "canary: metric rate: cannot read CloudWatch's metrics: Validation" in done.err
    assert alias_of(lam, deployed) == ("1", None)


def test_a_command_reads_all_of_its_payload(deployed, canary, plan_file, tmp_path):
    plan_file(hooks={"before": [{"command": "cat > payload", "payload": {"x": "y" * 300000}}]})
    assert canary("deploy", "--fast").code == 0
    assert json.loads((tmp_path / "payload").read_text()) == {"x": "y" * 300000}


def test_a_lambda_hook_says_no_by_its_answer(lam, deployed, canary, plan_file):
    create(lam, deployed + "-hook", node("return {status: 'Failed', why: 'tuesday'}"))
    plan_file(hooks={"before": [{"lambda": deployed + "-hook"}]})
    done = canary("deploy", "--fast")
    assert done.code == 3 and "tuesday" in done.out


@pytest.mark.parametrize("answer, words", [
    (b'{"why": "no deployments on fridays"}\n', '{"why": "no deployments on fridays"}\n'),
    (b"<html><h1>Forbidden</h1></html>", ""), (b"", "")])
def test_an_http_hook_that_refuses_rolls_back(lam, deployed, canary, plan_file, listener, answer, words):
    listener.status, listener.answer = 403, answer
    plan_file(hooks={"after": [{"http": listener.url}]})
    done = canary("deploy", "--fast", "--output", "json")
    assert done.code == 3
    assert done.json["reason"] == f"hook {listener.url} failed: {words}{listener.url} answers with status 403"
    assert alias_of(lam, deployed) == ("1", None)


def test_ctrl_c_ends_a_hook_and_takes_the_weights_back(lam, deployed, terminal, plan_file,
                                                       tmp_path):
    plan_file(hooks={"between": [{"command": "touch began; sleep 600"}]})
    first = terminal("deploy", "--fast")
    wait_for((tmp_path / "began").exists)
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 3 and "you stopped the deployment" in first.seen
    assert alias_of(lam, deployed) == ("1", None)


def test_notifications_tell_what_happens(deployed, canary, plan_file, listener, tmp_path):
    plan_file(notify=[{"command": "echo $CANARY_EVENT >> events"}, {"http": listener.url}])
    assert canary("deploy", "--fast").code == 0
    assert (tmp_path / "events").read_text().split() == ["started", "promoted"]
    assert [body["event"] for body in listener.bodies] == ["started", "promoted"]
    assert listener.bodies[1]["function"] == deployed


def test_a_failure_before_the_start_is_notified_too(deployed, canary, plan_file, listener):
    plan_file("throw new Error('bad')", notify=[{"http": listener.url}])
    assert canary("deploy").code == 3
    told, = listener.bodies
    assert (told["event"], told["status"], told["version"]) == ("rolled back", "rolled back", "2")
    assert "answers with an error" in told["reason"]


class CloudWatch(http.server.ThreadingHTTPServer):
    """CloudWatch with alarms that a test sets; all else is handed on to the real server."""

    def __init__(self, url):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy.answer(self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.alarms, self.asked, self.expressions = url, {}, 0, []
        self.changes = {}  # after how many questions an alarm takes which state
        self.counts = {}  # by version: [invocations, errors] of one reading after the other
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer_expression(self, request):
        if "NextToken" not in request:
            self.expressions.append(request["MetricDataQueries"])
            return 200, b'{"MetricDataResults": [], "NextToken": "more"}'
        assert request["NextToken"] == "more"
        return 200, json.dumps({"MetricDataResults": [
            {"Id": "canary_result", "Timestamps": [request["StartTime"]],
             "Values": [12.5]}]}).encode()

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


@pytest.fixture
def cloudwatch(server):
    running = CloudWatch(server.url)
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def deploy_with_alarms(server, tmp_path, cloudwatch):
    def run(*arguments):
        return subprocess.run(
            [CANARY, "deploy", "--fast", *arguments], cwd=tmp_path, text=True, capture_output=True,
            env={**clean_environment(server.url),
                 "AWS_ENDPOINT_URL_CLOUDWATCH": f"http://127.0.0.1:{cloudwatch.server_port}"})
    return run


@pytest.mark.parametrize("members", [
    {"alarms": ["al", "nope"]},
    {"alarms": ["al"], "checks": [{"kind": "alarm", "alarm": "nope"}]},
    {"strategy": {"steps": [{"weight": "5%", "for": "1h"}, {"analysis": {
        "for": "1h", "checks": [{"kind": "alarm", "alarm": "nope"}]}}]}}])
def test_an_alarm_that_there_is_not_is_told_at_once(lam, deployed, plan_file, cloudwatch, deploy_with_alarms,
                                                    members):
    cloudwatch.alarms = {"al": "OK"}
    plan_file(**members)
    done = deploy_with_alarms()
    assert done.returncode == 1 and "there is no alarm nope" in done.stderr
    assert "Published" not in done.stdout and alias_of(lam, deployed) == ("1", None)


def test_a_dry_run_may_look_at_an_alarm_that_there_is_not(deployed, plan_file, cloudwatch, deploy_with_alarms):
    plan_file(checks=[{"kind": "alarm", "alarm": "nope", "dryRun": True}])
    assert deploy_with_alarms().returncode == 0


def test_an_alarm_that_fires_rolls_back(lam, deployed, plan_file, cloudwatch, deploy_with_alarms):
    cloudwatch.alarms = {"al": "OK", "other": "ALARM"}
    cloudwatch.changes = {5: {"al": "ALARM"}}
    plan_file(alarms=["al"])
    done = deploy_with_alarms()
    assert done.returncode == 3, done.stderr
    assert "Rolling back: alarm al is in state ALARM: Threshold Crossed." in done.stdout
    assert [(a["name"], a["state"]) for a in record_of(deployed, "alarm")] == [
        ("al", "OK"), ("al", "ALARM")]
    assert alias_of(lam, deployed) == ("1", None)


def test_an_alarm_without_data_stops_nothing(lam, deployed, plan_file, cloudwatch,
                                             deploy_with_alarms):
    cloudwatch.alarms = {"al": "INSUFFICIENT_DATA"}
    plan_file(alarms=["al"])
    assert deploy_with_alarms().returncode == 0
    assert alias_of(lam, deployed) == ("2", None)


def test_an_alarm_that_fires_already_refuses_or_is_ignored(lam, deployed, plan_file, cloudwatch,
                                                           deploy_with_alarms):
    cloudwatch.alarms = {"al": "ALARM"}
    plan_file(alarms=["al"])
    refused = deploy_with_alarms()
    assert refused.returncode == 1 and "fires already" in refused.stderr
    assert "--ignore-firing-alarms" in refused.stderr
    mended = deploy_with_alarms("--ignore-firing-alarms")
    assert mended.returncode == 0, mended.stderr
    assert alias_of(lam, deployed)[0] != "1"


def test_a_composite_alarm_that_fires_refuses_too(cw, deployed, canary, plan_file):
    cw.put_composite_alarm(AlarmName=deployed, AlarmRule="TRUE")
    plan_file(alarms=[deployed])
    refused = canary("deploy", "--fast")
    assert refused.code == 1 and f"alarm {deployed} fires already" in refused.err, refused.err


def test_an_alarm_that_is_not_there_is_said(deployed, plan_file, cloudwatch, deploy_with_alarms):
    plan_file(alarms=["nothing"])
    done = deploy_with_alarms()
    assert done.returncode == 1 and "there is no alarm nothing" in done.stderr


def test_metrics_come_into_the_record_by_the_plans_names(deployed, canary, plan_file):
    plan_file(metrics=[
        {"name": "errors", "metric": "Errors"},
        {"name": "all", "metric": "Invocations", "dimensions": {"FunctionName": "{function}"}}])
    done = canary("deploy", "--fast")
    assert done.code == 0, done.err
    seen = {(m["name"], m["side"]) for m in record_of(deployed, "metric")}
    assert seen == {("errors", "canary"), ("errors", "baseline"), ("all", "canary")}
    samples = record_of(deployed, "sample")
    answered = sum(v["requests"] for s in samples for v in s["versions"].values())
    last = {m["time"]: m["value"] for m in record_of(deployed, "metric") if m["name"] == "all"}
    assert sum(last.values()) >= answered  # health checks besides


def test_a_sum_is_judged_when_the_metrics_own_period_is_over(deployed, canary, plan_file):
    """Of five minutes, of which the first has too few."""
    plan_file(metrics=[{"name": "asked", "metric": "Invocations", "period": "5m"}],
              checks=[{"kind": "threshold", "metric": "asked", "min": 500}],
              strategy={"canary": {"weight": "50%", "for": "15m"}},
              traffic={"generate": {"rate": "5/s"}})
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out
    [plan] = record_of(deployed, "plan")[:1]
    assert plan["plan"]["checks"][0]["period"] == "5m"
    assert canary("analyze", latest_of(deployed)).code == 0


def test_an_expression_is_asked_of_cloudwatch_for_both_versions(deployed, plan_file, cloudwatch,
                                                                deploy_with_alarms):
    plan_file(metrics=[
        {"name": "rate", "expression": "100*e/i", "period": "5m",
         "metrics": {"e": {"metric": "Errors"}, "i": {"metric": "Invocations", "stat": "Sum"}}}])
    assert deploy_with_alarms().returncode == 0
    assert {(m["name"], m["side"], m["value"]) for m in record_of(deployed, "metric")} == {
        ("rate", "canary", 12.5), ("rate", "baseline", 12.5)}
    asked = cloudwatch.expressions[0]
    assert [q["Id"] for q in asked] == ["e", "i", "canary_result"]
    assert asked[2]["Expression"] == "100*e/i" and asked[0]["ReturnData"] is False
    assert asked[0]["MetricStat"]["Period"] == 300
    versions = {d["Value"] for queries in cloudwatch.expressions
                for d in queries[0]["MetricStat"]["Metric"]["Dimensions"]
                if d["Name"] == "ExecutedVersion"}
    assert versions == {"1", "2"}


def test_a_metric_that_cloudwatch_refuses_ends_it_before_anything_is_shifted(lam, deployed, canary, plan_file):
    """Not after a step of an hour, for want of a value."""
    plan_file(metrics=[{"name": "slow", "metric": "Duration", "stat": "Averag"}],
              checks=[{"kind": "threshold", "metric": "slow", "max": 1}])
    done = canary("deploy")
    assert done.code == 1 and "The value Averag for parameter" in done.err
    assert alias_of(lam, deployed) == ("1", None) and "Shifted" not in done.out
    [end] = record_of(deployed, "end")
    assert end["outcome"] == "failed"


def test_times_are_averaged_and_who_runs_at_once_is_not_added_up_unless_the_plan_says_otherwise(deployed, canary, plan_file):
    """Some 20 ms each; the sum of a minute's 60 is beyond the limit for one."""
    plan_file("await new Promise((done) => setTimeout(done, 20)); return 'v2'",
              traffic={"generate": {"rate": "1/s"}},
              metrics=[{"name": "slow", "metric": "Duration", "period": "2m"}],
              strategy={"canary": {"weight": "100%", "for": "3m"}},
              checks=[{"kind": "threshold", "metric": "ConcurrentExecutions", "max": 9}] + [
                  {"kind": "threshold", "name": name, "metric": metric, "min": 10, "max": 1000}
                  for name, metric in [("by name", "Duration"), ("described", "slow")]])
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out + done.err
    values = {line["name"]: line["value"] for line in record_of(deployed, "metric")
              if line["side"] == "canary"}
    assert values.pop("ConcurrentExecutions") == 1  # the most; the sum is how many there were
    assert set(values) == {"Duration", "slow"} and all(10 < v < 1000 for v in values.values())


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


class Gate:
    """A command that stands still until the test lets it go on."""

    def __init__(self, path):
        self.path = path
        self.hook = {"hook": {"command": f"cat {path}"}}
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


class Lagging(CloudWatch):
    """Counts a thousand requests a minute as the alias splits them, and tells of them two minutes
    later, as AWS does."""

    def __init__(self, url, lam, name):
        self.lam, self.name, self.weights = lam, name, {}
        super().__init__(url)

    def answer_counts(self, request):
        minute = int(request["EndTime"]) // 60 - 1
        _, weights = alias_of(self.lam, self.name)
        self.weights.setdefault(minute, (weights or {}).get("2", 0))
        is_new = '"ExecutedVersion","Value":"2"' in json.dumps(request, separators=(",", ":"))
        told = {at: weight if is_new else 1 - weight for at, weight in self.weights.items()
                if int(request["StartTime"]) // 60 <= at <= minute - 2}
        return 200, json.dumps({"MetricDataResults": [
            {"Id": "invocations", "Timestamps": [60 * at for at in told],
             "Values": [round(1000 * share) for share in told.values()]}]}).encode()


def test_on_aws_a_step_is_not_judged_by_what_was_before_it(lam, deployed, server, plan_file, tmp_path):
    lagging = Lagging(server.url, lam, deployed)
    lagging.counts = {"all": True}
    plan_file(traffic={"live": {}}, checks=[{"kind": "split"}], strategy={"steps": [
        {"weight": "10%", "for": "10m"}, {"weight": "50%", "for": "10m"}]})
    done = subprocess.run(
        [CANARY, "deploy", "--fast", "--aws", "--output", "json"], cwd=tmp_path, text=True,
        capture_output=True, env={**clean_environment(server.url), "AWS_ENDPOINT_URL_CLOUDWATCH":
                                  f"http://0.0.0.0:{lagging.server_port}"})
    lagging.shutdown()
    lagging.server_close()
    assert done.returncode == 0, done.stderr
    verdicts = [line["numbers"] for line in record_of(deployed, "verdict") if line["isFinal"]]
    assert [verdict["share"] for verdict in verdicts] == [0.1, 0.5]
    assert all(6000 <= verdict["all"] <= 8000 for verdict in verdicts)


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


def test_on_a_terminal_the_tree_is_redrawn_in_place(server, deployed, plan_file, tmp_path):
    plan_file(strategy={"canary": {"weight": "25%", "for": "2m"}})
    ours, theirs = open_terminal(80)
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0, text
    assert re.search("\x1b\\[\\d+A", text), "the cursor never went up"
    assert re.search(r"│ +p50 [\d.]+  p95 [\d.]+  p99 [\d.]+ ms\x1b", text), "cut at the edge"
    for words in ("├─ weight     █████░", "25 %", "├─ split", "version 1", "version 2", "errors",
                  "p99", "└─ time", "left"):
        assert words in text, words
    last = text[text.rindex("Promoted"):]
    assert "└─ time" in last and last.index("└─ time") < last.index("version   requests")


def test_steps_that_send_nothing_are_shown_with_what_they_wait_for(server, deployed, plan_file,
                                                                   tmp_path):
    plan_file(strategy={"steps": [{"weight": "50%"}, {"hook": {"command": "true"}},
                                  {"approve": True}]})
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast", "--no-wait"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 5, text
    hook = text[text.index("step 2: hook"):text.index("step 3: approve")]
    approve = text[text.index("step 3: approve"):]
    assert "until the hook has ended" in hook and "until somebody" not in hook
    assert "until somebody says how to go on" in approve


def test_a_step_that_is_taken_up_is_shown_whole(server, deployed, canary, killed, tmp_path):
    assert re.search(r"step 1 of 2, version 2 at 50 %, (20|1\d)m(\d+s)? left", canary("status").out)
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "resume"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "LC_ALL": "C.UTF-8"})
    os.close(theirs)
    wait_for(lambda: record_of(deployed, "resume"))
    assert canary("rollback").code == 0 and process.wait(60) == 3
    text = read_terminal(ours)
    os.close(ours)
    first = text[text.index("It goes on."):].split("left")[0]
    for words in ("step 1: weight", "█████░", "50 %", "version 2"):
        assert words in first, first


def test_rows_of_the_history_are_cut_on_a_terminal(server, deployed, canary, plan_file, tmp_path):
    plan_file("throw new Error('bad')", healthChecks=0)
    assert canary("deploy", "--fast").code == 3
    ours, theirs = open_terminal(60)
    process = subprocess.Popen([CANARY, "history", "--function", deployed], cwd=tmp_path,
                               stdout=theirs, env={**clean_environment(server.url), "TERM": "xterm"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0
    assert [len(line) for line in text.splitlines()] == [60]


def test_sentences_are_wrapped_on_a_terminal_and_nowhere_else(canary, tmp_path):
    wrong = [CANARY, "status", "--function", "f", "--alias", "a", "--endpoint-url",
             "https://lambda.us-east-1.amazonaws.com"]
    ours, theirs = open_terminal(60)
    process = subprocess.Popen(wrong, cwd=tmp_path, stdout=theirs, stderr=theirs,
                               env={**clean_environment(""), "TERM": "xterm"})
    os.close(theirs)
    lines = read_terminal(ours).splitlines()
    os.close(ours)
    assert process.wait(60) == 2
    assert len(lines) > 2 and max(map(len, lines)) <= 60, lines
    piped = canary(*wrong[1:])
    assert piped.err.count("\n") == 1
    assert piped.err.split() == " ".join(lines).split()


def test_without_colour_there_is_none(server, deployed, plan_file, tmp_path):
    plan_file(strategy={"canary": {"weight": "25%", "for": "1m"}})
    ours, theirs = open_terminal()
    process = subprocess.Popen(
        [CANARY, "deploy", "--fast"], cwd=tmp_path, stdout=theirs, stderr=theirs,
        env={**clean_environment(server.url), "TERM": "xterm", "NO_COLOR": "1"})
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait(60) == 0
    assert "version 2" in text and not re.search("\x1b\\[[0-9;]*m", text)


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
