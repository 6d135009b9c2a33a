"""Metrics over awsQuery (Debian's boto3): cloudwatch-api.md sections 2 and 3."""
import datetime
import time

import pytest

from tests.support.errors import error_of
from tests.support.metrics import statistic
from tests.support.packages import create, node

UTC = datetime.timezone.utc


# The same for all tests of this file, also if the hour ends while they run.
THIS_HOUR = datetime.datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def at(minute, second=0, hours_ago=2):
    return THIS_HOUR - datetime.timedelta(hours=hours_ago) + datetime.timedelta(minutes=minute,
                                                                                seconds=second)


def put(cw, space, *data):
    cw.put_metric_data(Namespace=space, MetricData=list(data))


def statistics(cw, space, metric="m", start=None, end=None, period=60, stats=("Sum",), **more):
    answer = cw.get_metric_statistics(
        Namespace=space, MetricName=metric, StartTime=start or at(0), EndTime=end or at(59),
        Period=period, **({"Statistics": list(stats)} if stats else {}), **more)
    assert answer["Label"] == metric
    return answer["Datapoints"]


def test_ten_values_of_one_minute(cw, name):
    put(cw, name, *[{"MetricName": "m", "Value": v, "Timestamp": at(5, v)} for v in range(10)])
    assert statistics(cw, name, stats=["SampleCount", "Sum", "Average", "Minimum", "Maximum"]) == [
        {"Timestamp": at(5), "SampleCount": 10, "Sum": 45, "Average": 4.5, "Minimum": 0,
         "Maximum": 9, "Unit": "None"}]


def test_values_with_counts_and_statistic_sets(cw, name):
    put(cw, name, {"MetricName": "m", "Values": [1, 10], "Counts": [2, 4], "Timestamp": at(5)},
        {"MetricName": "s", "Timestamp": at(5), "StatisticValues": {
            "SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3}})
    assert statistics(cw, name, stats=["SampleCount", "Sum", "Maximum"])[0]["Sum"] == 42
    point = statistics(cw, name, "s", stats=["SampleCount", "Average"])[0]
    assert (point["SampleCount"], point["Average"]) == (3, 2)
    assert statistics(cw, name, "s", stats=None, ExtendedStatistics=["p50"])[0].get(
        "ExtendedStatistics", {}) == {}


def test_percentiles_of_many_values_are_within_half_a_percent(cw, name):
    for start in range(1, 1001, 100):
        put(cw, name, {"MetricName": "m", "Values": list(range(start, start + 100)),
                       "Timestamp": at(5)})
    point = statistics(cw, name, stats=None,
                       ExtendedStatistics=["p50", "p90", "p99.9", "tm90"])[0]["ExtendedStatistics"]
    for text, true in (("p50", 500), ("p90", 900), ("p99.9", 999), ("tm90", 450.5)):
        assert abs(point[text] - true) <= 0.006 * true, (text, point[text])


def test_units_are_never_merged(cw, name):
    for unit, value in (("Count", 5), ("Seconds", 1), ("None", 10)):
        put(cw, name, {"MetricName": "m", "Value": value, "Unit": unit, "Timestamp": at(5)})
    points = statistics(cw, name)
    assert {(p["Unit"], p["Sum"]) for p in points} == {("Count", 5), ("Seconds", 1), ("None", 10)}
    assert [p["Sum"] for p in statistics(cw, name, Unit="Seconds")] == [1]
    assert statistics(cw, name, Unit="Bytes") == []


def test_buckets_begin_at_the_rounded_start(cw, name):
    for minute in (2, 6, 7, 11):
        put(cw, name, {"MetricName": "m", "Value": 1, "Timestamp": at(minute, 30)})
    points = statistics(cw, name, start=at(2, 40), end=at(12), period=300)
    assert [(p["Timestamp"], p["Sum"]) for p in points] == [(at(2), 2), (at(7), 2)]


def test_start_is_inclusive_and_end_is_not(cw, name):
    for minute in (5, 6, 7):
        put(cw, name, {"MetricName": "m", "Value": 1, "Timestamp": at(minute)})
    assert [p["Timestamp"] for p in statistics(cw, name, start=at(5), end=at(7))] == [at(5), at(6)]


def test_dimensions_match_exactly(cw, name):
    a, b = {"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}
    put(cw, name, {"MetricName": "m", "Value": 1, "Timestamp": at(5), "Dimensions": [b, a]})
    assert statistics(cw, name) == [] and statistics(cw, name, Dimensions=[a]) == []
    assert len(statistics(cw, name, Dimensions=[a, b])) == 1


def test_high_resolution_data_by_ten_seconds(cw, name):
    now = datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)
    start = now.replace(second=0, microsecond=0)
    for second in (1, 5, 15):
        put(cw, name, {"MetricName": "m", "Value": 1, "StorageResolution": 1,
                       "Timestamp": start + datetime.timedelta(seconds=second)})
    points = statistics(cw, name, start=start, end=start + datetime.timedelta(minutes=1),
                        period=10)
    assert [p["Sum"] for p in points] == [2, 1]


@pytest.mark.parametrize("datum, code, text", [
    (dict(Value=1, Values=[1]), "InvalidParameterCombination",
     "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually "
     "exclusive and you have specified both."),
    (dict(Value=1, StatisticValues=dict(SampleCount=1, Sum=1, Minimum=1, Maximum=1)),
     "InvalidParameterCombination",
     "The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are "
     "mutually exclusive and you have specified both."),
    (dict(Values=[1, 2], Counts=[1]), "InvalidParameterValue",
     "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same "
     "size."),
    (dict(Values=list(range(151))), "InvalidParameterValue",
     "The collection MetricData.member.1.Values must not have a size greater than 150."),
    (dict(Value=float("nan")), "InvalidParameterValue",
     "The value NaN for parameter MetricData.member.1.Value is invalid."),
    (dict(Value=1, Timestamp=datetime.datetime(2020, 1, 1)), "InvalidParameterValue",
     "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."),
    (dict(Value=1, MetricName=None), "MissingParameter",
     "The parameter MetricData.member.1.MetricName is required."),
])
def test_what_put_metric_data_refuses(cw, name, datum, code, text):
    data = [{k: v for k, v in {"MetricName": "m", **datum}.items() if v is not None},
            {"MetricName": "other", "Value": 1}]
    assert error_of(cw.put_metric_data, Namespace=name, MetricData=data) == (400, code, text)
    assert cw.list_metrics(Namespace=name)["Metrics"] == []


def test_too_much_and_namespaces_of_aws(cw, name):
    data = [{"MetricName": "m", "Value": 1}] * 1001
    assert error_of(cw.put_metric_data, Namespace=name, MetricData=data)[2] == (
        "The collection MetricData must not have a size greater than 1000.")
    assert error_of(cw.put_metric_data, Namespace="AWS/Lambda", MetricData=data[:1])[:2] == (
        400, "InvalidParameterValue")


@pytest.mark.parametrize("change, code, text", [
    (dict(EndTime=at(0)), "InvalidParameterValue",
     "The parameter StartTime must be less than the parameter EndTime."),
    (dict(StartTime=at(0, hours_ago=26), Period=60, EndTime=at(1)), "InvalidParameterCombination",
     "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the "
     "datapoints requested by increasing Period, or decreasing the time range."),
    (dict(Statistics=None), "InvalidParameterCombination",
     "At least one of the parameters Statistics and ExtendedStatistics must be specified."),
    (dict(Statistics=["p99", "Sum", "Average,Maximum"]), "InvalidParameterValue",
     "The parameter Statistics.member.1.<list element> must be a value in the set [SampleCount, "
     "Average, Sum, Minimum, Maximum].\n"
     "The parameter Statistics.member.3.<list element> must be a value in the set [SampleCount, "
     "Average, Sum, Minimum, Maximum]."),
    (dict(Statistics=None, ExtendedStatistics=["90"]), "InvalidParameterValue",
     "The value 90 for parameter ExtendedStatistic is not supported."),
    (dict(Period=None), "MissingParameter", "The parameter Period is required."),
    (dict(Statistics=["Sum"], ExtendedStatistics=["p50"]), "InvalidParameterCombination",
     "Statistics and ExtendedStatistics cannot be specified together"),
    (dict(Statistics=["Sum"], Period=45), "InvalidParameterValue",
     "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."),
    (dict(Statistics=["Sum"], Period=0), "ValidationError",
     "1 validation error detected: Value '0' at 'period' failed to satisfy constraint: Member must "
     "have value greater than or equal to 1"),
])
def test_what_get_metric_statistics_refuses(cw, name, change, code, text):
    arguments = {"Namespace": name, "MetricName": "m", "StartTime": at(0), "EndTime": at(59),
                 "Period": 60, "Statistics": ["Sum"], **change}
    arguments = {k: v for k, v in arguments.items() if v is not None}
    assert error_of(cw.get_metric_statistics, **arguments) == (400, code, text)


def test_as_many_datapoints_as_there_may_be_are_given(cw, name):
    assert cw.get_metric_statistics(
        Namespace=name, MetricName="m", Period=60, Statistics=["Sum"], StartTime=at(0),
        EndTime=at(0) + datetime.timedelta(minutes=1440))["Datapoints"] == []


def query(space, key, stat="Sum", period=60, metric="metric1", dimensions=None, **more):
    named = [{"Name": n, "Value": v} for n, v in (dimensions or {}).items()]
    return {"Id": key, "MetricStat": {
        "Metric": {"Namespace": space, "MetricName": metric, "Dimensions": named},
        "Period": period, "Stat": stat, **more}}


def data_of(cw, *queries, **more):
    answer = cw.get_metric_data(MetricDataQueries=list(queries), StartTime=at(0), EndTime=at(59),
                                **more)
    return answer["MetricDataResults"], answer


def test_metric_data_comes_newest_first_unless_asked(cw, name):
    for minute in (5, 6):
        put(cw, name, {"MetricName": "metric1", "Value": minute, "Timestamp": at(minute)})
    results, answer = data_of(cw, query(name, "a"))
    assert (results[0]["Values"], results[0]["Timestamps"]) == ([6, 5], [at(6), at(5)])
    assert (results[0]["Label"], results[0]["StatusCode"], answer["Messages"]) == (
        "metric1", "Complete", [])
    assert data_of(cw, query(name, "a"), ScanBy="TimestampAscending")[0][0]["Values"] == [5, 6]


@pytest.mark.parametrize("changes, labels", [
    ([dict(), dict(metric="metric2")], ["metric1", "metric2"]),
    ([dict(), dict(stat="Minimum")], ["metric1 Sum", "metric1 Minimum"]),
    ([dict(), dict(period=300)], ["metric1 60", "metric1 300"]),
    ([dict(), dict(stat="Minimum", period=300)], ["metric1 Sum 60", "metric1 Minimum 300"]),
    ([dict(Unit="Count"), dict(Unit="Seconds")], ["metric1", "metric1"]),
    ([dict(dimensions={"F": "f"}), dict(dimensions={"F": "f"}, metric="metric2")],
     ["metric1", "metric2"]),
    ([dict(dimensions={"F": "f", "R": "f:live"}), dict(dimensions={"F": "f", "R": "f:test"})],
     ["f:live", "f:test"]),
    ([dict(dimensions={"F": "f", "R": "f:live"}), dict(dimensions={"F": "f"}, metric="metric2")],
     ["f:live metric1", "metric2"]),
    ([dict(dimensions={"F": "f"}), dict(dimensions={"F": "g"}, stat="Maximum", period=300)],
     ["f Sum 60", "g Maximum 300"]),
])
def test_default_labels(cw, name, changes, labels):
    queries = [query(name, key, **change) for key, change in zip("ab", changes)]
    assert [r["Label"] for r in data_of(cw, *queries)[0]] == labels


def test_several_units_choose_one_and_say_so(cw, name):
    for unit, value in (("Seconds", 1), ("Milliseconds", 2)):
        put(cw, name, {"MetricName": "metric1", "Value": value, "Unit": unit, "Timestamp": at(5)})
    result = data_of(cw, query(name, "a"))[0][0]
    assert (result["Values"], result["Messages"]) == ([2], [
        {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}])
    assert data_of(cw, query(name, "a", Unit="Seconds"))[0][0]["Values"] == [1]


def test_a_unit_of_former_days_hides_no_data(cw, name):
    put(cw, name, *[{"MetricName": "metric1", "Value": value, "Unit": unit, "Timestamp": time}
                    for value, unit, time in ((1, "Count", at(5, hours_ago=26)),
                                              (2, "Seconds", at(5)))])
    [result], _ = data_of(cw, query(name, "a"))
    assert (result["Values"], result.get("Messages")) == ([2], None)
    [result] = cw.get_metric_data(MetricDataQueries=[query(name, "a")],
                                  StartTime=at(0, hours_ago=26),
                                  EndTime=at(59))["MetricDataResults"]
    assert (result["Values"], result["Messages"][0]["Code"]) == ([1], "MultipleUnits")


def test_metric_data_in_pages(cw, name):
    put(cw, name, *[{"MetricName": "metric1", "Value": m, "Timestamp": at(m)} for m in range(5)])
    values, token = [], {}
    for _ in range(10):
        results, answer = data_of(cw, query(name, "a"), MaxDatapoints=2, **token)
        values += results[0]["Values"]
        if "NextToken" not in answer:
            break
        assert results[0]["StatusCode"] == "PartialData"
        token = {"NextToken": answer["NextToken"]}
    assert values == [4, 3, 2, 1, 0]


def test_list_metrics_filters_and_pages(cw, name):
    for i in range(501):
        if i % 100 == 0:
            batch = []
        batch.append({"MetricName": "m", "Value": 1,
                      "Dimensions": [{"Name": "N", "Value": str(i)}, {"Name": "K", "Value": "x"}]})
        if len(batch) == 100 or i == 500:
            put(cw, name, *batch)
    first = cw.list_metrics(Namespace=name)
    assert len(first["Metrics"]) == 500
    rest = cw.list_metrics(Namespace=name, NextToken=first["NextToken"])
    assert len(rest["Metrics"]) == 1 and "NextToken" not in rest
    found = cw.list_metrics(Namespace=name, Dimensions=[{"Name": "N", "Value": "7"}])["Metrics"]
    assert found == [{"Namespace": name, "MetricName": "m", "Dimensions": [
        {"Name": "K", "Value": "x"}, {"Name": "N", "Value": "7"}]}]
    assert cw.list_metrics(Namespace=name, MetricName="none")["Metrics"] == []
    assert error_of(cw.list_metrics, NextToken="rubbish")[2] == (
        "Request parameter NextToken is invalid")


def test_invocations_are_counted_in_awss_dimension_sets(start_server, name):
    server = start_server()
    lam, cw = server.client("lambda"), server.client("cloudwatch")
    create(lam, name, node("if (event.bad) throw new Error('x')"))
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.invoke(FunctionName=name)
    lam.invoke(FunctionName=name, Qualifier="1", Payload=b'{"bad": 1}')
    lam.invoke(FunctionName=name, Qualifier="live")
    lam.invoke(FunctionName=name, Qualifier="live", Payload=b'{"bad": 1}')
    for dimensions, invocations, errors in (
            ({}, 4, 2), ({"FunctionName": name}, 4, 2),
            ({"FunctionName": name, "Resource": name}, 1, 0),
            ({"FunctionName": name, "Resource": f"{name}:1"}, 1, 1),
            ({"FunctionName": name, "Resource": f"{name}:live"}, 2, 1),
            ({"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": "1"}, 2, 1)):
        assert statistic(cw, "Invocations", **dimensions) == invocations, dimensions
        assert statistic(cw, "Errors", **dimensions) == errors, dimensions
        assert statistic(cw, "Errors", "SampleCount", **dimensions) == invocations
        assert statistic(cw, "Throttles", **dimensions) == 0
        assert statistic(cw, "Duration", "Maximum", **dimensions) > 0
        assert statistic(cw, "ConcurrentExecutions", "Maximum", **dimensions) == 1
    assert statistic(cw, "Invocations", FunctionName=name, Resource=f"{name}:2") is None


def test_the_workshops_query_is_answered_kindly_unless_strict(start_server, name):
    for options, expected in (((), 3), (("--strict",), None)):
        server = start_server(*options)
        lam, cw = server.client("lambda"), server.client("cloudwatch")
        create(lam, name, Publish=True)
        lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        lam.invoke(FunctionName=name, Qualifier="1")
        for _ in range(2):
            lam.invoke(FunctionName=name, Qualifier="live")
        assert statistic(cw, "Invocations", FunctionName=f"{name}:1") == expected
        assert ("AWS answers no datapoints" in server.read_log()) == (expected is not None)


def test_the_cli_speaks_query(cli, cw, name):
    now = int(time.time())
    assert cli("cloudwatch", "put-metric-data", "--namespace", name, "--metric-name", "m",
               "--value", "3", "--unit", "Count").code == 0
    answer = cli("cloudwatch", "get-metric-statistics", "--namespace", name, "--metric-name", "m",
                 "--statistics", "Sum", "--period", "60", "--start-time", str(now - 300),
                 "--end-time", str(now + 60)).json
    assert (answer["Label"], answer["Datapoints"][0]["Sum"]) == ("m", 3.0)
    failed = cli("cloudwatch", "list-metric-streams")
    assert failed.code == 254 and "NotImplemented" in failed.err and (
        "ListMetricStreams" in failed.err)


def test_values_and_a_statistic_set_may_come_together(cw, name):
    put(cw, name, {"MetricName": "m", "Values": [1.0], "Timestamp": at(5), "StatisticValues": {
        "SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}})
    assert len(statistics(cw, name)) == 1


def test_what_nobody_published_has_a_label_and_no_points(cw, name):
    assert statistics(cw, name, "nothing") == []
    result = data_of(cw, query(name, "a", metric="nothing"))[0][0]
    assert (result["Id"], result["Timestamps"], result["Values"], result["StatusCode"]) == (
        "a", [], [], "Complete")


def test_queries_that_return_no_data_are_left_out(cw, name):
    put(cw, name, {"MetricName": "metric1", "Value": 1, "Timestamp": at(5)})
    hidden = {**query(name, "b"), "ReturnData": False, "Label": "mine"}
    shown = {**query(name, "c"), "Label": "mine"}
    assert [(r["Id"], r["Label"]) for r in data_of(cw, shown, hidden)[0]] == [("c", "mine")]


@pytest.mark.parametrize("arguments, code, text", [
    (dict(MetricDataQueries=[]), "ValidationError",
     "The parameter MetricDataQueries must not be empty."),
    (dict(NextToken="rubbish"), "InvalidNextToken", "The NextToken is not one of this query."),
    (dict(EndTime=at(0)), "ValidationError",
     "The parameter StartTime must not equal parameter EndTime.\n"),
    (dict(EndTime=at(0, hours_ago=3)), "ValidationError",
     "The parameter EndTime must be greater than StartTime.\n"),
    (dict(MetricDataQueries=[{"Id": "a"}]), "ValidationError",
     "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
    (dict(MetricDataQueries=[query("n", "Big")]), "ValidationError",
     "The value Big for parameter MetricDataQueries.member.1.Id is not matching the expected "
     "pattern ^[a-z][a-zA-Z0-9_]*$.\n"),
    (dict(MetricDataQueries=[query("n", "a"), query("n", "a")]), "ValidationError",
     "The values for parameter id in MetricDataQueries are not unique."),
    (dict(MetricDataQueries=[query("n", "a", stat="Most")]), "ValidationError",
     "The value Most for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid "
     "statistic.\n"),
    (dict(MetricDataQueries=[query("n", f"q{i}") for i in range(501)]), "ValidationError",
     "The collection MetricDataQueries must not have a size greater than 500."),
])
def test_what_get_metric_data_refuses(cw, arguments, code, text):
    assert error_of(cw.get_metric_data, **{
        "MetricDataQueries": [query("n", "a")], "StartTime": at(0), "EndTime": at(59),
        **arguments}) == (400, code, text)
