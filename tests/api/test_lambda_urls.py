"""Function URLs: lambda-api.md section 26."""
import base64
import http.client
import json
import re
import subprocess

import pytest

from tests.conftest import Http, Server
from tests.support.errors import error_of
from tests.support.metrics import statistic
from tests.support.packages import create, node
from tests.support.urls import Url, open_name, open_server

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
PATTERN = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
FORBIDDEN = {"Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
                        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}


@pytest.fixture(scope="module", name="server")
def open_functions():
    with open_server(Server) as running:
        yield running


@pytest.fixture
def name():
    return open_name()


@pytest.fixture
def make(lam, name):
    """Makes the function of this body with a URL."""
    def made(body="return event", package=None, qualifier=None, **settings):
        create(lam, name, package or node(body))
        return make_url(lam, name, qualifier, **settings)
    return made


def make_url(lam, name, qualifier=None, **settings):
    answer = lam.create_function_url_config(**{
        "FunctionName": name, "AuthType": "NONE", **settings,
        **({"Qualifier": qualifier} if qualifier else {})})
    return Url(answer["FunctionUrl"])


def url_path(name):
    """Debian 12's boto3 does not know InvokeMode yet: where it matters the wire is spoken."""
    return f"/2021-10-31/functions/{name}/url"


def make_alias(lam, name, **settings):
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1", **settings)


def without(answer, *members):
    return {k: v for k, v in answer.items() if k not in ("ResponseMetadata", *members)}


# --- Configurations ---


def test_a_url_is_made_read_changed_listed_and_deleted(lam, name):
    create(lam, name)
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 60}
    made = lam.create_function_url_config(FunctionName=name, AuthType="NONE", Cors=cors)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert list(without(made)) == ["FunctionUrl", "FunctionArn", "AuthType", "Cors",
                                   "CreationTime"]
    assert (made["FunctionArn"], made["AuthType"], made["Cors"]) == (ARN + name, "NONE", cors)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["CreationTime"])

    got = lam.get_function_url_config(FunctionName=name)
    assert got["LastModifiedTime"] == made["CreationTime"]
    later = ("LastModifiedTime", "InvokeMode")  # of InvokeMode, which not every boto3 knows: below
    assert without(got, *later) == without(made)
    updated = lam.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert updated["LastModifiedTime"] >= made["CreationTime"]
    assert without(updated, *later) == {**without(made), "AuthType": "AWS_IAM"}
    updated = lam.update_function_url_config(FunctionName=name, Cors={})
    assert "Cors" not in updated
    listed = lam.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert [without(each, "InvokeMode") for each in listed] == [without(updated, "InvokeMode")]

    deleted = lam.delete_function_url_config(FunctionName=name)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert lam.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"] == []


def test_the_invoke_mode_is_shown_as_aws_does(http, lam, name):
    create(lam, name)
    made = http.json("POST", url_path(name), {"AuthType": "NONE"})
    assert "InvokeMode" not in made
    assert list(http.json("GET", url_path(name))) == [
        "FunctionUrl", "FunctionArn", "AuthType", "CreationTime", "LastModifiedTime", "InvokeMode"]
    assert http.json("GET", url_path(name))["InvokeMode"] == "BUFFERED"
    assert "InvokeMode" not in http.json("PUT", url_path(name), {"AuthType": "AWS_IAM"})
    stream = {"InvokeMode": "RESPONSE_STREAM"}
    assert http.json("PUT", url_path(name), stream)["InvokeMode"] == "RESPONSE_STREAM"
    assert http.json("PUT", url_path(name), {"AuthType": "NONE"})["InvokeMode"] == "RESPONSE_STREAM"
    (listed,) = http.json("GET", url_path(name) + "s")["FunctionUrlConfigs"]
    assert listed["InvokeMode"] == "RESPONSE_STREAM"
    http.send("DELETE", url_path(name))
    assert http.json("POST", url_path(name), {"AuthType": "NONE", "InvokeMode": "bad"}) == {
        "message": "1 validation error detected: Value 'bad' at 'invokeMode' failed to satisfy "
                   "constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"}


def test_the_url_leads_back_to_this_server(lam, server, name):
    create(lam, name)
    url = lam.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    assert re.fullmatch(r"http://[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:%d/" % server.port,
                        url)
    for host, end in (("localhost", "localhost/"), ("localhost:", "localhost/"),
                      ("localhost:80", "localhost:80/")):
        answer = Http(server.port).send("GET", url_path(name), headers={"Host": host})
        assert json.loads(answer.body)["FunctionUrl"].split("us-east-1.")[1] == end


def test_function_and_alias_have_urls_of_their_own(lam, name):
    create(lam, name)
    make_alias(lam, name)
    urls = [make_url(lam, name), make_url(lam, name, "live")]
    assert urls[0].id != urls[1].id
    page = lam.list_function_url_configs(FunctionName=name, MaxItems=1)
    rest = lam.list_function_url_configs(FunctionName=name, MaxItems=1, Marker=page["NextMarker"])
    arns = [u["FunctionArn"] for u in page["FunctionUrlConfigs"] + rest["FunctionUrlConfigs"]]
    assert arns == [ARN + name, f"{ARN}{name}:live"]
    assert "NextMarker" not in rest
    lam.delete_function_url_config(FunctionName=name)
    kept = lam.get_function_url_config(FunctionName=f"{name}:live")
    assert kept["FunctionUrl"].startswith(f"http://{urls[1].id}.")


@pytest.mark.parametrize("operation, settings, expected", [
    ("create", {"AuthType": "SOME"}, (400, "ValidationException",
     "1 validation error detected: Value 'SOME' at 'authType' failed to satisfy constraint: "
     "Member must satisfy enum value set: [NONE, AWS_IAM]")),
    ("create", {"AuthType": None}, (400, "ValidationException",
     "1 validation error detected: Value null at 'authType' failed to satisfy constraint: Member "
     "must not be null")),
    ("create", {"Qualifier": "1"}, (400, "ValidationException",
     "1 validation error detected: Value '1' at 'qualifier' failed to satisfy constraint: Member "
     "must satisfy regular expression pattern: " + PATTERN)),
    ("create", {"Qualifier": "$LATEST"}, (400, "ValidationException",
     "1 validation error detected: Value '$LATEST' at 'qualifier' failed to satisfy constraint: "
     "Member must satisfy regular expression pattern: " + PATTERN)),
    ("create", {"Cors": {"MaxAge": 86401}}, (400, "ValidationException",
     "1 validation error detected: Value '86401' at 'cors.maxAge' failed to satisfy constraint: "
     "Member must have value less than or equal to 86400")),
    ("create", {"Cors": {"AllowMethods": ["GET"] * 7}}, (400, "ValidationException",
     "1 validation error detected: Value '[GET, GET, GET, GET, GET, GET, GET]' at "
     "'cors.allowMethods' failed to satisfy constraint: Member must have length less than or "
     "equal to 6")),
    ("create", {"Cors": {"AllowMethods": ["GET", "*"]}}, (400, "InvalidParameterValueException",
     "You can't specify additional fields for AllowMethods because you already specified the "
     "wildcard character (*).")),
    ("update", {"Cors": {"AllowOrigins": ["*", "https://a.example"]}}, (
        400, "InvalidParameterValueException", "You can't specify additional fields for "
        "AllowOrigins because you already specified the wildcard character (*).")),
    ("create", {"Qualifier": "none"}, (404, "ResourceNotFoundException",
                                       "Function does not exist")),
    ("create", {"FunctionName": "nobody"}, (404, "ResourceNotFoundException",
                                            "Function does not exist")),
    ("create", {}, (409, "ResourceConflictException",
     "Failed to create function url config for [functionArn = {arn}]. Error message:  "
     "FunctionUrlConfig exists for this Lambda function")),
    ("update", {"FunctionName": "nobody"}, (404, "ResourceNotFoundException",
                                            "Function does not exist")),
    ("update", {"Qualifier": "live"}, (404, "ResourceNotFoundException",
                                       "The resource you requested does not exist.")),
    ("get", {"FunctionName": "nobody"}, (404, "ResourceNotFoundException",
                                         "The resource you requested does not exist.")),
    ("get", {"Qualifier": "live"}, (404, "ResourceNotFoundException",
                                    "The resource you requested does not exist.")),
    ("delete", {"Qualifier": "live"}, (404, "ResourceNotFoundException",
                                       "The resource you requested does not exist.")),
    ("delete", {"FunctionName": "nobody"}, (404, "ResourceNotFoundException",
                                            "The resource you requested does not exist.")),
])
def test_what_the_operations_refuse(lam, name, operation, settings, expected):
    create(lam, name)
    make_alias(lam, name)
    make_url(lam, name)
    call = getattr(lam, f"{operation}_function_url_config")
    auth = {"AuthType": "NONE"} if operation == "create" else {}
    arguments = {"FunctionName": name, **auth, **settings}
    status, code, text = expected
    assert error_of(call, **{k: v for k, v in arguments.items() if v is not None}) == (
        status, code, text.format(arn=ARN + name))


def test_lists_refuse_strangers_and_large_pages(lam):
    assert error_of(lam.list_function_url_configs, FunctionName="nobody") == (
        404, "ResourceNotFoundException", "Function does not exist")
    assert error_of(lam.list_function_url_configs, FunctionName="f", MaxItems=51)[:2] == (
        400, "ValidationException")


def test_the_aws_cli_makes_a_url_that_curl_can_use(cli, lam, server, name):
    create(lam, name, node("return `hello ${event.rawPath}`"))
    made = cli("lambda", "create-function-url-config", "--function-name", name, "--auth-type",
               "NONE")
    url = made.json["FunctionUrl"]
    host = url.split("/")[2]
    done = subprocess.run(["curl", "-sS", "--resolve", f"{host}:127.0.0.1", url + "world"],
                          capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("hello /world", "")


# --- Requests ---


def test_an_event_has_what_aws_puts_in(make):
    url = make()
    event = url.event("POST", "/a%20b/c?x=1&x=2&y=a%20b+c&z", b'{"k": "\xc3\xa9"}', [
        ("Content-Type", "application/json"), ("User-Agent", "test/1"), ("X-Many", "1"),
        ("X-Many", "2"), ("Cookie", "a=1; b=2"), ("Cookie", "c=3")])
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0", "routeKey": "$default", "rawPath": "/a%20b/c",
        "rawQueryString": "x=1&x=2&y=a%20b+c&z", "cookies": ["a=1", "b=2", "c=3"],
        "queryStringParameters": {"x": "1,2", "y": "a b c", "z": ""},
        "body": '{"k": "\u00e9"}', "isBase64Encoded": False}
    trace_id = headers.pop("x-amzn-trace-id")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", trace_id)
    assert headers == {
        "host": url.host, "content-type": "application/json", "user-agent": "test/1",
        "x-many": "1,2", "cookie": "a=1; b=2,c=3", "content-length": "11",
        "x-forwarded-for": "127.0.0.1", "x-forwarded-port": str(url.port),
        "x-forwarded-proto": "http"}
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("time"))
    assert isinstance(context.pop("timeEpoch"), int)
    assert re.fullmatch(r"[0-9a-f-]{36}", context.pop("requestId"))
    assert context == {
        "accountId": "anonymous", "apiId": url.id, "domainName": url.host.split(":")[0],
        "domainPrefix": url.id, "routeKey": "$default", "stage": "$default",
        "http": {"method": "POST", "path": "/a%20b/c", "protocol": "HTTP/1.1",
                 "sourceIp": "127.0.0.1", "userAgent": "test/1"}}


def test_an_event_leaves_out_what_was_not_sent(make):
    event = make().event()
    assert sorted(event) == ["headers", "isBase64Encoded", "rawPath", "rawQueryString",
                             "requestContext", "routeKey", "version"]
    assert (event["rawPath"], event["rawQueryString"]) == ("/", "")
    assert "userAgent" not in event["requestContext"]["http"]


@pytest.mark.parametrize("type, body, is_text", [
    ("application/json", b"{}", True),
    ("text/plain; charset=utf-8", b"hello", True),
    ("application/xml", b"<a/>", True),
    ("application/x-www-form-urlencoded", b"a=1", False),
    ("multipart/form-data; boundary=x", b"--x--", False),
    ("application/octet-stream", b"\0\1", False),
    ("text/plain", b"\xff\xfe", False),
    (None, b"hello", False),
])
def test_a_body_is_text_by_its_type(make, type, body, is_text):
    headers = [("Content-Type", type)] if type else []
    event = make().event("PUT", "/", body, headers)
    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == (body.decode() if is_text else base64.b64encode(body).decode())


def test_a_compressed_body_comes_as_it_was_sent(make):
    event = make().event("POST", "/", b"\x1f\x8bno gzip", [("Content-Encoding", "gzip"),
                                                         ("Content-Type", "text/plain")])
    assert base64.b64decode(event["body"]) == b"\x1f\x8bno gzip"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_any_method_reaches_the_function(make, method):
    assert make().event(method)["requestContext"]["http"]["method"] == method


def test_head_is_answered_without_a_body(make):
    answer = make("return {statusCode: 200, headers: {'x-method': "
                  "event.requestContext.http.method}, body: 'seven b'}").send("HEAD")
    assert (answer.status, answer.headers["x-method"], answer.body) == (200, "HEAD", b"")
    assert answer.headers["Content-Length"] == "7"


def test_paths_that_mean_something_elsewhere_are_the_functions_own(make, name):
    url = make()
    for path in ("/_coalmine/health", f"/2015-03-31/functions/{name}", "/?Action=ListMetrics",
                 "/service/A/operation/B"):
        event = url.event("GET", path, headers=[("X-Amz-Target", "A.B")])
        assert event["rawPath"] == path.split("?")[0]


def test_the_url_answers_by_path_too(make):
    url = make()
    for target, path in [("", "/"), ("/", "/"), ("/a//b%2Fc/?q=1", "/a//b%2Fc/")]:
        event = url.event("POST", f"/_coalmine/url/{url.id}{target}", b"x",
                          host=f"127.0.0.1:{url.port}")
        assert event["rawPath"] == event["requestContext"]["http"]["path"] == path
        assert event["requestContext"]["domainName"] == url.host.split(":")[0]


def test_aws_s_own_host_name_is_taken_in_any_case(make):
    url = make()
    host = f"{url.id.upper()}.Lambda-Url.us-east-1.on.aws"
    assert url.event(host=host)["headers"]["host"] == host


@pytest.mark.parametrize("host, is_url", [
    ("{id}.lambda-url.us-west-2.localhost", True),  # another region's
    ("x{id}.lambda-url.us-east-1.localhost", True),
    ("{id}.lambda-url.us-east-1.localhost.evil.example", False),
    ("{id}.lambda-url.us-east-1.evil-on.aws", False),
    ("a.{id}.lambda-url.us-east-1.localhost", False),
    ("{id}.lambda-url.localhost", False),
    ("{id}.lambda-url.us-east-1.localhost:port", False),
])
def test_only_the_exact_host_name_is_a_url(make, host, is_url):
    url = make()
    answer = url.send("GET", "/", host=host.format(id=url.id))
    if is_url:
        assert (answer.status, answer.body) == (403, b'{"Message":null}')
        assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    else:
        # Nobody's: no operation, or a name that the server does not answer under.
        assert (answer.status, answer.headers["x-amzn-ErrorType"]) in [
            (501, "NotImplemented"), (403, "AccessDeniedException")]
        assert answer.body != b'{"Message":null}'


def test_six_megabytes_go_in_and_come_out(make):
    url = make("return {statusCode: 200, body: event.rawQueryString ? `${event.body.length}` : "
               "event.body}")
    body = b"x" * 6291456
    text = [("Content-Type", "text/plain")]
    assert url.send("POST", "/?short", body, text).body == b"6291456"
    assert url.send("POST", "/", body[:-100], text).body == body[:-100]
    answer = url.send("POST", "/", body + b"x", text)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (
        413, "RequestEntityTooLargeException")


def test_hundreds_of_query_members_and_headers_go_in(make):
    url = make()
    many = [f"m{i}" for i in range(300)]
    event = url.event("GET", "/?" + "&".join(many), headers=[(m, "x" * 50) for m in many])
    assert list(event["queryStringParameters"]) == many
    assert all(event["headers"][m] == "x" * 50 for m in many)


def test_ten_kilobytes_of_cookies_go_in_beside_a_body_and_sixteen_of_headers_out(make):
    """The body's first part shares the connection's memory with them."""
    url = make("return {statusCode: 200, headers: {a: 'v'.repeat(16000)}, "
               "body: String(event.cookies.length)}")
    cookies = [f"c{i:03}=" + "v" * 40 for i in range(200)]
    answer = url.send("POST", body=b"x" * 200000, headers=[("Cookie", "; ".join(cookies))])
    assert (answer.status, answer.body, answer.getheader("a")) == (200, b"200", "v" * 16000)


def test_an_answer_whose_headers_do_not_fit_is_lost_and_the_log_tells(make, server):
    """Beside those of the request, in the connection's memory."""
    url = make("return {statusCode: 200, headers: {a: 'v'.repeat(16000)}}")
    with pytest.raises(http.client.RemoteDisconnected):
        url.send(headers=[("a", "v" * 51000)])
    assert "an answer's headers do not fit into the memory of its connection" in server.read_log()


# --- Answers ---


@pytest.mark.parametrize("result, status, type, body", [
    ("{statusCode: 201, headers: {'content-type': 'text/html'}, body: '<p>'}", 201, "text/html",
     b"<p>"),
    ("{statusCode: '418', body: 'pot'}", 418, "application/json", b"pot"),
    ("{statusCode: 204}", 204, "application/json", b""),
    ("{statusCode: 200, body: 'AAEC', isBase64Encoded: true}", 200, "application/json",
     b"\0\1\2"),
    ("{statusCode: 200, body: {a: 1}}", 200, "application/json", b'{"a":1}'),
    ("{a: 1}", 200, "application/json", b'{"a":1}'),
    ("'text'", 200, "application/json", b"text"),
    ("5.5", 200, "application/json", b"5.5"),
    ("true", 200, "application/json", b"true"),
    ("[1,'a']", 200, "application/json", b'[1,"a"]'),
    ("null", 200, "application/json", b"null"),
    ("undefined", 200, "application/json", b"null"),
])
def test_a_result_becomes_a_reply(make, result, status, type, body):
    answer = make(f"return {result}").send()
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (status, type, body)


def test_headers_and_cookies_of_the_function_are_sent(make):
    answer = make("return {statusCode: 200, headers: {'X-Number': 5, 'X-True': true, 'X-Null': null, "
                  "'Content-Length': 99, Date: 'today', 'Transfer-Encoding': 'chunked'}, "
                  "cookies: ['a=1; Secure', 'b=2'], body: 'x'}").send()
    headers = answer.headers
    assert (headers["X-Number"], headers["X-True"], headers["X-Null"]) == ("5", "true", None)
    assert headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert headers["x-amzn-Remapped-Content-Length"] == "99"
    assert headers["x-amzn-Remapped-Date"] == "today"
    assert (headers["Content-Length"], headers["Transfer-Encoding"]) == ("1", None)


def test_many_headers_are_sent(make):
    answer = make("const headers = {}; for (let i = 0; i < 90; i++) headers[`x-${i}`] = `${i}`; "
                  "return {statusCode: 200, headers}").send()
    assert [answer.headers[f"x-{i}"] for i in range(90)] == [str(i) for i in range(90)]


def test_the_request_id_is_the_invocations(make):
    answer = make("return [context.awsRequestId, event.requestContext.requestId]").send()
    assert json.loads(answer.body) == [answer.headers["x-amzn-RequestId"]] * 2


BAD_RESULTS = [
    "throw new Error('no')",
    "process.exit(1)",
    "return {statusCode: 'abc'}",
    "return {statusCode: 99}",
    "return {statusCode: 600}",
    "return {statusCode: 200.5}",
    "return {statusCode: {}}",
    "return {statusCode: 200, headers: ['a']}",
    "return {statusCode: 200, headers: {a: {}}}",
    "return {statusCode: 200, headers: {'a b': '1'}}",
    r"return {statusCode: 200, headers: {a: '1\r\nSet-Cookie: evil=1'}}",
    r"return {statusCode: 200, headers: {'a\r\nb': '1'}}",
    r"return {statusCode: 200, cookies: ['a=1\nx: y']}",
    "return {statusCode: 200, cookies: 'a=1'}",
    "return {statusCode: 200, headers: {a: 'x'.repeat(20000)}}",
    "return {statusCode: 200, body: '!', isBase64Encoded: true}",
]


@pytest.mark.parametrize("body", BAD_RESULTS)
def test_what_is_no_reply_is_a_502(make, body):
    answer = make(body).send()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("body, reason", [
    ("return {statusCode: 'abc'}", "statusCode is no number from 200 to 599"),
    ("return {statusCode: 200, headers: {a: ['b']}}", "a header is no string, number or boolean"),
    ("return {statusCode: 200, headers: {a: 'x'.repeat(20000)}}",
     "its headers are larger than 16 KB")])
def test_the_log_says_why_it_is_no_reply(server, make, body, reason):
    request_id = make(body).send().headers["x-amzn-RequestId"]
    assert f"{request_id}: the function's answer is no HTTP response: {reason}\n" \
        in server.read_log()


def test_a_timeout_is_a_502(lam, name):
    create(lam, name, node("await new Promise(() => setInterval(() => {}, 1000))"), Timeout=1)
    answer = make_url(lam, name).send()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_a_function_without_concurrency_is_a_429(lam, make, name):
    url = make()
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    answer = url.send()
    assert answer.status == 429
    assert json.loads(answer.body) == {
        "Type": "User", "message": "Rate Exceeded.",
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}


def test_an_alias_s_url_follows_its_weights(lam, name):
    create(lam, name, node("return context.functionVersion"))
    make_alias(lam, name)
    lam.update_function_configuration(FunctionName=name, Description="second")
    lam.publish_version(FunctionName=name)
    url = make_url(lam, name, "live")
    assert url.send().body == b"1"
    lam.update_alias(FunctionName=name, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    # 60 fair draws that are all the same: chance 2 * 0.5 ** 60.
    assert {url.send().body for _ in range(60)} == {b"1", b"2"}
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RoutingConfig={})
    assert url.send().body == b"2"


def test_a_url_outlives_its_alias_and_not_its_function(lam, name):
    create(lam, name)
    make_alias(lam, name)
    url = make_url(lam, name, "live")
    lam.delete_alias(FunctionName=name, Name="live")
    answer = url.send()
    assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)
    lam.create_alias(FunctionName=name, Name="own", FunctionVersion="1")
    own = make_url(lam, name, "own", AuthType="AWS_IAM")
    assert own.send(headers=signed(own)).status == 200
    lam.delete_alias(FunctionName=name, Name="own")
    answer = own.send(headers=signed(own))
    assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)
    lam.delete_function(FunctionName=name)
    answer = url.send()
    assert (answer.status, answer.body) == (403, b'{"Message":null}')


# --- Access ---


def test_none_needs_a_policy_that_lets_everyone_in(lam, server):
    create(lam, "closed")
    answer = make_url(lam, "closed").send()
    assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert ("the URL of closed answers 403: its policy must let everyone (principal *) do both "
            "lambda:InvokeFunctionUrl (with --function-url-auth-type NONE)") in server.read_log()


def signed(url, **changes):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    settings = {"service": "lambda", "region": "us-east-1", "key": "AKIDEXAMPLE", **changes}
    request = AWSRequest("GET", f"http://{url.host}/")
    SigV4Auth(Credentials(settings["key"], "secret"), settings["service"],
              settings["region"]).add_auth(request)
    return list(request.headers.items())


def test_aws_iam_wants_a_signed_request(make):
    url = make(AuthType="AWS_IAM")
    answer = url.send()
    assert (answer.status, json.loads(answer.body)) == (403, FORBIDDEN)
    context = url.event(headers=signed(url))["requestContext"]
    assert context["accountId"] == "000000000000"
    assert context["authorizer"] == {"iam": {
        "accessKey": "AKIDEXAMPLE", "accountId": "000000000000",
        "callerId": "AIDACOALMINECOALMINE", "cognitoIdentity": None, "principalOrgId": None,
        "userArn": "arn:aws:iam::000000000000:user/coalmine", "userId": "AIDACOALMINECOALMINE"}}
    for bad in ({"service": "s3"}, {"region": "eu-west-1"}, {"key": "111111111111"}):
        assert url.send(headers=signed(url, **bad)).status == 403, bad
    assert url.send(headers=[("Authorization", "Bearer abc")]).status == 403


def test_a_policy_that_denies_binds_the_own_account_too(make, http, name):
    url = make(AuthType="AWS_IAM")
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    denial = {"Statement": {"Effect": "Deny", "Principal": "*", "Resource": arn,
                            "Action": "lambda:InvokeFunctionUrl"}}
    assert url.send(headers=signed(url)).status == 200
    http.json("PUT", f"/2026-07-09/resource-policy/{arn}", {"Policy": json.dumps(denial)})
    assert url.send(headers=signed(url)).status == 403


def test_aws_iam_takes_a_presigned_request(make):
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    url = make("return 'in'", AuthType="AWS_IAM")
    request = AWSRequest("GET", f"http://{url.host}/")
    SigV4QueryAuth(Credentials("AKIDEXAMPLE", "secret"), "lambda", "us-east-1").add_auth(request)
    assert url.send("GET", "/?" + request.url.split("?")[1]).body == b"in"
    assert url.send("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256").status == 403


# --- CORS ---

CORS = {"AllowOrigins": ["https://a.example", "https://b.example"], "AllowMethods": ["GET", "PUT"],
        "AllowHeaders": ["x-one", "x-two"], "ExposeHeaders": ["x-three"], "MaxAge": 300,
        "AllowCredentials": True}
PREFLIGHT = [("Access-Control-Request-Method", "PUT")]


def cors_of(answer):
    return {k.lower(): v for k, v in answer.headers.items()
            if k.lower().startswith("access-control-")}


def test_a_preflight_is_answered_without_the_function(make):
    url = make("throw new Error('not me')", Cors=CORS)
    answer = url.send("OPTIONS", "/x", headers=[("Origin", "https://b.example"), *PREFLIGHT])
    assert (answer.status, answer.body) == (200, b"")
    assert cors_of(answer) == {
        "access-control-allow-origin": "https://b.example",
        "access-control-allow-credentials": "true", "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "x-one,x-two", "access-control-max-age": "300"}
    answer = url.send("OPTIONS", "/x", headers=[("Origin", "https://c.example"), *PREFLIGHT])
    assert (answer.status, cors_of(answer)) == (200, {})


def test_an_answer_tells_its_origin(make):
    url = make("if (event.rawPath == '/no') throw new Error('no'); return 1", Cors=CORS)
    expected = {"access-control-allow-origin": "https://a.example",
                "access-control-allow-credentials": "true",
                "access-control-expose-headers": "x-three"}
    for path, status in [("/", 200), ("/no", 502)]:
        answer = url.send("GET", path, headers=[("Origin", "https://a.example")])
        assert (answer.status, cors_of(answer), answer.headers["Vary"]) == (
            status, expected, "Origin")
    assert cors_of(url.send("GET", "/", headers=[("Origin", "https://c.example")])) == {}
    assert cors_of(url.send("GET", "/")) == {}


def test_any_origin_is_a_star(make):
    answer = make("return 1", Cors={"AllowOrigins": ["*"]}).send(
        headers=[("Origin", "https://c.example")])
    assert cors_of(answer) == {"access-control-allow-origin": "*"}
    assert answer.headers["Vary"] is None


def test_without_cors_a_preflight_goes_to_the_function(make):
    answer = make("return 'mine'").send("OPTIONS", "/", headers=[("Origin", "https://a.example"),
                                                                 *PREFLIGHT])
    assert (answer.body, cors_of(answer)) == (b"mine", {})


# --- Metrics ---


def test_requests_are_counted_by_function_and_by_url(lam, cw, name):
    create(lam, name, node("if (event.rawPath == '/no') throw new Error('no'); "
                           "return {statusCode: event.rawPath == '/404' ? 404 : 200}"))
    make_alias(lam, name)
    urls = [make_url(lam, name), make_url(lam, name, "live")]
    for url, path in [(urls[0], "/"), (urls[0], "/404"), (urls[1], "/no"), (urls[1], "/"),
                      (urls[1], "/404")]:
        url.send("GET", path)

    def total(metric, which="Sum", **dimensions):
        return statistic(cw, metric, which, FunctionName=name, **dimensions)

    names = ("UrlRequestCount", "Url4xxCount", "Url5xxCount")
    assert [total(n) for n in names] == [5, 2, 1]
    assert [total(n, Resource=name) for n in names] == [2, 1, 0]
    assert [total(n, Resource=f"{name}:live") for n in names] == [3, 1, 1]
    assert total("UrlRequestLatency", "SampleCount") == 5
    assert total("UrlRequestLatency", "Minimum") > 0
