"""The history of alarms: what is long fits, and stays text and JSON (cloudwatch-api.md 4.7)."""
import json

import pytest

from tests.support.alarms import SNS, World

SUMMARY_MAX, DATA_MAX = 255, 4095


@pytest.fixture(name="world")
def frozen_world(start_server):
    return World(start_server())


def items_of(world, name):
    """Oldest first; reading them fails if an answer is not UTF-8."""
    items = world.cw.describe_alarm_history(
        AlarmName=name, AlarmTypes=["MetricAlarm", "CompositeAlarm"])["AlarmHistoryItems"][::-1]
    assert all(len(item["HistorySummary"]) <= SUMMARY_MAX for item in items)
    assert all(len(item["HistoryData"]) <= DATA_MAX for item in items)
    return [(item["HistorySummary"], json.loads(item["HistoryData"])) for item in items]


def test_long_texts_of_many_bytes_are_cut_between_characters(world):
    name = "x" + "\u00e9" * 254
    world.alarm(name, AlarmDescription="\u20ac" * 1024, AlarmActions=[SNS])
    world.cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="\u20ac" * 1023)
    (created, data), (_, change), (_, action) = items_of(world, name)
    assert created == f'Alarm "{name}'[:SUMMARY_MAX]
    assert data["createdAlarm"]["alarmDescription"] == "\u20ac" * 1024
    assert change["newState"]["stateReason"] == "\u20ac" * 1023
    assert action["actionState"] == "Succeeded"
    [note] = world.notifications()
    assert note["subject"] == f'ALARM: "{name[:63]}..." in US East (N. Virginia)'


def test_what_does_not_fit_loses_its_longest_values(world):
    world.alarm("child")
    rule = "ALARM(child)" + " OR ALARM(child)" * 400
    world.cw.put_composite_alarm(AlarmName="c", AlarmRule=rule, AlarmDescription="d")
    [(_, created), _] = items_of(world, "c")
    assert "alarmRule" not in created["createdAlarm"]
    assert created["createdAlarm"]["alarmDescription"] == "d"
    for state, reason in (("ALARM", '"' * 1023), ("OK", "\\" * 1022)):
        world.cw.set_alarm_state(AlarmName="child", StateValue=state, StateReason=reason,
                                 StateReasonData=json.dumps({"a": "x" * 900}))
    _, _, (_, change) = items_of(world, "child")
    assert change["oldState"] == {"stateValue": "ALARM"}
    assert change["newState"] == {"stateValue": "OK", "stateReason": "\\" * 1022,
                                  "stateReasonData": {"a": "x" * 900}}


def test_it_is_forgotten_after_thirty_days_though_nothing_happens_then(world):
    world.alarm("a", TreatMissingData="ignore")
    world.advance("29d")
    world.cw.delete_alarms(AlarmNames=["a"])
    world.advance("1d")
    assert len(world.history("a", "ConfigurationUpdate")) == 2
    world.advance("1s")
    [deleted] = world.history("a", "ConfigurationUpdate")
    assert deleted["HistorySummary"] == 'Alarm "a" deleted'
    world.advance("31d")
    assert world.history("a", "ConfigurationUpdate") == []


def test_pages_of_all_alarms_and_of_one_are_in_the_order_of_happening(world):
    for name in ("b", "a", "c"):
        world.alarm(name)
    world.cw.delete_alarms(AlarmNames=["a"])

    def told(order, **of):
        pages = world.cw.get_paginator("describe_alarm_history").paginate(
            ScanBy=order, PaginationConfig={"PageSize": 3}, **of)
        return [item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"]]

    happened = ['Alarm "b" created', 'Alarm "a" created', 'Alarm "c" created', 'Alarm "a" deleted']
    assert told("TimestampAscending") == happened
    assert told("TimestampDescending") == happened[::-1]
    assert told("TimestampAscending", AlarmName="a") == [happened[1], happened[3]]
    assert told("TimestampDescending", AlarmName="a") == [happened[3], happened[1]]


def test_a_page_has_a_hundred_items_unless_it_is_to_have_fewer(world):
    world.alarm("a")
    for _ in range(51):
        for state in ("ALARM", "OK"):
            world.cw.set_alarm_state(AlarmName="a", StateValue=state, StateReason="r")
    page = world.cw.describe_alarm_history(AlarmName="a")
    assert len(page["AlarmHistoryItems"]) == 100 and page["NextToken"]


def test_an_update_tells_what_the_members_that_it_changed_were_before(world):
    world.alarm("a", AlarmDescription="d", AlarmActions=[SNS])
    world.advance("1s")
    world.alarm("a", Threshold=2.5, AlarmActions=[SNS])
    world.cw.disable_alarm_actions(AlarmNames=["a"])
    _, (summary, update), (_, disabled) = items_of(world, "a")
    assert (summary, update["type"]) == ('Alarm "a" updated', "Update")
    assert update["updatedAlarm"]["threshold"] == 2.5
    assert update["originalUpdatedFields"] == {
        "alarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
        "alarmDescription": "d", "threshold": 1.0}
    assert disabled["updatedAlarm"]["actionsEnabled"] is False
    assert disabled["originalUpdatedFields"] == {"actionsEnabled": True}
