"""The first Ctrl-C ends whatever canary waits for; what must be done all the same is done."""
import json
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.support.gate import Gate
from tests.support.machine import PATIENCE_SECONDS, wait_for
from tests.support.packages import NODE, create, zip_of
from tests.support.proxy import Proxy
from tests.support.rollouts import Terminal, alias_of, canary_state, record_of, state_of


class Holding(Proxy):
    """What has `words` in its first line or target waits here until it is let go."""

    def __init__(self, url, words):
        super().__init__(url)
        self.words = words
        self.held, self.let_go = threading.Event(), threading.Event()

    def before(self, request):
        if self.words in request:
            self.held.set()
            self.let_go.wait(2 * PATIENCE_SECONDS)


@pytest.fixture
def hold(server):
    running = []

    def start(words):
        running.append(Holding(server.url, words))
        return running[-1]

    yield start
    for one in running:
        one.let_go.set()
        one.shutdown()
        one.server_close()


@pytest.fixture
def gate():
    running = Gate()
    yield running
    running.open()


def interrupt(terminal_of):
    terminal_of.process.send_signal(signal.SIGINT)
    return terminal_of.end()  # which does not wait as long as what is interrupted here would last


def test_a_lambda_hook_is_not_waited_for(lam, deployed, terminal, plan_file, gate):
    create(lam, deployed + "-hook", gate.package, Timeout=900)
    plan_file(hooks={"between": [{"lambda": deployed + "-hook", "timeout": "15m"}]})
    first = terminal("deploy", "--fast")
    gate.wait_until_inside()
    assert interrupt(first) == 3 and "you stopped the deployment" in first.seen
    assert alias_of(lam, deployed) == ("1", None)


def test_cloudwatch_is_not_waited_for(lam, deployed, terminal, plan_file, hold):
    """And that it did not answer then is nothing to tell."""
    holding = hold("GetMetricData")
    holding.let_go.set()
    plan_file(checks=[{"kind": "threshold", "metric": "Errors", "max": 1}])
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    first.wait_for("Sending")
    holding.let_go.clear()
    holding.held.clear()
    assert holding.held.wait(PATIENCE_SECONDS)
    assert interrupt(first) == 3 and "not to be read" not in first.seen
    assert alias_of(lam, deployed) == ("1", None)


def test_live_traffic_is_not_read_once_more_before_the_weights_are_back(
        lam, deployed, terminal, plan_file, hold):
    holding = hold("GetMetricData")
    holding.let_go.set()
    plan_file(traffic={"live": {}})
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    first.wait_for("Watching")
    holding.let_go.clear()
    holding.held.clear()
    assert holding.held.wait(PATIENCE_SECONDS)
    assert interrupt(first) == 3
    assert alias_of(lam, deployed) == ("1", None)


def test_requests_that_hang_do_not_keep_the_weights_from_going_back(lam, deployed, terminal,
                                                                   plan_file, gate):
    lam.update_function_configuration(FunctionName=deployed, Timeout=900)
    plan_file(gate.wait + " return 'v2'", healthChecks=0,
              strategy={"canary": {"weight": "100%", "for": "1h"}})
    first = terminal("deploy")
    gate.wait_until_inside()
    first.process.send_signal(signal.SIGINT)
    wait_for(lambda: alias_of(lam, deployed) == ("1", None))
    assert first.end() == 3


def test_nor_do_they_when_the_time_of_the_step_is_over(lam, deployed, canary, terminal, plan_file, gate):
    lam.update_function_configuration(FunctionName=deployed, Timeout=900)
    plan_file(gate.wait + " return 'v2'", healthChecks=0,
              strategy={"canary": {"weight": "100%", "for": "1s"}})
    first = terminal("deploy")
    gate.wait_until_inside()
    ahead = canary("clock", "--output", "json").json["clock"]["offsetSeconds"]  # of other tests
    wait_for(lambda: (time.time() + ahead) * 1000 > state_of(canary, deployed)["stepEndsAt"] + 500)
    first.process.send_signal(signal.SIGINT)
    wait_for(lambda: alias_of(lam, deployed) == ("1", None))
    assert first.end() == 3


def test_who_goes_on_waits_for_what_is_under_way(lam, deployed, canary, terminal, plan_file):
    """Else CloudWatch would count requests that nobody seems to have sent."""
    plan_file("await new Promise(go => setTimeout(go, 2500)); return 'v2'", healthChecks=0, checks=[],
              strategy={"canary": {"weight": "100%", "for": "1h"}},
              traffic={"generate": {"rate": "4/s"}})
    first = terminal("deploy", "--output", "json")
    wait_for(lambda: list(Path(canary_state()).glob(f"*-{deployed}-live/record.jsonl"))
             and record_of(deployed, "sample"))
    assert canary("promote").code == 0
    assert first.end() == 0, first.err
    facts = json.loads(first.seen)
    [version] = facts["traffic"]["versions"]
    assert facts["cloudWatch"]["invocations"] == version["requests"]
    assert not any("others" in line for line in record_of(deployed, "sample"))


def test_a_change_of_the_alias_is_finished_and_then_taken_back(lam, deployed, terminal, plan_file,
                                                               hold):
    holding = hold("PUT /2015-03-31/functions/" + deployed + "/aliases/live")
    plan_file()
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    first.process.send_signal(signal.SIGINT)
    holding.let_go.set()
    assert first.end() == 3 and "you stopped the deployment" in first.seen
    assert alias_of(lam, deployed) == ("1", None)
    assert [line.get("routedVersion") for line in record_of(deployed, "alias")] == ["2", None]


@pytest.mark.parametrize("words", ["PUT /2015-03-31/functions/{}/code", "POST /2015-03-31/functions/{}/ver",
                                   "GET /2015-03-31/functions/{}/aliases/live"])
def test_before_anything_is_shifted_it_ends_at_once(lam, deployed, terminal, plan_file, hold, words):
    holding = hold(words.format(deployed))
    plan_file()
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    assert interrupt(first) == 3 and "you stopped the deployment" in first.seen
    assert alias_of(lam, deployed) == ("1", None)
    assert record_of(deployed, "end")[0]["reason"] == "you stopped the deployment"


def test_code_that_somebody_else_uploads_meanwhile_is_not_published(lam, deployed, terminal, plan_file,
                                                                    hold):
    holding = hold(f"POST /2015-03-31/functions/{deployed}/versions")
    plan_file()
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    lam.update_function_code(FunctionName=deployed, ZipFile=zip_of({"index.mjs": NODE % "return 'theirs'"}))
    holding.let_go.set()
    assert first.end() == 1 and "is different from current CodeSHA256 in $LATEST" in first.err
    assert [version["Version"] for version in lam.list_versions_by_function(
        FunctionName=deployed)["Versions"]] == ["$LATEST", "1"]


def test_what_died_before_anything_was_shifted_makes_way(lam, deployed, terminal, plan_file, hold):
    """There is nothing to resume."""
    holding = hold(f"PUT /2015-03-31/functions/{deployed}/code")
    plan_file(strategy="AllAtOnce")
    first = terminal("deploy", AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    first.process.kill()
    first.end()
    holding.let_go.set()
    second = terminal("deploy", "--unfinished", "resume", AWS_ENDPOINT_URL=holding.url)
    assert second.end() == 0, second.seen + second.err
    assert alias_of(lam, deployed) == ("2", None)


def test_an_update_of_the_function_is_not_waited_for(start_server, tmp_path, package):
    server = start_server("--settle", "1h")
    lam = server.client("lambda")
    lam.create_function(FunctionName="f", Role="arn:aws:iam::000000000000:role/r", Runtime="nodejs18.x",
                        Handler="index.handler", Code={"ZipFile": open(package(), "rb").read()})
    first = Terminal(server, tmp_path, "deploy", "--function", "f", "--alias", "live", "--package",
                     package("return 'v2'"))
    first.wait_for("has no alias")
    assert interrupt(first) == 3, first.seen + first.err


def test_a_word_that_is_not_heard_yet_can_be_taken_back(lam, deployed, terminal, plan_file, tmp_path):
    plan_file(hooks={"between": [{"command": "touch began; sleep 600"}]})
    first = terminal("deploy", "--fast")
    wait_for((tmp_path / "began").exists)
    second = terminal("promote", "--full")
    [control] = Path(canary_state()).glob(f"*-{deployed}-live/control")
    wait_for(lambda: list(control.glob("*.ask")))
    assert interrupt(second) == 1 and "taken back" in second.err
    assert not list(control.iterdir())
    assert interrupt(first) == 3
    assert not record_of(deployed, "control")


def test_status_is_not_waited_for(deployed, terminal, hold):
    holding = hold("GET /2015-03-31/functions/" + deployed)
    first = terminal("status", "--function", deployed, "--alias", "live",
                     AWS_ENDPOINT_URL=holding.url)
    assert holding.held.wait(PATIENCE_SECONDS)
    assert interrupt(first) == 1 and "cannot read the alias: it was interrupted" in first.err


def test_traffic_that_hangs_is_told_and_not_waited_for(lam, name, terminal, gate):
    create(lam, name, gate.package, Timeout=900)
    first = terminal("traffic", "--function", name, "--qualifier", "$LATEST", "--duration", "1h",
                     "--rate", "1/m", "--output", "json")
    gate.wait_until_inside()
    assert interrupt(first) == 1 and "under way when it was stopped" in first.err
    traffic = json.loads(first.seen)["traffic"]
    assert (traffic["sent"], traffic["answered"], traffic["abandoned"]) == (1, 0, 1)


def test_a_check_is_not_waited_for_and_no_failure_of_the_version(lam, name, terminal, gate):
    create(lam, name, gate.package, Timeout=900)
    first = terminal("check", "--function", name, "--qualifier", "$LATEST")
    gate.wait_until_inside()
    assert interrupt(first) == 1 and "answered 0 of 0" in first.seen and "failed" not in first.seen
