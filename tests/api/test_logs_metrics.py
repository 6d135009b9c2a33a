"""Metric filters, embedded metrics and subscriptions: cloudwatch-api.md section 6.8."""
import base64
import gzip
import json
import re

import pytest

from tests.conftest import ROLE, Http
from tests.support.errors import error_of
from tests.support.logs import filter_all, make_stream, messages_of, now_ms, put
from tests.support.packages import create, node
from tests.support.sink import Sink

COUNTED = "1 validation error detected: "
METRIC = [{"Name": "m"}]


@pytest.fixture
def group(logs, name):
    make_stream(logs, name)
    return name


def transformation(space, **more):
    return [{"metricName": "m", "metricNamespace": space, "metricValue": "1", **more}]


def put_filter(logs, group, pattern="ERROR", **more):
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern=pattern,
                           metricTransformations=transformation(group, **more))


def statistics(cw, space, metric="m", dimensions=None, start_ms=None):
    start = (start_ms if start_ms is not None else now_ms()) / 1000 - 3600
    return cw.get_metric_statistics(
        Namespace=space, MetricName=metric, Period=60, StartTime=start, EndTime=start + 7200,
        Statistics=["Sum", "SampleCount", "Maximum"],
        Dimensions=[{"Name": k, "Value": v} for k, v in (dimensions or {}).items()])["Datapoints"]


def total(points):
    return sum(p["Sum"] for p in points), sum(p["SampleCount"] for p in points)


def test_matching_events_are_counted_from_then_on(logs, cw, group):
    put(logs, group, ["ERROR before"])
    put_filter(logs, group, metricValue="2.5", unit="Count")
    put(logs, group, ["ERROR one", "fine", "ERROR two"])
    points = statistics(cw, group)
    assert total(points) == (5, 2) and {p["Unit"] for p in points} == {"Count"}
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    put(logs, group, ["ERROR after"])
    assert total(statistics(cw, group)) == (5, 2)


def test_a_functions_lines_are_counted_too(lam, logs, cw, name):
    create(lam, name, node("console.log('ERROR in', event.n)"))
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    logs.put_metric_filter(logGroupName=f"/aws/lambda/{name}", filterName="f",
                           filterPattern="\"ERROR in\"",
                           metricTransformations=transformation(name))
    for _ in range(3):
        lam.invoke(FunctionName=name)
    assert total(statistics(cw, name)) == (3, 3)


def test_a_function_that_prints_very_many_lines_is_counted_whole(lam, logs, cw, name):
    """Their data would be a single record of 26 MB."""
    lines = 80000
    metric = "m" * 255
    group = f"/aws/lambda/{name}"
    make_stream(logs, group)
    put_filter(logs, group, "zz", metricNamespace=name, metricName=metric)
    create(lam, name, node("return new Promise(printed => process.stdout.write("
                           f"'zz\\n'.repeat({lines}), () => printed(1)))"), Timeout=60)
    assert "FunctionError" not in lam.invoke(FunctionName=name)
    assert total(statistics(cw, name, metric)) == (lines, lines)


def test_a_value_and_dimensions_can_come_from_a_json_event(logs, cw, group):
    put_filter(logs, group, pattern="{ $.took[0] = * }", metricValue="$.took[1].ms",
               dimensions={"Path": "$.path"})
    put(logs, group, [json.dumps({"path": "/a", "took": [0, {"ms": 7.5}]}),
                      json.dumps({"path": "/a", "took": [0, {"ms": "4"}]}),
                      json.dumps({"path": "/a", "took": []}), "no JSON",
                      json.dumps({"took": [0, {"ms": 100}]}),
                      json.dumps({"path": "", "took": [0, {"ms": 100}]})])
    assert total(statistics(cw, group, dimensions={"Path": "/a"})) == (11.5, 2)
    assert [each["Dimensions"] for each in cw.list_metrics(Namespace=group)["Metrics"]] == [
        [{"Name": "Path", "Value": "/a"}]]


def test_a_default_value_stands_for_minutes_without_a_match(start_server):
    server = start_server()
    logs, cw, http = server.client("logs"), server.client("cloudwatch"), Http(server.port)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-01-01T00:00:30Z"})
    start = 1767225630000
    make_stream(logs, "g")
    put_filter(logs, "g", defaultValue=0.0)
    for batches in ([["fine"]], [["ERROR"], ["fine"]], [], [["fine", "ERROR"]], [["fine"]]):
        for messages in batches:
            put(logs, "g", messages, start=start)
        http.json("POST", "/_coalmine/clock", {"advance": "1m"})
        start += 60000
    points = sorted(statistics(cw, "g", start_ms=start), key=lambda p: p["Timestamp"])
    assert [(p["Timestamp"].minute, p["Sum"], p["SampleCount"]) for p in points] == [
        (0, 0, 1), (1, 1, 1), (3, 1, 1), (4, 0, 1)]


def test_each_group_has_quiet_minutes_of_its_own(start_server):
    server = start_server()
    logs, cw, http = server.client("logs"), server.client("cloudwatch"), Http(server.port)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-01-01T00:00:30Z"})
    for group, message in (("g", "ERROR"), ("h", "fine")):  # filters of one name
        make_stream(logs, group)
        put_filter(logs, group, defaultValue=0.0)
        put(logs, group, [message], start=1767225630000)
    http.json("POST", "/_coalmine/clock", {"advance": "1m"})
    assert [total(statistics(cw, group, start_ms=1767225630000)) for group in "gh"] == [
        (1, 1), (0, 1)]


def test_default_values_go_on_when_the_clock_is_set_back(start_server):
    server = start_server()
    logs, cw, http = server.client("logs"), server.client("cloudwatch"), Http(server.port)
    make_stream(logs, "g")
    put_filter(logs, "g", defaultValue=0.0)
    for time, start in (("2026-01-02T00:00:30Z", 1767312030000),
                        ("2026-01-01T00:00:30Z", 1767225630000)):
        http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": time})
        put(logs, "g", ["fine"], start=start)
    http.json("POST", "/_coalmine/clock", {"advance": "1m"})
    assert total(statistics(cw, "g", start_ms=1767225630000)) == (0, 1)


def test_filters_are_described_by_group_prefix_and_metric(logs, name):
    for group in (name + "a", name + "b"):
        logs.create_log_group(logGroupName=group)
        for each in ("x1", "x2", "y"):
            logs.put_metric_filter(
                logGroupName=group, filterName=each, filterPattern="p",
                metricTransformations=transformation(name, metricName=each))
    first = logs.describe_metric_filters(logGroupName=name + "a", limit=1)
    item, = first["metricFilters"]
    assert item.pop("creationTime") > 1.7e12
    assert item.pop("applyOnTransformedLogs", False) is False  # not every boto3 knows it
    assert item == {"filterName": "x1", "filterPattern": "p", "logGroupName": name + "a",
                    "metricTransformations": transformation(name, metricName="x1")}

    def names(**arguments):
        found, token = [], {}
        while True:
            answer = logs.describe_metric_filters(**arguments, **token)
            found += [f["logGroupName"][-1] + f["filterName"] for f in answer["metricFilters"]]
            if "nextToken" not in answer:
                return found
            token = {"nextToken": answer["nextToken"]}

    assert names(logGroupName=name + "a", limit=1) == ["ax1", "ax2", "ay"]
    assert names(logGroupName=name + "b", filterNamePrefix="x") == ["bx1", "bx2"]
    assert names(metricName="x2", metricNamespace=name, limit=1) == ["ax2", "bx2"]
    assert names(metricName="x2", metricNamespace="other") == []
    for alone in ({"metricName": "x2"}, {"metricNamespace": name}):
        assert error_of(logs.describe_metric_filters, **alone) == (
            400, "InvalidParameterException", "If you include the metricName parameter in your "
            "request, you must also include the metricNamespace parameter.")
    assert error_of(logs.describe_metric_filters, logGroupName=name + "a", nextToken="x") == (
        400, "InvalidParameterException", "The specified nextToken is invalid.")
    count = logs.describe_log_groups(logGroupNamePrefix=name + "a")["logGroups"][0]
    assert count["metricFilterCount"] == 3


@pytest.mark.parametrize("change, text", [
    ({"filterName": "n" * 513}, COUNTED + f"Value '{'n' * 513}' at 'filterName' failed to satisfy "
     "constraint: Member must have length less than or equal to 512"),
    ({"filterPattern": "p" * 1025}, COUNTED + f"Value '{'p' * 1025}' at 'filterPattern' failed to "
     "satisfy constraint: Member must have length less than or equal to 1024"),
    ({"filterName": "a:b"}, COUNTED + "Value at 'filterName' failed to satisfy constraint: Member "
     "must satisfy regular expression pattern: [^:*]*"),
    ({"filterPattern": "\"open"}, "Invalid metric filter pattern"),
    ({"filterPattern": "[a, b"}, "If a filter pattern starts with '[' it must end with ']'"),
    ({"metricTransformations": transformation("AWS/Custom")},
     "Metric namespaces starting with AWS/ are reserved for AWS."),
    ({"metricTransformations": transformation("x") + transformation("y", unit="Count")},
     COUNTED + "Value '[MetricTransformation(metricName=m, metricNamespace=x, metricValue=1, "
     "defaultValue=null, unit=null, dimensions=null), MetricTransformation(metricName=m, "
     "metricNamespace=y, metricValue=1, defaultValue=null, unit=Count, dimensions=null)]' at "
     "'metricTransformations' failed to satisfy constraint: Member must have length less than or "
     "equal to 1"),
    ({"metricTransformations": transformation("x", metricValue="many")},
     "Invalid metric transformation: the metricValue 'many' is neither a number nor the name of a "
     "field."),
    ({"metricTransformations": transformation("x", metricValue="inf")},
     "Invalid metric transformation: the metricValue 'inf' is neither a number nor the name of a "
     "field."),
    ({"metricTransformations": transformation("x", defaultValue=1, dimensions={"a": "$.a"})},
     "Invalid metric transformation: dimensions and default value are mutually exclusive "
     "properties"),
    ({"metricTransformations": transformation("x", dimensions={"a": "$.a"})},
     "The specified filter pattern does not support dimensions"),
    ({"filterPattern": "{ $.a = 1 }",
      "metricTransformations": transformation("x", dimensions={"a": "prod"})},
     "Invalid metric transformation: dimension value must be valid selector"),
    ({"filterPattern": "{ $.a = 1 }",
      "metricTransformations": transformation("x", dimensions={"a": "$.a["})},
     "Invalid metric transformation: dimension value must be valid selector"),
])
def test_what_put_metric_filter_refuses(logs, group, change, text):
    arguments = {"logGroupName": group, "filterName": "f", "filterPattern": "",
                 "metricTransformations": transformation("x"), **change}
    assert error_of(logs.put_metric_filter, **arguments) == (
        400, "InvalidParameterException", text)
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_a_name_that_is_too_long_is_told_wherever_filters_are_named(logs, group):
    def too_long(member, most):
        return (400, "InvalidParameterException",
                COUNTED + f"Value '{'n' * (most + 1)}' at '{member}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {most}")
    assert error_of(logs.delete_metric_filter, logGroupName=group, filterName="n" * 513) == (
        too_long("filterName", 512))
    assert error_of(logs.describe_metric_filters, filterNamePrefix="n" * 513) == (
        too_long("filterNamePrefix", 512))
    assert error_of(logs.describe_metric_filters, metricName="n" * 256, metricNamespace="x") == (
        too_long("metricName", 255))


def test_what_a_filter_does_not_look_at_is_shown_and_said_in_the_log(server, lam, logs, group):
    """This boto3 is older than these members. Terraform sees a difference if they are not shown."""
    def ask(operation, body):
        answer = Http(server.port).send("POST", "/", json.dumps(body), {
            "X-Amz-Target": f"Logs_20140328.{operation}",
            "Content-Type": "application/x-amz-json-1.1"})
        assert answer.status == 200, answer.body
        return json.loads(answer.body or "{}")

    create(lam, group, node("return 1"))
    common = {"logGroupName": group, "filterName": "f", "filterPattern": "",
              "fieldSelectionCriteria": '@aws.region = "us-east-1"'}
    for kind, more in [
            ("MetricFilter", {"emitSystemFieldDimensions": ["@aws.account"],
                              "metricTransformations": transformation(group)}),
            ("SubscriptionFilter", {"emitSystemFields": ["@aws.region"],
                                    "destinationArn": function_arn(group)})]:
        ask(f"Put{kind}", {**common, **more})
        shown, = ask(f"Describe{kind}s", {"logGroupName": group})[
            f"{kind[0].lower()}{kind[1:]}s"]
        assert {**shown, **common, **more} == shown
    said = server.read_log()
    for text in ["PutMetricFilter: fieldSelectionCriteria has no effect",
                 "PutMetricFilter: emitSystemFieldDimensions has no effect",
                 "PutSubscriptionFilter: fieldSelectionCriteria has no effect",
                 "PutSubscriptionFilter: emitSystemFields has no effect"]:
        assert text in said


def test_limits_and_absence_of_metric_filters(logs, group):
    for n in range(100):
        logs.put_metric_filter(logGroupName=group, filterName=f"f{n}", filterPattern="",
                               metricTransformations=transformation("x"))
    logs.put_metric_filter(logGroupName=group, filterName="f1", filterPattern="again",
                           metricTransformations=transformation("x"))
    assert error_of(logs.put_metric_filter, logGroupName=group, filterName="more",
                    filterPattern="", metricTransformations=transformation("x")) == (
        400, "LimitExceededException", "Resource limit exceeded.")
    assert error_of(logs.delete_metric_filter, logGroupName=group, filterName="none") == (
        400, "ResourceNotFoundException", "The specified metric filter does not exist.")
    assert error_of(logs.describe_metric_filters, logGroupName="none")[1] == (
        "ResourceNotFoundException")


def test_five_filters_of_a_group_may_have_regular_expressions(lam, logs, group):
    def put_filter(name, pattern, log_group=group):
        logs.put_metric_filter(logGroupName=log_group, filterName=name, filterPattern=pattern,
                               metricTransformations=transformation("x"))

    def subscribe(name, pattern):
        logs.put_subscription_filter(logGroupName=group, filterName=name, filterPattern=pattern,
                                     destinationArn=function_arn(group))

    limit = (400, "LimitExceededException", "Resource limit exceeded.")
    create(lam, group)
    for n, pattern in enumerate(["%a%", "{ $.x = %a% && $.y = %b% }", "[a=%b%]", "?%a% ?b"]):
        put_filter(f"f{n}", pattern)
    subscribe("f0", "%e%")
    assert error_of(put_filter, "f5", "%f%") == limit
    assert error_of(subscribe, "f5", "[a=%f%]") == limit
    put_filter("f5", '"%f%"')
    put_filter("f1", "%other%")
    subscribe("f0", "%other%")
    assert error_of(put_filter, "f5", "%f%") == limit
    subscribe("f0", "plain")
    put_filter("f5", "%f%")
    assert error_of(subscribe, "f0", "%e%") == limit
    logs.delete_metric_filter(logGroupName=group, filterName="f1")
    subscribe("f0", "%e%")
    logs.create_log_group(logGroupName=group + "-other")
    put_filter("f6", "%f%", group + "-other")


def test_a_metric_filter_can_be_tried(logs):
    answer = logs.test_metric_filter(filterPattern="ERROR -fine", logEventMessages=[
        "ERROR", "nothing", "ERROR but fine", "an ERROR"])
    assert answer["matches"] == [
        {"eventNumber": 1, "eventMessage": "ERROR", "extractedValues": {}},
        {"eventNumber": 4, "eventMessage": "an ERROR", "extractedValues": {}}]


def embedded(space, metrics, dimensions, timestamp=None, **members):
    return json.dumps({"_aws": {
        "Timestamp": timestamp or now_ms(),
        "CloudWatchMetrics": [{"Namespace": space, "Dimensions": dimensions,
                               "Metrics": metrics}]}, **members})


def test_the_embedded_metric_format(logs, cw, group):
    line = embedded(group, [{"Name": "time", "Unit": "Milliseconds"}, {"Name": "list"},
                            {"Name": "absent"}, {"Name": "text"}],
                    [["Service"], ["Service", "Stage"], ["Unknown"], []],
                    time=12.5, list=[1, 2, 3], text="x", Service="s", Stage="t")
    put(logs, group, [line, line + "\n", "{ no JSON \"_aws\"", "{\"_aws\": 1}", "{\"_aws\": {}}"])
    for dimensions in ({"Service": "s"}, {"Service": "s", "Stage": "t"}, {}):
        points = statistics(cw, group, "time", dimensions)
        assert total(points) == (25, 2) and points[0]["Unit"] == "Milliseconds"
        assert total(statistics(cw, group, "list", dimensions)) == (12, 6)
    metrics = cw.list_metrics(Namespace=group)["Metrics"]
    assert sorted((m["MetricName"], len(m["Dimensions"])) for m in metrics) == [
        (name, n) for name in ("list", "time") for n in (0, 1, 2)]


def test_a_dimension_that_is_empty_or_no_text_takes_the_others_along(logs, cw, group):
    put(logs, group, [
        embedded(group, [{"Name": "m"}], [["stage", "environment"], ["environment"], ["absent"]],
                 m=1, stage="1", environment=""),
        embedded(group, [{"Name": "n"}], [["service"], ["service", "status"]],
                 n=1, service="s", status=404)])
    assert total(statistics(cw, group, "m")) == (1, 1)
    assert total(statistics(cw, group, "n")) == (1, 1)
    metrics = cw.list_metrics(Namespace=group)["Metrics"]
    assert sorted((m["MetricName"], [d["Name"] for d in m["Dimensions"]]) for m in metrics) == [
        ("m", []), ("n", []), ("n", ["service"])]


def test_distributions_as_exporters_of_opentelemetry_embed_them(logs, cw, group):
    metrics = [{"Name": name} for name in ("set", "histogram", "half", "uneven")]
    put(logs, group, [embedded(
        group, metrics, [[]],
        set={"Count": 4, "Sum": 10, "Min": 1, "Max": 4},
        histogram={"Values": [1, 5], "Counts": [2, 1], "Count": 3, "Sum": 7, "Min": 1, "Max": 5},
        half={"Count": 4, "Sum": 10}, uneven={"Values": [1, 5], "Counts": [2]})])
    assert total(statistics(cw, group, "set")) == (10, 4)
    assert total(statistics(cw, group, "histogram")) == (7, 3)
    assert {m["MetricName"] for m in cw.list_metrics(Namespace=group)["Metrics"]} == {
        "set", "histogram"}


def test_what_put_metric_data_refuses_no_log_event_makes(logs, cw, group):
    now, day = now_ms(), 86_400_000
    good = embedded(group, METRIC, [["d"]], timestamp=now, m=1, d="v")
    wrong = [{"m": 10 ** 200}, {"m": [1, -10 ** 200]}, {"d": "\u0001"}, {"d": " "}, {"d": "x" * 1025}]
    wrong_names = [("x" * 256, "Count", 60), ("a\u0001", "Count", 60), ("m", "Cats", 60),
                   ("m", "Count", 5)]
    put(logs, group, [good])
    put(logs, group, [good.replace('"m": 1', '"m": 1e999')])
    for change in wrong:
        put(logs, group, [json.dumps({**json.loads(good), **change})])
    for time in (1, -day, now - 15 * day, now + day, 1e300):
        put(logs, group, [embedded(group, METRIC, [["d"]], timestamp=time, m=1, d="v")])
    for name, unit, resolution in wrong_names:
        event = json.loads(embedded(group, METRIC, [["d"]], timestamp=now, d="v"))
        event["_aws"]["CloudWatchMetrics"][0]["Metrics"] = [
            {"Name": name, "Unit": unit, "StorageResolution": resolution}]
        put(logs, group, [json.dumps({**event, name: 1})])
    for space in (":" + group, "x" * 256, "AWS/" + group):
        put(logs, group, [embedded(space, METRIC, [["d"]], timestamp=now, m=1, d="v")])
    put_filter(logs, group, pattern="{ $.q = * }", metricValue="$.q", dimensions={"d": "$.d"})
    put(logs, group, ['{"q": %s, "d": "v"}' % value for value in (
        '"Infinity"', '"-inf"', '"nan"', "1e999", '"1e200"', "2")])
    assert total(statistics(cw, group, dimensions={"d": "v"})) == (3, 2)
    assert len(cw.list_metrics(Namespace=group)["Metrics"]) == 1
    for space in ("x" * 255, "AWS/" + group):
        assert not cw.list_metrics(Namespace=space)["Metrics"]


@pytest.mark.parametrize("write", ["process.stdout.write", "console.log"])
def test_a_function_publishes_by_printing(lam, cw, name, write):
    """AWS's own library for Node.js writes by console.log, which puts time and request in front."""
    create(lam, name, node(
        write + "(JSON.stringify({_aws: {Timestamp: Date.now(), CloudWatchMetrics: "
        f"[{{Namespace: '{name}', Dimensions: [['F']], Metrics: [{{Name: 'm'}}]}}]}}, "
        "F: context.functionName, m: 3}) + '\\n')"))
    lam.invoke(FunctionName=name)
    assert total(statistics(cw, name, dimensions={"F": name})) == (3, 1)


def unpack(event):
    return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))


def function_arn(name):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def test_a_subscription_needs_the_alias_that_it_names(lam, logs, group):
    create(lam, group, Publish=True)
    subscription = {"logGroupName": group, "filterName": "s", "filterPattern": "",
                    "destinationArn": function_arn(group) + ":live"}
    assert error_of(logs.put_subscription_filter, **subscription)[2].startswith(
        "Could not execute the lambda function.")
    lam.create_alias(FunctionName=group, Name="live", FunctionVersion="1")
    logs.put_subscription_filter(**subscription)


def test_a_subscription_sends_matching_events_to_a_function(lam, logs, group):
    sink = Sink()
    create(lam, group, sink.package())
    logs.put_subscription_filter(logGroupName=group, filterName="sub", filterPattern="ERROR",
                                 destinationArn=function_arn(group))
    first, second = put(logs, group, ["ERROR one", "fine", "ERROR ü"])[::2]
    sink.wait(1)
    record = unpack(sink.take()[0]["event"])
    ids = [event.pop("id") for event in record["logEvents"]]
    assert record == {
        "messageType": "DATA_MESSAGE", "owner": "000000000000", "logGroup": group,
        "logStream": "s", "subscriptionFilters": ["sub"],
        "logEvents": [{"timestamp": first, "message": "ERROR one"},
                      {"timestamp": second, "message": "ERROR ü"}]}
    found = logs.filter_log_events(logGroupName=group, filterPattern="ERROR")["events"]
    assert ids == [event["eventId"] for event in found]
    logs.delete_subscription_filter(logGroupName=group, filterName="sub")
    put(logs, group, ["ERROR unheard"])
    logs.put_subscription_filter(logGroupName=group, filterName="sub", filterPattern="",
                                 destinationArn=function_arn(group) + ":$LATEST")
    put(logs, group, ["heard"])
    sink.wait(1)
    assert unpack(sink.take()[0]["event"])["logEvents"][0]["message"] == "heard"


def test_a_functions_lines_go_to_another_function(lam, logs, name):
    sink = Sink()
    create(lam, name + "to", sink.package())
    create(lam, name)
    source = f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=source)
    logs.put_subscription_filter(logGroupName=source, filterName="s", filterPattern="REPORT",
                                 destinationArn=function_arn(name + "to"))
    request = lam.invoke(FunctionName=name)["ResponseMetadata"]["RequestId"]
    sink.wait(1)
    record = unpack(sink.take()[0]["event"])
    assert record["logGroup"] == source
    assert re.match(rf"REPORT RequestId: {request}\t", record["logEvents"][0]["message"])


def test_a_function_that_hears_itself_is_stopped_like_any_loop(start_server):
    server = start_server()
    lam, logs = server.client("lambda"), server.client("logs")
    create(lam, "f")
    logs.create_log_group(logGroupName="/aws/lambda/f")
    logs.put_subscription_filter(logGroupName="/aws/lambda/f", filterName="s",
                                 filterPattern="REPORT", destinationArn=function_arn("f"))
    lam.invoke(FunctionName="f")
    Http(server.port).json("POST", "/_coalmine/clock", {"advance": "1m"})
    runs = [message for message in messages_of(filter_all(logs, logGroupName="/aws/lambda/f"))
            if message.startswith("REPORT")]
    assert len(runs) == 16
    dropped = statistics(server.client("cloudwatch"), "AWS/Lambda", "RecursiveInvocationsDropped",
                         {"FunctionName": "f"})
    assert total(dropped)[0] == 1


def test_subscriptions_are_described(lam, logs, group):
    create(lam, group)
    for each in ("a", "b"):
        logs.put_subscription_filter(logGroupName=group, filterName=each, filterPattern="p",
                                     destinationArn=function_arn(group), distribution="Random")
    first = logs.describe_subscription_filters(logGroupName=group, limit=1)
    item, = first["subscriptionFilters"]
    assert item.pop("creationTime") > 1.7e12
    assert item.pop("applyOnTransformedLogs", False) is False  # not every boto3 knows it
    assert item == {"filterName": "a", "logGroupName": group, "filterPattern": "p",
                    "destinationArn": function_arn(group), "distribution": "Random"}
    rest = logs.describe_subscription_filters(logGroupName=group, nextToken=first["nextToken"])
    assert [f["filterName"] for f in rest["subscriptionFilters"]] == ["b"]
    found = logs.describe_subscription_filters(logGroupName=group, filterNamePrefix="b")
    assert [f["filterName"] for f in found["subscriptionFilters"]] == ["b"]
    assert error_of(logs.put_subscription_filter, logGroupName=group, filterName="c",
                    filterPattern="", destinationArn=function_arn(group)) == (
        400, "LimitExceededException", "Resource limit exceeded.")
    logs.put_subscription_filter(logGroupName=group, filterName="b", filterPattern="again",
                                 destinationArn=function_arn(group))


STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/x"
DELIVERY = "arn:aws:firehose:us-east-1:000000000000:deliverystream/x"
DESTINATION = "arn:aws:logs:us-east-1:000000000000:destination:x"


@pytest.mark.parametrize("destination, role, text", [
    (STREAM, {}, "destinationArn for vendor kinesis cannot be used without roleArn"),
    (DELIVERY, {}, "destinationArn for vendor firehose cannot be used without roleArn"),
    # None of the texts at which Terraform tries again for five minutes.
    (STREAM, {"roleArn": ROLE}, "Coalmine delivers to Lambda functions only, not to vendor kinesis."),
    (DELIVERY, {"roleArn": ROLE},
     "Coalmine delivers to Lambda functions only, not to vendor firehose."),
    (DESTINATION, {}, "Coalmine delivers to Lambda functions only, not to vendor logs."),
    ("arn:aws:sns:us-east-1:000000000000:x", {},
     "PutSubscriptionFilter operation cannot work with destinationArn for vendor sns"),
    (function_arn("nothing-here"), {"roleArn": ROLE},
     "destinationArn for vendor lambda cannot be used with roleArn"),
    (function_arn("nothing-here"), {},
     "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission "
     "to execute your function."),
    ("no arn", {}, "destinationArn 'no arn' is not a valid ARN"),
])
def test_what_put_subscription_filter_refuses(logs, group, destination, role, text):
    assert error_of(logs.put_subscription_filter, logGroupName=group, filterName="s",
                    filterPattern="", destinationArn=destination, **role) == (
        400, "InvalidParameterException", text)
    assert error_of(logs.delete_subscription_filter, logGroupName=group, filterName="s") == (
        400, "ResourceNotFoundException", "The specified subscription filter does not exist.")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_function_of_another_account_gets_no_events(logs, group, is_there):
    """That is told before the group is looked for."""
    theirs = "arn:aws:lambda:us-east-1:123456789012:function:test"
    assert error_of(logs.put_subscription_filter, logGroupName=group if is_there else "nothing",
                    filterName="s", filterPattern="", destinationArn=theirs) == (
        400, "AccessDeniedException",
        "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to "
        "create cross account lambda triggers.")


def create_of_class(server, name, group_class):
    """This boto3 is older than the classes."""
    made = Http(server.port).send("POST", "/", json.dumps(
        {"logGroupName": name, "logGroupClass": group_class}), {
            "X-Amz-Target": "Logs_20140328.CreateLogGroup",
            "Content-Type": "application/x-amz-json-1.1"})
    assert made.status == 200


@pytest.mark.parametrize("group_class", ["INFREQUENT_ACCESS", "DELIVERY"])
def test_only_a_group_of_the_standard_class_has_filters(server, logs, name, group_class):
    """A destination is not looked up."""
    create_of_class(server, name, group_class)
    refused = (400, "ValidationException",
               "This operation is only supported on the Standard log class.")
    common = {"logGroupName": name, "filterName": "f", "filterPattern": ""}
    assert error_of(logs.put_metric_filter, **common,
                    metricTransformations=transformation("x")) == refused
    assert error_of(logs.put_subscription_filter, **common,
                    destinationArn=function_arn("nothing-here")) == refused
    assert error_of(logs.describe_metric_filters, logGroupName=name) == refused
    assert error_of(logs.describe_subscription_filters, logGroupName=name) == refused
    assert error_of(logs.filter_log_events, logGroupName=name) == refused
    tail = Http(server.port).send("POST", "/", json.dumps({"logGroupIdentifiers": [name]}), {
        "X-Amz-Target": "Logs_20140328.StartLiveTail",
        "Content-Type": "application/x-amz-json-1.1"})
    assert (tail.status, json.loads(tail.body)["message"]) == (400, refused[2])
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    assert logs.get_log_events(logGroupName=name, logStreamName="s")["events"] == []
    [group] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group.get("retentionInDays") == (2 if group_class == "DELIVERY" else None)
