"""Rollouts whose client was killed: found, taken up, rolled back."""
import json
import os
import re
import threading

import pytest

from tests.support.machine import PATIENCE_SECONDS, wait_for
from tests.support.proxy import Proxy
from tests.support.rollouts import alias_of, canary_state, latest_of, record_of, state_of


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


def die_while_telling(terminal, plan_file, tmp_path):
    """The client is killed over its promotion: who is told of it takes as long as the client lives."""
    plan_file(strategy="AllAtOnce", notify=[{"command": (
        '[ "$CANARY_EVENT" != promoted ] || [ -e told ] || { touch told; tail --pid=$PPID -f /dev/null; }')}])
    first = terminal("deploy", "--fast")
    wait_for((tmp_path / "told").exists)
    first.process.kill()
    first.end()


def test_a_promotion_that_was_not_told_of_is_rolled_back_all_the_same(lam, deployed, canary, terminal, plan_file,
                                                                      tmp_path):
    """There is nothing left to take up but telling; who says rollback means the traffic."""
    die_while_telling(terminal, plan_file, tmp_path)
    assert alias_of(lam, deployed) == ("2", None)
    done = canary("rollback", "--function", deployed, "--alias", "live")
    assert done.code == 3, done.out + done.err
    assert alias_of(lam, deployed) == ("1", None)
    check_it_went_back(canary, deployed, "rolled back by ")


def check_it_went_back(canary, name, reason):
    """Whoever asks is told the same as the alias has."""
    [end] = record_of(name, "end")
    assert (end["outcome"], end["exitCode"]) == ("rolled back", 3) and end["reason"].startswith(reason), end
    with open(os.path.join(canary_state(), latest_of(name), "deployment.json"), encoding="utf-8") as file:
        state = json.load(file)
    assert (state["status"], state["weight"], state["isOver"]) == ("rolled back", 0, True)
    assert "rolled back" in canary("report", latest_of(name)).out


class Holding(Proxy):
    """Keeps the answer to a promotion back until its client is dead."""

    def __init__(self, url):
        super().__init__(url)
        self.is_made, self.let_go = threading.Event(), threading.Event()

    def after(self, request, status, headers, content):
        if request.startswith("PUT ") and "/aliases/" in request and not self.is_made.is_set():
            self.is_made.set()
            self.let_go.wait(PATIENCE_SECONDS)
        return status, headers, content


@pytest.mark.parametrize("verb", ["rollback", "abort"])
def test_a_promotion_that_its_client_died_over_is_taken_back_by_the_next_word(server, lam, deployed, canary,
                                                                            terminal, plan_file, verb):
    """It is made, and not even written down: to take it up is to find it made."""
    plan_file(strategy="AllAtOnce")
    holding = Holding(server.url)
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.is_made.wait(PATIENCE_SECONDS)
    first.process.kill()
    first.end()
    holding.let_go.set()
    assert alias_of(lam, deployed) == ("2", None)
    done = terminal(verb, AWS_ENDPOINT_URL=holding.url)
    assert done.end() == 3, done.seen + done.err
    assert alias_of(lam, deployed) == ("1", None)
    assert "All traffic goes to version 1, as before" in done.seen.splitlines()[-1]
    holding.shutdown()
    holding.server_close()
    check_it_went_back(canary, deployed, {"abort": "aborted by "}.get(verb, "rolled back by "))


def test_a_promotion_that_somebody_has_gone_on_from_is_not_taken_back(lam, deployed, canary, terminal, plan_file,
                                                                      tmp_path):
    """Its end is still to be told, but where traffic goes is theirs by now."""
    die_while_telling(terminal, plan_file, tmp_path)
    lam.update_function_configuration(FunctionName=deployed, Description="theirs")
    theirs = lam.publish_version(FunctionName=deployed)["Version"]
    lam.update_alias(FunctionName=deployed, Name="live", FunctionVersion=theirs)
    done = canary("abort")
    assert "Nothing to do" in done.out and alias_of(lam, deployed) == (theirs, None), done.out
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
    plan_file(strategy={"canary": {"weight": "50%", "for": "8s"}},
              traffic={"generate": {"rate": "50/s"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    wait_for(lambda: record_of(deployed, "sample"))
    first.process.kill()
    first.end()
    second = terminal("resume")
    assert second.end() == 0, second.seen + second.err
    assert re.search("step 1  [0-8]s left", second.err), second.err
    record = os.path.join(canary_state(), state_of(canary, deployed)["id"])
    again = canary("analyze", "--from", record, "--output", "json")
    assert again.code == 0 and len(again.json["verdicts"]) == 4, again.out + again.err
    requests = sum(v["requests"] for s in record_of(deployed, "sample")
                   for v in s["versions"].values())
    seen = again.json["verdicts"][3]["numbers"]["all"]  # of the split
    assert seen == requests >= 100
