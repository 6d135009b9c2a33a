"""Alarms on metric math: the expression's one series is judged like a metric's."""
import json

import pytest

from tests.support.alarms import World
from tests.support.errors import error_of
from tests.support.machine import ran_ms
from tests.support.packages import create


@pytest.fixture(name="world")
def frozen_world(start_server):
    return World(start_server())


def metric(identifier, name):
    return {"Id": identifier, "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "ns", "MetricName": name}, "Period": 60, "Stat": "Sum"}}


def put_alarm(world, name, *metrics, **settings):
    world.cw.put_metric_alarm(**{
        "AlarmName": name, "EvaluationPeriods": 1, "Threshold": 50, "Metrics": list(metrics),
        "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        **settings})


def test_an_error_rate(world):
    put_alarm(world, "rate", metric("e", "errors"), metric("n", "calls"),
              {"Id": "r", "Expression": "100 * e / n", "Label": "rate"},
              EvaluationPeriods=2, DatapointsToAlarm=2)
    for errors in (1, 6, 7, 0, 0):
        world.put(errors, metric="errors")
        world.put(10, metric="calls")
        world.advance("1m")
    assert world.changes("rate") == [("00:01:00", "OK"), ("00:03:00", "ALARM"), ("00:04:00", "OK")]
    data = json.loads(world.describe("rate")["StateReasonData"])
    assert data["recentDatapoints"] == [70.0, 0.0] and "statistic" not in data
    before = ran_ms(world.server.process.pid)
    world.advance("365d")
    assert ran_ms(world.server.process.pid) - before < 10000


@pytest.mark.parametrize("first", ["errors", "calls"])
def test_whichever_of_its_metrics_comes_first_it_is_evaluated(world, first):
    put_alarm(world, "sum", metric("e", "errors"), metric("n", "calls"),
              {"Id": "s", "Expression": "e + n"})
    world.advance("5m")
    world.put(60, metric=first)
    world.advance("1m")
    assert world.state("sum") == "ALARM"


def test_what_is_described_can_be_put_again(world):
    put_alarm(world, "rate", metric("e", "errors"), {"Id": "r", "Expression": "100 * e"})
    told = world.describe("rate")
    assert told["Dimensions"] == []
    members = world.cw.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    world.call("PutMetricAlarm", **{
        **{name: told[name] for name in told if name in members}, "Threshold": 7})
    assert world.describe("rate") == {**told, "Threshold": 7}


def test_metrics_are_found_by_exactly_their_dimensions(world):
    """GetMetricData helps those who ask for FunctionName=fn:1; an alarm finds what AWS's would."""
    create(world.lam, "fn", Publish=True)
    world.lam.invoke(FunctionName="fn:1")
    query = metric("m", "Invocations")
    query["MetricStat"]["Metric"] = {"Namespace": "AWS/Lambda", "MetricName": "Invocations",
                                     "Dimensions": [{"Name": "FunctionName", "Value": "fn:1"}]}
    put_alarm(world, "a", query, {"Id": "r", "Expression": "100 * m"})
    world.advance("3m")
    assert world.changes("a") == [("00:01:00", "OK")]


def test_an_expression_that_tells_the_time_is_evaluated_without_data(world):
    put_alarm(world, "a", metric("m", "errors"),
              {"Id": "r", "Expression": "FILL(m, 0) + IF(HOUR(m) == 0, 100, 0)"})
    world.put(1, metric="errors")
    world.advance("3h")
    assert world.changes("a") == [("00:01:00", "ALARM"), ("01:01:00", "OK")]


def test_a_query_over_all_metrics_that_match_whichever_come(world):
    put_alarm(world, "a", {"Id": "q", "Period": 60, "ReturnData": True, "Expression":
                           'SELECT SUM(Errors) FROM SCHEMA("ns", Function)'})
    world.advance("5m")
    for function, errors in (("f", 30), ("g", 30), ("h", 0)):
        world.put(errors, metric="Errors", Dimensions=[{"Name": "Function", "Value": function}])
    world.advance("10m")
    world.put(51, metric="Errors", Dimensions=[{"Name": "Function", "Value": "f"}])
    world.advance("10m")
    assert world.changes("a") == [
        ("00:01:00", "OK"), ("00:06:00", "ALARM"), ("00:09:00", "OK"), ("00:16:00", "ALARM"),
        ("00:19:00", "OK")]


MANY_SERIES = ("Metrics expression that return multi time series are only allowed for "
               "MetricsInsights expression with an ORDER BY clause")


@pytest.mark.parametrize("expression, message", [
    ("SELECT SUM(e) FROM ns GROUP BY f", MANY_SERIES),
    ("SELECT SUM(e) FROM ns GROUP BY f ORDER BY SUM() DESC",
     "Metrics: alarms on Metrics Insights queries with GROUP BY are not supported by Coalmine"),
    ("METRICS()", MANY_SERIES),
    ("ANOMALY_DETECTOR(m)", "Error in expression 'q': Function 'ANOMALY_DETECTOR' not found"),
])
def test_queries_of_several_series_are_refused(world, expression, message):
    assert error_of(put_alarm, world, "a", metric("m", "x"), {
        "Id": "q", "Period": 60, "Expression": expression}) == (400, "ValidationError", message)


@pytest.mark.parametrize("expression", ["SEARCH('{ns}', 'Sum', 60)", "m *", "MAX(m)", "METRICS()"])
def test_expressions_that_give_no_single_series_are_refused(world, expression):
    status, _, _ = error_of(
        world.cw.put_metric_alarm, AlarmName="a", EvaluationPeriods=1, Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[metric("m", "x"), metric("n", "y"), {"Id": "r", "Expression": expression}])
    assert status == 400


RETURNED = {"ReturnData": True}
SUM = {"Id": "s", "Expression": "SUM(METRICS())"}


@pytest.mark.parametrize("queries, message", [
    ([metric(f"m{i}", "x") for i in range(11)] + [SUM],
     "Too many metrics in alarm, maximum is 10"),
    ([metric("m", "x")] + [{"Id": f"e{i}", "Expression": "m m"} for i in range(11)],
     "Too many expressions in alarm, maximum is 10"),
    ([{"Id": "s", "Expression": "SUM(SEARCH('{ns}', 'Sum', 60))"}],
     "SEARCH is not supported on Metric Alarms."),
    ([{**metric("m", "x"), **RETURNED, "Expression": "1"}],
     "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you "
     "have specified both."),
    ([{**metric("m", "x"), **RETURNED,
       "MetricStat": {**metric("m", "x")["MetricStat"], "Period": 45}}],
     "Period must be 10, 20, 30 or a multiple of 60"),
    ([{"Id": "m", **RETURNED}, metric("n", "x")], "Period must not be null"),
    ([{**metric("4xx", "x"), **RETURNED}], "Invalid metrics list"),
    ([{**metric("m", "x"), **RETURNED,
       "MetricStat": {**metric("m", "x")["MetricStat"], "Stat": "sum"}}], "Invalid metrics list"),
], ids=["metrics", "expressions", "search", "both", "period", "neither", "id",
        "statistic"])
def test_what_is_refused_in_aws_s_words(world, queries, message):
    assert error_of(put_alarm, world, "a", *queries) == (400, "ValidationError", message)


def test_ten_metrics_and_ten_expressions_are_taken(world):
    put_alarm(world, "a", *[metric(f"m{i}", "x") for i in range(10)], SUM,
              *[{"Id": f"e{i}", "Expression": "s", "ReturnData": False} for i in range(9)])
    assert len(world.describe("a")["Metrics"]) == 20


def test_periods_below_a_minute_end_where_the_window_ends(world):
    put_alarm(world, "a", {"Id": "r", "Expression": "m * 1"}, {
        "Id": "m", "ReturnData": False, "MetricStat": {
            "Metric": {"Namespace": "ns", "MetricName": "m"}, "Period": 30, "Stat": "Sum"}},
              Threshold=3, ComparisonOperator="LessThanThreshold")
    for _ in range(12):
        world.put(1, StorageResolution=1)
        world.advance("10s")
    # All half minutes but the first two, which began before there were data, have three.
    assert world.changes("a") == [("00:00:10", "ALARM"), ("00:00:30", "OK")]
