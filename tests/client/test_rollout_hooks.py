"""Hooks and notifications of rollouts."""
import json
import signal

import pytest

from tests.support.machine import wait_for
from tests.support.packages import create, node
from tests.support.rollouts import alias_of, record_of


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


def test_a_gate_is_asked_again_until_it_opens_or_somebody_says_how_to_go_on(lam, deployed, canary, terminal,
                                                                            plan_file, tmp_path):
    plan_file(hooks={"before": [{"name": "gate", "command": "test -f open", "retries": 10000}]})
    first = terminal("deploy", "--fast")
    assert first.wait_for("Hook gate").endswith("it is tried again\n")
    (tmp_path / "open").write_text("")
    assert first.end() == 0, first.seen + first.err
    report = canary("report", "--function", deployed, "--format", "junit").out
    assert 'failures="0"' in report and "the hook failed, and was tried again" in report
    (tmp_path / "open").unlink()
    plan_file("return 'v3'", hooks={"before": [{"name": "gate", "command": "test -f open", "retries": 10000}]})
    second = terminal("deploy", "--fast")
    second.wait_for("Hook gate")
    assert canary("abort").code == 0 and second.end() == 3, second.seen + second.err
    assert alias_of(lam, deployed) == ("2", None)


def test_a_lambda_hook_that_takes_too_long_is_said_to(lam, deployed, canary, plan_file):
    create(lam, deployed + "-hook", node("await new Promise((done) => setTimeout(done, 20000))"), Timeout=30)
    plan_file(hooks={"before": [{"name": "slow", "lambda": deployed + "-hook", "timeout": "300ms"}]})
    done = canary("deploy", "--fast", "--output", "json")
    assert (done.code, done.json["reason"]) == (
        3, "hook slow failed: it took too long: there was no answer within 300ms, its timeout"), done.err


def test_a_pipe_in_a_command_ends_as_in_any_shell(deployed, canary, plan_file):
    """Whoever writes to what has ended is ended by a signal, and need not look at every write."""
    plan_file(hooks={"before": [{"command": "while :; do echo y; done | head -n 1", "timeout": "2m"}]})
    done = canary("deploy", "--fast")
    assert done.code == 0, done.err
    [hook] = record_of(deployed, "hook")
    assert hook["output"] == "y"


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
