"""Metric alarms: cloudwatch-api.md section 4, on a clock that the test turns."""
import json

import pytest

from tests.support import cbor
from tests.support.alarms import SNS, World
from tests.support.errors import error_of
from tests.support.machine import ran_ms, wait_for
from tests.support.packages import create
from tests.support.sink import Sink

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"
SIMPLE = {"AlarmName": "a", "Namespace": "ns", "MetricName": "m", "Statistic": "Sum", "Period": 60,
          "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}


@pytest.fixture(name="world")
def frozen_world(start_server):
    return World(start_server())


def test_a_minimal_alarm_has_exactly_these_members(world):
    world.cw.put_metric_alarm(
        AlarmName="a", MetricName="m", Namespace="ns", Statistic="Sum", Period=60, Threshold=30,
        EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold")
    body = json.loads(world.http.target("DescribeAlarms", "{}").body)
    assert (body["CompositeAlarms"], body["LogAlarms"]) == ([], [])
    assert body["MetricAlarms"] == [{
        "ActionsEnabled": True, "AlarmActions": [], "AlarmArn": ARN + "a", "AlarmName": "a",
        "AlarmConfigurationUpdatedTimestamp": 1767225600, "Dimensions": [],
        "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1,
        "InsufficientDataActions": [], "MetricName": "m", "Namespace": "ns", "OKActions": [],
        "Period": 60, "StateReason": "Unchecked: Initial alarm creation",
        "StateTransitionedTimestamp": 1767225600, "StateUpdatedTimestamp": 1767225600,
        "StateValue": "INSUFFICIENT_DATA", "Statistic": "Sum", "Threshold": 30}]


def test_xml_keeps_the_model_s_order_and_milliseconds(world):
    world.advance("984ms")
    world.alarm("a", AlarmDescription="1 < 2")
    answer = world.http.send("POST", "/", b"Action=DescribeAlarms&Version=2010-08-01", {
        "Content-Type": "application/x-www-form-urlencoded"}).body.decode()
    assert ("<CompositeAlarms/><LogAlarms/><MetricAlarms><member><AlarmName>a</AlarmName>"
            f"<AlarmArn>{ARN}a</AlarmArn><AlarmDescription>1 &lt; 2</AlarmDescription>"
            "<AlarmConfigurationUpdatedTimestamp>2026-01-01T00:00:00.984Z"
            "</AlarmConfigurationUpdatedTimestamp><ActionsEnabled>true</ActionsEnabled>"
            "<OKActions/><AlarmActions/><InsufficientDataActions/>"
            "<StateValue>INSUFFICIENT_DATA</StateValue>") in answer
    assert "<Threshold>1.0</Threshold>" in answer
    assert answer.index("<ComparisonOperator>") < answer.index("<StateTransitionedTimestamp>")


@pytest.mark.parametrize("settings, code, message", [
    ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "ValidationError",
     "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
    ({"EvaluationPeriods": 1441}, "ValidationError",
     "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be "
     "<= 86400)"),
    ({"Period": 3600, "EvaluationPeriods": 169}, "ValidationError",
     "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be "
     "<= 604800) for alarms using period >= 3600"),
    ({"Period": 45}, "ValidationError", "Period must be 10, 20, 30 or a multiple of 60"),
    ({"TreatMissingData": "never"}, "ValidationError",
     "The value never is not supported for TreatMissingData parameter. Supported values are "
     "[breaching, notBreaching, ignore, missing]."),
    ({"EvaluateLowSampleCountPercentile": "x"}, "ValidationError",
     "Option x is not supported. Supported options for parameter "
     "EvaluateLowSampleCountPercentile are evaluate and ignore."),
    ({"Statistic": None, "ExtendedStatistic": "90"}, "InvalidParameterValue",
     "The value 90 for parameter ExtendedStatistic is not supported."),
    ({"Statistic": "Median"}, "ValidationError",
     "1 validation error detected: Value 'Median' at 'statistic' failed to satisfy constraint: "
     "Member must satisfy enum value set: [SampleCount, Average, Sum, Minimum, Maximum]"),
    ({"AlarmActions": ["nonsense"]}, "ValidationError", "Invalid arn syntax: nonsense"),
    ({"AlarmActions": ["arn:aws:s3:us-east-1:000000000000:b"]}, "ValidationError",
     "Unsupported AWS vendor s3"),
    ({"AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]}, "ValidationError",
     "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
    ({"Namespace": "\u30c6"}, "ValidationError",
     "Namespace must not contain Non-ASCII characters."),
    ({"MetricName": "5xx\u200bErrorRate"}, "ValidationError",
     "MetricName must not contain Non-ASCII characters."),
    ({"EvaluateLowSampleCountPercentile": "ignore", "Statistic": "Average"}, "ValidationError",
     "Option evaluateLowSampleCountPercentile can not be applied with statistic Average. This "
     "option is enabled only for percentile statistics."),
    ({"AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:t"]}, "ValidationError",
     "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
    ({"OKActions": ["arn:aws-us-gov:sns:us-gov-west-1:000000000000:t"]}, "ValidationError",
     "Invalid partition aws-us-gov specified. Only aws is supported."),
    ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:paint"]}, "ValidationError",
     "Invalid use of EC2 'ec2:paint' action"),
    ({"ComparisonOperator": "LessThanLowerThreshold"}, "ValidationError",
     "ComparisonOperators for ranges require ThresholdMetricId to be set"),
    ({"ComparisonOperator": "LessThanLowerThreshold", "ThresholdMetricId": "b"}, "ValidationError",
     "ThresholdMetricId: alarms on anomaly detection bands are not supported by Coalmine"),
    ({"Threshold": None}, "ValidationError",
     "PutMetricAlarm request should have valid Threshold parameter"),
    ({"Threshold": float("nan")}, "ValidationError",
     "PutMetricAlarm request should have valid Threshold parameter"),
    ({"MetricName": None}, "ValidationError",
     "MetricName must not be null"),
    ({"Tags": [{"Key": "AWS:k", "Value": "v"}]}, "InvalidParameterValue",
     "Tag keys must not start with aws: (AWS:k)"),
    ({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "InvalidParameterValue",
     "A resource can have at most 50 tags"),
    ({"Period": None}, "ValidationError", "Period must not be null"),
    ({"Namespace": None}, "ValidationError", "Namespace must not be null"),
    ({"Metrics": [{"Id": "e", "Expression": "TIME_SERIES(1)"}], "MetricName": None,
      "Namespace": None, "Period": None}, "ValidationError",
     "Statistic should not be set if list of Metrics is set."),
    ({"Metrics": [{"Id": "e", "Expression": "TIME_SERIES(1)"}], "MetricName": None,
      "Namespace": None, "Period": None, "Statistic": None}, "ValidationError",
     "Period must not be null"),
    ({"Statistic": None}, "ValidationError", "Statistic or ExtendedStatistic must be specified"),
    ({"EvaluationPeriods": None}, "MissingParameter",
     "The parameter EvaluationPeriods is required."),
])
def test_what_is_refused_and_how(world, settings, code, message):
    arguments = {name: value for name, value in {**SIMPLE, **settings}.items() if value is not None}
    assert error_of(world.cw.put_metric_alarm, **arguments) == (400, code, message)
    assert world.cw.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize("member, value, feature", [
    ("EvaluationWindow", {"WallClockWindow": {"Timezone": "UTC"}}, "wall clock windows"),
    ("WarmUpConfiguration", {"WarmUpPeriodDurationInMinutes": 5}, "warm-up periods"),
    ("ActionConfiguration", {"AlarmTagsPropagation": {"Enabled": True}}, "tags in notifications"),
])
def test_what_the_newest_sdks_ask_for_is_refused_not_ignored(world, member, value, feature):
    refusal = {"__type": "com.amazon.coral.validate#ValidationException",
               "message": f"{member}: {feature} are not supported by Coalmine"}
    assert world.call("PutMetricAlarm", **SIMPLE, **{member: value}) == refusal
    if member == "ActionConfiguration":
        assert world.call("PutCompositeAlarm", AlarmName="c", AlarmRule="TRUE",
                          **{member: value}) == refusal
    assert world.call("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm", "LogAlarm"]) == {
        "CompositeAlarms": [], "LogAlarms": [], "MetricAlarms": []}


def test_a_window_that_slides_may_be_asked_for(world):
    world.call("PutMetricAlarm", **SIMPLE, EvaluationWindow={"SlidingWindow": {}})
    [alarm] = world.call("DescribeAlarms")["MetricAlarms"]
    assert alarm["EvaluationWindow"] == {"SlidingWindow": {}}
    assert world.call("DescribeAlarms", AlarmTypes=["LogAlarm"])["MetricAlarms"] == []
    assert world.call("DescribeAlarmHistory", AlarmTypes=["LogAlarm"]) == {"AlarmHistoryItems": []}


def query(identifier, **settings):
    return {"Id": identifier, "MetricStat": {"Metric": {"Namespace": "ns", "MetricName": "m"},
                                             "Period": 60, "Stat": "Sum"}, **settings}


@pytest.mark.parametrize("metrics", [
    [query("a"), query("b")], [query("a", ReturnData=False)], [query("a"), query("a")],
    [query("a", Expression="b * 2")],
])
def test_a_math_alarm_needs_one_sound_query_that_returns_data(world, metrics):
    status, code, _ = error_of(world.cw.put_metric_alarm, AlarmName="a", Metrics=metrics,
                               EvaluationPeriods=1, Threshold=1,
                               ComparisonOperator="GreaterThanThreshold")
    assert (status, code[:10]) in [(400, "Validation"), (400, "InvalidPar")]


def test_it_alarms_at_the_minute_after_the_data_and_forgets_them_when_they_leave_its_range(world):
    world.alarm("a")
    world.advance("5m")
    assert world.describe("a")["StateReason"] == "Unchecked: Initial alarm creation"
    world.advance("90s")
    world.put(3)
    world.advance("29s")
    assert world.state("a") == "INSUFFICIENT_DATA"
    world.advance("1s")
    alarm = world.describe("a")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (
        "Threshold Crossed: 1 datapoint [3.0 (01/01/26 00:06:00)] was greater than or equal to "
        "the threshold (1.0).")
    assert alarm["StateReasonData"] == (
        '{"version":"1.0","queryDate":"2026-01-01T00:07:00.000+0000","startDate":'
        '"2026-01-01T00:06:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[3.0],'
        '"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-01-01T00:06:00.000+0000",'
        '"sampleCount":1.0,"value":3.0}]}')
    world.advance("1h")
    # The range of one period is three: the point leaves it at 00:10.
    assert world.changes("a") == [("00:07:00", "ALARM"), ("00:10:00", "INSUFFICIENT_DATA")]
    assert world.describe("a")["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_a_window_of_five_minutes_slides_by_the_minute(world):
    world.alarm("a", Period=300, Threshold=10, TreatMissingData="notBreaching")
    for value in (3, 3, 3, 3, 0, 0, 0, 0, 0, 0):
        world.put(value)
        world.advance("1m")
    # The fourth minute makes 12 of 3, 6, 9; from 00:06 on five minutes hold only three of them.
    assert world.changes("a") == [("00:01:00", "OK"), ("00:04:00", "ALARM"), ("00:06:00", "OK")]


def test_two_out_of_three(world):
    world.alarm("a", EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (5, 0, 7, 0, 0, 0):
        world.put(value)
        world.advance("1m")
    assert world.changes("a") == [("00:02:00", "OK"), ("00:03:00", "ALARM"), ("00:04:00", "OK")]


@pytest.mark.parametrize("treatment, states", [
    ("missing", [("00:01:00", "ALARM"), ("00:04:00", "INSUFFICIENT_DATA")]),
    ("ignore", [("00:01:00", "ALARM")]),
    ("breaching", [("00:01:00", "ALARM")]),
    ("notBreaching", [("00:01:00", "ALARM"), ("00:04:00", "OK")]),
])
def test_silence_after_a_breach_by_treatment(world, treatment, states):
    world.alarm("a", TreatMissingData=treatment)
    world.put(1)
    world.advance("1d")
    assert world.changes("a") == states


def test_dimensions_are_matched_exactly(world):
    world.alarm("same", Dimensions=[{"Name": "F", "Value": "f"}, {"Name": "R", "Value": "r"}])
    world.alarm("fewer", Dimensions=[{"Name": "F", "Value": "f"}])
    world.alarm("none")
    world.put(1, Dimensions=[{"Name": "R", "Value": "r"}, {"Name": "F", "Value": "f"}])
    world.advance("1m")
    assert [world.state(name) for name in ("same", "fewer", "none")] == [
        "ALARM", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]


def test_a_unit_that_does_not_match_finds_nothing(world):
    world.alarm("right", Unit="Seconds")
    world.alarm("wrong", Unit="Count")
    world.put(1, Unit="Seconds")
    world.advance("1m")
    assert (world.state("right"), world.state("wrong")) == ("ALARM", "INSUFFICIENT_DATA")
    assert json.loads(world.describe("right")["StateReasonData"])["unit"] == "Seconds"


def test_ten_second_alarms_are_evaluated_every_ten_seconds(world):
    world.alarm("a", Period=10)
    world.advance("12s")
    world.put(1, StorageResolution=1)
    world.advance("8s")
    assert world.changes("a") == [("00:00:20", "ALARM")]
    world.advance("1h")
    assert world.changes("a")[1:] == [("00:00:50", "INSUFFICIENT_DATA")]


def test_data_of_the_past_and_future_count_when_they_are_in_the_window(world):
    world.alarm("a", TreatMissingData="notBreaching")
    world.advance("10m")
    world.put(1, Timestamp="2026-01-01T00:09:10Z")
    world.put(1, Timestamp="2026-01-01T00:30:10Z")
    world.advance("1h")
    # 00:09 is in the range of three minutes up to 00:12.
    assert world.changes("a") == [("00:01:00", "OK"), ("00:11:00", "ALARM"), ("00:13:00", "OK"),
                                  ("00:31:00", "ALARM"), ("00:34:00", "OK")]


def test_percentile_alarm_with_too_few_samples_can_be_ignored(world):
    for name, low in (("evaluate", "evaluate"), ("ignore", "ignore")):
        world.cw.put_metric_alarm(
            AlarmName=name, Namespace="ns", MetricName="m", ExtendedStatistic="p99", Period=60,
            EvaluationPeriods=1, Threshold=1, EvaluateLowSampleCountPercentile=low,
            ComparisonOperator="GreaterThanOrEqualToThreshold")
    assert "p99" == world.describe("ignore")["ExtendedStatistic"]
    assert "Statistic" not in world.describe("ignore")
    world.cw.put_metric_data(Namespace="ns", MetricData=[
        {"MetricName": "m", "Values": [5], "Counts": [999]}])
    world.advance("1m")
    assert (world.state("evaluate"), world.state("ignore")) == ("ALARM", "INSUFFICIENT_DATA")
    world.cw.put_metric_data(Namespace="ns", MetricData=[
        {"MetricName": "m", "Values": [5], "Counts": [1000]}])
    world.advance("1m")
    assert world.state("ignore") == "ALARM"


@pytest.mark.parametrize("percentile, enough", [
    ("p90", 100), ("p80", 50), ("p99.9", 10000), ("p50", 20), ("p49", 21), ("p10", 100), ("p7", 143)])
def test_how_many_samples_a_percentile_needs(world, percentile, enough):
    """10/(1-p), below the median 10/p: with just so many it says something."""
    for name in ("less", "enough"):
        world.cw.put_metric_alarm(
            AlarmName=name, Namespace="ns", MetricName=name, ExtendedStatistic=percentile, Period=60,
            EvaluationPeriods=1, Threshold=1, EvaluateLowSampleCountPercentile="ignore",
            ComparisonOperator="GreaterThanThreshold")
        world.cw.put_metric_data(Namespace="ns", MetricData=[
            {"MetricName": name, "Values": [5], "Counts": [enough - (name == "less")]}])
    world.advance("1m")
    assert (world.state("less"), world.state("enough")) == ("INSUFFICIENT_DATA", "ALARM")


def test_a_math_alarm_on_one_metric(world):
    world.cw.put_metric_alarm(AlarmName="a", Metrics=[query("x")], EvaluationPeriods=1,
                              Threshold=1, ComparisonOperator="GreaterThanThreshold")
    world.put(2)
    world.advance("1m")
    alarm = world.describe("a")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["Dimensions"] == [] and alarm["Metrics"][0]["ReturnData"] is True
    assert not {"MetricName", "Namespace", "Statistic", "Period"} & set(alarm)
    data = json.loads(alarm["StateReasonData"])
    assert "statistic" not in data and data["period"] == 60


def test_set_alarm_state_runs_actions_and_real_life_comes_back(world):
    world.alarm("a", AlarmActions=[SNS], TreatMissingData="notBreaching")
    world.advance("1m")
    world.cw.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="testing")
    alarm = world.describe("a")
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "testing")
    assert "StateReasonData" not in alarm
    world.cw.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="again")
    assert world.describe("a")["StateReason"] == "again"
    assert [n["state"] for n in world.notifications()] == ["ALARM"]
    world.advance("1m")
    assert world.changes("a") == [("00:01:00", "OK"), ("00:01:00", "ALARM"), ("00:02:00", "OK")]
    assert error_of(world.cw.set_alarm_state, AlarmName="no", StateValue="OK", StateReason="") == (
        404, "ResourceNotFound", "")
    assert error_of(world.cw.set_alarm_state, AlarmName="a", StateValue="INVALID",
                    StateReason="") == (
        400, "ValidationError", "1 validation error detected: Value 'INVALID' at 'stateValue' "
        "failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, "
        "ALARM, OK]")
    assert error_of(world.cw.set_alarm_state, AlarmName="a", StateValue="OK", StateReason="",
                    StateReasonData="{")[1] == "InvalidFormat"


def test_the_history_tells_all(world):
    world.alarm("a", AlarmActions=[SNS])
    world.put(1)
    world.advance("1m")
    world.alarm("a", Threshold=2)
    world.cw.delete_alarms(AlarmNames=["a"])
    items = world.cw.describe_alarm_history(AlarmName="a")["AlarmHistoryItems"][::-1]
    assert [item["HistorySummary"] for item in items] == [
        'Alarm "a" created', "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {SNS}", 'Alarm "a" updated', 'Alarm "a" deleted']
    assert {item["AlarmType"] for item in items} == {"MetricAlarm"}
    created, changed, action = (json.loads(item["HistoryData"]) for item in items[:3])
    assert created["createdAlarm"]["okactions"] == []
    assert changed["oldState"] == {"stateValue": "INSUFFICIENT_DATA",
                                   "stateReason": "Unchecked: Initial alarm creation"}
    assert changed["newState"]["stateReasonData"]["recentDatapoints"] == [1.0]
    assert action["actionState"] == "Succeeded"
    message = json.loads(json.loads(action["publishedMessage"])["default"])
    assert message["AlarmName"] == "a"
    pages = world.cw.get_paginator("describe_alarm_history").paginate(
        AlarmName="a", PaginationConfig={"PageSize": 2})
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [2, 2, 1]
    world.advance("31d")
    world.alarm("b")
    assert world.cw.describe_alarm_history()["AlarmHistoryItems"][0]["AlarmName"] == "b"
    assert world.history("a") == []


def test_sns_messages_are_kept_as_aws_would_send_them(world):
    world.alarm("a", AlarmActions=[SNS], AlarmDescription="too many", DatapointsToAlarm=1,
                Dimensions=[{"Name": "F", "Value": "f"}], Statistic="SampleCount")
    world.put(1, Dimensions=[{"Name": "F", "Value": "f"}])
    world.advance("1m")
    [note] = world.notifications()
    assert (note["alarm"], note["status"], note["action"]) == ("a", "kept", SNS)
    assert note["subject"] == 'ALARM: "a" in US East (N. Virginia)'
    assert json.loads(note["message"]) == {
        "AlarmName": "a", "AlarmDescription": "too many", "AWSAccountId": "000000000000",
        "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
        "NewStateValue": "ALARM", "OldStateValue": "INSUFFICIENT_DATA",
        "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/01/26 "
        "00:00:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK "
        "-> ALARM transition).",
        "StateChangeTime": "2026-01-01T00:01:00.000+0000", "Region": "US East (N. Virginia)",
        "AlarmArn": ARN + "a", "OKActions": [], "AlarmActions": [SNS],
        "InsufficientDataActions": [], "ActionExecutedAfterMuteWindow": False,
        "Trigger": {"MetricName": "m", "Namespace": "ns", "StatisticType": "Statistic",
                    "Statistic": "SAMPLE_COUNT", "Unit": None, "Period": 60,
                    "Dimensions": [{"value": "f", "name": "F"}], "EvaluationPeriods": 1,
                    "DatapointsToAlarm": 1, "Threshold": 1.0, "TreatMissingData": "missing",
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "EvaluateLowSampleCountPercentile": ""}}


@pytest.mark.parametrize("name, shown", [
    ("n" * 66, "n" * 66), ("n" * 67, "n" * 63 + "..."), ("\u00fc" * 255, "\u00fc" * 63 + "...")],
    ids=["fits", "long", "wide"])
def test_a_long_name_is_shortened_in_the_subject(world, name, shown):
    world.alarm(name, AlarmActions=[SNS])
    world.put(1)
    world.advance("1m")
    [note] = world.notifications()
    assert note["subject"] == f'ALARM: "{shown}" in US East (N. Virginia)'
    assert len(note["subject"]) <= 100


def test_a_function_really_runs_with_aws_s_event(world):
    sink = Sink()
    create(world.lam, "f", sink.package())
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    world.alarm("a", AlarmActions=[function], AlarmDescription="d")
    world.alarm("b", AlarmActions=[function + "-gone", function + ":gone", function + ":1"])
    world.put(1)
    world.advance("1m")
    [run] = sink.take()  # advancing has waited for it
    event = run["event"]
    assert len(event["alarmData"]["configuration"]["metrics"][0].pop("id")) == 36
    assert json.loads(event["alarmData"]["state"].pop("reasonData"))["version"] == "1.0"
    assert event == {
        "source": "aws.cloudwatch", "alarmArn": ARN + "a", "accountId": "000000000000",
        "time": "2026-01-01T00:01:00.000+0000", "region": "us-east-1", "alarmData": {
            "alarmName": "a",
            "state": {"value": "ALARM", "reason": "Threshold Crossed: 1 datapoint [1.0 (01/01/26 "
                      "00:00:00)] was greater than or equal to the threshold (1.0).",
                      "timestamp": "2026-01-01T00:01:00.000+0000"},
            "previousState": {"value": "INSUFFICIENT_DATA",
                              "reason": "Unchecked: Initial alarm creation",
                              "timestamp": "2026-01-01T00:00:00.000+0000"},
            "configuration": {"description": "d", "metrics": [{
                "metricStat": {"metric": {"namespace": "ns", "name": "m", "dimensions": {}},
                               "period": 60, "stat": "Sum"}, "returnData": True}]}}}
    assert [note["status"] for note in world.notifications()] == ["invoked"] + ["failed"] * 3
    assert {item["HistorySummary"] for item in world.history("b", "Action")} == {
        f"Failed to execute action {function}{gone}" for gone in ("-gone", ":gone", ":1")}


def test_disabled_actions_do_not_run_and_enabling_runs_nothing(world):
    world.alarm("a", AlarmActions=[SNS])
    world.cw.disable_alarm_actions(AlarmNames=["a", "unknown"])
    assert world.describe("a")["ActionsEnabled"] is False
    world.put(1)
    world.advance("1m")
    world.cw.enable_alarm_actions(AlarmNames=["a"])
    world.advance("1m")
    assert world.state("a") == "ALARM" and world.notifications() == []


def test_describing_filters_and_pages(world):
    for number in range(5):
        world.alarm(f"x{number}", AlarmActions=[SNS] if number == 3 else [])
    world.cw.put_composite_alarm(AlarmName="c", AlarmRule="ALARM(x1)")
    cw = world.cw

    def names(**filters):
        answer = cw.describe_alarms(**filters)
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms")
                for alarm in answer[kind]]

    assert names() == ["x0", "x1", "x2", "x3", "x4"]
    assert names(AlarmNames=["x2", "c", "nope"]) == ["x2"]
    assert names(AlarmNames=["x4", "x2", "x2", "x0"], MaxRecords=2) == ["x0", "x2"]
    assert names(AlarmTypes=["CompositeAlarm"]) == ["c"]
    assert names(AlarmNamePrefix="x2") == ["x2"] and names(AlarmNamePrefix="y") == []
    assert names(AlarmNamePrefix="x") == ["x0", "x1", "x2", "x3", "x4"]
    assert names(AlarmNamePrefix="x", StateValue="ALARM") == []
    assert names(ActionPrefix="arn:aws:sns") == ["x3"]
    assert names(ChildrenOfAlarmName="c") == ["x1"]
    assert names(ParentsOfAlarmName="x1") == ["c"]
    [parent] = world.call("DescribeAlarms", ParentsOfAlarmName="x1", AlarmNames=[])["CompositeAlarms"]
    assert parent["AlarmName"] == "c"
    pages = cw.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 2, 1]
    assert error_of(cw.describe_alarms, NextToken="?")[1] == "InvalidNextToken"
    assert error_of(cw.describe_alarms, AlarmNames=["a"], AlarmNamePrefix="b")[1] == (
        "InvalidParameterCombination")
    assert error_of(cw.describe_alarms, ChildrenOfAlarmName="c", StateValue="OK")[1] == (
        "ValidationError")


def test_alarms_of_a_metric_are_found_by_all_its_dimensions(world):
    both = [{"Name": "F", "Value": "f"}, {"Name": "R", "Value": "r"}]
    world.alarm("a", Dimensions=both)
    world.alarm("b", Dimensions=both[:1])
    find = world.cw.describe_alarms_for_metric
    named = lambda **filters: [alarm["AlarmName"] for alarm in find(
        MetricName="m", Namespace="ns", **filters)["MetricAlarms"]]
    assert named(Dimensions=both[::-1]) == ["a"]
    assert named(Dimensions=both[:1]) == ["b"]
    assert named() == []
    assert named(Dimensions=both, Period=300) == []


def test_deleting(world):
    world.alarm("a")
    world.cw.delete_alarms(AlarmNames=["a", "unknown"])
    assert world.cw.describe_alarms()["MetricAlarms"] == []
    world.cw.delete_alarms(AlarmNames=["a"])
    assert len(world.history("a", "ConfigurationUpdate")) == 2
    world.put(1)
    world.advance("1h")


def test_tags(world):
    world.alarm("a", Tags=[{"Key": "k", "Value": "v"}])
    world.alarm("a", Tags=[{"Key": "ignored", "Value": "on update"}])
    cw, arn = world.cw, ARN + "a"
    tags = lambda: {tag["Key"]: tag["Value"]
                    for tag in cw.list_tags_for_resource(ResourceARN=arn)["Tags"]}
    assert tags() == {"k": "v"}
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}, {"Key": "l", "Value": ""}])
    assert tags() == {"k": "w", "l": ""}
    cw.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert tags() == {"l": ""}
    cw.delete_alarms(AlarmNames=["a"])
    assert tags() == {}
    assert error_of(cw.tag_resource, ResourceARN=arn, Tags=[{"Key": "k", "Value": "v"}])[:2] == (
        404, "ResourceNotFoundException")


def test_keys_of_tags_have_128_characters(world):
    world.alarm("a")
    for call, given in ((world.cw.tag_resource, {"Tags": [{"Key": "k" * 129, "Value": ""}]}),
                        (world.cw.untag_resource, {"TagKeys": ["k" * 129]})):
        status, code, text = error_of(call, ResourceARN=ARN + "a", **given)
        assert (status, code) == (400, "ValidationError") and "less than or equal to 128" in text


def test_a_mute_rule_has_tags_of_its_own(world):
    rule = {"Schedule": {"Expression": "cron(0 1 * * *)", "Duration": "PT30M"}}
    world.call("PutAlarmMuteRule", Name="r", Rule=rule, Tags=[{"Key": "k", "Value": "v"}])
    arn = world.call("GetAlarmMuteRule", AlarmMuteRuleName="r")["AlarmMuteRuleArn"]
    world.cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "l", "Value": "w"}])
    world.cw.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert world.cw.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "l", "Value": "w"}]
    assert world.call("GetAlarmMuteRule", AlarmMuteRuleName="r")["Rule"] == rule


def with_actions_of_each_state(world):
    world.alarm("a", TreatMissingData="ignore", OKActions=[SNS + "-OK"], AlarmActions=[SNS + "-ALARM"],
                InsufficientDataActions=[SNS + "-INSUFFICIENT_DATA"])
    return lambda state: world.cw.set_alarm_state(AlarmName="a", StateValue=state, StateReason="test")


def test_each_state_runs_its_own_actions(world):
    move = with_actions_of_each_state(world)
    states = ["OK", "ALARM", "INSUFFICIENT_DATA", "ALARM", "OK", "INSUFFICIENT_DATA"]
    for state in states:
        move(state)
        move(state)  # comes to no other, and runs nothing
    assert [(note["state"], note["action"]) for note in world.notifications()] == [
        (state, f"{SNS}-{state}") for state in states]


def test_what_moves_on_while_it_is_muted_runs_the_actions_of_its_last_state(world):
    move = with_actions_of_each_state(world)
    move("OK")
    rule = {"Name": "r", "MuteTargets": {"AlarmNames": ["a"]},
            "Rule": {"Schedule": {"Expression": "at(2026-01-01T00:00)", "Duration": "P1D"}}}
    for last, expected in (("INSUFFICIENT_DATA", ["INSUFFICIENT_DATA"]), ("OK", [])):
        world.call("PutAlarmMuteRule", **rule)
        before = len(world.notifications())
        move("ALARM")
        move(last)
        assert len(world.notifications()) == before
        world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="r")
        notes = world.notifications()[before:]
        assert [note["action"] for note in notes] == [f"{SNS}-{state}" for state in expected]
        assert [json.loads(note["message"])["OldStateValue"] for note in notes] == len(notes) * ["OK"]
        move("OK")


def test_muted_actions_run_when_the_window_ends(world):
    world.alarm("a", AlarmActions=[SNS])
    world.alarm("b", AlarmActions=[SNS], OKActions=[SNS], TreatMissingData="notBreaching",
                MetricName="n")
    rule = {"Schedule": {"Expression": "cron(0 1 * * *)", "Duration": "PT30M"}}
    world.call("PutAlarmMuteRule", Name="r", Rule=rule,
               MuteTargets={"AlarmNames": ["a", "b"]})
    status = lambda: world.call("GetAlarmMuteRule", AlarmMuteRuleName="r")["Status"]
    assert status() == "SCHEDULED"
    world.advance("65m")
    assert status() == "ACTIVE"
    world.alarm("a", AlarmActions=[SNS], TreatMissingData="ignore")
    world.put(1)
    world.put(1, metric="n")
    world.advance("10m")
    assert world.state("a") == "ALARM" and world.state("b") == "OK"
    assert [note["alarm"] for note in world.notifications() if note["state"] == "ALARM"] == []
    world.advance("15m")
    assert status() == "SCHEDULED"
    [note] = [note for note in world.notifications() if note["state"] == "ALARM"]
    assert (note["alarm"], note["time"]) == ("a", "2026-01-01T01:30:00.000Z")
    assert json.loads(note["message"])["ActionExecutedAfterMuteWindow"] is True
    [summary] = world.call("ListAlarmMuteRules", AlarmName="a")["AlarmMuteRuleSummaries"]
    assert summary["MuteType"] == "RECURRING"
    assert world.call("ListAlarmMuteRules", Statuses=["ACTIVE"]) == {"AlarmMuteRuleSummaries": []}


def test_a_mute_rule_comes_back_as_it_was_put(world):
    world.alarm("a")
    given = {"Name": "r", "Description": "the night", "MuteTargets": {"AlarmNames": ["a"]},
             "Rule": {"Schedule": {"Expression": "cron(0 1 * * *)", "Duration": "PT30M",
                                   "Timezone": "Europe/Berlin"}},
             "StartDate": 1767225600, "ExpireDate": 1798761600}
    world.advance("90s")
    assert world.call("PutAlarmMuteRule", **given) == {}
    shown = {"AlarmMuteRuleArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm-mute-rule:r",
             "Status": "ACTIVE", "MuteType": "RECURRING", "LastUpdatedTimestamp": 1767225690,
             "ExpireDate": 1798761600}
    assert world.call("GetAlarmMuteRule", AlarmMuteRuleName="r") == {**given, **shown}
    assert world.call("ListAlarmMuteRules") == {"AlarmMuteRuleSummaries": [shown]}


def test_deleting_a_mute_rule_unmutes_at_once(world):
    world.alarm("a", AlarmActions=[SNS], TreatMissingData="ignore")
    world.call(
        "PutAlarmMuteRule", Name="r", MuteTargets={"AlarmNames": ["a"]},
        Rule={"Schedule": {"Expression": "at(2025-12-31T19:00)", "Duration": "P1D",
                           "Timezone": "America/New_York"}})
    world.put(1)
    world.advance("1m")
    assert world.state("a") == "ALARM" and world.notifications() == []
    world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="r")
    world.call("DeleteAlarmMuteRule", AlarmMuteRuleName="r")
    assert [note["alarm"] for note in world.notifications()] == ["a"]
    gone = world.call("GetAlarmMuteRule", AlarmMuteRuleName="r")
    assert gone["__type"].endswith("#ResourceNotFoundException")
    for expression, duration, zone in (
            ("cron(x)", "PT1H", "UTC"), ("at(2026-01-01T00:00)", "1h", "UTC"),
            ("cron(0 2 * * *)", "P16D", "UTC"), ("cron(0 2 * * *)", "PT1H", "Mars/Olympus")):
        refusal = world.call("PutAlarmMuteRule", Name="r", Rule={
            "Schedule": {"Expression": expression, "Duration": duration, "Timezone": zone}})
        assert refusal["__type"].endswith("#ValidationException")


def test_names_of_mute_rules_have_255_characters(world):
    rule = {"Schedule": {"Expression": "cron(0 1 * * *)", "Duration": "PT30M"}}
    for operation, given in (("PutAlarmMuteRule", {"Name": "r" * 256, "Rule": rule}),
                             ("GetAlarmMuteRule", {"AlarmMuteRuleName": "r" * 256}),
                             ("ListAlarmMuteRules", {"AlarmName": "r" * 256})):
        refusal = world.call(operation, **given)
        assert "length less than or equal to 255" in refusal["message"], refusal
    assert world.call("PutAlarmMuteRule", Name="r" * 255, Rule=rule) == {}


def states_of(world, name):
    return [state for _, state in world.changes(name)]


def test_alarms_evaluate_themselves_while_the_clock_runs(start_server):
    world = World(start_server())
    world.alarm("a", TreatMissingData="notBreaching")
    world.http.json("POST", "/_coalmine/clock", {"mode": "scaled", "scale": 600})  # a minute in 100 ms

    def went_to_alarm():
        world.put(1)
        return "ALARM" in states_of(world, "a")  # where it may be no more

    wait_for(went_to_alarm)
    wait_for(lambda: "OK" in states_of(world, "a")[states_of(world, "a").index("ALARM"):])


def test_states_survive_a_restart_and_evaluation_goes_on(start_server, tmp_path):
    options = ("--data-dir", str(tmp_path), "--clock", "2026-01-01T00:00:00Z")
    world = World(start_server(*options, ephemeral=False))
    world.alarm("a", AlarmActions=[SNS])
    world.put(1)
    world.advance("1m")
    assert world.server.stop() == 0
    again = World(start_server(*options, ephemeral=False))
    again.http.json("POST", "/_coalmine/clock", {"time": "2026-01-01T00:01:30Z"})
    assert again.describe("a")["StateValue"] == "ALARM"
    again.advance("1h")
    assert again.changes("a") == [("00:01:00", "ALARM"), ("00:04:00", "INSUFFICIENT_DATA")]
    assert len(again.notifications()) == 1


def test_reset_takes_alarms_along(world):
    world.alarm("a")
    world.put(1)
    world.http.send("POST", "/_coalmine/reset")
    world.advance("1h")
    assert world.cw.describe_alarms()["MetricAlarms"] == []
    assert world.cw.describe_alarm_history()["AlarmHistoryItems"] == []


def test_a_year_with_a_hundred_alarms_and_an_hour_of_data_passes_at_once(world):
    for number in range(100):
        world.alarm(f"a{number}", Period=(60, 300, 3600, 86400)[number % 4],
                    EvaluationPeriods=1 + number % 3, MetricName=f"m{number % 10}",
                    TreatMissingData=("missing", "ignore", "breaching", "notBreaching")[number % 4])
    world.cw.put_metric_data(Namespace="ns", MetricData=[
        {"MetricName": f"m{metric}", "Value": 1, "Timestamp": f"2026-01-01T00:{minute:02}:00Z"}
        for metric in range(10) for minute in range(60)])
    before = ran_ms(world.server.process.pid)
    assert world.advance("365d").startswith("2027-01-01T00:00:00")
    # A second is the promise; ten times that is the margin for slow processors, and sanitizers.
    assert ran_ms(world.server.process.pid) - before < 10000
    assert world.state("a0") == "INSUFFICIENT_DATA" and world.state("a3") == "OK"


def test_an_alarm_is_evaluated_between_two_retries(world):
    sink = Sink()
    create(world.lam, "f", sink.package("throw new Error('no')"))
    dimensions = [{"Name": "FunctionName", "Value": "f"}]
    world.alarm("a", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=dimensions,
                Threshold=2, Period=300, TreatMissingData="notBreaching")
    world.advance("10s")
    world.lam.invoke(FunctionName="f", InvocationType="Event")
    world.advance("10m")
    # Runs at 00:00:10, 00:01:10 and 00:03:10: the second minute's end knows of two of them.
    assert len(sink.take()) == 3
    changes = world.changes("a")
    assert changes[:2] == [("00:01:00", "OK"), ("00:02:00", "ALARM")]
    reason = json.loads(world.history("a")[1]["HistoryData"])["newState"]["stateReason"]
    assert "[2.0 (" in reason  # the third run had not happened when it was evaluated


def test_explaining_an_alarm_and_a_metric(world):
    world.alarm("a", Dimensions=[{"Name": "FunctionName", "Value": "f:2"}])
    world.put(1, Dimensions=[{"Name": "FunctionName", "Value": "f"}])
    world.advance("1m")
    why = world.explain(alarm="a")
    assert (why["state"], why["metrics"][0]["found"]) == ("INSUFFICIENT_DATA", False)
    assert (why["alarm"], why["reason"]) == ("a", world.describe("a")["StateReason"])
    assert why["since"].startswith("2026-01-01T00:00:00")
    assert why["metrics"][0]["differences"] == [
        {"what": "FunctionName", "asked": "f:2", "has": "f"}]
    assert "FunctionName is f there, not f:2." in why["sentence"]
    assert why["metrics"][0]["dimensions"] == {"FunctionName": "f:2"}
    assert why["metrics"][0]["nearest"]["dimensions"] == {"FunctionName": "f"}
    found = world.explain(namespace="ns", metric="m", dimensions="FunctionName=f")
    assert found["found"] is True and found["units"] == ["None"]
    assert world.http.send("GET", "/_coalmine/explain?alarm=none").status == 404
    assert world.http.send("GET", "/_coalmine/explain?alarm=a&region=eu-west-1").status == 404
    assert world.http.send("GET", "/_coalmine/explain").status == 400
    for wrong in ("name", "=value", ",".join(f"d{i}=v" for i in range(31))):
        asked = f"/_coalmine/explain?namespace=ns&metric=m&dimensions={wrong}"
        assert world.http.send("GET", asked).status == 400
    world.alarm("b", Dimensions=[{"Name": "FunctionName", "Value": "f"}])
    world.advance("1m")
    points = world.explain(alarm="b")["window"]["datapoints"]
    assert [(p["missing"], p.get("value")) for p in points] == [
        (True, None), (False, 1), (True, None)]


def test_alarms_over_cbor(world):
    world.alarm("a", AlarmDescription="d")
    body = world.http.cbor("DescribeAlarms", cbor.encode({"AlarmNames": ["a"]})).body
    for name, start in (("AlarmDescription", cbor.encode("d")), ("ActionsEnabled", b"\xf5"),
                        ("StateUpdatedTimestamp", b"\xc1"), ("Dimensions", b"\x9f\xff"),
                        ("Period", b"\x18\x3c"), ("Threshold", b"\xf9")):
        after = body.split(cbor.encode(name))[1]
        assert after.startswith(start) or (name == "Threshold" and after[0] in (0xFA, 0xFB)), name


def test_contributors_of_an_alarm_that_has_none(world):
    world.alarm("a")
    assert world.call("DescribeAlarmContributors", AlarmName="a") == {"AlarmContributors": []}
    assert "ResourceNotFoundException" in world.call(
        "DescribeAlarmContributors", AlarmName="b")["__type"]
