"""PutLogEvents, GetLogEvents, FilterLogEvents, StartLiveTail and `aws logs tail`:
cloudwatch-api.md sections 6.4 to 6.6, 6.9 and 6.10."""
import gzip
import json
import re
import subprocess

import pytest

from tests.conftest import Http, clean_environment
from tests.support.errors import error_of
from tests.support.logs import (LiveTail, call_logs, filter_all, make_stream, messages_of, now_ms,
                                put)

HOUR = 3600000
DAY = 24 * HOUR
NO_GROUP = (400, "ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = (400, "ResourceNotFoundException", "The specified log stream does not exist.")
BAD_TOKEN = (400, "InvalidParameterException", "The specified nextToken is invalid.")


@pytest.fixture
def group(logs, name):
    make_stream(logs, name)
    return name


def get(logs, group, **arguments):
    return logs.get_log_events(logGroupName=group, logStreamName="s", **arguments)


def test_events_come_back_as_they_went(logs, group):
    sent = ["plain", "with newline\n", "ü€😀", "{\"a\": 1}", " \t"]
    times = put(logs, group, sent)
    events = get(logs, group)["events"]
    assert messages_of(events) == sent
    assert [event["timestamp"] for event in events] == times
    assert all(event.keys() == {"timestamp", "message", "ingestionTime"} for event in events)
    found = logs.filter_log_events(logGroupName=group)
    assert messages_of(found["events"]) == sent and found["searchedLogStreams"] == []
    assert "nextToken" not in found
    assert all(event.keys() == {"timestamp", "message", "ingestionTime", "eventId",
                                "logStreamName"} for event in found["events"])
    ids = [event["eventId"] for event in found["events"]]
    assert len(set(ids)) == len(sent) and all(re.fullmatch(r"\d{56}", each) for each in ids)
    again = logs.filter_log_events(logGroupName=group)["events"]
    assert [event["eventId"] for event in again] == ids


def test_a_message_that_no_text_can_hold_is_mended_and_costs_no_other(logs, group):
    put(logs, group, ["before", "a\0b", "half \ud83d", "after"])
    assert messages_of(filter_all(logs, logGroupName=group)) == [
        "before", "a\ufffdb", "half \ufffd", "after"]


def test_json_that_escapes_such_characters_is_looked_into(logs, group):
    line = '{"level":"error","text":"a\\u0000b \\ud83d"}'
    put(logs, group, [line, '{"level":"info"}'])
    found = filter_all(logs, logGroupName=group, filterPattern='{ $.level = "error" }')
    assert messages_of(found) == [line]


def test_the_next_sequence_token_is_56_digits_and_none_is_needed(logs, group):
    event = [{"timestamp": now_ms(), "message": "m"}]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=event)
    assert re.fullmatch(r"\d{56}", answer["nextSequenceToken"])
    for token in (answer["nextSequenceToken"], "wrong"):
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=event,
                            sequenceToken=token)
    assert len(get(logs, group)["events"]) == 3


def events_at(*times):
    return [{"timestamp": time, "message": "m"} for time in times]


@pytest.mark.parametrize("events, text", [
    (lambda now: events_at(now, now - 1),
     "Log events in a single PutLogEvents request must be in chronological order."),
    (lambda now: events_at(now - DAY - 1, now),
     "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."),
    (lambda now: [{"timestamp": now, "message": "x" * (1048576 - 26)},
                  {"timestamp": now, "message": "x"}],
     "Upload too large: 1048603 bytes exceeds limit of 1048576"),
    (lambda now: [], "1 validation error detected: Value at 'logEvents' failed to satisfy "
     "constraint: Member must have length greater than or equal to 1"),
    (lambda now: events_at(*[now] * 10001), "1 validation error detected: Value at 'logEvents' "
     "failed to satisfy constraint: Member must have length less than or equal to 10000"),
    (lambda now: [{"timestamp": now, "message": ""}], "1 validation error detected: Value '' at "
     "'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater "
     "than or equal to 1"),
    (lambda now: [{"timestamp": -1, "message": "m"}], "1 validation error detected: Value '-1' at "
     "'logEvents.1.member.timestamp' failed to satisfy constraint: Member must have value greater "
     "than or equal to 0"),
])
def test_a_batch_that_is_refused_leaves_nothing(logs, group, events, text):
    assert error_of(logs.put_log_events, logGroupName=group, logStreamName="s",
                    logEvents=events(now_ms())) == (400, "InvalidParameterException", text)
    assert get(logs, group)["events"] == []


def test_where_put_log_events_finds_no_place(logs, group):
    def refusal(group, stream):
        return error_of(logs.put_log_events, logGroupName=group, logStreamName=stream,
                        logEvents=events_at(now_ms()))
    assert refusal("none", "s") == NO_GROUP
    assert refusal(group, "none") == NO_STREAM
    assert refusal(group, "s" * 513) == (
        400, "InvalidParameterException",
        "Invalid LogGroup or LogStream, both must have length less than or equal to 512.")


def test_stream_names_are_counted_in_characters_and_told_apart_to_the_last(logs, group):
    names = ["\U0001F600" * 511 + end for end in "ab"]
    for name in names:
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        logs.put_log_events(logGroupName=group, logStreamName=name,
                            logEvents=[{"timestamp": now_ms(), "message": name[-1]}])
    for name in names:
        events = logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        assert [event["message"] for event in events] == [name[-1]]


def test_a_compressed_call_that_is_larger_than_any_may_be_is_refused_as_that(http):
    answer = http.send("POST", "/", gzip.compress(b"{}".ljust(30 << 20)), {
        "Content-Type": "application/x-amz-json-1.1", "Content-Encoding": "gzip",
        "X-Amz-Target": "Logs_20140328.PutLogEvents"})
    assert answer.status == 413


def test_a_full_batch_is_taken(logs, group):
    put(logs, group, ["x" * (1048576 - 26)])
    put(logs, group, ["e"] * 10000)
    put(logs, group, ["\x01" * 260000] * 4)  # in JSON six times as long
    assert len(filter_all(logs, logGroupName=group)) == 10005


def test_the_bounds_of_a_batch_in_time_are_within(start_server):
    server = start_server()
    logs, start = server.client("logs"), 1767225600000
    Http(server.port).json("POST", "/_coalmine/clock",
                           {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    make_stream(logs, "g")

    def put_at(*offsets):
        return logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events_at(
            *[start + offset for offset in offsets]))
    assert "rejectedLogEventsInfo" not in put_at(-14 * DAY)
    assert "rejectedLogEventsInfo" not in put_at(2 * HOUR - DAY, 2 * HOUR)
    assert put_at(-14 * DAY - 1)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert put_at(2 * HOUR + 1)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert error_of(put_at, 2 * HOUR - DAY - 1, 2 * HOUR)[1] == "InvalidParameterException"


@pytest.mark.parametrize("offsets, rejected, kept", [
    ([-15 * DAY, 0], {"tooOldLogEventEndIndex": 1}, 1),
    ([0, 2 * HOUR + 60000], {"tooNewLogEventStartIndex": 1}, 1),
    ([-15 * DAY, -15 * DAY, 0, 3 * HOUR],
     {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3}, 1),
    ([-4 * DAY, 0], {"expiredLogEventEndIndex": 1}, 1),
    ([-20 * DAY, -4 * DAY, 0], {"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2}, 1),
    ([-20 * DAY], {"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 1}, 0),
])
def test_events_out_of_time_are_left_out(logs, group, offsets, rejected, kept):
    if "expiredLogEventEndIndex" in rejected:
        logs.put_retention_policy(logGroupName=group, retentionInDays=3)
    now = now_ms()
    answer = logs.put_log_events(logGroupName=group, logStreamName="s",
                                 logEvents=events_at(*[now + offset for offset in offsets]))
    assert answer["rejectedLogEventsInfo"] == rejected
    assert len(get(logs, group)["events"]) == kept


def test_get_log_events_starts_with_the_newest_page_and_goes_both_ways(logs, group):
    put(logs, group, [f"m{n}" for n in range(7)])
    newest = get(logs, group, limit=3)
    assert messages_of(newest["events"]) == ["m4", "m5", "m6"]
    older = get(logs, group, limit=3, nextToken=newest["nextBackwardToken"])
    assert messages_of(older["events"]) == ["m1", "m2", "m3"]
    oldest = get(logs, group, limit=3, nextToken=older["nextBackwardToken"])
    assert messages_of(oldest["events"]) == ["m0"]
    beyond = get(logs, group, limit=3, nextToken=oldest["nextBackwardToken"])
    assert beyond["events"] == [] and beyond["nextBackwardToken"] == oldest["nextBackwardToken"]
    back = get(logs, group, limit=3, nextToken=beyond["nextForwardToken"])
    assert messages_of(back["events"]) == ["m0", "m1", "m2"]
    forward = get(logs, group, limit=3, nextToken=older["nextForwardToken"])
    assert messages_of(forward["events"]) == ["m4", "m5", "m6"]


def test_get_log_events_from_the_head_ends_with_the_token_it_was_given(logs, group):
    last = put(logs, group, [f"m{n}" for n in range(5)])[-1]
    seen, token = [], None
    while True:
        answer = get(logs, group, limit=2, startFromHead=True,
                     **({"nextToken": token} if token else {}))
        seen += messages_of(answer["events"])
        assert re.fullmatch(r"f/\d{56}", answer["nextForwardToken"])
        assert re.fullmatch(r"b/\d{56}", answer["nextBackwardToken"])
        if answer["nextForwardToken"] == token:
            break
        token = answer["nextForwardToken"]
    assert seen == [f"m{n}" for n in range(5)] and answer["events"] == []
    put(logs, group, ["later"], start=last + 1)
    assert messages_of(get(logs, group, nextToken=token)["events"]) == ["later"]
    back = get(logs, group, limit=1, nextToken=answer["nextBackwardToken"])
    assert messages_of(back["events"]) == ["m4"]


def test_an_empty_stream_has_tokens_that_find_what_comes(logs, group):
    empty = get(logs, group)
    assert empty["events"] == []
    assert get(logs, group, nextToken=empty["nextForwardToken"])["nextForwardToken"] == empty[
        "nextForwardToken"]
    put(logs, group, ["first"])
    found = get(logs, group, nextToken=empty["nextForwardToken"])
    assert messages_of(found["events"]) == ["first"]


def test_times_bound_get_without_and_filter_with_their_end(logs, group):
    first, *_, last = put(logs, group, ["a", "b", "c", "d"])
    assert messages_of(get(logs, group, startTime=first + 1, endTime=last)["events"]) == ["b", "c"]
    found = logs.filter_log_events(logGroupName=group, startTime=first + 1, endTime=last)
    assert messages_of(found["events"]) == ["b", "c", "d"]


@pytest.mark.parametrize("token", ["bad", "f/1", "x/" + "0" * 56, "f/" + "0" * 56, "f/" + "9" * 56])
def test_a_token_that_is_none_is_refused(logs, group, token):
    assert error_of(get, logs=logs, group=group, nextToken=token) == BAD_TOKEN


def test_a_token_belongs_to_its_stream(logs, group):
    make_stream(logs, group, "other")
    put(logs, group, ["m"])
    token = get(logs, group)["nextForwardToken"]
    assert error_of(logs.get_log_events, logGroupName=group, logStreamName="other",
                    nextToken=token) == BAD_TOKEN


def test_what_get_log_events_refuses(logs, group):
    assert error_of(get, logs=logs, group="none") == NO_GROUP
    assert error_of(logs.get_log_events, logGroupName=group, logStreamName="none") == NO_STREAM
    assert error_of(get, logs=logs, group=group, limit=10001) == (
        400, "InvalidParameterException", "1 validation error detected: Value '10001' at 'limit' "
        "failed to satisfy constraint: Member must have value less than or equal to 10000")


def test_a_page_of_large_events_is_cut_at_a_megabyte(logs, group):
    for n in range(3):
        put(logs, group, [str(n) * 400000] * 2)
    answer = get(logs, group, startFromHead=True)
    assert [m[0] for m in messages_of(answer["events"])] == ["0", "0"]
    found = logs.filter_log_events(logGroupName=group)
    assert len(found["events"]) == 2 and "nextToken" in found
    assert [m[0] for m in messages_of(filter_all(logs, logGroupName=group))] == list("001122")


def test_filter_log_events_interleaves_streams_in_order_of_time(logs, group):
    make_stream(logs, group, "t")
    make_stream(logs, group, "u")
    start = now_ms()
    for offset, stream in ((0, "s"), (1, "t"), (2, "s"), (2, "t"), (3, "s"), (4, "u")):
        put(logs, group, [f"{stream}{offset}"], stream, start + offset)
    everything = ["s0", "t1", "s2", "t2", "s3", "u4"]
    assert messages_of(filter_all(logs, logGroupName=group)) == everything
    assert messages_of(filter_all(logs, logGroupName=group, limit=2, interleaved=True)) == everything
    for select, expected in [
            ({"logStreamNames": ["t"]}, ["t1", "t2"]), ({"logStreamNames": ["t", "s"]}, everything[:-1]),
            ({"logStreamNamePrefix": "s"}, ["s0", "s2", "s3"]), ({"logStreamNamePrefix": "x"}, [])]:
        found = filter_all(logs, logGroupName=group, **select)
        assert messages_of(found) == expected
        assert all(event["message"].startswith(event["logStreamName"]) for event in found)


def search(http, group, **members):
    """FilterLogEvents for members that Debian's boto3 does not know."""
    return call_logs(http, "FilterLogEvents", {"logGroupName": group, **members})


def test_filter_log_events_begins_with_the_newest_if_it_is_told_to(logs, http, group):
    make_stream(logs, group, "t")
    start = now_ms()
    for offset, stream in ((0, "s"), (1, "t"), (2, "s"), (2, "t"), (3, "s")):
        put(logs, group, [f"{stream}{offset}"], stream, start + offset)
    newest_first = ["s3", "t2", "s2", "t1", "s0"]
    assert messages_of(search(http, group, startFromHead=False)[1]["events"]) == newest_first
    assert messages_of(search(http, group, startFromHead=True)[1]["events"]) == newest_first[::-1]
    assert messages_of(search(http, group, startFromHead=False, logStreamNames=["t"],
                              startTime=start + 1, endTime=start + 2)[1]["events"]) == ["t2", "t1"]


@pytest.mark.parametrize("begins", [True, False])
def test_the_direction_of_a_search_is_that_of_its_token(logs, http, group, begins):
    put(logs, group, list("abcde"))
    expected = list("abcde") if begins else list("edcba")
    page = search(http, group, startFromHead=begins, limit=2)[1]
    found = messages_of(page["events"])
    for otherwise in {}, {"startFromHead": not begins}:
        page = search(http, group, limit=2, nextToken=page["nextToken"], **otherwise)[1]
        found += messages_of(page["events"])
    assert found == expected and "nextToken" not in page


def test_a_search_from_the_newest_on_does_not_go_back_behind_2024(http, group):
    first = 1704067200000
    assert search(http, group, startFromHead=False, startTime=first) == (
        200, {"events": [], "searchedLogStreams": []})
    assert search(http, group, startFromHead=True, startTime=first - 1)[0] == 200
    assert search(http, group, startFromHead=False, startTime=first - 1) == (400, {
        "__type": "InvalidParameterException",
        "message": "startFromHead can be false only when startTime is on or after Jan 1, 2024 "
                   "00:00:00 UTC."})


@pytest.mark.parametrize("pattern, expected", [
    ("", "abcd"), (" ", "abcd"), ("ERROR", "ab"), ("ERROR disk", "b"), ("ERROR -disk", "a"),
    ("?disk ?fine", "bc"), ("?nothing disk", "b"), ("\"ERROR: disk\"", "b"), ("-ERROR", "cd"),
    ("error", ""), ("\"say \\\"hi\\\"\"", "d"), ("-\"ERROR: disk\" ERROR", "a"),
])
def test_terms_of_a_filter_pattern(logs, group, pattern, expected):
    put(logs, group, ["a ERROR", "b ERROR: disk", "c fine", "d say \"hi\""])
    found = filter_all(logs, logGroupName=group, filterPattern=pattern)
    assert "".join(event["message"][0] for event in found) == expected


def test_a_search_that_finds_little_answers_in_pages_that_may_be_empty(logs, group):
    for n in range(3):
        put(logs, group, ["dull"] * 9999 + [f"rare {n}"])
    first = logs.filter_log_events(logGroupName=group, filterPattern="\"rare 2\"")
    assert first["events"] == [] and "nextToken" in first
    found = filter_all(logs, logGroupName=group, filterPattern="rare")
    assert messages_of(found) == ["rare 0", "rare 1", "rare 2"]


@pytest.mark.parametrize("arguments, error", [
    ({"logStreamNames": ["s"], "logStreamNamePrefix": "s"}, (
        400, "InvalidParameterException",
        "LogStream names and LogStream name prefix are mutually exclusive parameters.")),
    ({"logStreamNames": ["none"]}, NO_STREAM),
    ({"nextToken": "bad"}, BAD_TOKEN),
    ({"nextToken": "MTp4"}, BAD_TOKEN),
    ({"filterPattern": "\"open"}, (400, "InvalidParameterException", "Invalid filter pattern")),
    ({"filterPattern": "x" * 1025}, (
        400, "InvalidParameterException", f"1 validation error detected: Value '{'x' * 1025}' at "
        "'filterPattern' failed to satisfy constraint: Member must have length less than or equal "
        "to 1024")),
])
def test_what_filter_log_events_refuses(logs, group, arguments, error):
    assert error_of(logs.filter_log_events, logGroupName=group, **arguments) == error


def test_the_cli_tails_a_group(cli, logs, group):
    put(logs, group, ["one\n", "two"])
    done = cli("logs", "tail", group)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert [line.split(" ", 2)[1:] for line in lines] == [["s", "one"], ["s", "two"]]
    assert cli("logs", "tail", group, "--filter-pattern", "two", "--format", "short"
               ).out.endswith(" two\n")
    missing = cli("logs", "tail", "none")
    assert missing.code == 254 and "The specified log group does not exist." in missing.err


def test_the_cli_follows_a_group(server, logs, group, tmp_path):
    put(logs, group, ["before"])
    process = subprocess.Popen(
        ["/usr/bin/aws", "--endpoint-url", server.url, "logs", "tail", group, "--follow",
         "--format", "short"], stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**clean_environment(server.url), "PYTHONUNBUFFERED": "1"})
    try:
        assert process.stdout.readline().endswith(" before\n")
        put(logs, group, ["after"])
        assert process.stdout.readline().endswith(" after\n")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_cli_puts_and_gets(cli, group):
    now = now_ms()
    assert cli("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s",
               "--log-events", f"timestamp={now},message=hello").code == 0
    got = cli("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "s").json
    assert got["events"][0]["message"] == "hello"
    assert cli("logs", "describe-log-groups", "--log-group-name-prefix", group).json[
        "logGroups"][0]["logGroupName"] == group


ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"


def test_a_live_tail_tells_events_as_they_come(server, logs, group):
    make_stream(logs, group, "other")
    put(logs, group, ["too early"])
    tail = LiveTail(server.port, logGroupIdentifiers=[ARN + group], logStreamNames=["s"],
                    logEventFilterPattern="wanted")
    assert tail.status == 200
    assert tail.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert tail.next() == ("initial-response", {})
    kind, start = tail.next()
    assert kind == "sessionStart" and start.pop("sessionId")
    assert start == {"requestId": tail.headers["x-amzn-requestid"],
                     "logGroupIdentifiers": [ARN + group], "logStreamNames": ["s"],
                     "logEventFilterPattern": "wanted"}
    time, _ = put(logs, group, ["wanted", "not so"])
    put(logs, group, ["wanted elsewhere"], "other")
    result, = tail.results()
    assert result.pop("ingestionTime") >= time
    assert result == {"logStreamName": "s", "logGroupIdentifier": f"000000000000:{group}",
                      "message": "wanted", "timestamp": time}
    assert tail.next() == ("sessionUpdate", {"sessionMetadata": {"sampled": False},
                                             "sessionResults": []})
    tail.close()


def test_a_live_tail_of_a_flood_is_a_sample(server, logs, group):
    tail = LiveTail(server.port, logGroupIdentifiers=[group], logStreamNamePrefixes=["s"])
    put(logs, group, ["m"] * 2000)
    while True:
        kind, payload = tail.next()
        if kind == "sessionUpdate" and payload["sessionResults"]:
            break
    assert len(payload["sessionResults"]) == 500
    assert payload["sessionMetadata"] == {"sampled": True}
    tail.close()


def test_an_account_has_fifteen_live_tails(start_server):
    server = start_server()
    make_stream(server.client("logs"), "g")
    tails = [LiveTail(server.port, logGroupIdentifiers=["g"]) for _ in range(16)]
    assert [tail.status for tail in tails] == [200] * 15 + [400]
    assert tails[-1].body()["__type"] == "LimitExceededException"
    for tail in tails:
        tail.close()


@pytest.mark.parametrize("request_body, code, text", [
    (lambda g: {"logGroupIdentifiers": [g], "logStreamNames": ["a"],
                "logStreamNamePrefixes": ["b"]}, "InvalidParameterException",
     "Only one of logStreamNames or logStreamNamePrefixes can be provided."),
    (lambda g: {"logGroupIdentifiers": [g, g], "logStreamNames": ["a"]},
     "InvalidParameterException",
     "logStreamNames and logStreamNamePrefixes can only be used with a single log group."),
    (lambda g: {"logGroupIdentifiers": [g, "none"]}, *NO_GROUP[1:]),
    (lambda g: {"logGroupIdentifiers": [g], "logEventFilterPattern": "\""},
     "InvalidParameterException", "Invalid filter pattern"),
])
def test_what_start_live_tail_refuses(server, group, request_body, code, text):
    tail = LiveTail(server.port, **request_body(group))
    assert (tail.status, tail.body()) == (400, {"__type": code, "message": text})


def test_a_live_tail_ends_after_three_hours_and_with_the_server(start_server):
    server = start_server()
    logs = server.client("logs")
    make_stream(logs, "g")
    old = LiveTail(server.port, logGroupIdentifiers=["g"])
    http_clock(server, {"advance": "3h"})
    assert list(iter(old.next, None))[-1] == ("SessionTimeoutException", {
        "message": "The Live Tail session ended because it reached its limit of three hours."})
    young = LiveTail(server.port, logGroupIdentifiers=["g"])
    assert young.next()[0] == "initial-response"
    assert server.stop() == 0
    assert list(iter(young.next, None))[-1] == ("SessionStreamingException", {
        "message": "The Live Tail session ended because the server is about to stop or was reset."})


def test_a_live_tail_whose_client_leaves_does_not_keep_the_server_up(start_server):
    server = start_server()
    logs = server.client("logs")
    make_stream(logs, "g")
    LiveTail(server.port, logGroupIdentifiers=["g"]).close()
    put(logs, "g", ["m"])
    assert server.stop() == 0


def http_clock(server, body):
    answer = Http(server.port).send("POST", "/_coalmine/clock", json.dumps(body))
    assert answer.status == 200
