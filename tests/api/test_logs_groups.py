"""Log groups, streams, retention and tags: cloudwatch-api.md sections 6.1 to 6.3."""
import re

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import call_logs as raw

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:"
NO_GROUP = (400, "ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = (400, "ResourceNotFoundException", "The specified log stream does not exist.")
COUNTED = "1 validation error detected: "
TOO_LONG = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    return name


def invalid(text):
    return (400, "InvalidParameterException", text)


def test_a_group_shows_what_it_was_made_with(http, name):
    assert raw(http, "CreateLogGroup", {"logGroupName": name, "kmsKeyId": "k"}) == (200, None)
    status, answer = raw(http, "DescribeLogGroups", {"logGroupNamePrefix": name})
    item = answer["logGroups"][0]
    assert status == 200 and item.pop("creationTime") > 1.7e12
    assert answer == {"logGroups": [item]} and item == {
        "arn": f"{ARN}{name}:*", "logGroupArn": f"{ARN}{name}", "logGroupName": name,
        "logGroupClass": "STANDARD", "metricFilterCount": 0, "storedBytes": 0, "kmsKeyId": "k",
        "deletionProtectionEnabled": False}


FOREIGN = "log group does not exist|resource does not exist|Log group '.*' does not exist"


@pytest.mark.parametrize("operation, member, body", [
    ("FilterLogEvents", "logGroupIdentifier", {}),
    ("GetLogEvents", "logGroupIdentifier", {"logStreamName": "s"}),
    ("DescribeLogStreams", "logGroupIdentifier", {}),
    ("GetLogGroupFields", "logGroupIdentifier", {}),
    ("StartQuery", "logGroupIdentifiers",
     {"startTime": 0, "endTime": 9999999999, "queryString": "fields @message"}),
    ("StartLiveTail", "logGroupIdentifiers", {}),
    ("TagResource", "resourceArn", {"tags": {"a": "b"}}),
    ("ListTagsForResource", "resourceArn", {}),
    ("AssociateKmsKey", "resourceIdentifier", {"kmsKeyId": "k"}),
    ("PutLogGroupDeletionProtection", "logGroupIdentifier", {"deletionProtectionEnabled": True}),
])
@pytest.mark.parametrize("account, region", [("123456789012", "us-east-1"),
                                             ("000000000000", "eu-west-1")])
def test_the_arn_of_another_s_group_names_none(server, http, name, operation, member, body,
                                               account, region):
    owner = server.client("logs", region=region, key=account)
    owner.create_log_group(logGroupName=name)
    owner.create_log_stream(logGroupName=name, logStreamName="s")
    arn = f"arn:aws:logs:{region}:{account}:log-group:{name}"
    status, answer = raw(http, operation,
                         {**body, member: [arn] if member.endswith("s") else arn})
    assert (status, answer["__type"]) == (400, "ResourceNotFoundException")
    assert re.search(FOREIGN, answer["message"])
    assert owner.list_tags_log_group(logGroupName=name)["tags"] == {}
    owner.delete_log_group(logGroupName=name)


def test_a_group_s_key_can_be_set_changed_and_taken_away(http, logs, name):
    """As Terraform does when kms_key_id of a log group that exists is edited."""
    logs.create_log_group(logGroupName=name)
    for of_group in ({"logGroupName": name}, {"resourceIdentifier": f"{ARN}{name}"}):
        assert raw(http, "AssociateKmsKey", {**of_group, "kmsKeyId": "a"}) == (200, None)
        assert raw(http, "AssociateKmsKey", {**of_group, "kmsKeyId": "b"}) == (200, None)
        assert logs.describe_log_groups(
            logGroupNamePrefix=name)["logGroups"][0]["kmsKeyId"] == "b"
        assert raw(http, "DisassociateKmsKey", of_group) == (200, None)
        assert "kmsKeyId" not in logs.describe_log_groups(
            logGroupNamePrefix=name)["logGroups"][0]


@pytest.mark.parametrize("arguments, code", [
    ({"logGroupName": "nope", "kmsKeyId": "k"}, "ResourceNotFoundException"),
    ({"resourceIdentifier": f"{ARN}nope", "kmsKeyId": "k"}, "ResourceNotFoundException"),
    ({"logGroupName": "nope"}, "InvalidParameterException"),
    ({"kmsKeyId": "k"}, "InvalidParameterException"),
    ({"logGroupName": "a", "resourceIdentifier": f"{ARN}a", "kmsKeyId": "k"},
     "InvalidParameterException"),
    ({"resourceIdentifier": "arn:aws:logs:us-east-1:000000000000:query-result:*",
      "kmsKeyId": "k"}, "InvalidParameterException"),
])
def test_what_associate_kms_key_refuses(http, arguments, code):
    status, answer = raw(http, "AssociateKmsKey", arguments)
    assert (status, answer["__type"]) == (400, code)


@pytest.mark.parametrize("arguments, error", [
    ({"logGroupName": "aws/x"},
     invalid("Log groups starting with AWS/ are reserved for AWS.")),
    ({"logGroupName": "a b"}, invalid(
        COUNTED + "Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")),
    ({"logGroupName": "a" * 513}, invalid(TOO_LONG)),
    ({"logGroupName": " " * 513}, invalid(TOO_LONG)),
    ({}, invalid(COUNTED + "Value null at 'logGroupName' failed to satisfy constraint: Member "
                 "must not be null")),
    ({"logGroupName": "x", "logGroupClass": "BIG"}, invalid(
        COUNTED + "Value 'BIG' at 'logGroupClass' failed to satisfy constraint: Member must "
        "satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]")),
])
def test_what_create_log_group_refuses(http, arguments, error):
    status, body = raw(http, "CreateLogGroup", arguments)
    assert (status, body["__type"], body["message"]) == error


@pytest.mark.parametrize("operation, members", [
    ("DeleteLogGroup", {}), ("CreateLogStream", {"logStreamName": "s"}), ("DescribeLogStreams", {}),
    ("FilterLogEvents", {}), ("PutRetentionPolicy", {"retentionInDays": 1}),
    ("DeleteMetricFilter", {"filterName": "f"}), ("TagLogGroup", {"tags": {"a": "b"}})])
def test_a_group_s_name_is_too_long_for_every_operation(http, operation, members):
    status, body = raw(http, operation, {"logGroupName": "X" * 513, **members})
    assert (status, body["__type"], body["message"]) == invalid(TOO_LONG)


@pytest.mark.parametrize("operation", ["CreateLogStream", "DeleteLogStream", "GetLogEvents"])
def test_a_stream_s_name_is_too_long_for_every_operation(http, group, operation):
    status, body = raw(http, operation, {"logGroupName": group, "logStreamName": "s" * 513})
    assert (status, body["__type"], body["message"]) == invalid(TOO_LONG)


def test_names_are_taken_once(logs, group):
    assert error_of(logs.create_log_group, logGroupName=group) == (
        400, "ResourceAlreadyExistsException", "The specified log group already exists")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert error_of(logs.create_log_stream, logGroupName=group, logStreamName="s") == (
        400, "ResourceAlreadyExistsException", "The specified log stream already exists")


def test_a_deleted_group_takes_its_streams_and_events_along(logs, group):
    for message in ("old", "new"):
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        now = logs.describe_log_groups(
            logGroupNamePrefix=group)["logGroups"][0]["creationTime"]
        logs.put_log_events(logGroupName=group, logStreamName="s",
                            logEvents=[{"timestamp": now, "message": message}])
        found = logs.filter_log_events(logGroupName=group)["events"]
        assert [event["message"] for event in found] == [message]
        logs.delete_log_group(logGroupName=group)
        assert error_of(logs.filter_log_events, logGroupName=group) == NO_GROUP
        logs.create_log_group(logGroupName=group)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_a_deleted_stream_takes_its_events_along(logs, group):
    now = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["creationTime"]
    for stream in ("gone", "kept"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream,
                            logEvents=[{"timestamp": now, "message": stream}])
    logs.delete_log_stream(logGroupName=group, logStreamName="gone")
    assert error_of(logs.delete_log_stream, logGroupName=group, logStreamName="gone") == NO_STREAM
    found = logs.filter_log_events(logGroupName=group)["events"]
    assert [event["message"] for event in found] == ["kept"]


def test_a_protected_group_is_not_deleted(http, logs, name):
    raw(http, "CreateLogGroup", {"logGroupName": name, "deletionProtectionEnabled": True})
    assert error_of(logs.delete_log_group, logGroupName=name) == (
        400, "ValidationException", "The log group is protected from deletion. Disable deletion "
        "protection and try again.")
    raw(http, "PutLogGroupDeletionProtection",
        {"logGroupIdentifier": ARN + name, "deletionProtectionEnabled": False})
    logs.delete_log_group(logGroupName=name)


def pages(call, key, **arguments):
    found, token = [], {}
    while True:
        answer = call(**arguments, **token)
        found.append(answer[key])
        if "nextToken" not in answer:
            return found
        token = {"nextToken": answer["nextToken"]}


def test_groups_are_listed_in_pages_by_prefix_or_pattern(http, logs, name):
    names = sorted(f"{name}/{letter}" for letter in "aBcDe")
    for each in names:
        logs.create_log_group(logGroupName=each)
    listed = pages(logs.describe_log_groups, "logGroups", logGroupNamePrefix=name + "/", limit=2)
    assert [[g["logGroupName"] for g in page] for page in listed] == [
        names[:2], names[2:4], names[4:]]
    _, found = raw(http, "DescribeLogGroups", {"logGroupNamePattern": f"{name}/B"})
    assert [g["logGroupName"] for g in found["logGroups"]] == [f"{name}/B"]
    assert "storedBytes" not in found["logGroups"][0]
    assert raw(http, "DescribeLogGroups", {"logGroupNamePattern": f"{name}/b"})[1] == {
        "logGroups": []}
    _, found = raw(http, "ListLogGroups", {"logGroupNamePattern": f"{name}/c"})
    assert found == {"logGroups": [{"logGroupName": f"{name}/c", "logGroupArn": f"{ARN}{name}/c",
                                    "logGroupClass": "STANDARD"}]}
    _, found = raw(http, "DescribeLogGroups", {"logGroupIdentifiers": [ARN + names[0], "none"]})
    assert [g["logGroupName"] for g in found["logGroups"]] == names[:1]


def test_what_is_found_by_a_pattern_may_go_on(http, logs, name):
    """AWS gives a token behind a single group, too; the page that has none ends it."""
    for letter in "abc":
        logs.create_log_group(logGroupName=f"{name}/{letter}")

    def found(**arguments):
        return [[group["logGroupName"][-1] for group in page]
                for page in pages(lambda **more: raw(http, "DescribeLogGroups", more)[1], "logGroups",
                                  **arguments)]
    assert found(logGroupNamePattern=f"{name}/b") == [["b"], []]
    assert found(logGroupNamePattern=f"{name}/", limit=2) == [["a", "b"], ["c"], []]
    assert found(logGroupNamePattern=f"{name}/x") == [[]]
    assert found(logGroupNamePrefix=f"{name}/b") == [["b"]]


@pytest.mark.parametrize("filters, expected", [
    ([{"key": "env"}], ["a", "b", "c"]),
    ([{"key": "env", "values": []}], ["a", "b", "c"]),
    ([{"key": "env", "values": ["prod"]}], ["a"]),
    ([{"key": "env", "values": ["Prod"]}], []),
    ([{"key": "env", "values": ["PROD*"]}], ["a", "b"]),
    ([{"key": "env", "values": ["*OD-2", ""]}], ["b", "c"]),
    ([{"key": "env", "values": ["*O*"]}], ["a", "b"]),
    ([{"key": "env", "values": ["*"]}], ["a", "b", "c"]),
    ([{"key": "env", "values": ["!prod"]}], ["b", "c"]),
    ([{"key": "env", "values": ["!prod*"]}], ["c"]),
    ([{"key": "env"}, {"key": "team", "values": ["x", "y"]}], ["b"]),
    ([{"key": "Env"}], []),
])
def test_groups_are_listed_by_their_tags(http, logs, name, filters, expected):
    for each, tags in (("a", {"env": "prod"}), ("b", {"env": "prod-2", "team": "y"}),
                       ("c", {"env": ""}), ("d", {"team": "x"}), ("e", None)):
        logs.create_log_group(logGroupName=f"{name}/{each}", **({"tags": tags} if tags else {}))
    found = []
    for page in pages(lambda **more: raw(http, "ListLogGroups", more)[1], "logGroups", limit=1,
                      logGroupNamePattern=f"^{name}/"[:25], logGroupTags=filters):
        found += [group["logGroupName"].split("/")[1] for group in page]
    assert found == expected


@pytest.mark.parametrize("search", [
    {"fieldIndexNames": ["x"]}, {"dataSources": [{"name": "x"}]},
    {"includeLinkedAccounts": True, "accountIdentifiers": ["111122223333"]},
])
def test_what_no_group_has_finds_none(http, group, search):
    assert raw(http, "ListLogGroups", search) == (200, {"logGroups": []})
    own = {"includeLinkedAccounts": True, "accountIdentifiers": ["000000000000", "111122223333"]}
    for operation in ("ListLogGroups", "DescribeLogGroups"):
        assert raw(http, operation, own)[1]["logGroups"]
        if "accountIdentifiers" in search:
            assert raw(http, operation, search) == (200, {"logGroups": []})


@pytest.mark.parametrize("pattern, expected", [
    ("^{}/on", ["one"]), ("/tw", ["two"]), ("^{}/two|/three", ["three", "two"]), ("^/one", []),
    ("One", []), ("/one|^{}/on|/two", ["one", "two"]),
])
def test_groups_are_listed_by_several_patterns(http, logs, name, pattern, expected):
    for each in ("one", "two", "three"):
        logs.create_log_group(logGroupName=f"{name}/{each}")
    _, found = raw(http, "ListLogGroups", {"logGroupNamePattern": pattern.format(name)})
    names = [group["logGroupName"] for group in found["logGroups"]]
    assert [each.split("/")[1] for each in names if each.startswith(name + "/")] == expected


def test_patterns_come_in_pages_too(http, logs, name):
    for each in ("one", "two", "three"):
        logs.create_log_group(logGroupName=f"{name}/{each}")
    search = {"logGroupNamePattern": f"^{name}/t|^{name}/o", "limit": 2}
    _, first = raw(http, "ListLogGroups", search)
    _, second = raw(http, "ListLogGroups", {**search, "nextToken": first["nextToken"]})
    assert [[group["logGroupName"].split("/")[1] for group in page["logGroups"]]
            for page in (first, second)] == [["one", "three"], ["two"]]
    assert "nextToken" not in second
    for bad in ("^a", "abc|", "a" * 25, "|".join(["abc"] * 6)):
        status, answer = raw(http, "ListLogGroups", {"logGroupNamePattern": bad})
        assert (status, answer["__type"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize("arguments, text", [
    ({"limit": 51}, COUNTED + "Value '51' at 'limit' failed to satisfy constraint: Member must "
     "have value less than or equal to 50"),
    ({"nextToken": "bad"}, "The specified nextToken is invalid."),
    ({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"},
     "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."),
])
def test_what_describe_log_groups_refuses(http, arguments, text):
    status, body = raw(http, "DescribeLogGroups", arguments)
    assert (status, body["__type"], body["message"]) == invalid(text)


def test_streams_are_listed_by_name_and_by_last_event(logs, group):
    created = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["creationTime"]
    for stream, offset in (("a", 30), ("b", None), ("c", 10), ("d", 20)):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        if offset:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
                {"timestamp": created + n, "message": "m"} for n in (1, offset)])

    def names(**arguments):
        listed = pages(logs.describe_log_streams, "logStreams", logGroupName=group, **arguments)
        return ["".join(s["logStreamName"] for s in page) for page in listed]

    assert names() == ["abcd"]
    assert names(limit=3) == ["abc", "d"]
    assert names(limit=3, descending=True) == ["dcb", "a"]
    assert names(logStreamNamePrefix="c") == ["c"]
    assert names(orderBy="LastEventTime") == ["bcda"]
    assert names(orderBy="LastEventTime", limit=3) == ["bcd", "a"]
    assert names(orderBy="LastEventTime", descending=True, limit=2) == ["ad", "cb"]
    first, second = logs.describe_log_streams(logGroupName=group, limit=2)["logStreams"]
    assert (first["firstEventTimestamp"], first["lastEventTimestamp"]) == (
        created + 1, created + 30)
    assert first["lastIngestionTime"] >= created and len(first["uploadSequenceToken"]) == 56
    assert second == {"logStreamName": "b", "creationTime": second["creationTime"],
                      "arn": f"{ARN}{group}:log-stream:b", "storedBytes": 0}


@pytest.mark.parametrize("operation, member, where", [
    ("TagLogGroup", {"tags": {"a": None}}, "'{a=null}' at 'tags'"),
    ("UntagLogGroup", {"tags": [None]}, "'[null]' at 'tags'"),
    ("StartLiveTail", {"logGroupIdentifiers": ["g"], "logStreamNames": [None]},
     "'[null]' at 'logStreamNames'"),
    ("FilterLogEvents", {"logStreamNames": [None]}, "'[null]' at 'logStreamNames'"),
    ("DescribeLogGroups", {"logGroupIdentifiers": [None]}, "'[null]' at 'logGroupIdentifiers'"),
])
def test_lists_and_maps_hold_no_null(http, group, operation, member, where):
    status, body = raw(http, operation, {"logGroupName": group, **member})
    assert (status, body["__type"]) == (400, "InvalidParameterException")
    assert body["message"].startswith(COUNTED + f"Value {where} failed to satisfy constraint: ")
    assert body["message"].endswith("Member must not be null]")


def test_what_describe_log_streams_refuses(logs, group):
    assert error_of(logs.describe_log_streams, logGroupName=group, orderBy="LastEventTime",
                    logStreamNamePrefix="a") == invalid(
        "Cannot order by LastEventTime with a logStreamNamePrefix.")
    assert error_of(logs.describe_log_streams, logGroupName="none") == NO_GROUP
    assert error_of(logs.describe_log_streams, logGroupName=group,
                    logGroupIdentifier=ARN + group) == (
        400, "ValidationException",
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    assert error_of(logs.describe_log_streams, logGroupIdentifier=f"{ARN}{group}:*") == invalid(
        COUNTED + "Value at 'logGroupIdentifier' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: [\\w#+=/:,.@-]*")
    assert logs.describe_log_streams(logGroupIdentifier=ARN + group)["logStreams"] == []


def test_retention_hides_what_is_older_on_the_service_clock(start_server):
    server = start_server()
    logs, http = server.client("logs"), Http(server.port)
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-03-01T00:00:00Z"})
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")

    def put(message):
        now = logs.describe_log_groups()["logGroups"][0]["creationTime"] + len(sent) * 86400000
        logs.put_log_events(logGroupName="g", logStreamName="s",
                            logEvents=[{"timestamp": now, "message": message}])
        sent.append(message)
        http.json("POST", "/_coalmine/clock", {"advance": "1d"})

    def by_group():
        return [e["message"] for e in logs.filter_log_events(logGroupName="g")["events"]]

    def kept():
        by_stream = logs.get_log_events(logGroupName="g", logStreamName="s")["events"]
        assert by_group() == [e["message"] for e in by_stream]
        return by_group()

    sent = []
    for day in range(4):
        put(str(day))
    assert kept() == ["0", "1", "2", "3"]
    logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 3
    assert kept() == ["1", "2", "3"]
    http.json("POST", "/_coalmine/clock", {"advance": "25h"})
    assert kept() == ["3"]
    logs.delete_retention_policy(logGroupName="g")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    assert by_group()[-1] == "3"  # older ones are seen again while a worker removes them
    http.json("POST", "/_coalmine/clock", {"advance": "365d"})
    assert by_group()[-1] == "3"


def test_what_put_retention_policy_refuses(logs, group):
    status, code, text = error_of(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert (status, code) == (400, "InvalidParameterException")
    assert text.startswith(COUNTED + "Value '2' at 'retentionInDays' failed to satisfy "
                           "constraint: Member must satisfy enum value set: [1, 3, 5, 7, ")
    assert error_of(logs.put_retention_policy, logGroupName="none", retentionInDays=1) == NO_GROUP


def test_tags_by_arn_and_by_name_are_the_same_tags(logs, name):
    logs.create_log_group(logGroupName=name, tags={"a": "1"})
    logs.tag_resource(resourceArn=ARN + name, tags={"b": "2", "a": "3"})
    logs.tag_log_group(logGroupName=name, tags={"c": ""})
    everything = {"a": "3", "b": "2", "c": ""}
    assert logs.list_tags_for_resource(resourceArn=ARN + name)["tags"] == everything
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == everything
    logs.untag_resource(resourceArn=ARN + name, tagKeys=["a", "none"])
    logs.untag_log_group(logGroupName=name, tags=["b"])
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {"c": ""}


def test_tags_may_have_letters_of_any_script(logs, group):
    tags = {"Büro in Köln": "日本", "Область": "é + ñ = 1"}
    logs.tag_log_group(logGroupName=group, tags=tags)
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == tags


def test_what_tagging_refuses(logs, group):
    assert error_of(logs.tag_resource, resourceArn=ARN + "none", tags={"a": "b"}) == (
        400, "ResourceNotFoundException", "The specified resource does not exist.")
    assert error_of(logs.list_tags_log_group, logGroupName="none") == NO_GROUP
    logs.tag_log_group(logGroupName=group, tags={f"k{n}": "v" for n in range(50)})
    assert error_of(logs.tag_log_group, logGroupName=group, tags={"one more": "v"}) == (
        400, "TooManyTagsException", "A resource can have no more than 50 tags.")


def test_accounts_and_regions_do_not_see_each_other(server, logs, group):
    other = server.client("logs", region="eu-west-1")
    assert error_of(other.describe_log_streams, logGroupName=group) == NO_GROUP
    account = server.client("logs", key="111122223333")
    assert account.describe_log_groups()["logGroups"] == []


def test_what_is_lacking_says_so(logs):
    status, code, text = error_of(logs.describe_destinations)
    assert (status, code) == (501, "NotImplemented") and "logs DescribeDestinations" in text
