"""Filter patterns of JSON and of space-delimited events, wherever a pattern can stand:
cloudwatch-api.md sections 6.7 to 6.10."""
import base64
import gzip
import json

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import LiveTail, filter_all, make_stream, messages_of, now_ms, put
from tests.support.packages import create
from tests.support.sink import Sink

JSON_EVENTS = [json.dumps(event) for event in (
    {"id": "a", "level": "error", "took": 12.5, "user": {"name": "bob", "roles": ["x", "y"]}},
    {"id": "b", "level": "info", "took": 3, "ok": True, "none": None},
    {"id": "c", "level": "errors", "took": "3", "ip": "10.1.2.3"},
)] + ["d level = error"]
SPACE_EVENTS = ["a 127.0.0.1 [10/Oct/2026:13:25:15 -0700] \"GET /shop HTTP/1.0\" 200 1534",
                "b 127.0.0.1 [10/Oct/2026:13:25:16 -0700] \"GET /cart HTTP/1.0\" 404 10",
                "c 10.0.0.7 [10/Oct/2026:13:25:17 -0700] \"POST /cart HTTP/1.0\" 500 5000",
                "d short line"]
ACCESS = "[id, ip, time, request, status%s, size]"
BROKEN = ["{ $.level = }", "{ level = 1 }", "{ $.a = 1", "[a, b", "[a = ]", "\"open"]


def refused(pattern, kind="filter"):
    """Metric filters have a text of their own."""
    text = f"Invalid {kind} pattern"
    for opening, closing in "[]", "{}":
        if pattern[0] == opening and pattern[-1] != closing:
            text = f"If a filter pattern starts with '{opening}' it must end with '{closing}'"
    return 400, "InvalidParameterException", text


@pytest.fixture
def group(logs, name):
    make_stream(logs, name)
    return name


@pytest.mark.parametrize("pattern, expected", [
    ('{ $.level = "error" }', "a"), ("{ $.level = error }", "a"), ('{ $.level = "error*" }', "ac"),
    ('{ $.level != "error" }', "bc"), ("{ $.took > 3 }", "a"), ("{ $.took >= 3 }", "ab"),
    ("{ $.took = 3 && $.ok IS TRUE }", "b"), ("{ $.none IS NULL }", "b"),
    ("{ $.user.name = bob || $.ip = 10.1.* }", "ac"), ("{ $.user.roles[1] = y }", "a"),
    ("{ $.nope NOT EXISTS }", "abc"), ("{ ($.took = 3 || $.took = 12.5) && $.level = info }", "b"),
])
def test_json_patterns_find_events(logs, group, pattern, expected):
    put(logs, group, JSON_EVENTS)
    found = messages_of(filter_all(logs, logGroupName=group, filterPattern=pattern))
    assert "".join(json.loads(message)["id"] for message in found) == expected


@pytest.mark.parametrize("pattern, expected", [
    (ACCESS % "", "abc"), (ACCESS % "=404", "b"), (ACCESS % "=4*", "b"),
    (ACCESS % " >= 404 && status < 600", "bc"), ("[id, ip=127.0.0.1, ...]", "ab"),
    ("[id, ip, time, request = \"*/cart*\", status, size > 100]", "c"),
    ("[a, b, c]", "abcd"), ("[id=b, rest]", "b"),
])
def test_space_delimited_patterns_find_events(logs, group, pattern, expected):
    put(logs, group, SPACE_EVENTS)
    found = messages_of(filter_all(logs, logGroupName=group, filterPattern=pattern))
    assert "".join(message[0] for message in found) == expected


def test_the_cli_tails_what_a_json_pattern_matches(cli, logs, group):
    put(logs, group, JSON_EVENTS)
    done = cli("logs", "tail", group, "--filter-pattern", '{ $.level = "error" }',
               "--format", "short")
    assert done.code == 0, done.err
    assert [line.split(" ", 1)[1] for line in done.out.splitlines()] == [JSON_EVENTS[0]]


def sums(cw, space, **dimensions):
    start = now_ms() / 1000 - 3600
    points = cw.get_metric_statistics(
        Namespace=space, MetricName="m", Period=60, StartTime=start, EndTime=start + 7200,
        Statistics=["Sum", "SampleCount"],
        Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()])["Datapoints"]
    return sum(p["Sum"] for p in points), sum(p["SampleCount"] for p in points)


def put_filter(logs, group, pattern, value, **more):
    logs.put_metric_filter(
        logGroupName=group, filterName="f", filterPattern=pattern,
        metricTransformations=[{"metricName": "m", "metricNamespace": group, "metricValue": value,
                                **more}])


def test_a_metric_takes_value_and_dimensions_from_matching_json(logs, cw, group):
    put_filter(logs, group, "{ $.took > 0 }", "$.took", dimensions={"Level": "$.level"})
    put(logs, group, JSON_EVENTS)
    assert sums(cw, group, Level="error") == (12.5, 1) and sums(cw, group, Level="info") == (3, 1)
    assert sums(cw, group) == (0, 0)


def test_a_metric_takes_value_and_dimensions_from_named_fields(logs, cw, group):
    put_filter(logs, group, ACCESS % ">=404", "$size", dimensions={"Status": "$status", "Ip": "$ip"})
    put(logs, group, SPACE_EVENTS)
    assert sums(cw, group, Status="404", Ip="127.0.0.1") == (10, 1)
    assert sums(cw, group, Status="500", Ip="10.0.0.7") == (5000, 1)
    assert sums(cw, group, Status="200", Ip="127.0.0.1") == (0, 0)


@pytest.mark.parametrize("pattern, value, hit, miss", [
    ("{ $.took = 12.5 }", "$.took", JSON_EVENTS[0], JSON_EVENTS[1]),
    (ACCESS % "=404", "$size", SPACE_EVENTS[1], SPACE_EVENTS[0]),
])
def test_a_default_value_stands_for_a_minute_without_a_match(start_server, pattern, value, hit,
                                                             miss):
    server = start_server("--clock", "2026-01-01T00:00:30Z")
    logs, cw, http = server.client("logs"), server.client("cloudwatch"), Http(server.port)
    make_stream(logs, "g")
    put_filter(logs, "g", pattern, value, defaultValue=-7.0)
    for minute, message in enumerate([miss, hit, miss]):
        put(logs, "g", [message], start=1767225630000 + minute * 60000)
        http.json("POST", "/_coalmine/clock", {"advance": "1m"})
    points = cw.get_metric_statistics(
        Namespace="g", MetricName="m", Period=60, Statistics=["Sum"],
        StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-01T00:05:00Z")["Datapoints"]
    points.sort(key=lambda point: point["Timestamp"])
    matched = 12.5 if value == "$.took" else 10
    assert [point["Sum"] for point in points] == [-7, matched, -7]


def test_a_metric_filter_shows_what_it_takes_from_each_event(logs):
    def matches(pattern, events):
        return [(m["eventNumber"], m["extractedValues"]) for m in logs.test_metric_filter(
            filterPattern=pattern, logEventMessages=events)["matches"]]
    assert matches("{ $.took >= 3 && $.user.name = * }", JSON_EVENTS) == [
        (1, {"$.took": "12.5", "$.user.name": "bob"})]
    assert matches("{ $.level = info }", JSON_EVENTS) == [(2, {"$.level": "info"})]
    assert matches(ACCESS % "=404", SPACE_EVENTS) == [(2, {
        "$id": "b", "$ip": "127.0.0.1", "$time": "10/Oct/2026:13:25:16 -0700",
        "$request": "GET /cart HTTP/1.0", "$status": "404", "$size": "10"})]
    assert matches("bob", JSON_EVENTS) == [(1, {})]


@pytest.mark.parametrize("pattern, events", [
    ('{ $.level = "error" }', JSON_EVENTS), (ACCESS % "=200", SPACE_EVENTS)])
def test_a_subscription_takes_what_matches(lam, logs, group, pattern, events):
    sink = Sink()
    arn = create(lam, group, sink.package())["FunctionArn"]
    logs.put_subscription_filter(logGroupName=group, filterName="sub", filterPattern=pattern,
                                 destinationArn=arn)
    put(logs, group, events)
    sink.wait(1)
    data = sink.take()[0]["event"]["awslogs"]["data"]
    record = json.loads(gzip.decompress(base64.b64decode(data)))
    assert messages_of(record["logEvents"]) == events[:1]


@pytest.mark.parametrize("pattern, events", [
    ('{ $.level = "error" }', JSON_EVENTS), (ACCESS % "=200", SPACE_EVENTS)])
def test_a_live_tail_shows_what_matches(server, logs, group, pattern, events):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    tail = LiveTail(server.port, logGroupIdentifiers=[arn], logEventFilterPattern=pattern)
    assert tail.next()[0] == "initial-response" and tail.next()[0] == "sessionStart"
    put(logs, group, events)
    assert messages_of(tail.results()) == events[:1]
    tail.close()


@pytest.mark.parametrize("pattern, character", [
    ("?Status: timeout", ":"), ("a, b", ","), ("\\[a", "\\"), ("a(b)", "("), ("-`x`", "`")])
def test_what_stands_in_no_term_without_quotes_is_named(logs, group, pattern, character):
    assert error_of(logs.filter_log_events, logGroupName=group, filterPattern=pattern) == (
        400, "InvalidParameterException", f"Invalid character(s) in term '{character}'")


@pytest.mark.parametrize("pattern", BROKEN)
def test_a_broken_pattern_is_refused_wherever_it_stands(server, lam, logs, group, pattern):
    def refusal(operation, **arguments):
        return error_of(operation, filterPattern=pattern, **arguments)
    transformation = [{"metricName": "m", "metricNamespace": group, "metricValue": "1"}]
    assert refusal(logs.filter_log_events, logGroupName=group) == refused(pattern)
    assert refusal(logs.put_metric_filter, logGroupName=group, filterName="f",
                   metricTransformations=transformation) == refused(pattern, "metric filter")
    assert refusal(logs.test_metric_filter, logEventMessages=["m"]) == refused(
        pattern, "metric filter")
    arn = create(lam, group)["FunctionArn"]
    assert refusal(logs.put_subscription_filter, logGroupName=group, filterName="s",
                   destinationArn=arn) == refused(pattern)
    group_arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    tail = LiveTail(server.port, logGroupIdentifiers=[group_arn], logEventFilterPattern=pattern)
    assert tail.status == 400
    assert tail.body() == dict(zip(("__type", "message"), refused(pattern)[1:]))
    tail.close()
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []
    assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []
