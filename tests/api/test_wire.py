"""What travels below the SDKs: protocols, encodings, limits, hostile bodies."""
import gzip
import json
import re
import socket
import time
import urllib.parse

import pytest
from botocore.exceptions import ClientError

from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import create

TYPE = "com.amazonaws.cloudwatch.v2010_08_01#"
DATUM = {"MetricName": "m", "Value": 2.5}


def stamped(text):
    """The time inside a hexadecimal body must be recent: it is put where the sample's was."""
    return bytes.fromhex(text.replace("68f60953", f"{int(time.time()):08x}").replace("\n", ""))


def test_aws_json_success_and_request_id(http, name):
    put = http.target("PutMetricData", json.dumps({"Namespace": name, "MetricData": [DATUM]}))
    assert (put.status, put.body) == (200, b"")
    assert len(put.getheader("x-amzn-RequestId")) == 36 and put.getheader("Date")
    now = int(time.time())
    got = http.target("GetMetricStatistics", json.dumps({
        "Namespace": name, "MetricName": "m", "StartTime": now - 120, "EndTime": now + 60.5,
        "Period": 60, "Statistics": ["Sum"], "Unknown": 1, "Unit": None}))
    assert got.getheader("Content-Type") == "application/x-amz-json-1.0"
    point = json.loads(got.body)["Datapoints"][0]
    assert point["Sum"] == 2.5 and b'.0,"Sum"' in got.body  # timestamps carry a fraction


@pytest.mark.parametrize("query_mode, status", [({"x-amzn-query-mode": "true"}, 400), ({}, 400)])
def test_aws_json_errors(http, query_mode, status):
    answer = http.target("GetMetricStatistics", json.dumps({
        "Namespace": "n", "MetricName": "m", "StartTime": 2, "EndTime": 1, "Period": 60,
        "Statistics": ["Sum"]}), **query_mode)
    assert answer.status == status
    assert json.loads(answer.body) == {
        "__type": TYPE + "InvalidParameterValueException",
        "message": "The parameter StartTime must be less than the parameter EndTime."}
    assert answer.getheader("x-amzn-query-error") == (
        "InvalidParameterValue;Sender" if query_mode else None)
    never_query = http.send("POST", "/", b"{}", {"X-Amz-Target": "Logs_20140328.DeleteLogGroup",
                                                 **query_mode})
    assert (never_query.status, never_query.getheader("x-amzn-query-error")) == (400, None)


def test_of_a_member_that_comes_twice_the_last_counts(http, server, name):
    http.target("PutMetricAlarm", json.dumps({
        "AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1,
        "Namespace": name, "MetricName": "m", "Period": 60, "Statistic": "Sum", "Threshold": 1})
        .replace('"Threshold"', '"Threshold": 7, "Threshold"'))
    shown = http.target("DescribeAlarms", json.dumps({"AlarmNames": [name]})).body
    assert shown.count(b'"Threshold":') == 1
    cw = server.client("cloudwatch")
    assert cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"] == 1
    http.send("POST", "/", f'{{"logGroupName": "{name}", "tags": {{"a": "1", "a": "2"}}}}'.encode(),
              {"X-Amz-Target": "Logs_20140328.CreateLogGroup"})
    assert server.client("logs").list_tags_log_group(logGroupName=name)["tags"] == {"a": "2"}


def test_constraint_failures_are_corals(http):
    answer = http.target("ListMetrics", json.dumps({"RecentlyActive": "PT9H"}))
    assert json.loads(answer.body) == {
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": "1 validation error detected: Value 'PT9H' at 'recentlyActive' failed to satisfy "
                   "constraint: Member must satisfy enum value set: [PT3H]"}


def test_cbor_bodies_as_botocore_sends_them(http):
    put = http.cbor("PutMetricData", stamped(
        "a2694e616d657370616365654d794170706a4d65747269634461746181a5"
        "6a4d65747269634e616d65674c6174656e63796556616c7565fb4029000000000000"
        "64556e69746c4d696c6c697365636f6e64736954696d657374616d70c11a68f60953"
        "6a44696d656e73696f6e7381a2644e616d6562466e6556616c7565626631"))
    assert (put.status, put.body) == (200, b"")
    assert put.getheader("smithy-protocol") == "rpc-v2-cbor"
    now = int(time.time())
    wanted = json.dumps({
        "Namespace": "MyApp", "MetricName": "Latency", "StartTime": now - 120,
        "EndTime": now + 60, "Period": 60, "Statistics": ["Sum"],
        "Dimensions": [{"Name": "Fn", "Value": "f1"}]})
    point = json.loads(http.target("GetMetricStatistics", wanted).body)["Datapoints"][0]
    assert (point["Sum"], point["Unit"]) == (12.5, "Milliseconds")


def test_cbor_answers_and_errors(http):
    body = bytes.fromhex(
        "a7694e616d6573706163656a4157532f4c616d6264616a4d65747269634e616d656b496e766f636174696f6e"
        "736a44696d656e73696f6e7381a2644e616d656c46756e6374696f6e4e616d656556616c7565626631"
        "69537461727454696d65c11a68f6082067456e6454696d65c11a68f60a7866506572696f64183c"
        "6a5374617469737469637381" "6353756d")
    answer = http.cbor("GetMetricStatistics", body)
    assert answer.status == 200 and answer.getheader("Content-Type") == "application/cbor"
    assert answer.body == (b"\xbf\x65Label\x6bInvocations\x6aDatapoints\x9f\xff\xff")
    swapped = body.replace(bytes.fromhex("68f60a78"), bytes.fromhex("68f60820"))
    failed = http.cbor("GetMetricStatistics", swapped, **{"x-amzn-query-mode": "true"})
    assert failed.status == 400 and failed.getheader("smithy-protocol") == "rpc-v2-cbor"
    assert failed.getheader("x-amzn-query-error") == "InvalidParameterValue;Sender"
    text = b"The parameter StartTime must be less than the parameter EndTime."
    assert failed.body == (b"\xbf\x66__type\x78\x43" + TYPE.encode() +
                           b"InvalidParameterValueException\x67message\x78\x40" + text + b"\xff")


@pytest.mark.parametrize("body", [
    b"", b"\xff", b"\x81" * 100000, b"\x82\x00" * 50000, b"\xbf\x61", b"\x9b" + b"\xff" * 8,
    b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xa1\x61N\x5f\x41", bytes(range(256))])
def test_hostile_cbor_is_refused_and_the_server_lives(http, body):
    assert http.cbor("PutMetricData", body).status == 400
    assert http.send("GET", "/_coalmine/health").status == 200


@pytest.mark.parametrize("body, code", [
    (b'{"MetricData": [', "SerializationException"),
    (b"[" * 10000, "SerializationException"),
    (b'{"Namespace": ' + b"[" * 10000 + b"]" * 10000 + b"}", "SerializationException"),
    (b'{"Namespace": "\xff\xfe"}', "SerializationException"),
    (b'{"Namespace": "a"} trailing', "SerializationException"),
    (b"\x00\x01\x02", "SerializationException"),
])
def test_hostile_json_is_refused_by_cloudwatch(http, body, code):
    answer = http.target("PutMetricData", body)
    assert answer.status == 400 and json.loads(answer.body)["__type"].endswith("#" + code)


@pytest.mark.parametrize("body, reason", [
    (b'{"FunctionName": "x"', "Unexpected end-of-input: expected close marker for Object"),
    (b'{"a":' * 10000, "Document nesting depth (1001) exceeds the maximum allowed"),
    (b'{"FunctionName": "\xff"}', "Invalid UTF-8 start byte 0xff"),
    (b"rubbish", "Unrecognized token 'rubbish'"),
    (b"[1]", "a JSON object is expected"),
    (b'{"FunctionName": "a\\u0000b"}', "a JSON object is expected, without NUL characters"),
])
def test_hostile_json_is_refused_by_lambda(http, body, reason):
    answer = http.send("POST", "/2015-03-31/functions", body)
    assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (
        400, "InvalidRequestContentException")
    tree = json.loads(answer.body)
    assert tree["Type"] == "User"
    assert tree["message"].startswith("Could not parse request body into json: " + reason)


@pytest.mark.parametrize("end", ["%00x", "%FF", "%ED%A0%80"])
def test_what_is_no_text_is_refused_and_not_cut(http, lam, name, end):
    """A name up to its NUL would be another function's."""
    create(lam, name)
    for method, path in (("DELETE", f"/2015-03-31/functions/{name}{end}"),
                         ("DELETE", f"/2015-03-31/functions/{name}?Qualifier=1{end}"),
                         ("GET", f"/2015-03-31/functions/?MaxItems=5{end}"),
                         ("DELETE", f"/2017-03-31/tags/arn%3Aaws?tagKeys=a&tagKeys=b{end}")):
        answer = http.send(method, path)
        assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (
            400, "SerializationException")
        assert "is not UTF-8, or holds a NUL" in json.loads(answer.body)["message"]
    answer = http.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}",
                       {"X-Amz-Client-Context": b"e30=\xff"})
    assert answer.status == 400 and json.loads(answer.body)["message"]
    assert lam.get_function(FunctionName=name)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.send("POST", "/", "Action=PutMetricData&Version=2010-08-01&MetricData.member.1."
                       f"MetricName=m&MetricData.member.1.Value=1&Namespace={name}{end}", form)
    assert answer.status == 400 and b"<Code>MalformedInput</Code>" in answer.body
    assert name.encode() not in http.target("ListMetrics", "{}").body


def test_gzip_bodies(http, name):
    packed = gzip.compress(json.dumps({"Namespace": name, "MetricData": [DATUM] * 500}).encode())
    for word in ("gzip", "GZIP"):
        assert http.target("PutMetricData", packed, **{"Content-Encoding": word}).status == 200
    assert http.target("PutMetricData", packed[:-9], **{"Content-Encoding": "gzip"}).status == 400
    bomb = gzip.compress(b" " * 50_000_000)
    assert http.target("PutMetricData", bomb, **{"Content-Encoding": "gzip"}).status == 413
    assert http.send("POST", "/2015-03-31/functions/f/invocations", bomb,
                     {"Content-Encoding": "gzip"}).status == 413
    assert http.target("PutMetricData", packed + b"more",
                       **{"Content-Encoding": "gzip"}).status == 400


def test_a_body_over_the_limit(http):
    assert http.target("PutMetricData", b" " * (1 << 20) + b"{}").status == 413
    assert http.send("POST", "/2015-03-31/functions/f/aliases", b" " * 6291457).status == 413


def chunks(data, size):
    for at in range(0, len(data), size):
        yield data[at:at + size]


def test_chunked_bodies(http, lam, name):
    create(lam, name)
    event = json.dumps({"x": "y" * 100000}).encode()
    answer = http.send("POST", f"/2015-03-31/functions/{name}/invocations", chunks(event, 997))
    assert (answer.status, answer.body) == (200, b'"hello"')
    large = chunks(b" " * 6300000, 100000)
    assert http.send("POST", f"/2015-03-31/functions/{name}/invocations", large).status == 413


def receive_until(connection, ending):
    data = b""
    while ending not in data:
        part = connection.recv(4096)
        assert part, data
        data += part
    return data


def test_expect_100_continue_and_keep_alive(server, lam, name):
    create(lam, name)
    head = (f"POST /2015-03-31/functions/{name}/invocations HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        for _ in range(3):
            connection.sendall(head)
            assert receive_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100")
            connection.sendall(b"{}")
            assert receive_until(connection, b'"hello"').startswith(b"HTTP/1.1 200")


def test_expect_with_a_body_that_is_too_large_is_refused_at_once(server):
    head = (b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(head)
        assert receive_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_head_is_get_without_a_body(http, lam, name):
    create(lam, name)
    got = http.send("GET", f"/2015-03-31/functions/{name}")
    head = http.send("HEAD", f"/2015-03-31/functions/{name}")
    assert (head.status, head.body) == (200, b"")
    assert head.getheader("Content-Length") == str(len(got.body))


def test_members_in_path_and_query(http, lam, name):
    create(lam, name)
    path = f"/2015-03-31/functions/{name}/configuration?Qualifier="
    for first, last, status in (("7", "$LATEST", 200), ("$LATEST", "7", 404)):
        assert http.send("GET", f"{path}{first}&Qualifier={last}").status == status  # the last counts
    assert b"1 validation error detected: Value 'a+b' at" in http.send(
        "GET", "/2015-03-31/functions/a+b").body  # a plus is no blank there


@pytest.mark.parametrize("target, status", [
    ("http://lambda.us-east-1.amazonaws.com/2015-03-31/functions?MaxItems=1", 200),
    ("HTTP://monitoring.amazonaws.com?Action=ListMetrics&Version=2010-08-01", 200),
    ("http://localhost/2015-03-31/functions/nothing%2Fhere", 400), ("http://localhost", 501),
    ("http://rebound.example/2015-03-31/functions", 403)])
def test_a_client_may_take_the_server_for_its_proxy(http, target, status):
    assert http.send("GET", target).status == status


def test_unknown_operations_and_services_are_named(http):
    answer = http.target("PutMetricStream", b"{}")
    assert answer.status in (400, 501) and b"PutMetricStream" in answer.body
    answer = http.target("NoSuchThing", b"{}")
    assert answer.status == 400 and b"NoSuchThing" in answer.body
    assert b'"__type":"com.amazon.coral.service#UnknownOperationException"' in answer.body
    answer = http.send("POST", "/", b"{}", {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
    assert answer.status == 501 and b"DynamoDB_20120810.ListTables" in answer.body
    answer = http.send("POST", "/", b"Action=Nothing&Version=2011-06-15",
                       {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400 and b"<Code>InvalidAction</Code>" in answer.body
    assert b"Could not find operation Nothing for version 2011-06-15" in answer.body
    answer = http.send("GET", "/bucket/key", headers=signed_for("s3"))
    assert answer.status == 501 and b"service s3" in answer.body
    answer = http.send("GET", "/2015-03-31/functions/none", headers=signed_for("s3"))
    assert (answer.status, answer.getheader("Content-Type")) == (404, "application/json")


@pytest.mark.parametrize("prefix, status", [
    ("/proxy", 200), ("/service/a/operation/b", 200), ("/a/b/c/d/e", 200), ("/a/b/c/d/e/f", 501)])
def test_an_endpoints_own_path_stands_before_that_of_cbor(http, prefix, status):
    answer = http.send("POST", f"{prefix}/service/GraniteServiceVersion20100801/operation/ListMetrics",
                       b"\xa0", {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"})
    assert (answer.status, answer.getheader("smithy-protocol")) == (
        status, "rpc-v2-cbor" if status == 200 else None)


@pytest.mark.parametrize("service, ask", [
    ("s3", "list_buckets"), ("route53", "list_hosted_zones"), ("cloudfront", "list_distributions"),
    ("ec2", "describe_vpcs"), ("cloudformation", "list_stacks"), ("dynamodb", "list_tables"),
    ("apigateway", "get_rest_apis")])
def test_a_service_that_is_lacking_is_refused_in_its_own_words(server, service, ask):
    with pytest.raises(ClientError) as refused:
        getattr(server.client(service), ask)()
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert f"service {service}" in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("operation", [
    "AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties"])
def test_operations_of_iam_that_only_new_clients_know_say_that_they_are_lacking(http, operation):
    answer = http.send("POST", "/", f"Action={operation}&Version=2010-05-08".encode(),
                       signed_for("iam"))
    assert answer.status == 501 and f"iam {operation} yet".encode() in answer.body


def test_ec2_has_a_shape_of_its_own(http):
    """AWS's SDKs but botocore read nothing else."""
    answer = http.send("POST", "/", b"Action=DescribeVpcs&Version=2016-11-15", signed_for("ec2"))
    found = re.match(rb"<Response><Errors><Error><Code>NotImplemented</Code><Message>.*service ec2.*"
                     rb"</Message></Error></Errors><RequestID>(.*)</RequestID></Response>$",
                     answer.body)
    assert found[1].decode() == answer.getheader("x-amzn-RequestId")


@pytest.mark.parametrize("time, is_good", [
    ("2026-03-02T11:00:00Z", True), ("2026-03-02T11:00:00.123456Z", True), ("20260302T110000Z", True),
    ("2026-03-02T11:00:00.123456789Z", False), ("1772449200", False), ("1.77245e+09", False), ("", False)])
def test_a_time_in_a_query_has_six_digits_behind_the_point_at_most(http, time, is_good):
    """CloudWatch has told many who sent nanoseconds so, or seconds since 1970."""
    answer = http.send("POST", "/", urllib.parse.urlencode({
        "Action": "DescribeAlarmHistory", "Version": "2010-08-01", "StartDate": time}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == (200 if is_good else 400)
    told = b"<Code>MalformedInput</Code><Message>timestamp must follow ISO8601</Message>"
    assert (told in answer.body) == (not is_good)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_query_behind_the_path(http, method):
    answer = http.send(method, "/?Action=GetCallerIdentity&Version=2011-06-15")
    assert answer.status == 200 and b"<Account>000000000000</Account>" in answer.body


def signed_for(service):
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/{service}/"
                             "aws4_request, SignedHeaders=host, Signature=0"}


@pytest.mark.parametrize("target, headers, status, text", [
    ("Action=ListMetrics", {}, 400, b"operation ListMetrics for version NO_VERSION_SPECIFIED"),
    ("Action=ListMetrics", signed_for("monitoring"), 400,
     b"operation ListMetrics for version NO_VERSION_SPECIFIED"),
    ("Action=ListMetrics&Version=2009-05-15", signed_for("monitoring"), 400,
     b"operation ListMetrics for version 2009-05-15"),
    ("Action=ListQueues", signed_for("sqs"), 501, b"what ListQueues asks for (service sqs)"),
    ("Action=ListQueues&Version=2012-11-05", {}, 501, b"what ListQueues asks for"),
])
def test_a_query_call_without_the_right_version_is_told_so(http, target, headers, status, text):
    answer = http.send("GET", "/?" + target, headers=headers)
    assert answer.status == status and text in answer.body, answer.body
    assert (b"<Code>InvalidAction</Code>" in answer.body) == (status == 400)


@pytest.mark.parametrize("query", [
    "&".join(f"a{i}=b" for i in range(1000)), "&".join(f"a{i}=b" for i in range(20000)),
    "a=" + "b" * 62000], ids=["1000 members", "20000 members", "one long member"])
def test_a_query_that_is_too_long_gets_an_answer(server, query):
    """libmicrohttpd closes the connection where its memory holds no answer any more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"GET /?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 414"


def test_who_opens_the_address_in_a_browser_is_told_what_it_is(http):
    answer = http.send("GET", "/")
    assert answer.status == 501
    assert json.loads(answer.body)["message"].startswith("This is Coalmine, an emulator of AWS")


ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
FUNCTIONS = "/2015-03-31/functions"


@pytest.mark.parametrize("method, path, body, status, code, envelope", [
    ("GET", "/none", None, 404, "ResourceNotFoundException",
     {"Type": "User", "Message": f"Function not found: {ARN}none"}),
    ("GET", "/f?Qualifier=bad!", None, 400, "ValidationException", {
        "message": "1 validation error detected: Value 'bad!' at 'qualifier' failed to satisfy "
                   "constraint: Member must satisfy regular expression pattern: "
                   r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"}),
    ("DELETE", "/f?Qualifier=$LATEST", None, 400, "InvalidParameterValueException", {
        "Type": "User",
        "message": "$LATEST version cannot be deleted without deleting the function."}),
    ("POST", "/{name}/aliases", {"Name": "a", "FunctionVersion": "$LATEST", "RoutingConfig": {
        "AdditionalVersionWeights": {"1": 0.5}}}, 400, "InvalidParameterValueException", {
            "message": "$LATEST is not supported for an alias pointing to more than 1 version"}),
    ("POST", "/{name}/aliases", {"Name": "taken", "FunctionVersion": "1"}, 409,
     "ResourceConflictException", {"Type": "User",
                                   "message": f"Alias already exists: {ARN}{{name}}:taken"}),
    ("POST", "/{name}/versions", {"RevisionId": "x"}, 412, "PreconditionFailedException", {
        "Type": "User", "message": "The Revision Id provided does not match the latest Revision "
                                   "Id. Call the GetFunction/GetAlias API to retrieve the latest "
                                   "Revision Id"}),
])
def test_each_family_of_lambda_errors_has_its_envelope(http, lam, name, method, path, body, status,
                                                      code, envelope):
    create(lam, name, Publish=True)
    lam.create_alias(FunctionName=name, Name="taken", FunctionVersion="1")
    answer = http.send(method, FUNCTIONS + path.format(name=name),
                       json.dumps(body) if body else b"")
    assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (status, code)
    assert answer.getheader("Content-Type") == "application/json"
    assert len(answer.getheader("x-amzn-RequestId")) == 36
    assert json.loads(answer.body) == {key: text.replace("{name}", name)
                                       for key, text in envelope.items()}


def test_what_has_no_content_has_no_body(http, lam, name):
    create(lam, name, Publish=True)
    for path in (f"/{name}/aliases/none", f"/{name}?Qualifier=7", f"/{name}"):
        answer = http.send("DELETE", FUNCTIONS + path)
        assert (answer.status, answer.body) == (204, b"")


def test_an_empty_body_publishes(http, lam, name):
    create(lam, name)
    answer = http.send("POST", f"{FUNCTIONS}/{name}/versions")
    assert answer.status == 201 and json.loads(answer.body)["Version"] == "1"


def test_the_headers_of_an_invocation(http, lam, name):
    create(lam, name, Publish=True)
    path = f"{FUNCTIONS}/{name}%3A1/invocations"
    answer = http.send("POST", path, b"{}")
    assert (answer.status, answer.getheader("X-Amz-Executed-Version")) == (200, "1")
    assert answer.getheader("Content-Type") == "application/json"
    for absent in ("X-Amz-Function-Error", "X-Amz-Log-Result"):
        assert answer.getheader(absent) is None
    answer = http.send("POST", path, b"{}", {"X-Amz-Invocation-Type": "DryRun"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.getheader("X-Amz-Executed-Version") is None




def test_cloudwatch_and_sts_errors_in_xml(http):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = http.send("POST", "/", (
        b"Action=GetMetricStatistics&Version=2010-08-01&Namespace=n&MetricName=m&Period=60"
        b"&StartTime=2025-10-20T10%3A00%3A00Z&EndTime=2025-10-20T10%3A00%3A00Z"
        b"&Statistics.member.1=Sum"), form)
    identifier = answer.getheader("x-amzn-RequestId")
    assert (answer.status, answer.getheader("Content-Type")) == (400, "text/xml")
    assert answer.body.decode().endswith(
        '<ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Sender'
        "</Type><Code>InvalidParameterValue</Code><Message>The parameter StartTime must be less "
        f"than the parameter EndTime.</Message></Error><RequestId>{identifier}</RequestId>"
        "</ErrorResponse>")
    answer = http.send("POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", form)
    identifier = answer.getheader("x-amzn-RequestId")
    assert answer.body.decode().endswith(
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/coalmine</Arn><UserId>"
        "AIDACOALMINECOALMINE</UserId><Account>000000000000</Account></GetCallerIdentityResult>"
        f"<ResponseMetadata><RequestId>{identifier}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>")


def test_an_escaped_backslash_before_u0000_is_no_nul(http, lam, name):
    create(lam, name)
    changed = http.send("PUT", f"/2015-03-31/functions/{name}/configuration",
                        b'{"Description": "a\\\\u0000"}')
    assert json.loads(changed.body)["Description"] == "a\\u0000"
