"""Composite alarms: cloudwatch-api.md section 4.9, on a clock that the test turns."""
import json
import signal
from http.client import HTTPConnection

import pytest

from tests.support.alarms import SNS, START, World
from tests.support.errors import error_of
from tests.support.machine import PATIENCE_SECONDS

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"


@pytest.fixture(name="world")
def frozen_world(start_server):
    world = World(start_server())
    for name in "ab":
        world.alarm(name, MetricName=name, TreatMissingData="ignore")
    return world


def put(world, name, rule, **settings):
    world.cw.put_composite_alarm(AlarmName=name, AlarmRule=rule, **settings)


def move(world, name, state):
    world.cw.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def test_a_new_one_is_evaluated_at_once_and_tells_of_all_its_children(world):
    put(world, "c", "ALARM(a) OR ALARM(b)", AlarmDescription="d")
    [alarm] = world.call("DescribeAlarms", AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert set(alarm) == {
        "ActionsEnabled", "AlarmActions", "AlarmArn", "AlarmConfigurationUpdatedTimestamp",
        "AlarmDescription", "AlarmName", "AlarmRule", "InsufficientDataActions", "OKActions",
        "StateReason", "StateReasonData", "StateTransitionedTimestamp", "StateUpdatedTimestamp",
        "StateValue"}
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "OK", f"{ARN}c was created and its alarm rule evaluates to OK")
    assert json.loads(alarm["StateReasonData"]) == {"triggeringAlarms": [
        {"arn": ARN + name, "state": {"value": "INSUFFICIENT_DATA",
                                      "timestamp": "2026-01-01T00:00:00.000+0000"}}
        for name in "ab"]}


def test_children_move_it_and_are_named(world):
    put(world, "c", "ALARM(a) OR ALARM(b)")
    world.advance("90s")
    move(world, "a", "ALARM")
    alarm = world.describe("c")
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "ALARM", f"{ARN}a transitioned to ALARM at Thursday 01 January, 2026 00:01:30 UTC")
    assert json.loads(alarm["StateReasonData"]) == {"triggeringAlarms": [
        {"arn": ARN + "a", "state": {"value": "ALARM",
                                     "timestamp": "2026-01-01T00:01:30.000+0000"}}]}
    move(world, "b", "ALARM")
    assert world.describe("c")["StateReason"] == alarm["StateReason"]
    move(world, "a", "OK")
    assert world.state("c") == "ALARM"
    move(world, "b", "OK")
    assert world.describe("c")["StateReason"].startswith(f"{ARN}b transitioned to OK at ")
    assert [state for _, state in world.changes("c")] == ["OK", "ALARM", "OK"]


def test_a_child_that_moves_while_the_clock_is_set_moves_it(world):
    put(world, "c", "ALARM(a)")
    requests = [("/_coalmine/clock", {"time": START}, {}), (
        "/", {"AlarmName": "a", "StateValue": "ALARM", "StateReason": "test"},
        {"X-Amz-Target": "GraniteServiceVersion20100801.SetAlarmState",
         "Content-Type": "application/x-amz-json-1.0"})]
    connections = [HTTPConnection("127.0.0.1", world.server.port, timeout=PATIENCE_SECONDS) for _ in requests]
    for connection in connections:
        connection.connect()
    world.describe("c")  # so both connections are known
    world.server.process.send_signal(signal.SIGSTOP)  # both come in one turn of the loop
    for connection, (path, body, headers) in zip(connections, requests):
        connection.request("POST", path, json.dumps(body), headers)
    world.server.process.send_signal(signal.SIGCONT)
    assert [connection.getresponse().status for connection in connections] == [200, 200]
    assert (world.state("a"), world.state("c")) == ("ALARM", "ALARM")
    for connection in connections:
        connection.close()


def test_a_child_that_is_set_to_the_state_it_is_in_moves_nothing(world):
    put(world, "c", "ALARM(a)")
    move(world, "a", "OK")
    move(world, "c", "ALARM")
    move(world, "a", "OK")
    assert world.state("c") == "ALARM"
    move(world, "a", "INSUFFICIENT_DATA")
    assert world.state("c") == "OK"


def test_composites_of_composites_follow_and_evaluation_by_itself_moves_them(world):
    put(world, "c", 'ALARM("a")')
    put(world, "d", f"NOT OK({ARN}c) AND NOT FALSE", AlarmActions=[SNS])
    world.put(1, metric="a")
    world.advance("1m")
    assert world.changes("d") == [("00:00:00", "OK"), ("00:01:00", "ALARM")]
    message = json.loads(world.notifications()[0]["message"])
    assert message["AlarmRule"] == f"NOT OK({ARN}c) AND NOT FALSE" and "Trigger" not in message
    assert message["TriggeringChildren"] == [{"Arn": ARN + "c", "State": {
        "Value": "ALARM", "Timestamp": "2026-01-01T00:01:00.000+0000"}}]


def test_two_children_that_move_in_the_same_minute_move_it_once(world):
    put(world, "c", "ALARM(a) OR ALARM(b)", AlarmActions=[SNS])
    put(world, "d", "ALARM(a) AND NOT ALARM(b)")
    world.put(1, metric="a")
    world.put(1, metric="b")
    world.advance("1m")
    assert (world.state("a"), world.state("b")) == ("ALARM", "ALARM")
    assert world.describe("c")["StateReason"].startswith(f"{ARN}a transitioned to ALARM")
    assert world.changes("c") == [("00:00:00", "OK"), ("00:01:00", "ALARM")]
    assert len(world.notifications()) == 1
    assert world.changes("d") == [("00:00:00", "OK")]  # whichever of the two comes first


def test_it_follows_the_children_and_the_suppressor_of_its_newest_rule(world):
    put(world, "s", "FALSE")
    put(world, "c", f"ALARM(a) OR ALARM({ARN}a)", ActionsSuppressor="s",
        ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60)
    put(world, "d", "ALARM(a)")
    put(world, "c", "ALARM(b)", AlarmActions=[SNS], ActionsSuppressor="a",
        ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60)
    move(world, "a", "ALARM")
    assert (world.state("c"), world.state("d")) == ("OK", "ALARM")
    move(world, "b", "ALARM")
    assert world.state("c") == "ALARM" and not world.notifications()
    move(world, "a", "OK")
    world.advance("2m")
    assert len(world.notifications()) == 1
    assert world.changes("c") == [("00:00:00", "OK"), ("00:00:00", "ALARM")]
    world.cw.delete_alarms(AlarmNames=["d"])
    move(world, "a", "ALARM")
    assert world.state("c") == "ALARM"


def test_it_alarms_when_enough_of_its_children_do(world):
    world.alarm("c d", MetricName="c", TreatMissingData="ignore")
    put(world, "e", f'AT_LEAST(2, ALARM, (a, {ARN}b, "c d")) AND NOT AT_LEAST(100%, ALARM, (a, b))')
    children = world.cw.describe_alarms(ChildrenOfAlarmName="e")["MetricAlarms"]
    assert [child["AlarmName"] for child in children] == ["a", "b", "c d"]
    move(world, "a", "ALARM")
    assert world.state("e") == "OK"
    move(world, "c d", "ALARM")
    assert world.state("e") == "ALARM"
    move(world, "b", "ALARM")
    assert world.state("e") == "OK"


def test_an_update_that_changes_the_result_says_so(world):
    put(world, "c", "FALSE")
    put(world, "c", "NOT ALARM(b)")
    assert world.describe("c")["StateReason"] == (
        f"{ARN}c was updated and its alarm rule evaluates to ALARM")
    put(world, "c", "TRUE")
    assert world.describe("c")["AlarmRule"] == "TRUE"
    assert len(world.changes("c")) == 2


@pytest.mark.parametrize("settings, message", [
    ({"AlarmRule": "ALARM(a) OR ALARM(x) OR OK(y)"},
     f"Could not save the composite alarm as alarms [{ARN}x, {ARN}y] in the alarm rule do not exist"),
    ({"AlarmRule": f"ALARM({ARN}x) OR ALARM({ARN.replace('0:alarm', '1:alarm')}a)"},
     f"Could not save the composite alarm as alarms [{ARN}x, {ARN.replace('0:alarm', '1:alarm')}a] in "
     "the alarm rule do not exist"),
    ({"AlarmRule": " TRUE"},
     "AlarmRule must not contain leading or trailing whitespace or be null"),
    ({"AlarmRule": "ALARM(a"}, "Error in AlarmRule [The rule ends at char 7, must be: ')']"),
    ({"AlarmActions": ["arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x"]},
     "Invalid arn syntax: arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x"),
    ({"ActionsSuppressor": "a"},
     "ActionsSuppressorWaitPeriod must not be null"),
    ({"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 1},
     "ActionsSuppressorExtensionPeriod must not be null"),
    ({"ActionsSuppressor": "a" * 1601, "ActionsSuppressorWaitPeriod": 1,
      "ActionsSuppressorExtensionPeriod": 1},
     f"1 validation error detected: Value '{'a' * 1601}' at 'actionsSuppressor' failed to satisfy "
     "constraint: Member must have length less than or equal to 1600"),
    ({"ActionsSuppressorWaitPeriod": 1},
     "ActionsSuppressorWaitPeriod requires an ActionSuppressor"),
    ({"ActionsSuppressor": "arn:aws:sns:us-east-1:000000000000:t",
      "ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1},
     "ActionsSuppressor must be a valid CloudWatch Alarm ARN or an Alarm name"),
    ({"AlarmRule": "OK(a) OR ALARM(\"c\")"},
     "A composite alarm cannot have a child relation with itself via its AlarmRule, as it would "
     "introduce a circular dependency"),
    ({"ActionsSuppressor": "x", "ActionsSuppressorWaitPeriod": 1,
      "ActionsSuppressorExtensionPeriod": 1},
     "Could not save the composite alarm as the actions suppressor x does not exist"),
])
def test_what_is_refused_and_how(world, settings, message):
    arguments = {"AlarmName": "c", "AlarmRule": "TRUE", **settings}
    assert error_of(world.cw.put_composite_alarm, **arguments) == (400, "ValidationError", message)


def test_an_alarm_is_the_child_of_at_most_150_composites(world):
    for number in range(149):
        put(world, f"c{number}", "ALARM(a)" if number % 2 else f"OK({ARN}a)")
    put(world, "twice", f"ALARM(a) OR OK({ARN}a)")
    world.http.json("POST", "/_coalmine/clock", {"time": START})  # all of them are read anew
    put(world, "c7", "ALARM(b) AND ALARM(a)")
    assert error_of(world.cw.put_composite_alarm, AlarmName="more",
                    AlarmRule="ALARM(b) OR ALARM(a)") == (
        400, "LimitExceeded",
        "The maximum of 150 composite alarms that include the alarm a has been reached")
    assert error_of(world.cw.put_composite_alarm, AlarmName="more",
                    AlarmRule="ALARM(nothing) OR ALARM(a)")[1] == "ValidationError"
    put(world, "more", "ALARM(b) OR ALARM(c1)")
    world.cw.delete_alarms(AlarmNames=["c0"])
    put(world, "more", "ALARM(b) OR ALARM(a)")
    put(world, "c7", "ALARM(b)")
    put(world, "c0", "ALARM(a)")


def test_names_are_shared_with_metric_alarms(world):
    assert error_of(world.cw.put_composite_alarm, AlarmName="a", AlarmRule="TRUE")[1] == (
        "ValidationError")


def test_members_of_a_cycle_stand_still_and_stay(world):
    put(world, "c", "ALARM(a)")
    put(world, "d", "ALARM(c)")
    put(world, "c", "ALARM(d) OR ALARM(a)")
    move(world, "a", "ALARM")
    assert (world.state("c"), world.state("d")) == ("OK", "OK")
    assert error_of(world.cw.delete_alarms, AlarmNames=["c"]) == (
        400, "ValidationError", "Cannot delete c as there are composite alarm(s) depending on it.")
    put(world, "c", "FALSE")
    world.cw.delete_alarms(AlarmNames=["d"])
    assert [alarm["AlarmName"] for alarm in world.cw.describe_alarms(
        AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]] == ["c"]


def test_only_one_composite_is_deleted_at_a_time(world):
    put(world, "c", "TRUE")
    put(world, "d", "TRUE")
    assert error_of(world.cw.delete_alarms, AlarmNames=["c", "d"])[1] == "ValidationError"
    world.cw.delete_alarms(AlarmNames=["c", "a"])


def test_what_a_composite_depends_on_is_not_deleted_before_it(world):
    world.alarm("s")
    put(world, "c", f'ALARM("a") OR NOT ALARM({ARN}b)', ActionsSuppressor="s",
        ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=60)
    for names, refused, them in ((["a"], "a", "it"), (["s", "b", "x", "b", "a"], "b,a", "them")):
        assert error_of(world.cw.delete_alarms, AlarmNames=names) == (
            400, "ValidationError",
            f"Cannot delete {refused} as there are composite alarm(s) depending on {them}.")
    assert len(world.cw.describe_alarms()["MetricAlarms"]) == 3
    put(world, "c", "ALARM(b)")
    world.cw.delete_alarms(AlarmNames=["a"])
    world.cw.delete_alarms(AlarmNames=["b", "c"])
    assert [alarm["AlarmName"] for alarm in world.cw.describe_alarms()["MetricAlarms"]] == ["s"]


def suppressed(world, wait=60, extension=120):
    put(world, "c", "ALARM(a)", AlarmActions=[SNS], OKActions=[SNS], ActionsSuppressor="b",
        ActionsSuppressorWaitPeriod=wait, ActionsSuppressorExtensionPeriod=extension)
    world.advance("10m")  # the actions of its first state have run
    return len(world.notifications())


def test_actions_wait_for_the_suppressor_and_then_run(world):
    before = suppressed(world)
    move(world, "a", "ALARM")
    alarm = world.describe("c")
    assert (alarm["StateValue"], alarm["ActionsSuppressedBy"], alarm["ActionsSuppressedReason"]) == (
        "ALARM", "WaitPeriod", "Actions suppressed by WaitPeriod")
    world.advance("59s")
    assert len(world.notifications()) == before
    world.advance("1s")
    assert [n["state"] for n in world.notifications()[before:]] == ["ALARM"]
    assert "ActionsSuppressedBy" not in world.describe("c")


def test_a_function_is_told_what_its_action_has_waited_for(world):
    put(world, "c", "ALARM(a)", ActionsSuppressor="b", ActionsSuppressorWaitPeriod=120,
        AlarmActions=["arn:aws:lambda:us-east-1:000000000000:function:f"],
        ActionsSuppressorExtensionPeriod=180)
    move(world, "a", "ALARM")
    world.advance("5m")
    [note] = world.notifications()
    event = json.loads(note["message"])
    assert event["time"] == "2026-01-01T00:02:00.000+0000"
    state, previous = event["alarmData"]["state"], event["alarmData"]["previousState"]
    assert previous == {**state, "timestamp": "2026-01-01T00:00:00.000+0000",
                        "actionsSuppressedBy": "WaitPeriod",
                        "actionsSuppressedReason": "Actions suppressed by WaitPeriod"}
    assert (state["value"], state["timestamp"]) == ("ALARM", event["time"])


def test_a_suppressor_in_alarm_withholds_them_until_its_extension_is_over(world):
    before = suppressed(world)
    move(world, "a", "ALARM")
    world.advance("30s")
    move(world, "b", "ALARM")
    assert world.describe("c")["ActionsSuppressedBy"] == "Alarm"
    world.advance("1d")
    assert len(world.notifications()) == before
    move(world, "b", "OK")
    assert world.describe("c")["ActionsSuppressedBy"] == "ExtensionPeriod"
    world.advance("119s")
    assert len(world.notifications()) == before
    world.advance("1s")
    assert [n["state"] for n in world.notifications()[before:]] == ["ALARM"]


def test_a_suppressor_is_that_of_all_who_name_it(world):
    before = suppressed(world)
    put(world, "d", "ALARM(a)", AlarmActions=[SNS], ActionsSuppressor="b",
        ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=120)
    move(world, "b", "ALARM")
    move(world, "a", "ALARM")
    move(world, "b", "OK")
    assert [world.describe(name)["ActionsSuppressedBy"] for name in "cd"] == 2 * ["ExtensionPeriod"]
    world.advance("2m")
    assert [n["alarm"] for n in world.notifications()[before:]] == ["c", "d"]


def test_what_waits_is_told_and_an_extension_that_nothing_waits_for_is_not(world):
    suppressed(world)
    move(world, "b", "ALARM")
    move(world, "b", "OK")
    assert "actions wait" not in world.explain(alarm="c")["sentence"]
    move(world, "a", "ALARM")
    told = world.explain(alarm="c")
    assert "Its actions wait for a mute rule or a suppressor." in told["sentence"]
    assert told["ActionsSuppressedBy"] == "ExtensionPeriod"


def test_only_leaving_alarm_begins_an_extension(world):
    suppressed(world)
    move(world, "b", "INSUFFICIENT_DATA")
    move(world, "b", "OK")
    world.advance("10s")
    move(world, "a", "ALARM")
    assert world.describe("c")["ActionsSuppressedBy"] == "WaitPeriod"


def test_what_comes_back_while_it_waits_runs_nothing(world):
    before = suppressed(world)
    move(world, "a", "ALARM")
    world.advance("30s")
    move(world, "a", "OK")
    world.advance("1h")
    assert world.state("c") == "OK" and len(world.notifications()) == before


def test_a_change_within_the_extension_waits_for_its_end(world):
    before = suppressed(world)
    move(world, "b", "ALARM")
    move(world, "b", "OK")
    world.advance("50s")
    move(world, "b", "INSUFFICIENT_DATA")
    world.advance("50s")
    move(world, "a", "ALARM")
    assert world.describe("c")["ActionsSuppressedBy"] == "ExtensionPeriod"
    world.advance("20s")
    assert len(world.notifications()) == before + 1


def test_what_waits_survives_a_restart(start_server, tmp_path):
    def start(time):
        return World(start_server("--data-dir", str(tmp_path), "--clock", time, ephemeral=False),
                     time)

    world = start(START)
    for name in "ab":
        world.alarm(name, MetricName=name, TreatMissingData="ignore")
    before = suppressed(world)
    move(world, "a", "ALARM")
    assert world.server.stop() == 0
    again = start("2026-01-01T00:10:00Z")
    again.advance("59s")
    assert again.describe("c")["ActionsSuppressedBy"] == "WaitPeriod"
    again.advance("1s")
    assert [n["state"] for n in again.notifications()[before:]] == ["ALARM"]


def test_what_waits_stays_undone_if_actions_are_disabled_meanwhile(world):
    before = suppressed(world)
    move(world, "a", "ALARM")
    world.cw.disable_alarm_actions(AlarmNames=["c"])
    world.advance("1h")
    assert len(world.notifications()) == before
    assert "ActionsSuppressedBy" not in world.describe("c")
    world.cw.enable_alarm_actions(AlarmNames=["c"])
    world.advance("1h")
    assert len(world.notifications()) == before


def test_without_a_suppressor_nothing_waits_any_longer(world):
    before = suppressed(world)
    move(world, "b", "ALARM")
    move(world, "a", "ALARM")
    put(world, "c", "ALARM(a)", AlarmActions=[SNS])
    assert [n["state"] for n in world.notifications()[before:]] == ["ALARM"]
    assert "ActionsSuppressedBy" not in world.describe("c")


def test_a_suppressor_that_is_deleted_begins_the_extension(world):
    before = suppressed(world)
    move(world, "b", "ALARM")
    move(world, "a", "ALARM")
    world.cw.delete_alarms(AlarmNames=["b"])
    assert world.describe("c")["ActionsSuppressedBy"] == "ExtensionPeriod"
    world.advance("2m")
    assert [n["state"] for n in world.notifications()[before:]] == ["ALARM"]


def test_a_clock_that_is_set_back_lengthens_no_wait(world):
    before = suppressed(world)
    move(world, "a", "ALARM")
    world.http.json("POST", "/_coalmine/clock", {"time": START})
    world.advance("59s")
    assert len(world.notifications()) == before
    world.advance("1s")
    assert [n["state"] for n in world.notifications()[before:]] == ["ALARM"]
