"""Metric math through GetMetricData, over all protocols: cloudwatch-api.md sections 2.4 to 2.9."""
import datetime
import json

import pytest

from tests.conftest import Http
from tests.support import cbor
from tests.support.errors import error_of

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def at(minute):
    return START + datetime.timedelta(minutes=minute)


def freeze(server, time="2026-03-02T11:00:00Z"):
    """Sets the server's clock, and stops it there."""
    http = Http(server.port)
    assert http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": time})["mode"] == "frozen"
    return http, server.client("cloudwatch")


@pytest.fixture(scope="module")
def morning(server):
    """All of this happens on one morning: the clock stands at 11:00."""
    return freeze(server)[1]


def put(cw, space, metric, values, start=0, **more):
    cw.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": metric, "Value": value, "Timestamp": at(start + i), **more}
        for i, value in enumerate(values) if value is not None])


def metric(space, key, metric="m", stat="Sum", period=60, dimensions=(), **more):
    return {"Id": key, **more, "MetricStat": {"Period": period, "Stat": stat, "Metric": {
        "Namespace": space, "MetricName": metric,
        "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions]}}}


def expression(text, key="e1", **more):
    return {"Id": key, "Expression": text, **more}


def ask(cw, *queries, start=0, end=5, **more):
    return cw.get_metric_data(MetricDataQueries=list(queries), StartTime=at(start), EndTime=at(end),
                              ScanBy="TimestampAscending", **more)


def refusal(cw, *queries, **more):
    return error_of(cw.get_metric_data, MetricDataQueries=list(queries), StartTime=at(0),
                    EndTime=at(5), **more)


def values_of(cw, *queries, **more):
    return {r["Label"]: r["Values"] for r in ask(cw, *queries, **more)["MetricDataResults"]}


def test_an_error_rate_of_a_canary(morning, name):
    put(morning, name, "Errors", [1, 0, None, 2])
    put(morning, name, "Invocations", [10, 20, None, 4])
    results = ask(morning, metric(name, "e", "Errors", ReturnData=False),
                  metric(name, "i", "Invocations", ReturnData=False),
                  expression("e / i * 100", "rate", Label="Error rate"))["MetricDataResults"]
    assert [(r["Id"], r["Label"], r["StatusCode"]) for r in results] == [
        ("rate", "Error rate", "Complete")]
    assert results[0]["Timestamps"] == [at(0), at(1), at(3)]
    assert results[0]["Values"] == [10, 0, 50]


def test_expressions_of_expressions_in_any_order(morning, name):
    put(morning, name, "m", [1, 2, 3])
    assert values_of(morning, expression("e2 + e3", "e1"), expression("e3 * 2", "e2"),
                     expression("m1 + 1", "e3"), metric(name, "m1")) == {
        "e1": [6, 9, 12], "e2": [4, 6, 8], "e3": [2, 3, 4], "m": [1, 2, 3]}


def test_a_scalar_may_stand_between(morning, name):
    put(morning, name, "m", [1, 2, 3])
    assert values_of(morning, metric(name, "m1", ReturnData=False),
                     expression("AVG(m1)", "mean", ReturnData=False),
                     expression("m1 - mean", "e1")) == {"e1": [-1, 0, 1]}


def test_periods_are_laid_over_each_other(morning, name):
    put(morning, name, "m", range(1, 11))
    assert values_of(morning, metric(name, "m1", ReturnData=False),
                     metric(name, "m5", period=300, ReturnData=False),
                     expression("m5 / PERIOD(m5)", "rate"), expression("m1 + m5", "both"),
                     end=10) == {
        "rate": [15 / 300, 40 / 300], "both": [16, 2, 3, 4, 5, 46, 7, 8, 9, 10]}


def test_sum_of_metrics_is_the_sum_by_hand(morning, name):
    rows = [[1, None, 3, 4], [10, 20, None, 40], [100, 200, 300, None]]
    for i, row in enumerate(rows):
        put(morning, name, f"m{i}", row)
    queries = [metric(name, f"m{i}", f"m{i}") for i in range(3)]
    results = values_of(morning, *queries, expression("SUM(METRICS())", "all"),
                        expression('AVG(METRICS("2"))', "two"))
    assert results["all"] == [sum(v or 0 for v in column) for column in zip(*rows)]
    assert results["two"] == [100, 200, 300]


def test_search_finds_series_and_names_them_by_what_differs(morning, name):
    for function, value in (("fn-a", 1), ("fn-b", 2)):
        put(morning, name, "Errors", [value], Dimensions=[{"Name": "F", "Value": function}])
    put(morning, name, "Errors", [9], Dimensions=[{"Name": "F", "Value": "fn-a"},
                                                  {"Name": "R", "Value": "live"}])
    text = f"SEARCH('{{\"{name}\",F}} MetricName=\"Errors\"', 'Sum', 60)"
    assert values_of(morning, expression(text)) == {"fn-a": [1], "fn-b": [2]}
    assert values_of(morning, expression(f"SORT({text}, MAX, DESC, 1)")) == {"fn-b": [2]}
    assert values_of(morning, expression(f"{text} * 10", Label="${LABEL} of ${PROP('Dim.F')}")) == {
        "fn-a of fn-a": [10], "fn-b of fn-b": [20]}
    results = ask(morning, expression(text))["MetricDataResults"]
    assert [r["Id"] for r in results] == ["e1", "e1"]
    assert values_of(morning, expression(text), end=0, start=-5) == {"fn-a": [], "fn-b": []}


@pytest.mark.parametrize("elsewhere", [{"key": "222222222222"}, {"region": "eu-west-1"}])
def test_nobody_finds_the_metrics_of_another_account_or_region(morning, server, name, elsewhere):
    put(morning, name, "m", [1])
    put(server.client("cloudwatch", **elsewhere), name, "m", [100])
    assert values_of(morning, expression(f"SEARCH('Namespace=\"{name}\"', 'Sum', 60)")) == {"m": [1]}
    assert values_of(morning, expression(f'SELECT SUM(m) FROM "{name}"', Period=60)) == {"e1": [1]}


def test_an_expression_has_the_period_of_its_metrics(morning, name):
    put(morning, name, "m", [1])
    assert values_of(morning, metric(name, "m1"), expression("TIME_SERIES(7)"))["e1"] == [7] * 5


def test_search_forgets_what_had_no_data_for_two_weeks(start_server, name):
    http, cw = freeze(start_server())
    put(cw, name, "m", [1])
    text = f"SEARCH('Namespace=\"{name}\"', 'Sum', 300)"
    assert len(ask(cw, expression(text))["MetricDataResults"]) == 1
    http.json("POST", "/_coalmine/clock", {"advance": "13d"})
    assert len(ask(cw, expression(text))["MetricDataResults"]) == 1
    http.json("POST", "/_coalmine/clock", {"advance": "2d"})
    assert ask(cw, expression(text))["MetricDataResults"] == []


def test_insights_group_order_and_limit(morning, name):
    for path, audience, values in (("/a", "x", [1, 2]), ("/a", "y", [30, None]), ("/b", "x", [400])):
        put(morning, name, "ApiResponse", values, Dimensions=[
            {"Name": "Path", "Value": path}, {"Name": "Audience", "Value": audience}])
    put(morning, name, "ApiResponse", [5000])
    select = f'SELECT SUM(ApiResponse) FROM "{name}"'

    def answer(rest="", **more):
        return values_of(morning, expression(select + rest, Period=60, **more))
    assert answer(" WHERE Path = '/a' GROUP BY Audience") == {"x": [1, 2], "y": [30]}
    assert answer(" GROUP BY Path") == {"/a": [31, 2], "/b": [400], "Other": [5000]}
    assert list(answer(" GROUP BY Path ORDER BY SUM() DESC LIMIT 2")) == ["Other", "/b"]
    assert len(answer(" GROUP BY Path LIMIT 2")) == 2
    assert answer() == {"e1": [5431, 2]}
    assert answer(Label="${LABEL}: ${MAX}") == {"e1: 5431": [5431, 2]}
    assert values_of(morning, expression(select + " GROUP BY Path", "q", Period=60,
                                         ReturnData=False), expression("MAX(q)")) == {
        "e1": [5000, 2]}
    assert values_of(morning, expression(
        f'SELECT AVG(ApiResponse) FROM SCHEMA("{name}", Path, Audience)', Period=300)) == {
        "e1": [433 / 4]}


def test_insights_read_the_first_unit_and_tell_the_others(morning, name):
    for path, unit, value in (("/a", "Count", 1), ("/b", "Bytes", 20), ("/c", "Count", 300)):
        put(morning, name, "m", [value], Unit=unit, Dimensions=[{"Name": "Path", "Value": path}])
    [result] = ask(morning, expression(f'SELECT SUM(m) FROM SCHEMA("{name}", Path)', Period=60))[
        "MetricDataResults"]
    assert result["Values"] == [20]
    assert result["Messages"] == [{"Code": "MultipleUnits",
                                   "Value": "Multiple units returned: '[Bytes, Count]'"}]


def test_a_search_gives_500_series_and_says_if_there_were_more(morning, name):
    for first in range(0, 501, 100):
        morning.put_metric_data(Namespace=name, MetricData=[
            {"MetricName": "m", "Value": i, "Timestamp": at(0),
             "Dimensions": [{"Name": "F", "Value": str(i)}]}
            for i in range(first, min(first + 100, 501))])
    answer = ask(morning, expression(f"SEARCH('Namespace=\"{name}\"', 'Sum', 60)"))
    assert len(answer["MetricDataResults"]) == 500
    assert answer["Messages"] == [{"Code": "MaxMetricsExceeded",
                                   "Value": "Maximum number of allowed metrics exceeded"}]
    text = f"SEARCH('{{\"{name}\",F}} NOT 7', 'Sum', 60)"
    assert ask(morning, expression(text))["Messages"] == []


def test_labels_with_dynamic_values_and_a_time_zone(morning, name):
    put(morning, name, "m", [1, 5, 3])
    label = "${PROP('MetricName')} max ${MAX} at ${MAX_TIME}"
    assert list(values_of(morning, metric(name, "m1", Label=label),
                          LabelOptions={"Timezone": "-0330"})) == [
        "m max 5 at 2026-03-02 06:31:00 UTC-0330"]
    assert refusal(morning, metric(name, "m1"), LabelOptions={"Timezone": "CET"})[1] == (
        "ValidationError")
    assert refusal(morning, metric(name, "m1", Label="${MAX}" * 7))[1] == "ValidationError"


@pytest.mark.parametrize("order, values", [("TimestampDescending", [3, 2, 1, 0]),
                                           ("TimestampAscending", [0, 1, 2, 3])])
def test_pages_go_across_series_and_stand_still_while_data_comes(morning, name, order, values):
    put(morning, name, "m", range(4))
    queries = [metric(name, "m1"), expression("m1 * 10")]
    seen, token = {"m": [], "e1": []}, {}
    for page in range(20):
        answer = morning.get_metric_data(MetricDataQueries=queries, StartTime=at(-10),
                                         EndTime=at(10), MaxDatapoints=3, ScanBy=order, **token)
        for result in answer["MetricDataResults"]:
            seen[result["Label"]] += result["Values"]
        if "NextToken" not in answer:
            break
        assert sum(len(r["Values"]) for r in answer["MetricDataResults"]) == 3
        assert answer["MetricDataResults"][-1]["StatusCode"] == "PartialData"
        token = {"NextToken": answer["NextToken"]}
        put(morning, name, "m", [100 + page], start=5 + page)
    assert [value for value in seen["m"] if value < 100] == values
    assert [value for value in seen["e1"] if value < 100] == [10 * value for value in values]
    assert refusal(morning, *queries, NextToken="rubbish")[1] == "InvalidNextToken"


def test_an_account_that_is_not_linked_is_forbidden(morning, name):
    put(morning, name, "m", [1])
    results = ask(morning, metric(name, "m1", AccountId="999999999999"),
                  {"Id": "e1", "Expression": "ABS(m1) * 2"})["MetricDataResults"]
    assert [(r["StatusCode"], r["Values"]) for r in results] == 2 * [("Forbidden", [])]
    own = ask(morning, metric(name, "m1", AccountId="000000000000"))["MetricDataResults"][0]
    assert own["Values"] == [1]


@pytest.mark.parametrize("queries, text", [
    ([expression("m1 +")], "Error in expression 'e1': Unexpected end of the expression"),
    ([expression("m1")], "Error in expression 'e1': Unrecognized id 'm1'"),
    ([expression("1 + 1")], "Error in expression 'e1': The result must be a time series or an array "
                            "of time series, not a Scalar"),
    ([expression("e2 + 1", "e1"), expression("e1 + 1", "e2")],
     "Error in expression 'e2': Circular dependency between expressions"),
    ([expression("e1")], "Error in expression 'e1': Circular dependency between expressions"),
    ([expression("ANOMALY_DETECTION_BAND(m1)"), metric("n", "m1")],
     "Error in expression 'e1': Coalmine does not emulate function ANOMALY_DETECTION_BAND (anomaly "
     "detection)"),
    ([expression("REMOVE_EMPTY([" + ",".join(["SEARCH('x','Sum')"] * 90) + "])", f"e{i}")
      for i in range(2)], "Error in expression 'e1': A request can have at most 100 SEARCH functions"),
    ([expression("SELECT SUM(x) FROM n")],
     "Error in expression 'e1': A Metrics Insights query needs a Period"),
    ([expression("SELECT SUM(x)", Period=60)], "Error in expression 'e1': FROM was expected"),
    ([expression("SELECT SUM(x) FROM n", f"e{i}", Period=60) for i in range(2)],
     "Error in expression 'e1': A request can have only one Metrics Insights query"),
    ([{"Id": "m1"}], "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
    ([{"Id": "m1", "MetricStat": {"Metric": {"MetricName": "m"}, "Period": 60, "Stat": "Sum"}},
      {"Id": "m2", "MetricStat": {"Metric": {"Namespace": "n"}, "Period": 60, "Stat": "Sum"}}],
     "The parameter MetricDataQueries.member.1.MetricStat.Metric.Namespace is required.\n"
     "The parameter MetricDataQueries.member.2.MetricStat.Metric.MetricName is required.\n"),
    ([metric("n", "m1", Period=60), metric("n", "m2")],
     "The parameters MetricDataQueries.member.1.Period and MetricDataQueries.member.1.MetricStat are "
     "mutually exclusive and you have specified both.\n"),
    ([metric("n", "5xx_sum"), metric("n", "m2"), metric("n", "m3", stat="Min"),
      metric("n", "M4", stat="None")],
     "The value 5xx_sum for parameter MetricDataQueries.member.1.Id is not matching the expected "
     "pattern ^[a-z][a-zA-Z0-9_]*$.\n"
     "The value Min for parameter MetricDataQueries.member.3.MetricStat.Stat is not a valid "
     "statistic.\n"
     "The value M4 for parameter MetricDataQueries.member.4.Id is not matching the expected pattern "
     "^[a-z][a-zA-Z0-9_]*$.\n"
     "The value None for parameter MetricDataQueries.member.4.MetricStat.Stat is not a valid "
     "statistic.\n"),
    ([{**metric("n", "m1"), "Expression": "m2"}],
     "The parameters MetricDataQueries.member.1.Expression and MetricDataQueries.member.1.MetricStat"
     " are mutually exclusive and you have specified both."),
    ([metric("n", "m1"), metric("n", "m1")],
     "The values for parameter id in MetricDataQueries are not unique."),
    ([metric("n", "m1", ReturnData=False)], "At least one MetricDataQuery must return data."),
    ([], "The parameter MetricDataQueries must not be empty."),
    ([metric("n", f"m{i}") for i in range(501)],
     "The collection MetricDataQueries must not have a size greater than 500."),
    ([expression("TIME_SERIES(1)", Period=61)],
     "The parameter MetricDataQueries.member.1.Period must be 1, 5, 10, 20, 30 or a multiple of "
     "60."),
])
def test_what_is_wrong_with_queries(morning, queries, text):
    assert refusal(morning, *queries) == (400, "ValidationError", text)


@pytest.mark.parametrize("change, text", [
    (dict(StartTime=at(5), EndTime=at(5)),
     "The parameter StartTime must not equal parameter EndTime.\n"),
    (dict(StartTime=at(6), EndTime=at(5)), "The parameter EndTime must be greater than StartTime.\n"),
])
def test_what_is_wrong_with_times(morning, change, text):
    got = error_of(morning.get_metric_data, MetricDataQueries=[metric("n", "m1")], **change)
    assert got == (400, "ValidationError", text)


def test_too_many_points_are_refused_not_suffered(morning):
    got = error_of(morning.get_metric_data, StartTime=at(0) - datetime.timedelta(days=3),
                   EndTime=at(0), MetricDataQueries=[expression("TIME_SERIES(1)", Period=1)])
    assert got[1] == "ValidationError" and "too many datapoints" in got[2]


def test_arrays_of_arrays_are_refused_before_they_are_laid_out(morning, name):
    put(morning, name, "m", [1])
    tenfold = [expression(f"[{','.join([f'e{n}'] * 10)}]", f"e{n + 1}", ReturnData=False)
               for n in range(10)]
    first = expression("[m1]", "e0", ReturnData=False)
    got = refusal(morning, metric(name, "m1"), first, *tenfold)
    assert got[1] == "ValidationError" and "too many datapoints" in got[2]
    again = [expression("SORT(e4, SUM, ASC)", f"s{n}", ReturnData=False) for n in range(400)]
    got = refusal(morning, metric(name, "m1"), first, *tenfold[:4], *again)
    assert got[1] == "ValidationError" and "too many datapoints" in got[2]
    [result] = ask(morning, metric(name, "m1", ReturnData=False), first, *tenfold[:3],
                   expression("SUM(e3)", "sum"))["MetricDataResults"]
    assert result["Values"] == [1000]


def test_the_same_over_json_and_cbor(morning, http, name):
    put(morning, name, "m", [1, 2])
    request = {"MetricDataQueries": [metric(name, "m1", ReturnData=False), expression("m1 * 2")],
               "StartTime": at(0).timestamp(), "EndTime": at(5).timestamp(),
               "ScanBy": "TimestampAscending"}
    answer = http.target("GetMetricData", json.dumps(request).encode())
    result = json.loads(answer.body)["MetricDataResults"]
    assert result == [{"Id": "e1", "Label": "e1", "StatusCode": "Complete",
                       "Timestamps": [at(0).timestamp(), at(1).timestamp()], "Values": [2, 4]}]
    answer = http.cbor("GetMetricData", cbor.encode(request))
    assert cbor.decode(answer.body)["MetricDataResults"][0]["Values"] == [2, 4]


def test_the_cli_asks_for_an_expression(cli, morning, name):
    put(morning, name, "m", [1, None, 3])
    queries = json.dumps([metric(name, "m1", ReturnData=False), expression("FILL(m1, LINEAR)")])
    answer = cli("cloudwatch", "get-metric-data", "--metric-data-queries", queries, "--start-time",
                 at(0).isoformat(), "--end-time", at(5).isoformat(), "--scan-by",
                 "TimestampAscending")
    assert answer.code == 0, answer.err
    assert answer.json["MetricDataResults"][0]["Values"] == [1, 2, 3]
    bad = cli("cloudwatch", "get-metric-data", "--metric-data-queries",
              json.dumps([expression("m1 +")]), "--start-time", at(0).isoformat(), "--end-time",
              at(5).isoformat())
    assert bad.code == 254
    assert bad.err.strip() == (
        "An error occurred (ValidationError) when calling the GetMetricData operation: Error in "
        "expression 'e1': Unexpected end of the expression")
