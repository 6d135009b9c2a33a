"""Rollouts and other terminals: words, Ctrl-C, watching, a second deployment."""
import json
import os
import re
import signal

import pytest

from tests.support.machine import wait_for
from tests.support.packages import create, node
from tests.support.rollouts import BAD, alias_of, canary_state, latest_of, record_of, state_of


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


def test_what_it_stood_still_for_is_no_reason_to_go_on(deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    assert canary("pause").code == 0 and "paused by" in state_of(canary, deployed)["reason"]
    assert canary("resume").code == 0
    state = state_of(canary, deployed)
    assert (state["status"], state["reason"]) == ("running", "")
    assert canary("promote").code == 0
    assert first.wait_for("Promoting: ").endswith(" said promote before the step's end.\n")
    assert first.end() == 0
    assert "said promote" in state_of(canary, deployed)["reason"]


def test_who_goes_on_over_a_verdict_is_named_with_it(deployed, canary, terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}}, onFailure="pause",
              metrics=[{"name": "calls", "metric": "Invocations"}],
              checks=[{"kind": "threshold", "metric": "calls", "max": 0, "wholePeriods": False}])
    first = terminal("deploy")
    first.wait_for("Paused")
    assert canary("approve").code == 0
    assert "said approve, although: calls: " in first.wait_for("Promoting: ")
    assert first.end() == 0


@pytest.mark.parametrize("members, clock", [
    ({"traffic": {"live": {}}}, []), ({}, []), ({}, ["--fast"]),
    ({"checks": [{"kind": "threshold", "metric": "Errors", "max": 5}]}, [])],
    ids=["live", "sent", "fast", "metric"])
def test_who_waits_for_approval_sees_what_users_meet(lam, deployed, terminal, plan_file, members, clock):
    plan_file(BAD, strategy={"steps": [{"weight": "50%"}, {"approve": True}]}, **members)
    waiting = terminal("deploy", *clock)
    waiting.wait_for("waits for approval")
    for _ in range(200):
        lam.invoke(FunctionName=deployed, Qualifier="live")["Payload"].read()
    assert waiting.end() == 3, waiting.seen + waiting.err
    assert alias_of(lam, deployed) == ("1", None)


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


def test_a_row_of_the_history_is_one_line(deployed, canary, plan_file):
    plan_file(hooks={"before": [{"command": "echo one; echo two; exit 3"}]})
    assert canary("deploy", "--fast").code == 3
    [row] = canary("history", "--function", deployed).out.splitlines()
    assert row.endswith("failed: one two exit status 3")
