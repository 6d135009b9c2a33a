"""Queries of Logs Insights: cloudwatch-api.md section 6.11."""
import json
import re
import time

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import Insights, make_stream, now_ms, put, wait_for
from tests.support.packages import create, node

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NO_QUERY = (400, "ResourceNotFoundException", "The specified query does not exist.")
CONSTRAINT = "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "


@pytest.fixture(scope="module")
def insights(logs):
    return Insights(logs)


@pytest.fixture
def group(logs, name):
    make_stream(logs, name)
    return name


def test_a_query_runs_to_its_end(logs, insights, group):
    times = put(logs, group, ['{"level":"error","n":1}', '{"level":"info","n":2}', "plain"])
    query_id = insights.start("fields @timestamp, n | filter ispresent(n)", logGroupName=group)
    assert re.fullmatch(UUID, query_id)
    answer = insights.finish(query_id)
    pointers = [row.pop()["field"] for row in answer["results"]]
    assert pointers == ["@ptr", "@ptr"]
    stamps = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(t // 1000)) + f".{t % 1000:03}"
              for t in times]
    assert answer["results"] == [
        [{"field": "@timestamp", "value": stamps[1]}, {"field": "n", "value": "2"}],
        [{"field": "@timestamp", "value": stamps[0]}, {"field": "n", "value": "1"}]]
    assert answer["status"] == "Complete"
    known = {"recordsMatched": 2.0, "recordsScanned": 3.0, "bytesScanned": 50.0}  # to every boto3
    assert {member: answer["statistics"][member] for member in known} == known


def test_numbers_of_statistics_are_doubles_and_the_language_is_told(http, logs, insights, group):
    put(logs, group, ["m"])
    query_id = insights.start("stats count(*)", logGroupName=group)
    insights.finish(query_id)
    answer = http.send("POST", "/", json.dumps({"queryId": query_id}), {
        "X-Amz-Target": "Logs_20140328.GetQueryResults",
        "Content-Type": "application/x-amz-json-1.1"})
    assert b'"recordsMatched":1.0,' in answer.body
    body = json.loads(answer.body)
    assert body["queryLanguage"] == "CWLI" and "nextToken" not in body
    assert body["statistics"] == {
        "recordsMatched": 1, "recordsScanned": 1, "estimatedRecordsSkipped": 0, "bytesScanned": 1,
        "estimatedBytesSkipped": 0, "logGroupsScanned": 1}


def test_several_groups_are_read_in_one_order_of_time(logs, insights, name):
    start = now_ms()
    for offset, group in enumerate(["a", "b", "a", "c", "b"]):
        make_stream(logs, name + group, f"s{offset}")
        put(logs, name + group, [f"{group}{offset}"], f"s{offset}", start + offset)
    names = [name + group for group in "abc"]
    arns = [f"arn:aws:logs:us-east-1:000000000000:log-group:{each}" for each in names]
    for select in ({"logGroupNames": names}, {"logGroupIdentifiers": names},
                   {"logGroupIdentifiers": arns}, {"logGroupNames": names + names},
                   {"logGroupIdentifiers": [f"{arn}:" for arn in arns]}):
        rows = insights.rows("fields @message, @log, @logStream", **select)
        assert [row["@message"] for row in rows] == ["b4", "c3", "a2", "b1", "a0"]
        assert rows[0]["@log"] == f"000000000000:{name}b" and rows[0]["@logStream"] == "s4"


def test_times_are_whole_seconds_and_both_ends_belong_to_the_range(logs, insights, group):
    second = now_ms() // 1000 * 1000 - 10000
    for offset in (-1, 0, 999, 1000, 1999, 2000):
        put(logs, group, [str(offset)], start=second + offset)
    rows = insights.rows("fields @message | sort @timestamp", logGroupName=group,
                         start_ms=second, end_ms=second + 1000)
    assert [row["@message"] for row in rows] == ["0", "999", "1000", "1999"]


def test_a_query_knows_when_it_was_asked_and_about_what(logs, insights, group):
    put(logs, group, ["m"])
    end = now_ms() // 1000 + 60
    [row] = insights.rows("fields queryStartTime() as s, queryEndTime() as e, queryTimeRange() as r, "
                          "now() as n | where formatDate(n * 1000, '%Y') = strftime(@timestamp, '%Y')",
                          logGroupName=group, start_ms=(end - 3600) * 1000, end_ms=end * 1000)
    assert (row["s"], row["e"], row["r"]) == (f"{end - 3600}000", f"{end}000", "3600000")
    assert abs(int(row["n"]) - end) <= 600


def test_milliseconds_for_seconds_are_said_in_the_log(server, logs, insights, group):
    put(logs, group, ["one"])
    query_id = logs.start_query(logGroupName=group, queryString="fields @message",
                                startTime=now_ms() - 60000, endTime=now_ms() + 60000)["queryId"]
    assert insights.finish(query_id)["results"] == []
    assert "looks like milliseconds" in server.read_log()


def test_a_long_query_goes_through_all_events_while_others_are_answered(logs, insights, group):
    for batch in range(3):
        put(logs, group, [f"{batch} {n}" for n in range(10000)], start=now_ms() - 20000)
    long_one = insights.start("filter @message like /7/ | stats count(*) as n, count_distinct("
                              "@message) as d", logGroupName=group)
    short_one = insights.finish(insights.start("limit 1", logGroupName=group))
    assert len(short_one["results"]) == 1
    answer = insights.finish(long_one)
    sevens = sum("7" in str(n) for n in range(10000))
    assert {item["field"]: item["value"] for item in answer["results"][0]} == {
        "n": str(3 * sevens), "d": str(3 * sevens)}
    assert answer["statistics"]["recordsScanned"] == 30000.0
    assert answer["statistics"]["recordsMatched"] == 3.0 * sevens


def test_results_come_in_pages_if_so_asked(http, logs, insights, group):
    """This boto3 is older than maxItems."""
    put(logs, group, [str(n) for n in range(5)])
    query_id = insights.start("fields @message", logGroupName=group)
    insights.finish(query_id)

    def page_of(**token):
        return json.loads(http.send("POST", "/", json.dumps(
            {"queryId": query_id, "maxItems": 2, **token}), {
                "X-Amz-Target": "Logs_20140328.GetQueryResults",
                "Content-Type": "application/x-amz-json-1.1"}).body)

    seen, token = [], {}
    for _ in range(3):
        answer = page_of(**token)
        seen += [row[0]["value"] for row in answer["results"]]
        token = {"nextToken": answer["nextToken"]} if "nextToken" in answer else {}
    assert seen == ["4", "3", "2", "1", "0"] and token == {}
    for bad in ("bad", "MTp4", "MTotMQ==", "MToxMDAwMQ=="):  # none, and those of x, -1 and 10001
        assert page_of(nextToken=bad) == {
            "__type": "InvalidParameterException",
            "message": "The specified nextToken is invalid."}


def test_limits_of_call_and_query_both_hold(logs, insights, group):
    put(logs, group, [str(n) for n in range(9)])
    for query, limit, count in (("fields @message", {}, 9), ("fields @message", {"limit": 2}, 2),
                                ("limit 3", {}, 3), ("limit 3", {"limit": 2}, 2),
                                ("limit 3", {"limit": 5}, 3)):
        assert len(insights.rows(query, logGroupName=group, **limit)) == count
    for limit, text in ((0, "greater than or equal to 1"), (10001, "less than or equal to 10000")):
        assert error_of(insights.start, "limit 1", logGroupName=group, limit=limit) == (
            400, "InvalidParameterException",
            CONSTRAINT % (limit, "limit") + f"Member must have value {text}")


def test_a_query_that_is_none_is_refused_with_its_place(http, logs, group):
    answer = http.send("POST", "/", json.dumps({
        "logGroupName": group, "startTime": 0, "endTime": 1, "queryString": "fields a\n| sorted a"
    }), {"X-Amz-Target": "Logs_20140328.StartQuery", "Content-Type": "application/x-amz-json-1.1"})
    text = ("unexpected symbol found sorted at line 2 and position 2; expected fields, display, "
            "filter, parse, unnest, stats, sort, dedup or limit")
    assert answer.status == 400
    assert json.loads(answer.body) == {
        "__type": "MalformedQueryException", "message": text, "queryCompileError": {
            "location": {"startCharOffset": 11, "endCharOffset": 17}, "message": text}}
    assert error_of(logs.start_query, logGroupName=group, startTime=0, endTime=1,
                    queryString="stats")[1] == "MalformedQueryException"
    assert logs.describe_queries(logGroupName=group)["queries"] == []


def test_a_range_before_its_groups_began_is_refused_if_nothing_is_in_it(logs, insights, group):
    """In AWS's words, which others have recorded."""
    make_stream(logs, group + "-too")
    text = ("Query's end date and time is either before the log groups creation time or exceeds the "
            "log groups log retention settings ([0,6])")
    day = 24 * 3600000
    then = {"start_ms": now_ms() - 3 * day, "end_ms": now_ms() - 2 * day}
    for select in ({"logGroupName": group}, {"logGroupNames": [group, group + "-too"]}):
        assert error_of(insights.start, "limit 1", **select, **then) == (
            400, "MalformedQueryException", text)
    put(logs, group, ["old"], start=now_ms() - 2 * day - 60000)
    assert len(insights.rows("limit 1", logGroupName=group, **then)) == 1
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    assert error_of(insights.start, "limit 1", logGroupName=group, **then)[2] == text


def test_a_group_that_is_not_there_is_named(http, group):
    for select in ({"logGroupName": "none"}, {"logGroupNames": [group, "none"]},
                   {"logGroupIdentifiers": [
                       "arn:aws:logs:us-east-1:000000000000:log-group:none"]}):
        answer = http.send("POST", "/", json.dumps({
            **select, "startTime": 0, "endTime": 1, "queryString": "limit 1"}), {
                "X-Amz-Target": "Logs_20140328.StartQuery",
                "Content-Type": "application/x-amz-json-1.1"})
        request = answer.headers["x-amzn-RequestId"]
        assert answer.status == 400 and json.loads(answer.body) == {
            "__type": "ResourceNotFoundException",
            "message": "Log group 'none' does not exist for account ID '000000000000' (Service: "
                       "AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request "
                       f"ID: {request}; Proxy: null)"}


ONE_GROUP = ("Exactly one of logGroupName, logGroupNames or logGroupIdentifiers must be "
             "specified.")


@pytest.mark.parametrize("change, text", [
    ({"logGroupName": None}, ONE_GROUP),
    ({"logGroupNames": ["x"]}, ONE_GROUP),
    ({"logGroupName": None, "logGroupNames": []}, ONE_GROUP),
    ({"startTime": 2}, "Start time must not be after end time."),
    ({"startTime": -1}, CONSTRAINT % (-1, "startTime") +
     "Member must have value greater than or equal to 0"),
    ({"queryString": "x" * 10001}, CONSTRAINT % ("x" * 10001, "queryString") +
     "Member must have length less than or equal to 10000"),
    ({"queryLanguage": "SQL"}, "Coalmine does not run queries in SQL; it knows the language of "
     "Logs Insights (CWLI)."),
    ({"queryLanguage": "XQL"}, CONSTRAINT % ("XQL", "queryLanguage") +
     "Member must satisfy enum value set: [CWLI, SQL, PPL]"),
    ({"queryString": None}, "1 validation error detected: Value null at 'queryString' failed to "
     "satisfy constraint: Member must not be null"),
])
def test_what_start_query_refuses(http, group, change, text):
    request = {"logGroupName": group, "startTime": 0, "endTime": 1, "queryString": "limit 1",
               **change}
    answer = http.send("POST", "/", json.dumps(request), {
        "X-Amz-Target": "Logs_20140328.StartQuery", "Content-Type": "application/x-amz-json-1.1"})
    assert (answer.status, json.loads(answer.body)) == (
        400, {"__type": "InvalidParameterException", "message": text})


def test_a_query_can_be_stopped_while_it_runs(logs, insights, group):
    for _ in range(3):
        put(logs, group, [f"message {n}" for n in range(10000)])

    def stop_one():
        """None if the query was faster."""
        query_id = insights.start("parse @message /(?<a>[a-z]+) (?<b>[0-9]+)/ | stats count(*) by b",
                                  logGroupName=group)
        try:
            assert logs.stop_query(queryId=query_id)["success"] is True
        except logs.exceptions.InvalidParameterException:
            return None
        return query_id

    query_id = wait_for(stop_one)
    answer = logs.get_query_results(queryId=query_id)
    assert answer["status"] == "Cancelled" and answer["results"] == []
    assert error_of(logs.stop_query, queryId=query_id) == (
        400, "InvalidParameterException", "The specified query is not running.")
    [shown] = [q for q in logs.describe_queries(status="Cancelled")["queries"]
               if q["queryId"] == query_id]
    assert shown["status"] == "Cancelled"


def test_a_query_nobody_started_is_not_found(server, logs, insights, group):
    query_id = insights.start("limit 1", logGroupName=group)
    other = server.client("logs", region="eu-west-1")
    for client, each in ((logs, "11111111-2222-3333-4444-555555555555"), (other, query_id)):
        assert error_of(client.get_query_results, queryId=each) == NO_QUERY
        assert error_of(client.stop_query, queryId=each) == NO_QUERY


def test_a_running_or_ended_query_is_described(logs, insights, group):
    start = now_ms() // 1000 - 60
    end = start + 120
    ids = []
    for query in ("fields @message", "limit 1", "stats count(*)"):
        ids.append(logs.start_query(logGroupName=group, queryString=query, startTime=start,
                                    endTime=end)["queryId"])
        insights.finish(ids[-1])
    first = logs.describe_queries(logGroupName=group, maxResults=2)
    assert [q["queryId"] for q in first["queries"]] == ids[:0:-1]
    [last] = logs.describe_queries(logGroupName=group, nextToken=first["nextToken"])["queries"]
    assert now_ms() - 60000 < last.pop("createTime") <= now_ms()
    assert last.pop("queryLanguage", "CWLI") == "CWLI"  # not every boto3 knows it
    assert last == {
        "queryId": ids[0], "status": "Complete", "logGroupName": group,
        "queryString": f'SOURCE "{group}" START={start}000 END={end}999 | fields @message'}
    assert logs.describe_queries(logGroupName=group, status="Running")["queries"] == []
    assert error_of(logs.describe_queries, nextToken="bad") == (
        400, "InvalidParameterException", "The specified nextToken is invalid.")


def test_the_newest_hundred_queries_are_kept(server, logs, insights, group):
    others = []  # whose queries are their own
    for client in (server.client("logs", key="123456789012"), server.client("logs", "eu-west-1")):
        make_stream(client, group)
        others.append((Insights(client), Insights(client).start("limit 1", logGroupName=group)))
    first = insights.start("limit 1", logGroupName=group)
    insights.finish(first)
    for _ in range(100):
        insights.finish(insights.start("limit 1", logGroupName=group))
    assert error_of(logs.get_query_results, queryId=first) == NO_QUERY
    assert len(logs.describe_queries()["queries"]) == 100
    for other, query in others:
        assert other.finish(query)["status"] == "Complete"


def test_results_are_kept_for_seven_days_and_dropped_by_a_reset(start_server):
    server = start_server()
    logs, http = server.client("logs"), Http(server.port)
    insights = Insights(logs)
    make_stream(logs, "g")
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    old = insights.start("limit 1", logGroupName="g")
    insights.finish(old)
    http.json("POST", "/_coalmine/clock", {"advance": "167h"})
    assert insights.finish(old)["status"] == "Complete"
    http.json("POST", "/_coalmine/clock", {"advance": "1h"})
    assert error_of(logs.get_query_results, queryId=old) == NO_QUERY
    new = insights.start("limit 1", logGroupName="g")
    http.send("POST", "/_coalmine/reset")
    assert error_of(logs.get_query_results, queryId=new) == NO_QUERY
    assert logs.describe_queries()["queries"] == []


@pytest.fixture(name="busy")
def busy_server(start_server):
    """A server of its own whose group g has so many events that queries take a while."""
    server = start_server()
    logs = server.client("logs")
    make_stream(logs, "g")
    for batch in range(3):
        put(logs, "g", [f"message {batch} {n}" for n in range(10000)], start=now_ms() - 20000)
    return server


def test_a_hundred_queries_at_once_are_taken(busy):
    insights = Insights(busy.client("logs"))
    ids = []
    with pytest.raises(Exception) as caught:
        while len(ids) < 1000:
            ids.append(insights.start("sort @message", logGroupName="g"))
    assert caught.value.response["Error"] == {
        "Code": "LimitExceededException",
        "Message": "Account maximum query concurrency limit of [100] reached."}
    other = Insights(busy.client("logs", region="eu-west-1"))
    other.logs.create_log_group(logGroupName="g")
    other.start("limit 1", logGroupName="g")
    for query_id in ids:
        try:
            insights.logs.stop_query(queryId=query_id)
        except insights.logs.exceptions.ClientError as error:  # it has ended, or is long gone
            assert error.response["Error"]["Code"] in (
                "InvalidParameterException", "ResourceNotFoundException")
    assert len(insights.rows("sort @message | limit 1", logGroupName="g")) == 1


def test_queries_that_wait_go_on_when_those_that_end_are_stopped(start_server):
    """Workers sort and make the rows, here slowly: the messages are long, and begin alike."""
    logs = start_server().client("logs")
    insights = Insights(logs)
    make_stream(logs, "g")
    for first in range(0, 1000, 50):
        put(logs, "g", ["x" * 20000 + str(first + n) for n in range(50)], start=now_ms() - 5000)
    slow = [insights.start("sort @message", logGroupName="g", limit=1000) for _ in range(2)]
    waiting = insights.start("stats count(*) as n", logGroupName="g")
    for query_id in slow:
        wait_for(lambda: logs.get_query_results(queryId=query_id)["statistics"]["recordsScanned"]
                 == 1000)
    for query_id in slow:
        try:
            logs.stop_query(queryId=query_id)
        except logs.exceptions.InvalidParameterException:
            pass  # it was faster
    assert insights.finish(waiting)["results"] == [[{"field": "n", "value": "1000"}]]


def test_a_server_is_reset_and_stopped_in_the_middle_of_queries(busy):
    insights = Insights(busy.client("logs"))
    for _ in range(4):
        query_id = insights.start("sort @message", logGroupName="g")
    Http(busy.port).send("POST", "/_coalmine/reset")
    assert error_of(insights.logs.get_query_results, queryId=query_id) == NO_QUERY
    make_stream(insights.logs, "g")
    put(insights.logs, "g", [str(n) for n in range(10000)])
    for _ in range(4):
        insights.start("sort @message", logGroupName="g")
    assert busy.stop() == 0, busy.read_log()


def test_a_query_sees_what_retention_left_and_no_deleted_stream(start_server):
    server = start_server()
    logs, http = server.client("logs"), Http(server.port)
    insights = Insights(logs)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    start = 1767225600000
    for stream in ("s", "gone"):
        make_stream(logs, "g", stream)
        put(logs, "g", [f"{stream} old"], stream, start)
    http.json("POST", "/_coalmine/clock", {"advance": "36h"})
    put(logs, "g", ["s new"], "s", start + 36 * 3600000)
    every = {"logGroupName": "g", "start_ms": start, "end_ms": start + 7 * 24 * 3600000}
    logs.delete_log_stream(logGroupName="g", logStreamName="gone")
    assert [r["@message"] for r in insights.rows("fields @message", **every)] == ["s new", "s old"]
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    assert [r["@message"] for r in insights.rows("fields @message", **every)] == ["s new"]


def test_a_record_is_found_by_its_pointer(logs, insights, group):
    message = '{"user":{"id":7,"tags":["a","b"]},"ok":true,"OK":2,"none":null}'
    time_ms = put(logs, group, [message, "other"])[0]
    answer = insights.finish(insights.start("filter user.id = 7", logGroupName=group))
    pointer = answer["results"][0][-1]["value"]
    record = logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    assert abs(int(record.pop("@ingestionTime")) - time_ms) < 60000
    assert record == {
        "@ptr": pointer, "@timestamp": str(time_ms), "@message": message, "@logStream": "s",
        "@log": f"000000000000:{group}", "user.id": "7", "user.tags.0": "a", "user.tags.1": "b",
        "ok": "1", "OK": "2"}
    assert error_of(logs.get_log_record, logRecordPointer="bad") == (
        400, "InvalidParameterException", "The specified logRecordPointer is invalid.")
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert error_of(logs.get_log_record, logRecordPointer=pointer) == (
        400, "ResourceNotFoundException", "The specified log record does not exist.")


def test_the_fields_of_a_group_are_counted(logs, group):
    report = "REPORT RequestId: 11111111-2222-3333-4444-555555555555\tDuration: 1.00 ms\t"
    put(logs, group, ['{"a":1,"b":{"c":2}}', '{"a":1}', "plain", report], start=now_ms() - 5000)
    put(logs, group, ['{"long":"ago"}'], start=now_ms() - 3600000)
    always = [{"name": each, "percent": 100} for each in (
        "@ingestionTime", "@log", "@logStream", "@message", "@timestamp")]
    assert logs.get_log_group_fields(logGroupName=group)["logGroupFields"] == always + [
        {"name": "a", "percent": 50}] + [
            {"name": each, "percent": 25} for each in ("@duration", "@requestId", "@type", "b.c")]
    past = logs.get_log_group_fields(logGroupName=group, time=now_ms() // 1000 - 3600)
    assert past["logGroupFields"] == always + [{"name": "long", "percent": 100}]
    assert logs.get_log_group_fields(logGroupName=group, time=1)["logGroupFields"] == []


def test_json_behind_what_the_platform_writes_is_looked_into(lam, logs, insights, name):
    create(lam, name, node("console.log(JSON.stringify({level: 'warn', took: 7}))"))
    lam.invoke(FunctionName=name)
    group = f"/aws/lambda/{name}"
    rows = insights.finish(insights.start("filter level == 'warn' | display took, @requestId",
                                          logGroupName=group))["results"]
    assert [row[0] for row in rows] == [{"field": "took", "value": "7"}]
    assert re.fullmatch(UUID, rows[0][1]["value"])
    fields = logs.get_log_group_fields(logGroupName=group)["logGroupFields"]
    assert {"level", "took"} <= {field["name"] for field in fields}


def test_a_query_that_needs_too_many_events_at_once_fails(logs, insights, group):
    """It keeps 50,000 at most, but stats of so many groups and more."""
    for first in range(0, 50001, 10000):
        put(logs, group, [str(n) for n in range(first, min(first + 10000, 50001))],
            start=now_ms() - 10000)
    answer = insights.finish(insights.start("dedup @message", logGroupName=group))
    assert (answer["status"], answer["results"]) == ("Failed", [])
    rows = insights.rows("sort @timestamp desc | stats count(*) as n by @message | sort @message "
                         "desc | limit 1", logGroupName=group)
    assert rows == [{"@message": "50000", "n": "1"}]


def test_lists_in_messages_become_rows(logs, insights, group):
    put(logs, group, [json.dumps({"events": [{"name": "exception"}, {"name": "user action"}]})])
    query = ("fields jsonParse(@message) as json_message | unnest json_message.events into event "
             "| display event.name")
    assert insights.rows(query, logGroupName=group) == [
        {"event.name": "exception"}, {"event.name": "user action"}]


def test_a_list_that_is_too_long_for_a_query_fails_it_and_no_other(logs, insights, group):
    put(logs, group, [json.dumps(list(range(60000)))])
    query = "fields jsonParse(@message) as all | limit 1 | unnest all into one"
    answer = insights.finish(insights.start(query, logGroupName=group))
    assert (answer["status"], answer["results"]) == ("Failed", [])
    assert insights.rows("stats count(*) as n", logGroupName=group) == [{"n": "1"}]


def test_the_fields_of_now_are_those_of_a_quarter_of_an_hour(start_server):
    logs = start_server("--clock", "2026-01-01T00:00:00Z").client("logs")
    clock_ms = 1767225600000
    make_stream(logs, "g")
    for after_ms, field in (-900001, "before"), (-900000, "first"), (0, "last"), (1, "behind"):
        put(logs, "g", [json.dumps({field: 1})], start=clock_ms + after_ms)
    fields = logs.get_log_group_fields(logGroupName="g")["logGroupFields"]
    assert [each["name"] for each in fields if each["percent"] < 100] == ["first", "last"]


def test_the_cli_polls_a_query_to_its_end(cli, logs, group):
    put(logs, group, ["one", "two"])
    start, end = str(now_ms() // 1000 - 60), str(now_ms() // 1000 + 60)
    started = cli("logs", "start-query", "--log-group-name", group, "--start-time", start,
                  "--end-time", end, "--query-string", "fields @message | sort @message desc")
    assert started.code == 0, started.err
    query_id = started.json["queryId"]

    def results():
        answer = cli("logs", "get-query-results", "--query-id", query_id).json
        return answer if answer["status"] == "Complete" else None
    assert [row[0]["value"] for row in wait_for(results)["results"]] == ["two", "one"]
    refused = cli("logs", "start-query", "--log-group-name", group, "--start-time", start,
                  "--end-time", end, "--query-string", "fieldss @message")
    assert refused.code == 254
    assert ("An error occurred (MalformedQueryException) when calling the StartQuery operation: "
            "unexpected symbol found fieldss at line 1 and position 0") in refused.err
