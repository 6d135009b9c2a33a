"""Answers in pieces (lambda-api.md sections 9.1, 18.3 and 20): from node, from custom runtimes, to
clients that are slow or leave, and what becomes of them when something goes wrong on the way."""
import base64
import concurrent.futures
import json
import signal

import pytest

from tests.conftest import COALMINE
from tests.support.bootstraps import serving
from tests.support.faults import Faults
from tests.support.gate import Gate
from tests.support.machine import forget_peak, peak_mb, wait_for
from tests.support.packages import create, node, python, zip_of
from tests.support.streams import PATH, Stream, node_stream

def invoke(lam, name, **arguments):
    answer = lam.invoke(FunctionName=name, **arguments)
    return answer, answer["Payload"].read()


def error_of_stream(complete):
    return complete["ErrorCode"], json.loads(complete["ErrorDetails"])


# The good case.

def test_node_streams_while_the_handler_still_runs(lam, server, name):
    gate = Gate()
    create(lam, name, node_stream(f"stream.write('one,'); {gate.wait} stream.write('two'); "
                                  "stream.end();"))
    stream = Stream(server.port, name)
    events = iter(stream)
    assert next(events) == ("PayloadChunk", b"one,")
    gate.wait_until_inside()
    gate.open()
    assert list(events) == [("PayloadChunk", b"two"), ("InvokeComplete", {})]
    assert stream.status == 200
    assert stream.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    assert stream.headers["X-Amz-Executed-Version"] == "$LATEST"
    assert stream.headers["X-Amzn-Remapped-Content-Type"] == "application/octet-stream"


def test_a_custom_runtime_streams_while_it_still_runs(lam, server, name):
    gate = Gate()
    create(lam, name, serving(f"""
    pieces = Pieces(request_id, "text/x-own")
    pieces.write(b"one,")
    socket.create_connection(("127.0.0.1", {gate.port})).recv(1)
    pieces.write(b"two")
    print("told", pieces.end())
"""))
    stream = Stream(server.port, name, X_Amz_Log_Type="Tail")
    events = iter(stream)
    assert next(events) == ("PayloadChunk", b"one,")
    gate.wait_until_inside()
    gate.open()
    (_, rest), (_, complete) = events
    assert rest == b"two" and "ErrorCode" not in complete
    assert stream.headers["X-Amzn-Remapped-Content-Type"] == "text/x-own"


def test_the_environment_is_kept_between_streams(lam, server, name):
    create(lam, name, node_stream("globalThis.n = (globalThis.n || 0) + 1; "
                                  "stream.end(String(globalThis.n));"))
    assert [Stream(server.port, name).all() for _ in range(3)] == \
        [(b"1", {}), (b"2", {}), (b"3", {})]


def test_an_http_response_is_prelude_eight_zeros_body(lam, server, name):
    create(lam, name, node_stream(
        "const http = awslambda.HttpResponseStream.from(stream, {statusCode: 201, "
        "headers: {'Content-Type': 'text/html'}, cookies: ['a=b']}); "
        "http.write('<p>'); http.end('</p>');"))
    stream = Stream(server.port, name)
    prelude, _, body = stream.all()[0].partition(b"\0" * 8)
    assert json.loads(prelude) == {"statusCode": 201, "headers": {"Content-Type": "text/html"},
                                   "cookies": ["a=b"]}
    assert body == b"<p></p>"
    assert stream.headers["X-Amzn-Remapped-Content-Type"] == \
        "application/vnd.awslambda.http-integration-response"


def test_the_content_type_can_be_set_until_the_first_byte(lam, server, name):
    create(lam, name, node_stream(
        "stream.setContentType('text/plain'); stream.write('x'); "
        "try { stream.setContentType('a/b'); } catch (e) { stream.end(e.name + e.message); }"))
    stream = Stream(server.port, name)
    assert stream.all()[0] == \
        b"xRuntime.InvalidStreamingOperationCannot set content-type, too late."
    assert stream.headers["X-Amzn-Remapped-Content-Type"] == "text/plain"


def test_what_is_no_text_is_written_as_json(lam, server, name):
    create(lam, name, node_stream("stream.write({a: 1}); stream.write(5); stream.write(new "
                                  "Uint8Array([33])); stream.end('.');"))
    assert b"".join(piece for kind, piece in Stream(server.port, name)
                    if kind == "PayloadChunk") == b'{"a":1}5!.'


def test_a_pipeline_of_node_streams_works(lam, server, name):
    create(lam, name, node_stream(
        "const { pipeline } = await import('stream/promises'); "
        "const { Readable } = await import('stream'); "
        "await pipeline(Readable.from(['a', 'b', 'c'].map((x) => x.repeat(event.n))), stream);"))
    n = 100_000
    assert Stream(server.port, name, json.dumps({"n": n})).all() == \
        (b"a" * n + b"b" * n + b"c" * n, {})


def test_a_pipeline_that_fails_keeps_what_it_wrote_and_the_environment(lam, server, name):
    create(lam, name, node_stream(
        "globalThis.n = (globalThis.n || 0) + 1; "
        "const { pipeline } = await import('stream/promises'); "
        "const { Readable } = await import('stream'); "
        "await pipeline(Readable.from((async function* () { if (!event.early) yield 'half'; "
        "await pause(20); throw new RangeError('source ' + globalThis.n); })()), stream);"))
    payload, complete = Stream(server.port, name).all()
    assert (payload, complete["ErrorCode"]) == (b"half", "RangeError")
    payload, complete = Stream(server.port, name, b'{"early": 1}').all()
    assert payload == b"" and error_of_stream(complete)[1]["errorMessage"] == "source 2"


def test_a_handler_may_destroy_its_stream(lam, server, name):
    create(lam, name, node_stream("stream.write('half'); await pause(5); stream.destroy();"))
    for _ in range(2):
        payload, complete = Stream(server.port, name).all()
        assert (payload, complete["ErrorCode"]) == (b"half", "Runtime.NodeJsExit")


def test_a_handler_is_streaming_by_its_symbol(lam, server, name):
    mark = ("((handler) => { handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = "
            "'response'; return handler; })")
    create(lam, name, node_stream("stream.end('by symbol');", mark))
    assert Stream(server.port, name).all() == (b"by symbol", {})


def test_the_global_can_be_switched_off(lam, name):
    create(lam, name, node("return typeof awslambda"))
    assert invoke(lam, name)[1] == b'"object"'
    lam.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA": "1"}})
    assert invoke(lam, name)[1] == b'"undefined"'


@pytest.mark.parametrize("package", [node("return {a: event.a}"),
                                     python("return {'a': event['a']}"),
                                     serving("    respond(request_id, event)\n")],
                         ids=["node", "python", "custom"])
def test_a_plain_handler_comes_as_one_chunk(lam, server, name, package):
    create(lam, name, package)
    stream = Stream(server.port, name, b'{"a": "x"}', X_Amz_Log_Type="Tail")
    (kind, payload), (last, complete) = stream
    assert (kind, json.loads(payload), last) == ("PayloadChunk", {"a": "x"}, "InvokeComplete")
    assert base64.b64decode(complete["LogResult"]).startswith(b"START RequestId: ")


def test_a_streamed_answer_to_plain_invoke_is_collected(lam, name):
    create(lam, name, node_stream("stream.write('{\"a\":'); await pause(1); stream.end('1}');"))
    answer, payload = invoke(lam, name)
    assert payload == b'{"a":1}' and "FunctionError" not in answer


def test_versions_and_aliases_are_told(lam, server, name):
    create(lam, name, node_stream("stream.end(context.functionVersion);"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    stream = Stream(server.port, name + ":live")
    assert stream.headers["X-Amz-Executed-Version"] == "1" and stream.all() == (b"1", {})


def test_what_is_refused_is_refused_as_by_invoke(lam, http, name):
    assert http.send("POST", PATH % name, b"{}").status == 404
    create(lam, name, node("return 1"))
    assert http.send("POST", PATH % name, b"{no").headers["x-amzn-ErrorType"] == \
        "InvalidRequestContentException"
    dry = http.send("POST", PATH % name, b"{}", {"X-Amz-Invocation-Type": "DryRun"})
    assert (dry.status, dry.body) == (204, b"")
    event = http.send("POST", PATH % name, b"{}", {"X-Amz-Invocation-Type": "Event"})
    assert event.status == 400 and b"Member must satisfy enum value set: " in event.body


# What goes wrong.

@pytest.mark.parametrize("body, code, written", [
    ("throw new TypeError('bad')", "TypeError", b""),
    ("stream.write('half'); throw new TypeError('bad')", "TypeError", b"half"),
    ("stream.write('half'); await pause(1); throw new TypeError('bad')", "TypeError", b"half"),
    ("stream.write('half'); setTimeout(() => { throw new TypeError('bad') }, 1); "
     "await pause(60000)", "TypeError", b"half"),
    ("stream.write('half'); await new Promise(() => {})", "Runtime.NodeJsExit", b"half"),
    ("await new Promise(() => {})", "Runtime.NodeJsExit", b""),
    ("stream.write('half')", "Runtime.NodeJsExit", b"half"),
], ids=["before-the-first-byte", "in-the-middle", "after-a-pause", "uncaught",
        "never-settles", "never-begins", "never-ends"])
def test_an_error_is_the_last_event(lam, server, name, body, code, written):
    create(lam, name, node_stream(body))
    payload, complete = Stream(server.port, name).all()
    assert payload == written
    error_code, details = error_of_stream(complete)
    assert (error_code, details["errorType"]) == (code, code)
    assert Stream(server.port, name).status == 200  # and the next one begins


def test_a_timeout_in_the_middle_is_the_last_event(start_server, tmp_path):
    clock = Faults(tmp_path / "control")
    server = start_server(environment=clock.environment(tmp_path / "no calls fail"))
    lam = server.client("lambda")
    create(lam, "f", node_stream("stream.write('half'); await pause(1e6)"), Timeout=900)
    events = iter(Stream(server.port, "f"))
    assert next(events) == ("PayloadChunk", b"half")
    clock.advance(901)
    server.client("lambda").list_functions()  # so it looks at its clock
    (_, complete), = events
    error_code, details = error_of_stream(complete)
    assert (error_code, details["errorType"]) == ("Sandbox.Timedout", "Sandbox.Timedout")


@pytest.mark.parametrize("package, error_type", [
    (node("throw new TypeError('bad')"), "TypeError"),
    (node("process.exit(3)"), "Runtime.ExitError"),
    (node_stream("process.exit(3)"), "Runtime.ExitError"),
    (node_stream("setTimeout(() => { throw new TypeError('bad') }, 1); await pause(60000)"),
     "TypeError"),
    (node_stream("await pause(60000)"), "Sandbox.Timedout"),
    ({**node_stream(""), "Handler": "index.none"}, "Runtime.HandlerNotFound"),
], ids=["plain", "plain-exit", "exit", "uncaught", "timeout", "no-handler"])
def test_without_a_stream_an_error_is_unhandled_as_by_invoke(lam, server, name, package,
                                                             error_type):
    create(lam, name, package, Timeout=1 if error_type == "Sandbox.Timedout" else 60)
    payload, complete = Stream(server.port, name).all()
    code, details = error_of_stream(complete)
    assert (payload, code, details["errorType"]) == (b"", "Unhandled", error_type)


def test_an_error_that_is_no_text_is_told_as_text(lam, server, name):
    create(lam, name, serving("    ask('POST', 'invocation/%s/error' % request_id, b'\\xffa\\0b')\n"))
    assert Stream(server.port, name).all() == (b"", {"ErrorCode": "Unhandled",
                                                     "ErrorDetails": "\ufffdab"})
    assert invoke(lam, name)[1] == b"\xffa\0b"


def test_of_a_process_that_went_away_in_the_middle_the_rest_is_missing(lam, server, name):
    create(lam, name, node_stream("stream.write('half'); await pause(10); process.exit(3)"))
    assert Stream(server.port, name).all() == (b"half", {"ErrorCode": "Runtime.TruncatedResponse"})


def test_the_end_waits_for_the_handler(lam, server, name):
    """What a handler throws after its stream has ended is still told."""
    create(lam, name, node_stream("stream.end('all'); await pause(20); throw new Error('late')"))
    payload, complete = Stream(server.port, name).all()
    assert payload == b"all" and error_of_stream(complete)[1]["errorMessage"] == "late"


def test_a_streaming_handler_must_be_async(lam, server, name):
    create(lam, name, {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {
        "ZipFile": zip_of({"index.js": "exports.handler = awslambda.streamifyResponse("
                                       "(event, stream) => { stream.end('x'); });"})}})
    _, complete = Stream(server.port, name).all()
    assert error_of_stream(complete)[1]["errorMessage"] == \
        "Streaming does not support non-async handlers."


@pytest.mark.parametrize("end, code", [
    ('pieces.end("Runtime.Midstream", {"errorType": "Mid", "errorMessage": "m"})', "Mid"),
    ('pieces.end("Runtime.Midstream")', "Runtime.Midstream"),
    ("pieces.socket.close()", "Runtime.TruncatedResponse"),
    ("os._exit(4)", "Runtime.TruncatedResponse"),
], ids=["trailers", "type-alone", "truncated", "exit"])
def test_a_custom_runtime_can_fail_in_the_middle(lam, server, name, end, code):
    gate = Gate()
    create(lam, name, serving(f"""
    pieces = Pieces(request_id)
    pieces.write(b"half")
    socket.create_connection(("127.0.0.1", {gate.port})).recv(1)
    {end}
"""))
    for _ in range(2):  # the runtime goes on
        events = iter(Stream(server.port, name))
        assert next(events) == ("PayloadChunk", b"half")
        gate.wait_until_inside()
        gate.open()
        (_, complete), = events
        assert complete["ErrorCode"] == code
        assert ("ErrorDetails" in complete) == (code != "Runtime.TruncatedResponse")


def test_plain_invoke_reports_the_error_in_the_middle(lam, name):
    create(lam, name, node_stream("stream.write('half'); throw new TypeError('bad')"))
    answer, payload = invoke(lam, name)
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(payload)["errorType"] == "TypeError"


def test_plain_invoke_has_its_limit_for_streamed_answers_too(lam, name):
    create(lam, name, node_stream("stream.end('x'.repeat(event.n))"), Timeout=60)
    answer, payload = invoke(lam, name, Payload=json.dumps({"n": 6291556}))
    assert len(payload) == 6291556 and "FunctionError" not in answer
    answer, payload = invoke(lam, name, Payload=json.dumps({"n": 6291557}))
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(payload) == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 "
                        "bytes).", "errorType": "Function.ResponseSizeTooLarge"}


# Slow clients, clients that leave, a server that stops.

WRITE_MUCH = ("for (let i = 0; i < event.mb * 16; i++) "
              "if (!stream.write(Buffer.alloc(65536, 97 + i % 26))) "
              "await new Promise((go) => stream.once('drain', go)); stream.end();")
WRITE_MUCH_CUSTOM = """
    pieces = Pieces(request_id)
    for i in range(event["mb"] * 16):
        pieces.write(bytes([97 + i % 26]) * 65536)
    pieces.end()
"""


def is_all_of(payload, megabytes):
    return payload == b"".join(bytes([97 + i % 26]) * 65536 for i in range(megabytes * 16))


@pytest.mark.parametrize("package", [node_stream(WRITE_MUCH), serving(WRITE_MUCH_CUSTOM)],
                         ids=["node", "custom"])
def test_a_slow_client_does_not_fill_the_servers_memory(lam, server, name, package):
    create(lam, name, package, Timeout=60, MemorySize=256)
    assert is_all_of(Stream(server.port, name, b'{"mb": 1}').all()[0], 1)
    before = forget_peak(server.process.pid)
    stream = Stream(server.port, name, b'{"mb": 150}')
    for _ in range(200):  # the function has all the time it could want; nothing is read yet
        lam.get_account_settings()
    payload, complete = stream.all()
    assert is_all_of(payload, 150) and complete == {}
    growth_max_mb = 20 if "asan" not in COALMINE else 400  # the sanitizer keeps freed memory
    assert peak_mb(server.process.pid) - before < growth_max_mb


@pytest.mark.parametrize("package", [node_stream(WRITE_MUCH), serving(WRITE_MUCH_CUSTOM)],
                         ids=["node", "custom"])
def test_many_streams_at_once_stay_apart(lam, server, name, package):
    """All begin before the first is read."""
    create(lam, name, package, Timeout=60, MemorySize=256)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        streams = list(threads.map(lambda _: Stream(server.port, name, b'{"mb": 8}'), range(8)))
        for payload, complete in threads.map(Stream.all, streams):
            assert is_all_of(payload, 8) and complete == {}


def test_a_client_that_leaves_does_not_stop_the_function(lam, server, name):
    gate, end = Gate(), Gate()
    create(lam, name, node_stream(
        f"stream.write('one'); {gate.wait} for (let i = 0; i < 100; i++) {{ "
        "if (!stream.write('x'.repeat(65536))) "
        f"await new Promise((go) => stream.once('drain', go)); }} stream.end(); {end.wait}"))
    stream = Stream(server.port, name)
    assert next(iter(stream)) == ("PayloadChunk", b"one")
    gate.wait_until_inside()
    stream.leave()
    gate.open()
    end.wait_until_inside()  # it has written everything
    end.open()


def test_a_client_that_leaves_while_the_function_waits_for_it(lam, server, name):
    end = Gate()
    create(lam, name, node_stream(WRITE_MUCH + end.wait), Timeout=60)
    stream = Stream(server.port, name, b'{"mb": 100}')
    assert next(iter(stream))[0] == "PayloadChunk"
    stream.leave()
    end.wait_until_inside()  # it has written everything
    end.open()


def test_no_more_than_200_megabytes_are_streamed(lam, server, name):
    limit = 200_000_000
    create(lam, name, node_stream(
        "for (let left = event.n; left > 0; left -= 1000000) "
        "if (!stream.write(Buffer.alloc(Math.min(left, 1000000), 46))) "
        "await new Promise((go) => stream.once('drain', go)); stream.end();"), Timeout=120,
        MemorySize=512)
    size = 0
    for kind, payload in Stream(server.port, name, json.dumps({"n": limit + 1})):
        if kind == "PayloadChunk":
            size += len(payload)
        else:
            assert payload["ErrorCode"] == "Function.ResponseSizeTooLarge"
    assert limit - 65536 <= size <= limit


def test_a_stop_waits_for_the_stream(start_server, name):
    server = start_server()
    gate = Gate()
    create(server.client("lambda"), name,
           node_stream(f"stream.write('one'); {gate.wait} stream.end('two');"))
    events = iter(Stream(server.port, name))
    assert next(events) == ("PayloadChunk", b"one")
    gate.wait_until_inside()
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping when" in server.read_log(), "the server hears of it")
    gate.open()
    assert list(events) == [("PayloadChunk", b"two"), ("InvokeComplete", {})]
    assert server.process.wait(30) == 0


def test_a_stop_at_once_ends_the_stream_with_an_error(start_server, name):
    server = start_server()
    gate = Gate()
    create(server.client("lambda"), name,
           node_stream(f"stream.write('one'); {gate.wait} stream.end('two');"))
    events = iter(Stream(server.port, name))
    assert next(events) == ("PayloadChunk", b"one")
    gate.wait_until_inside()
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping when" in server.read_log(), "the server hears of it")
    server.process.send_signal(signal.SIGTERM)
    (kind, complete), = events
    assert (kind, complete["ErrorCode"]) == ("InvokeComplete", "Runtime.TruncatedResponse")
    assert server.process.wait(30) == 0, server.read_log()
