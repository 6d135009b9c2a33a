"""The alarm of a canary deployment, from the first bad invocation to all clear, on a stopped clock:
Errors >= 1 of the new version behind the alias, over five minutes, and a function as its action."""
import json

import pytest

from tests.support.alarms import World
from tests.support.packages import create, node
from tests.support.sink import Sink

INVOCATIONS = 40  # half of them go to version 2: none does with a chance of 2**-40
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture(name="world")
def canary_world(start_server):
    """`shop` with alias live split between a good version 1 and version 2, which throws."""
    world = World(start_server("--clock", "2026-01-01T00:00:00Z", "--seed", "4"))
    create(world.lam, "shop", node("return 'sold'"), Publish=True)
    broken = node("throw new Error('out of stock')")
    world.lam.update_function_code(FunctionName="shop", Publish=True,
                                   ZipFile=broken["Code"]["ZipFile"])
    world.lam.create_alias(FunctionName="shop", Name="live", FunctionVersion="1",
                           RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    return world


def invoke(world):
    errors = 0
    for _ in range(INVOCATIONS):
        answer = world.lam.invoke(FunctionName="shop", Qualifier="live")
        errors += "FunctionError" in answer
    return errors


def test_from_the_first_error_to_all_clear(world):
    sink = Sink()
    create(world.lam, "pager", sink.package())
    dimensions = {"FunctionName": "shop", "Resource": "shop:live", "ExecutedVersion": "2"}
    world.alarm("shop-canary", Namespace="AWS/Lambda", MetricName="Errors", Period=300,
                Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
                TreatMissingData="notBreaching", AlarmActions=[ARN + "pager"],
                OKActions=[ARN + "pager"])
    world.advance("5m")
    assert world.state("shop-canary") == "OK"
    assert [run["event"]["alarmData"]["state"]["value"] for run in sink.take()] == ["OK"]

    errors = invoke(world)
    assert errors > 0
    world.advance("5m")
    alarm = world.describe("shop-canary")
    assert alarm["StateValue"] == "ALARM"
    # The window slides by the minute: the first that holds the errors begins at 00:01.
    assert alarm["StateReason"] == (
        f"Threshold Crossed: 1 datapoint [{errors}.0 (01/01/26 00:01:00)] was greater than or "
        "equal to the threshold (1.0).")
    [run] = sink.take()
    assert run["event"]["alarmData"]["previousState"]["value"] == "OK"
    assert run["event"]["alarmArn"].endswith(":alarm:shop-canary")

    world.lam.update_alias(FunctionName="shop", Name="live", FunctionVersion="1",
                           RoutingConfig={"AdditionalVersionWeights": {}})
    assert invoke(world) == 0
    world.advance("1h")
    assert world.changes("shop-canary") == [("00:01:00", "OK"), ("00:06:00", "ALARM"),
                                            ("00:21:00", "OK")]
    assert [run["event"]["alarmData"]["state"]["value"] for run in sink.take()] == ["OK"]
    actions = world.history("shop-canary", "Action")
    assert [json.loads(item["HistoryData"])["actionState"] for item in actions] == ["Succeeded"] * 3


def test_the_wrong_dimension_is_explained(world):
    world.alarm("wrong", Namespace="AWS/Lambda", MetricName="Errors", Period=300,
                Dimensions=[{"Name": "FunctionName", "Value": "shop:2"}])
    invoke(world)
    world.advance("10m")
    assert world.state("wrong") == "INSUFFICIENT_DATA"
    assert "FunctionName is shop there, not shop:2." in world.explain(alarm="wrong")["sentence"]
