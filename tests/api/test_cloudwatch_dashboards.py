"""Dashboards: cloudwatch-api.md sections 5.1 and 5.2."""
import contextlib
import json
import sqlite3
import xml.etree.ElementTree as ElementTree

import pytest

from tests.conftest import Http
from tests.support import cbor
from tests.support.errors import error_of

TEXT = {"type": "text", "properties": {"markdown": "# Hello"}}
METRIC = {"type": "metric", "properties": {"metrics": [["N", "m"]], "region": "us-east-1"}}
NAME_TEXT = ("The value for field DashboardName contains invalid characters. It can only contain "
             "alphanumerics, dash (-) and underscore (_).\n")


def body_of(*widgets, **more):
    return json.dumps({"widgets": list(widgets), **more})


def put(cw, name, body):
    return cw.put_dashboard(DashboardName=name, DashboardBody=body)


def problems(cw, name, *widgets, **more):
    """What is wrong with a body, as path and message."""
    status, code, text = error_of(put, cw=cw, name=name, body=body_of(*widgets, **more))
    assert (status, code) == (400, "InvalidParameterInput")
    first, rest = text.split("\n", 1)
    found = [(p["dataPath"], p["message"]) for p in json.loads(rest)]
    assert first == f"The dashboard body is invalid, there are {len(found)} validation errors:"
    return found


def metric(**properties):
    return {"type": "metric", "properties": {**METRIC["properties"], **properties}}


def test_a_dashboard_is_kept_as_it_was_given(cw, name):
    body = '{ "widgets": [] , "start": "-PT6H"}'
    assert put(cw, name, body)["DashboardValidationMessages"] == []
    answer = cw.get_dashboard(DashboardName=name)
    assert (answer["DashboardName"], answer["DashboardBody"]) == (name, body)
    assert answer["DashboardArn"] == f"arn:aws:cloudwatch::000000000000:dashboard/{name}"


def test_putting_again_replaces(cw, name):
    put(cw, name, body_of(TEXT))
    put(cw, name, body_of())
    assert cw.get_dashboard(DashboardName=name)["DashboardBody"] == body_of()


def test_a_list_says_size_and_time(server, name):
    http = Http(server.port)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-03-02T11:00:00Z"})
    cw = server.client("cloudwatch")
    body = body_of({"type": "text", "properties": {"markdown": "ä"}})
    body = body.encode().decode("unicode_escape")
    put(cw, name, body)
    entry, = cw.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    http.json("POST", "/_coalmine/clock", {"mode": "real"})
    assert entry["Size"] == len(body.encode()) == len(body) + 1
    assert entry["LastModified"].isoformat() == "2026-03-02T11:00:00+00:00"
    assert entry["DashboardArn"].endswith(f":dashboard/{name}")


def test_a_list_by_prefix_is_in_order(cw, name):
    for end in ("b", "a", "c"):
        put(cw, f"{name}-{end}", body_of())
    put(cw, f"{name}.".replace(".", "_x"), body_of())
    entries = cw.list_dashboards(DashboardNamePrefix=f"{name}-")["DashboardEntries"]
    assert [e["DashboardName"] for e in entries] == [f"{name}-{end}" for end in "abc"]
    assert cw.list_dashboards(DashboardNamePrefix="nobody")["DashboardEntries"] == []


def test_a_list_comes_in_pages_of_a_thousand(start_server):
    cw = start_server().client("cloudwatch")
    for i in range(1001):
        put(cw, f"d{i:04}", body_of())
    first = cw.list_dashboards()
    second = cw.list_dashboards(NextToken=first["NextToken"])
    names = [e["DashboardName"] for e in first["DashboardEntries"] + second["DashboardEntries"]]
    assert len(first["DashboardEntries"]) == 1000 and "NextToken" not in second
    assert names == [f"d{i:04}" for i in range(1001)]


def test_a_token_that_is_none(cw):
    assert error_of(cw.list_dashboards, NextToken="nonsense") == (
        400, "InvalidParameterValue", "Request parameter NextToken is invalid")


def test_dashboards_are_of_all_regions(server, cw, name):
    put(cw, name, body_of())
    abroad = server.client("cloudwatch", region="eu-west-1")
    assert abroad.get_dashboard(DashboardName=name)["DashboardBody"] == body_of()


def test_deleting_is_all_or_nothing(cw, name):
    put(cw, name, body_of())
    assert error_of(cw.delete_dashboards, DashboardNames=[name, f"{name}-no"]) == (
        404, "ResourceNotFound", f"Dashboard {name}-no does not exist")
    cw.get_dashboard(DashboardName=name)
    cw.delete_dashboards(DashboardNames=[name])
    assert error_of(cw.get_dashboard, DashboardName=name) == (
        404, "ResourceNotFound", f"Dashboard {name} does not exist")


@pytest.mark.parametrize("bad", ["a b", "ä", "a/b", "x" * 256, "a."])
def test_names_are_of_few_characters(cw, bad):
    for call, more in ((cw.get_dashboard, {}), (cw.put_dashboard, {"DashboardBody": body_of()})):
        assert error_of(call, DashboardName=bad, **more) == (
            400, "InvalidParameterValue", NAME_TEXT)


def test_the_newline_of_the_text_about_names_is_there_in_json(server):
    answer = Http(server.port).target("GetDashboard", json.dumps({"DashboardName": "a b"}))
    assert json.loads(answer.body)["message"] == NAME_TEXT


def test_members_that_nobody_knows_are_warnings(cw, name):
    answer = put(cw, name, body_of(metric(colour="red")))
    assert answer["DashboardValidationMessages"] == [
        {"DataPath": "/widgets/0/properties/colour",
         "Message": "Should NOT have additional properties"}]
    assert "colour" in cw.get_dashboard(DashboardName=name)["DashboardBody"]


@pytest.mark.parametrize("widget, path, message", [
    (5, "/widgets/0", "Should be object"),
    ({"type": "metric"}, "/widgets/0", "Should have required property 'properties'"),
    ({"properties": {}}, "/widgets/0", "Should have required property 'type'"),
    ({**TEXT, "type": 5}, "/widgets/0/type", "Should be string"),
    ({**TEXT, "x": 1}, "/widgets/0", "Should have property y when property x is present"),
    ({**TEXT, "x": 24, "y": 0}, "/widgets/0/x", "Should be <= 23"),
    ({**TEXT, "width": 25}, "/widgets/0/width", "Should be <= 24"),
    ({**TEXT, "height": 0}, "/widgets/0/height", "Should be >= 1"),
    ({"type": "text", "properties": {}}, "/widgets/0/properties",
     "Should have required property 'markdown'"),
    ({"type": "log", "properties": {"query": "fields @m"}}, "/widgets/0/properties",
     "Should have required property 'region'"),
    ({"type": "alarm", "properties": {"alarms": []}}, "/widgets/0/properties/alarms",
     "Should NOT have less than 1 items"),
    ({"type": "alarm", "properties": {"alarms": ["a"]}}, "/widgets/0/properties/alarms/0",
     "Should be the ARN of an alarm"),
    ({"type": "metric", "properties": {"metrics": [["N", "m"]]}}, "/widgets/0/properties",
     "Should have required property 'region'"),
    (metric(metrics="N"), "/widgets/0/properties/metrics", "Should be array"),
    (metric(metrics=[["N", "m", "D"]]), "/widgets/0/properties/metrics/0",
     "Should NOT have more than 2 items"),
    (metric(metrics=[["N", "m", "D", {"stat": "Sum"}]]), "/widgets/0/properties/metrics/0",
     "Should NOT have more than 3 items"),
    (metric(stat="Avg"), "/widgets/0/properties/stat",
     "Should be a statistic like Sum, Average or p99.9, not Avg"),
    (metric(metrics=[["N", "m", {"stat": "Sample count"}]]),
     "/widgets/0/properties/metrics/0/2/stat",
     "Should be a statistic like Sum, Average or p99.9, not Sample count"),
    (metric(yAxis={"right": {"min": 1, "max": 1}}), "/widgets/0/properties/yAxis/right",
     "min should be less than max"),
    (metric(metrics=[["N", 1]]), "/widgets/0/properties/metrics/0/1",
     'Invalid metric field type, only "String" type is allowed'),
    (metric(metrics=[["N", "m", "D", "v"], ["...", "w", "E"]]),
     "/widgets/0/properties/metrics/1", None),
    (metric(view="donut"), "/widgets/0/properties/view",
     "Should be equal to one of the allowed values"),
    (metric(yAxis={"left": {"min": "0"}}), "/widgets/0/properties/yAxis/left/min",
     "Should be number"),
    (metric(annotations={"horizontal": [{"label": "x"}]}),
     "/widgets/0/properties/annotations/horizontal/0", "Should have required property 'value'"),
])
def test_what_is_wrong_with_a_widget(cw, name, widget, path, message):
    if message is None:  # "..." keeps the size: this row is a good one
        assert put(cw, name, body_of(widget))["DashboardValidationMessages"] == []
        return
    assert problems(cw, name, widget) == [(path, message)]
    assert error_of(cw.get_dashboard, DashboardName=name)[0] == 404


@pytest.mark.parametrize("widget, path, messages", [
    ({"type": "metric", "properties": {"title": "x"}}, "/widgets/0/properties", [
        "Should have required property 'metrics'",
        "The metric widget should have specified a region and a data source or an alarm annotation",
        "Should have required property 'annotations'"]),
    (metric(metrics=["N"]), "/widgets/0/properties/metrics/0", [
        "Should be array",
        'Field "metrics" has to be an array of array of strings, with an optional metricRenderer '
        "object as last element"]),
    (metric(period=45), "/widgets/0/properties/period", [
        "Should be >= 60", "Should be multiple of 60",
        "Should match exactly one schema in oneOf"]),
    (metric(metrics=[["N", "m", {"period": 90}]]), "/widgets/0/properties/metrics/0/2/period", [
        "Should be multiple of 60", "Should match exactly one schema in oneOf"]),
    (metric(yAxis={"left": {"min": 100, "max": 10}}), "/widgets/0/properties/yAxis/left", [
        "Should be <= 10", "Should be >= 100"]),
], ids=["no source", "no array", "45 s", "90 s of a row", "axis"])
def test_what_aws_says_in_several_sentences(cw, name, widget, path, messages):
    assert problems(cw, name, widget) == [(path, message) for message in messages]


def test_dimensions_are_not_among_the_options_of_a_metric(cw, name):
    bad = metric(metrics=[["N", "m", {"stat": "Sum", "dimensions": {"D": "v"}}]])
    assert ("/widgets/0/properties/metrics/0/2/dimensions",
            "Should NOT be an object: dimensions are items of the row") in problems(cw, name, bad)


def test_a_body_that_is_no_json(cw, name):
    assert error_of(put, cw=cw, name=name, body="{not json") == (
        400, "InvalidParameterInput", "The field DashboardBody must be a valid JSON object")


@pytest.mark.parametrize("body, path, message", [
    ("[]", "", "Should be object"),
    ("{}", "", "Should have required property 'widgets'"),
    ('{"widgets": {}}', "/widgets", "Should be array"),
    (body_of(start="yesterday"), "/start", "Should be an ISO 8601 time or a duration like -PT3H"),
    (body_of(end="P0D"), "", "Should have property start when property end is present"),
    (body_of(periodOverride="x"), "/periodOverride",
     "Should be equal to one of the allowed values"),
    pytest.param(body_of(*[TEXT] * 501), "/widgets", "Should NOT have more than 500 items", id="501"),
    pytest.param(body_of(*[metric(metrics=[["N", "m"]] * 500)] * 6), "/widgets",
                 "Should NOT have more than 2500 metrics", id="3000 metrics"),
    pytest.param(body_of({"type": "text", "properties": {"markdown": "x" * (1 << 20)}}), "",
                 "The body is larger than 1048576 bytes", id="large"),
])
def test_what_is_wrong_with_a_body(cw, name, body, path, message):
    status, code, text = error_of(put, cw=cw, name=name, body=body)
    assert (status, code) == (400, "InvalidParameterInput")
    assert json.loads(text.split("\n", 1)[1]) == [{"dataPath": path, "message": message}]


def test_good_widgets_of_every_type(cw, name):
    body = body_of(
        TEXT, METRIC, {**METRIC, "x": 0, "y": 6, "width": 24, "height": 1000},
        {"type": "log", "properties": {"query": "SOURCE 'g'", "region": "us-east-1",
                                       "queryLanguage": "PPL"}},
        {"type": "alarm", "properties": {"alarms": ["arn:aws:cloudwatch:us-east-1:1:alarm:a"]}},
        {"type": "metric", "properties": {"region": "us-east-1", "annotations": {
            "alarms": ["arn:aws:cloudwatch:us-east-1:1:alarm:a"]}}},
        metric(metrics=[["N", "m", "D", "v"], [".", "k", ".", "."], ["...", "w"],
                        [{"expression": "m1*2", "id": "e1"}]], view="table"),
        {"type": "explorer", "properties": {"anything": 1}},
        {"type": "chart", "properties": {"data": {"queries": []}}}, {**TEXT, "type": "metricc"},
        {"type": "metric", "properties": {"region": "us-east-1", "annotations": {}}},
        *[metric(stat=stat) for stat in ("p99.9", "tm90", "TM(10%:90%)", "PR(:300)", "IQM")],
        {"type": "custom", "properties": {"endpoint": "arn"}}, start="-PT12H", end="P0D")
    assert put(cw, name, body)["DashboardValidationMessages"] == []


def test_the_problems_are_members_of_the_error_in_every_protocol(server, name):
    http = Http(server.port)
    body = {"DashboardName": name, "DashboardBody": "{}"}
    wanted = [{"DataPath": "", "Message": "Should have required property 'widgets'"}]
    tree = json.loads(http.target("PutDashboard", json.dumps(body)).body)
    assert tree["__type"].endswith("#DashboardInvalidInputError")
    assert tree["dashboardValidationMessages"] == wanted
    tree = cbor.decode(http.cbor("PutDashboard", cbor.encode(body)).body)
    assert tree["dashboardValidationMessages"] == wanted
    answer = http.send("POST", "/", "Action=PutDashboard&Version=2010-08-01&DashboardBody=%7B%7D"
                       f"&DashboardName={name}", {
                           "Content-Type": "application/x-www-form-urlencoded",
                           "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260302/us-east-1/"
                                            "monitoring/aws4_request, SignedHeaders=host, "
                                            "Signature=0"})
    tree = ElementTree.fromstring(answer.body.replace(b'xmlns="', b'x="'))
    member, = tree.findall("Error/dashboardValidationMessages/member")
    assert member.find("Message").text == wanted[0]["Message"]


def test_dashboards_have_tags(http, cw, name):
    arn = f"arn:aws:cloudwatch::000000000000:dashboard/{name}"

    def tags():
        return {tag["Key"]: tag["Value"]
                for tag in cw.list_tags_for_resource(ResourceARN=arn)["Tags"]}

    def put_with(tags):
        return http.target("PutDashboard", json.dumps(
            {"DashboardName": name, "DashboardBody": body_of(TEXT), "Tags": tags}))

    assert tags() == {}
    assert error_of(cw.tag_resource, ResourceARN=arn, Tags=[{"Key": "k", "Value": "v"}])[:2] == (
        404, "ResourceNotFoundException")
    assert put_with([{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}]).status == 200
    put(cw, name, body_of())  # without Tags those that are there stay
    assert tags() == {"k": "v", "l": ""}
    cw.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}])
    cw.untag_resource(ResourceARN=arn, TagKeys=["l"])
    assert tags() == {"k": "w"}
    assert put_with([{"Key": f"k{n}", "Value": ""} for n in range(51)]).status == 400
    assert put_with([{"Key": "aws:x", "Value": ""}]).status == 400
    assert tags() == {"k": "w"}
    wrong = arn.replace("cloudwatch::", "cloudwatch:us-east-1:")
    assert cw.list_tags_for_resource(ResourceARN=wrong)["Tags"] == []
    cw.delete_dashboards(DashboardNames=[name])
    assert tags() == {}


def test_dashboards_outlive_the_server(start_server, tmp_path, name):
    place = ("--data-dir", str(tmp_path / "data"))
    first = start_server(*place, ephemeral=False)
    put(first.client("cloudwatch"), name, body_of(TEXT))
    assert first.stop() == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "data/coalmine.db")) as database, database:
        database.execute("UPDATE cloudwatch_dashboard SET tags = ?",  # as older servers wrote them
                         ('[{"Key":"k","Value":"v"}]',))
    second = start_server(*place, ephemeral=False).client("cloudwatch")
    assert second.get_dashboard(DashboardName=name)["DashboardBody"] == body_of(TEXT)
    assert second.list_tags_for_resource(
        ResourceARN=f"arn:aws:cloudwatch::000000000000:dashboard/{name}")["Tags"] == [
        {"Key": "k", "Value": "v"}]


def test_a_reset_takes_dashboards_away(start_server, name):
    server = start_server()
    cw = server.client("cloudwatch")
    put(cw, name, body_of())
    Http(server.port).send("POST", "/_coalmine/reset")
    assert cw.list_dashboards()["DashboardEntries"] == []
