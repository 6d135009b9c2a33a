"""Rollouts whose alias others change, and servers that do not answer."""
import json
import signal
import subprocess

from tests.conftest import CANARY, clean_environment
from tests.support.gate import Gate
from tests.support.machine import status_of, wait_for
from tests.support.packages import create, node
from tests.support.proxy import Proxy
from tests.support.rollouts import Terminal, alias_of, record_of

UNTIL_APPROVAL = {"steps": [{"weight": "50%", "for": "2s"}, {"approve": True}]}


def test_a_description_changed_by_others_stops_it_and_takes_our_weights_back(
        lam, deployed, canary, terminal, plan_file):
    plan_file(strategy=UNTIL_APPROVAL, traffic={"generate": {"rate": "100/s"}})
    first = terminal("deploy")
    first.wait_for("waits for approval")
    lam.update_alias(FunctionName=deployed, Name="live", Description="mine")
    assert canary("approve").code == 0
    assert first.end() == 1 and "somebody else has changed alias live" in first.err
    assert first.seen.count("somebody else has changed alias live") == 1  # as the reason
    assert alias_of(lam, deployed) == ("1", None)
    assert lam.get_alias(FunctionName=deployed, Name="live")["Description"] == "mine"


def test_weights_changed_by_others_are_left_as_they_are(lam, deployed, canary, terminal, plan_file):
    plan_file(strategy=UNTIL_APPROVAL, traffic={"generate": {"rate": "100/s"}},
              checks=[{"kind": "errors"}])
    first = terminal("deploy")
    first.wait_for("waits for approval")
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.4}})
    assert canary("approve").code == 0
    assert first.end() == 1 and "left as it is" in first.seen
    assert alias_of(lam, deployed) == ("1", {"2": 0.4})


def test_requests_that_another_version_answers_stop_it(lam, deployed, terminal, plan_file):
    """Not after a minute of what looks like silence."""
    plan_file(strategy={"canary": {"weight": "50%", "for": "20m"}})
    first = terminal("deploy")
    first.wait_for("Sending")
    lam.update_function_configuration(FunctionName=deployed, Description="theirs")
    lam.get_waiter("function_updated_v2").wait(FunctionName=deployed)
    lam.publish_version(FunctionName=deployed)
    lam.update_alias(FunctionName=deployed, Name="live", FunctionVersion="3",
                     RoutingConfig={"AdditionalVersionWeights": {}})
    assert first.end() == 1, first.seen + first.err
    assert "are answered by version 3: somebody else has changed it" in first.seen
    assert "Alias live now points to version 3: left as it is." in first.seen
    assert alias_of(lam, deployed) == ("3", None)


def test_answers_that_name_no_version_are_no_silence(server, deployed, terminal, plan_file):
    class Mute(Proxy):
        def after(self, _request, status, headers, content):
            return status, [header for header in headers if header[0] != "X-Amz-Executed-Version"], content

    mute = Mute(server.url)
    plan_file(strategy={"canary": {"weight": "50%", "for": "20m"}})
    first = terminal("deploy", AWS_ENDPOINT_URL=mute.url)
    assert first.end() == 1, first.seen + first.err
    assert "without a word of which version did" in first.err
    mute.shutdown()
    mute.server_close()


def test_aws_that_is_asked_nothing_is_not_silent(lam, deployed, terminal, plan_file, hurried):
    """Between two requests is more time than it may be silent, and nobody else asks anything."""
    plan_file(lostAfter="10m", checks=[], traffic={"generate": {"rate": "20/m"}},
              strategy={"canary": {"weight": "50%", "for": "5s"}})
    first = terminal("deploy", **hurried.environment)
    first.wait_for("Sending")
    wait_for(lambda: any(sample["versions"] for sample in record_of(deployed, "sample")))
    hurried.advance(1000)
    assert first.end() == 0, first.seen + first.err
    assert alias_of(lam, deployed) == ("2", None)


def test_aws_was_not_silent_while_somebody_was_waited_for(deployed, canary, terminal, plan_file, hurried):
    plan_file("await new Promise(go => setTimeout(go, 800)); return 'v2'", lostAfter="10m", checks=[],
              healthChecks=0, strategy={"steps": [{"weight": "100%", "for": "1s"}, {"approve": True},
                                                  {"pause": "1s"}]})
    first = terminal("deploy", **hurried.environment)
    first.wait_for("waits for approval")
    hurried.advance(1000)
    assert canary("approve").code == 0
    assert first.end() == 0, first.seen + first.err


def test_aws_was_not_silent_while_canary_stood_still(deployed, canary, terminal, plan_file, hurried):
    """As between Ctrl-Z and fg, with a request under way."""
    gate = Gate()
    plan_file(gate.wait + " return 'v2'", lostAfter="10m", healthChecks=0, checks=[],
              strategy={"canary": {"weight": "100%", "for": "1h"}}, traffic={"generate": {"rate": "1/h"}})
    first = terminal("deploy", **hurried.environment)
    gate.wait_until_inside()
    first.process.send_signal(signal.SIGSTOP)
    wait_for(lambda: status_of(first.process.pid)["State"].startswith("T"))
    hurried.advance(1000)
    first.process.send_signal(signal.SIGCONT)
    said = canary("promote")  # which is heard behind the next look
    assert said.code == 0, said.err
    gate.open()
    assert first.end() == 0, first.seen + first.err


class Dying(Proxy):
    """The first request by the alias kills the server; nobody answers until there is another one."""

    def __init__(self, server):
        super().__init__(server.url)
        self.server, self.is_dead = server, False

    def before(self, request):
        if self.server and "/invocations?Qualifier=live" in request:
            self.is_dead = True
            self.server.process.kill()
            self.server.process.wait()
            self.server = None
        return (503, [], b"") if self.is_dead else None

    def is_lost(self, _request):
        return self.is_dead

    def hand_on_to(self, server):
        self.upstream, self.is_dead = server.url, False


def test_a_server_that_goes_away_is_not_waited_for_forever(start_server, tmp_path, package):
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "f", node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    plan = tmp_path / "canary.json"
    plan.write_text(json.dumps({"function": "f", "alias": "live", "package": package(),
                                "lostAfter": "1s",
                                "strategy": {"canary": {"weight": "50%", "for": "1h"}}}))
    between = Dying(server)
    first = Terminal(between, tmp_path, "deploy")
    assert first.end() == 1
    assert "THE ROLLBACK FAILED" in first.seen and "AWS has not answered" in first.seen
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    between.hand_on_to(server)
    lam = server.client("lambda")
    assert alias_of(lam, "f") == ("1", {"2": 0.5})
    again = subprocess.run([CANARY, "rollback"], cwd=tmp_path, text=True, capture_output=True,
                           env=clean_environment(between.url))
    between.shutdown()
    between.server_close()
    assert again.returncode == 1, again.stdout  # it ends as what it was: failed
    assert alias_of(lam, "f") == ("1", None)
