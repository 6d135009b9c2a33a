"""Rollouts whose alias others change, and servers that do not answer."""
import json
import subprocess
import time

from tests.conftest import CANARY, clean_environment
from tests.support.packages import create, node
from tests.support.rollouts import Terminal, alias_of

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


def test_aws_that_is_asked_nothing_is_not_silent(lam, deployed, canary, plan_file):
    """A request every three seconds, and nobody else asks anything."""
    plan_file(lostAfter="2s", checks=[], traffic={"generate": {"rate": "20/m"}},
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
