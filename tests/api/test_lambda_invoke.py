"""Invoke: lambda-api.md sections 5 and 6, on real processes."""
import base64
import concurrent.futures
import json
import re
import threading

import pytest

from tests.support.errors import error_of
from tests.support.faults import Faults
from tests.support.gate import Gate
from tests.support.packages import create, node, python, zip_of


def invoke(lam, name, **arguments):
    answer = lam.invoke(FunctionName=name, **arguments)
    return answer, json.loads(answer["Payload"].read())


def bootstrap(script):
    return {"Runtime": "provided.al2023", "Handler": "h",
            "Code": {"ZipFile": zip_of({"bootstrap": script}, {"bootstrap": 0o755})}}


ECHO = """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while true; do
  event=$(curl -sS -D /tmp/headers $api/next)
  id=$(grep -i Lambda-Runtime-Aws-Request-Id /tmp/headers | tr -d '\\r' | cut -d' ' -f2)
  curl -sS -o /dev/null $api/$id/response -d "{\\"got\\": $event}"
done
"""


@pytest.mark.parametrize("package, event, expected", [
    (node("return event"), {"a": [1, "x", None]}, {"a": [1, "x", None]}),
    (node("return"), {}, None),
    (node("return 'abc'"), {}, "abc"),
    (python("return event"), {"a": "\u00e9"}, {"a": "\u00e9"}),
    (python("pass"), {}, None),
    (bootstrap(ECHO), {"n": 1}, {"got": {"n": 1}}),
    ({"Runtime": "nodejs20.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of(
        {"index.js": "exports.handler = (e, c, callback) => callback(null, e.x);"})}},
     {"x": 5}, 5),
    ({"Runtime": "nodejs22.x", "Handler": "a/b.c", "Code": {"ZipFile": zip_of(
        {"a/b.cjs": "exports.c = async (e) => 'cjs';"})}}, {}, "cjs"),
], ids=["node", "node-undefined", "node-string", "python", "python-none", "provided", "callback",
        "cjs-in-folder"])
def test_functions_run(lam, name, package, event, expected):
    create(lam, name, package)
    answer, result = invoke(lam, name, Payload=json.dumps(event))
    assert (answer["StatusCode"], answer["ExecutedVersion"], result) == (200, "$LATEST", expected)
    assert "FunctionError" not in answer


@pytest.mark.parametrize("package, error_type, message", [
    (node("throw new TypeError('bad')"), "TypeError", "bad"),
    (python("raise ValueError('bad')"), "ValueError", "bad"),
    (node("process.exit(0)"), "Runtime.ExitError",
     "RequestId: {id} Error: Runtime exited without providing a reason"),
    (node("process.exit(7)"), "Runtime.ExitError",
     "RequestId: {id} Error: Runtime exited with error: exit status 7"),
    (node("process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})"),
     "Runtime.ExitError", "RequestId: {id} Error: Runtime exited with error: signal: killed"),
    ({**node("return"), "Handler": "index.nothing"}, "Runtime.HandlerNotFound",
     "index.nothing is undefined or not exported"),
    ({**python("pass"), "Handler": "app.nothing"}, "Runtime.HandlerNotFound",
     "Handler 'nothing' missing on module 'app'"),
    ({**python("pass"), "Handler": "nomodule.handler"}, "Runtime.ImportModuleError",
     "Unable to import module 'nomodule': No module named 'nomodule'"),
    ({**node("return"), "Handler": "nomodule.handler"}, "Runtime.ImportModuleError", None),
    ({"Runtime": "provided.al2023", "Handler": "h", "Code": {"ZipFile": zip_of({"x": "y"})}},
     "Runtime.InvalidEntrypoint",
     "RequestId: {id} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap "
     "/opt/bootstrap]"),
    (python("return {1, 2}"), "Runtime.MarshalError",
     "Unable to marshal response: Object of type set is not JSON serializable"),
])
def test_what_goes_wrong_is_reported_as_on_aws(lam, name, package, error_type, message):
    create(lam, name, package)
    answer, result = invoke(lam, name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert result["errorType"] == error_type
    if message:
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert result["errorMessage"] == message.format(id=request_id)


def test_a_missing_interpreter_is_named(lam, name):
    create(lam, name, {"Runtime": "java21", "Handler": "x.Y",
                       "Code": {"ZipFile": zip_of({"x": "y"})}})
    answer, result = invoke(lam, name)
    assert answer["FunctionError"] == "Unhandled" and "java21" in result["errorMessage"]


def test_a_timeout_kills_and_the_next_call_starts_afresh(start_server, tmp_path, name):
    clock, gate = Faults(tmp_path / "control"), Gate()
    server = start_server(environment=clock.environment(tmp_path / "no calls fail"))
    lam = server.client("lambda")
    create(lam, name, node("globalThis.n = (globalThis.n || 0) + 1; "
                           f"if (event.wait) {gate.wait} return globalThis.n"), Timeout=303)
    assert invoke(lam, name)[1] == 1
    assert invoke(lam, name)[1] == 2
    with concurrent.futures.ThreadPoolExecutor() as callers:
        waiting = callers.submit(invoke, lam, name, Payload='{"wait": true}', LogType="Tail")
        gate.wait_until_inside()
        clock.advance(303)
        server.client("lambda").list_functions()  # so it looks at its clock
        answer, result = waiting.result()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert result == {"errorType": "Sandbox.Timedout", "errorMessage":
                      f"RequestId: {request_id} Error: Task timed out after 303.00 seconds"}
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "Duration: 303000.00 ms\tBilled Duration: 303000 ms" in log and "Status: timeout" in log
    assert re.search(rf"Z {request_id} Task timed out after 303\.00 seconds\n\nEND ", log)
    assert invoke(lam, name)[1] == 1


def test_the_log_tail_is_start_to_report(lam, name):
    create(lam, name, node("console.log('hello', event.a); console.error('oops')"))
    answer, _ = invoke(lam, name, Payload='{"a": 1}', LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().split("\n")
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
    assert re.fullmatch(rf"\S+Z\t{request_id}\tINFO\thello 1", lines[1])
    assert re.fullmatch(rf"\S+Z\t{request_id}\tERROR\toops", lines[2])
    assert lines[3] == f"END RequestId: {request_id}"
    assert re.fullmatch(rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: "
                        r"\d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t"
                        r"Init Duration: [\d.]+ ms\t", lines[4])
    assert "LogResult" not in invoke(lam, name)[0]


def test_a_long_log_is_cut_to_its_last_4096_bytes(lam, name):
    create(lam, name, python("print('x' * 10000)"))
    answer, _ = invoke(lam, name, LogType="Tail")
    assert len(base64.b64decode(answer["LogResult"])) == 4096


def test_the_context_says_who_was_invoked(lam, name):
    create(lam, name, python("return [context.function_name, context.function_version, "
                             "context.invoked_function_arn, context.memory_limit_in_mb, "
                             "context.aws_request_id, "
                             "context.client_context and context.client_context.custom]"))
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    answer, result = invoke(lam, name, Qualifier="live", ClientContext=context)
    assert result == [name, "1", f"arn:aws:lambda:us-east-1:000000000000:function:{name}:live",
                      "128", answer["ResponseMetadata"]["RequestId"], {"k": "v"}]


@pytest.mark.parametrize("given", [None, "Root=1-5759e988-bd862e3fe1be46a994272793;"
                                   "Parent=53995c3f42cd8ad8;Sampled=1"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_answer_names_its_trace(http, lam, name, given, fails):
    create(lam, name, python("import os\n    trace = os.environ['_X_AMZN_TRACE_ID']\n"
                             "    if event: raise Exception(trace)\n    return trace"))
    answer = http.send("POST", f"/2015-03-31/functions/{name}/invocations",
                       b"1" if fails else b"0", {"X-Amzn-Trace-Id": given} if given else {})
    result = json.loads(answer.body)
    seen = result["errorMessage"] if fails else result
    assert answer.getheader("X-Amzn-Trace-Id") == seen
    assert seen.startswith(given or "Root=1-") and ";Lineage=1:" in seen


@pytest.mark.parametrize("context", [b"hello", b"[]", b'"s"', b"null", b"1", b"", b"\xff{}", b"{}}"])
def test_a_client_context_is_a_json_object(lam, name, context):
    create(lam, name)
    assert error_of(lam.invoke, FunctionName=name,
                    ClientContext=base64.b64encode(context).decode()) == (
        400, "InvalidRequestContentException",
        "Client context must be a valid Base64-encoded JSON object.")


def test_a_client_context_may_be_empty_and_have_space_around(lam, name):
    create(lam, name, python("return [context.client_context.custom, context.client_context.env]"))
    assert invoke(lam, name, ClientContext=base64.b64encode(b" \n{} ").decode())[1] == [None, None]


def test_environment_variables_reach_the_function(lam, name):
    create(lam, name, node("return [process.env.MINE, process.env.AWS_REGION, process.env._HANDLER,"
                           " process.env.AWS_LAMBDA_FUNCTION_NAME, process.env.HOME,"
                           " process.cwd()]"), Environment={"Variables": {"MINE": "v=1"}})
    result = invoke(lam, name)[1]
    assert result[:4] == ["v=1", "us-east-1", "index.handler", name]


def test_dry_run_checks_and_runs_nothing(lam, name):
    create(lam, name, node("throw new Error('ran')"))
    answer = lam.invoke(FunctionName=name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and "ExecutedVersion" not in answer
    assert error_of(lam.invoke, FunctionName="no-such", InvocationType="DryRun")[0] == 404


@pytest.mark.parametrize("payload, reason, column", [
    (b"\x99", "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String, "
     "Number, Array, Object or token 'null', 'true' or 'false')", 1),
    (b"n\x87", "Invalid UTF-8 start byte 0x87", 3),
    (b"hello", "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or "
     "token 'null', 'true' or 'false')", 6),
    (b"a string", "Unrecognized token 'a': was expecting (JSON String, Number, Array, Object or "
     "token 'null', 'true' or 'false')", 3),
    (b"0D\x61\x80", "Unexpected character ('D' (code 68)): Expected space separating root-level "
     "values", 2),
    (b'{"a":1,', "Unexpected end-of-input within/between Object entries", 8),
    (b'{"a":"\xe9"}', "Invalid UTF-8 middle byte 0x22", 9),
])
def test_a_payload_that_is_no_json_is_refused(lam, name, payload, reason, column):
    create(lam, name)
    assert error_of(lam.invoke, FunctionName=name, Payload=payload) == (
        400, "InvalidRequestContentException",
        "Could not parse request body into json: Could not parse payload into json: " + reason +
        "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
        f"line: 1, column: {column}]")


def test_payload_limits_both_ways(lam, name):
    create(lam, name, python("return 'x' * event['n']"), Timeout=30)
    largest = json.dumps({"n": 1, "fill": "y" * 6291000}).encode().ljust(6291456)
    assert invoke(lam, name, Payload=largest)[1] == "x"
    assert error_of(lam.invoke, FunctionName=name, Payload=largest + b" ") == (
        413, "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
    assert len(invoke(lam, name, Payload='{"n": 6291554}')[1]) == 6291554
    answer, result = invoke(lam, name, Payload='{"n": 6291555}')
    assert answer["FunctionError"] == "Unhandled" and result == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
                        "(6291556 bytes).", "errorType": "Function.ResponseSizeTooLarge"}


def test_a_busy_environment_makes_another_start(lam, name):
    gate = Gate("process.pid + '-' + (globalThis.id ??= Math.random())")
    create(lam, name, gate.package, Timeout=60)
    results = []
    threads = [threading.Thread(target=lambda: results.append(invoke(lam, name)[1]))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.wait_until_inside(4)
    gate.open()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 4
    again = threading.Thread(target=lambda: results.append(invoke(lam, name)[1]))
    again.start()
    gate.wait_until_inside()
    gate.open()
    again.join()
    assert results[-1] in results[:4]


@pytest.mark.parametrize("header, value, path, values", [
    ("X-Amz-Invocation-Type", "Later", "invocationType", "[RequestResponse, Event, DryRun]"),
    ("X-Amz-Log-Type", "All", "logType", "[None, Tail]"),
])
def test_bad_header_values_are_refused(server, lam, name, header, value, path, values):
    import http.client
    create(lam, name)
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", f"/2015-03-31/functions/{name}/invocations", b"{}",
                       {header: value})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("x-amzn-ErrorType")) == (400, "ValidationException")
    assert json.loads(answer.read()) == {
        "message": f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy "
                   f"constraint: Member must satisfy enum value set: {values}"}


@pytest.mark.parametrize("path", ["2015-03-31/functions/%s/invocations",
                                  "2021-11-15/functions/%s/response-streaming-invocations"])
@pytest.mark.parametrize("header, value, feature", [
    ("X-Amz-Tenant-Id", "blue", "tenant isolation (TenantId)"),
    ("X-Amz-Durable-Execution-Name", "job-1", "durable executions (DurableExecutionName)"),
])
def test_what_would_be_ignored_is_refused(http, lam, name, path, header, value, feature):
    create(lam, name)
    answer = http.send("POST", "/" + path % name, b"{}", {header: value})
    assert answer.status == 501
    assert f"Coalmine does not emulate {feature}".encode() in answer.body
    answer = http.send("POST", "/" + path % name, b"{}", {header: "no!"})
    assert answer.status == 400 and b"failed to satisfy constraint" in answer.body


@pytest.mark.parametrize("package, expected", [
    (node("throw new Error('msg')"), ["errorType", "errorMessage", "trace"]),
    (python("raise Exception('msg')"), ["errorMessage", "errorType", "requestId", "stackTrace"]),
], ids=["node", "python"])
def test_an_error_has_its_members_in_awss_order(lam, name, package, expected):
    create(lam, name, package)
    answer, result = invoke(lam, name)
    assert list(result) == expected and result["errorMessage"] == "msg"
    if "requestId" in result:
        assert result["requestId"] == answer["ResponseMetadata"]["RequestId"]
        assert result["stackTrace"] == [
            "  File \"/var/task/app.py\", line 2, in handler\n    raise Exception('msg')\n"]
    else:
        assert result["trace"][0] == "Error: msg" and len(result["trace"]) > 1


def test_node_may_reject_with_what_is_no_error(lam, name):
    create(lam, name, node("throw 'just text'"))
    assert invoke(lam, name)[1] == {"errorType": "string", "errorMessage": "just text",
                                    "trace": []}


def test_an_ordinary_error_keeps_the_environment(lam, name):
    create(lam, name, node("globalThis.n = (globalThis.n || 0) + 1;"
                           " if (event.fail) throw new Error('x'); return globalThis.n"))
    assert invoke(lam, name)[1] == 1
    assert invoke(lam, name, Payload='{"fail": 1}')[0]["FunctionError"] == "Unhandled"
    assert invoke(lam, name)[1] == 3


def test_a_crash_empties_the_memory_and_keeps_tmp(lam, name):
    create(lam, name, python(
        "import os, pathlib\n    kept = pathlib.Path('/tmp/kept')\n"
        "    if event.get('crash'): kept.write_text('here'); os._exit(3)\n"
        "    return kept.read_text() if kept.exists() else None"))
    assert invoke(lam, name)[1] is None
    assert invoke(lam, name, Payload='{"crash": 1}')[1]["errorMessage"].endswith(
        "Runtime exited with error: exit status 3")
    assert invoke(lam, name)[1] == "here"


def test_python_is_as_unbuffered_as_it_is_asked_to_be(lam, name):
    create(lam, name, python("print('half', end=''); __import__('os')._exit(3)"),
           Environment={"Variables": {"PYTHONUNBUFFERED": "1"}})
    log = base64.b64decode(invoke(lam, name, LogType="Tail")[0]["LogResult"]).decode()
    assert "\nhalf" in log


def test_what_a_custom_runtime_reports_comes_back_verbatim(lam, name):
    failing = ECHO.replace("/response -d \"{\\\"got\\\": $event}\"",
                           "/error -d '{\"errorMessage\": \"m\",  \"errorType\": \"T\"}'")
    assert failing != ECHO
    create(lam, name, bootstrap(failing))
    answer = lam.invoke(FunctionName=name)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"].read() == b'{"errorMessage": "m",  "errorType": "T"}'


def test_an_empty_payload_is_an_empty_object(lam, name):
    create(lam, name, node("return [typeof event, Object.keys(event).length]"))
    assert invoke(lam, name)[1] == ["object", 0]


@pytest.mark.parametrize("value", [b"1", b"true", b"null", b'"x"', b"[]", b" {} \n", b"1e400"])
def test_every_json_value_is_a_payload(lam, name, value):
    create(lam, name)
    assert invoke(lam, name, Payload=value)[1] == "hello"
