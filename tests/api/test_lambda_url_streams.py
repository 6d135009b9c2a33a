"""Function URLs of InvokeMode RESPONSE_STREAM: answers that leave while the function runs."""
import http.client
import json

import pytest

from tests.conftest import Server
from tests.support.packages import create, node
from tests.support.streaming import Streamer
from tests.support.streams import node_stream
from tests.support.urls import Url, open_name, open_server

PRELUDE = "application/vnd.awslambda.http-integration-response"
END = b"\0" * 8


@pytest.fixture(scope="module", name="server")
def open_functions():
    with open_server(Server) as running:
        yield running


@pytest.fixture
def make(http, lam):
    """Makes a function of this package with a streaming URL."""
    def made(package, **settings):
        name = open_name()
        create(lam, name, package)
        # Debian 12's boto3 does not know InvokeMode yet.
        answer = http.json("POST", f"/2021-10-31/functions/{name}/url",
                           {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM", **settings})
        return Url(answer["FunctionUrl"])
    return made


def prelude(**members):
    return json.dumps(members).encode() + END


def test_bytes_arrive_while_the_function_runs(make):
    streamer = Streamer(b"first,", "gate", b"second,", "gate", b"third", type="text/plain")
    answer = make(streamer.package).open("GET")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
    assert answer.read(6) == b"first,"
    streamer.open()
    assert answer.read(7) == b"second,"
    streamer.open()
    assert answer.read() == b"third"


def test_the_head_arrives_before_any_byte_of_the_body(make):
    head = prelude(statusCode=418, headers={"X-A": "b"}, cookies=["c=1", "d=2"])
    streamer = Streamer(head, "gate", b"body", type=PRELUDE)
    answer = make(streamer.package).open("GET", headers=[("Origin", "https://a.example")])
    assert (answer.status, answer.headers["X-A"]) == (418, "b")
    assert answer.headers.get_all("Set-Cookie") == ["c=1", "d=2"]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    streamer.open()
    assert answer.read() == b"body"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_prelude_may_come_in_any_pieces(make, size):
    whole = prelude(statusCode=201, headers={"Content-Type": "text/css"}) + b"a\0b" + END + b"c"
    pieces = [whole[i:i + size] for i in range(0, len(whole), size)]
    answer = make(Streamer(*pieces, type=PRELUDE).package).send()
    assert (answer.status, answer.headers["Content-Type"]) == (201, "text/css")
    assert answer.body == b"a\0b" + END + b"c"


def test_without_a_type_the_body_is_bytes(make):
    answer = make(Streamer(prelude(statusCode=500)).package).send()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
    assert answer.body == b'{"statusCode": 500}' + END


@pytest.mark.parametrize("steps, type", [
    ((b'{"statusCode": 200', ), PRELUDE),  # never ends
    ((b"no json" + END,), PRELUDE),
    ((prelude(statusCode="abc"), b"body"), PRELUDE),
    ((prelude(statusCode=200, headers={"a": "b\r\nc: d"}), b"body"), PRELUDE),
    ((b"x" * 70000, END), PRELUDE),
    ((b"{", "fail"), PRELUDE),
    (("fail",), "text/plain"),
    (("exit",), "text/plain"),
], ids=["endless", "no-json", "status", "injection", "large", "fail", "plain", "plain-exit"])
def test_a_stream_that_fails_before_its_head_is_a_502(make, steps, type):
    answer = make(Streamer(*steps, type=type).package).send()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


@pytest.mark.parametrize("steps, reason", [
    ((b'{"statusCode": 200',), "no eight zero bytes stand behind its head"),
    ((b"x" * 70000, END), "no eight zero bytes stand behind its head"),
    ((b"no json" + END,), "what stands before the eight zero bytes is no JSON object"),
], ids=["endless", "large", "no-json"])
def test_the_log_says_what_its_head_lacks(server, make, steps, reason):
    answer = make(Streamer(*steps, type=PRELUDE).package).send()
    lines = [line for line in server.read_log().split("\n")
             if answer.headers["x-amzn-RequestId"] in line]
    assert len(lines) == 1 and lines[0].endswith(f"answer is no HTTP response: {reason}")


@pytest.mark.parametrize("end", ["fail", "exit"])
def test_a_stream_that_breaks_off_is_seen_to_be_cut(make, end):
    answer = make(Streamer(b"some", end, type="text/plain").package).open("GET")
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert caught.value.partial == b"some"


def test_an_empty_stream_is_an_empty_body(make):
    answer = make(Streamer(type="text/plain").package).send()
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/plain", b"")


HTTP = "const http = awslambda.HttpResponseStream.from(stream, {statusCode: 404, headers: {'X-A': 'b'}});"


@pytest.mark.parametrize("ending, expected", [
    ("http.write(''); http.end();", (404, "b", b"")),
    ("http.write('none'); http.end();", (404, "b", b"none")),
    ("http.end();", (200, None, b"")),
    ("http.end('none');", (502, None, b"Internal Server Error")),
])
def test_status_and_headers_go_with_the_first_write(make, ending, expected):
    """aws-lambda-nodejs-runtime-interface-client, issue 97."""
    answer = make(node_stream(f"{HTTP} {ending}")).send()
    assert (answer.status, answer.headers["X-A"], answer.body) == expected
    assert answer.headers["Content-Type"] == (
        "application/json" if answer.status == 502 else "application/octet-stream")


def test_the_log_says_why_there_are_no_headers(server, make):
    answer = make(node_stream(f"{HTTP} http.end();")).send()
    line, = [line for line in server.read_log().split("\n")
             if answer.headers["x-amzn-RequestId"] in line]
    assert "sends the status and the headers with the first write(), which may be empty" in line


def test_a_handler_that_throws_at_once_is_a_502(make):
    answer = make(node_stream("throw new Error('no');")).send()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_a_function_that_does_not_stream_is_sent_as_it_is(make):
    answer = make(node("return {statusCode: 201, body: 'x'}")).send()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body == b'{"statusCode":201,"body":"x"}'
    answer = make(node("throw new Error('no')")).send()
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


def test_head_of_a_stream_has_no_body(make):
    answer = make(Streamer(b"body", type="text/plain").package).send("HEAD")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/plain", b"")


def test_cors_headers_come_with_a_stream(make):
    url = make(Streamer(b"x", type="text/plain").package, Cors={"AllowOrigins": ["*"]})
    answer = url.send(headers=[("Origin", "https://a.example")])
    assert (answer.body, answer.headers["Access-Control-Allow-Origin"]) == (b"x", "*")


def test_a_client_that_leaves_does_not_stop_the_function(make):
    streamer = Streamer(b"x", "gate", b"y" * 100000, type="text/plain")
    url = make(streamer.package)
    answer = url.open("GET")
    assert answer.read(1) == b"x"
    answer.close()
    answer.connection.close()
    streamer.open()
    answer = url.open("GET")
    streamer.open()
    assert answer.read() == b"x" + b"y" * 100000


def test_twenty_megabytes_stream_through(make):
    piece = b"z" * (1 << 20)
    answer = make(Streamer(*[piece] * 20, type="text/plain").package).send()
    assert answer.body == piece * 20


def test_a_buffered_url_collects_a_stream(http, lam):
    name = open_name()
    create(lam, name, Streamer(b'{"statusCode": 2', b'02, "body": "all"}').package)
    url = Url(http.json("POST", f"/2021-10-31/functions/{name}/url",
                        {"AuthType": "NONE"})["FunctionUrl"])
    answer = url.send()
    assert (answer.status, answer.body) == (202, b"all")
