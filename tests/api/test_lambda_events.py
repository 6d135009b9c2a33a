"""InvocationType Event: lambda-api.md section 7, on a clock that the test turns."""
import json
import os
import signal
import socket
import threading

import pytest

from tests.conftest import STOP_SECONDS, Http, Server
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.machine import PATIENCE_SECONDS, processes_with, wait_for
from tests.support.packages import arn, create, node, python, zip_of
from tests.support.sink import Sink


def freeze(server):
    Http(server.port).json("POST", "/_coalmine/clock",
                           {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})


@pytest.fixture(name="frozen")
def frozen_server(start_server):
    server = start_server()
    freeze(server)
    return server


def advance(server, duration):
    return Http(server.port).json("POST", "/_coalmine/clock", {"advance": duration})


def destinations(server):
    return Http(server.port).json("GET", "/_coalmine/destinations")["records"]


def set_time(server, time):
    return Http(server.port).json("POST", "/_coalmine/clock", {"time": time})


def put_event(lam, name, event=None, **arguments):
    answer = lam.invoke(FunctionName=name, InvocationType="Event",
                        Payload=json.dumps(event if event is not None else {}), **arguments)
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert "ExecutedVersion" not in answer
    return answer["ResponseMetadata"]["RequestId"]


def test_an_event_runs_once_and_its_caller_hears_nothing(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package())
    request_id = put_event(lam, "f", {"n": 1})
    advance(frozen, "0s")
    assert sink.take() == [{"event": {"n": 1}, "id": request_id}]
    advance(frozen, "7h")
    assert sink.take() == []


def test_many_events_of_one_function_do_not_hold_up_those_of_another(start_server):
    """More than run at once, and than a look at the queue goes through. Each run waits for the test."""
    count = 1100
    lam = start_server("--max-processes", "2").client("lambda")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        package = python(f"""import socket
    with socket.create_connection(("127.0.0.1", {listener.getsockname()[1]})) as connection:
        connection.sendall(str(event).encode())
        connection.recv(1)""")
        create(lam, "many", package, Timeout=900)
        create(lam, "one", package, Timeout=900, Publish=True)
        which = {"FunctionName": "one", "Qualifier": "1"}
        lam.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=1)
        wait_for(lambda: lam.get_provisioned_concurrency_config(**which)["Status"] == "READY")
        for number in range(count):
            put_event(lam, "many", number)
        put_event(lam, "one", "other", Qualifier="1")
        first, second = listener.accept()[0], listener.accept()[0]
        assert sorted([first.recv(100), second.recv(100)]) == [b"0", b"other"]
        first.close()
        second.close()
        for number in range(1, count):
            connection = listener.accept()[0]
            assert connection.recv(100) == str(number).encode()
            connection.close()


def total(server, metric, name="f"):
    """Of the frozen day; of Invocations those that have ended."""
    points = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=metric, Period=86400, Statistics=["Sum"],
        StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-02T00:00:00Z",
        Dimensions=[{"Name": "FunctionName", "Value": name}])["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_events_run_beside_one_that_does_not_end_whatever_the_clock_says(frozen):
    """They are taken up in order of falling due, from behind those that run."""
    lam, sink, gate = frozen.client("lambda"), Sink(), Gate()
    create(lam, "slow", gate.package, Timeout=900)
    create(lam, "f", sink.package())
    put_event(lam, "slow")
    gate.wait_until_inside()
    for n in range(3):  # of the same moment: the second takes the first one's place in the queue
        put_event(lam, "f", {"n": n})
        wait_for(lambda: total(frozen, "Invocations") > n)
    set_time(frozen, "2025-12-31T00:00:00Z")
    put_event(lam, "f", {"n": 3})
    sink.wait(4)
    assert [run["event"]["n"] for run in sink.take()] == [0, 1, 2, 3]
    gate.open()


def test_events_run_while_an_advanced_clock_waits_for_another(frozen):
    """Which may itself wait for what they do."""
    lam, sink, gate = frozen.client("lambda"), Sink(), Gate()
    create(lam, "slow", node("if (!globalThis.n) { globalThis.n = 1; throw new Error('no'); }" +
                             gate.wait), Timeout=900)
    create(lam, "f", sink.package())
    put_event(lam, "slow")
    advancing = threading.Thread(target=advance, args=(frozen, "1m"))
    advancing.start()
    gate.wait_until_inside()
    put_event(lam, "f")
    sink.wait(1)
    assert advancing.is_alive()
    gate.open()
    advancing.join()


def test_a_failure_is_retried_after_one_minute_and_two_more(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package("throw new Error('no')"))
    request_id = put_event(lam, "f")
    counts = []
    for step in ("0s", "59s", "1s", "119s", "1s", "7h"):
        advance(frozen, step)
        counts.append([run["id"] for run in sink.take()])
    assert counts == [[request_id], [], [request_id], [], [request_id], []]
    assert {metric: total(frozen, metric) for metric in (
        "Invocations", "Errors", "AsyncEventsReceived", "AsyncEventsDropped")} == {
            "Invocations": 3, "Errors": 3, "AsyncEventsReceived": 1, "AsyncEventsDropped": 1}
    assert total(frozen, "AsyncEventAge") == 0 + 60000 + 180000


def configure(lam, name, qualifier=None, **options):
    lam.put_function_event_invoke_config(
        FunctionName=name, **({"Qualifier": qualifier} if qualifier else {}), **options)


def test_retries_and_age_can_be_set(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package("throw new Error('no')"))
    configure(lam, "f", MaximumRetryAttempts=0)
    put_event(lam, "f")
    advance(frozen, "1h")
    assert len(sink.take()) == 1
    configure(lam, "f", MaximumEventAgeInSeconds=90)
    put_event(lam, "f")
    advance(frozen, "1h")
    assert len(sink.take()) == 2  # the second retry would come after 180 s


def test_a_retry_that_time_has_passed_by_is_not_run(frozen):
    """Due in time, but the clock was set and not advanced, as if nobody had run the server."""
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package("throw new Error('no')"))
    configure(lam, "f", MaximumEventAgeInSeconds=90, DestinationConfig={
        "OnFailure": {"Destination": SQS}})
    put_event(lam, "f")
    wait_for(lambda: total(frozen, "Invocations") == 1)
    Http(frozen.port).json("POST", "/_coalmine/clock", {"time": "2026-01-01T01:00:00Z"})
    advance(frozen, "0s")
    (kept,) = destinations(frozen)
    assert kept["record"]["requestContext"]["condition"] == "EventAgeExceeded"
    assert kept["record"]["requestContext"]["approximateInvokeCount"] == 1
    assert len(sink.take()) == 1


SQS = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.mark.parametrize("body, settings, condition, count, has_response", [
    ("return {ok: event.n}", {}, "Success", 1, True),
    ("throw new Error('no')", {}, "RetriesExhausted", 3, True),
    ("throw new Error('no')", {"MaximumRetryAttempts": 0}, "RetriesExhausted", 1, True),
    ("throw new Error('no')", {"MaximumEventAgeInSeconds": 60}, "EventAgeExceeded", 2, True),
    ("throw new Error('no')", {"MaximumEventAgeInSeconds": 179}, "EventAgeExceeded", 2, True),
    ("throw new Error('no')", {"MaximumEventAgeInSeconds": 180}, "RetriesExhausted", 3, True),
])
def test_the_record_for_a_destination_is_aws_s(frozen, body, settings, condition, count,
                                               has_response):
    lam = frozen.client("lambda")
    create(lam, "f", node(body))
    configure(lam, "f", DestinationConfig={"OnSuccess": {"Destination": SQS},
                                           "OnFailure": {"Destination": SQS}}, **settings)
    request_id = put_event(lam, "f", {"n": 5})
    advance(frozen, "1h")
    (kept,) = destinations(frozen)
    is_success = condition == "Success"
    assert total(frozen, "AsyncEventsDropped") == (0 if is_success else 1)
    assert (kept["kind"], kept["destination"], kept["status"], kept["functionArn"]) == (
        "OnSuccess" if is_success else "OnFailure", SQS, "kept", arn("f", "$LATEST"))
    record = kept["record"]
    assert list(record)[:4] == ["version", "timestamp", "requestContext", "requestPayload"]
    assert record["version"] == "1.0" and record["requestPayload"] == {"n": 5}
    assert record["requestContext"] == {
        "requestId": request_id, "functionArn": arn("f", "$LATEST"), "condition": condition,
        "approximateInvokeCount": count}
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST",
        **({} if is_success else {"functionError": "Unhandled"})}
    assert record["responsePayload"] == {"ok": 5} if is_success else (
        record["responsePayload"]["errorMessage"] == "no")


def test_without_reserved_concurrency_an_event_fails_without_running(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package())
    configure(lam, "f", DestinationConfig={"OnFailure": {"Destination": SQS}})
    lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    put_event(lam, "f", {"n": 1})
    advance(frozen, "0s")
    (kept,) = destinations(frozen)
    context = kept["record"]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == (
        "ZeroReservedConcurrency", 0)
    assert "responseContext" not in kept["record"] and sink.take() == []


def test_an_event_that_cannot_run_goes_to_a_function_at_once(frozen):
    """Its record takes its place in the queue, and is due at the same moment."""
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "target", sink.package())
    create(lam, "f")
    configure(lam, "f", DestinationConfig={"OnFailure": {"Destination": arn("target")}})
    lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    put_event(lam, "f")
    sink.wait(1)


def test_a_circle_of_functions_that_cannot_run_is_stopped(frozen):
    lam, names = frozen.client("lambda"), ["f", "g"]
    for name in names:
        create(lam, name)
    for name, other in zip(names, reversed(names)):
        configure(lam, name, DestinationConfig={"OnFailure": {"Destination": arn(other)}})
        lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    put_event(lam, "f")
    advance(frozen, "0s")
    records = destinations(frozen)
    assert [record["destination"] for record in records] == [arn("g"), arn("f")] * 16


def test_the_clock_is_advanced_after_a_reset_while_an_event_of_before_runs(frozen):
    lam, gate = frozen.client("lambda"), Gate()
    create(lam, "slow", gate.package, Timeout=900)
    put_event(lam, "slow")
    gate.wait_until_inside()
    assert Http(frozen.port).send("POST", "/_coalmine/reset").status == 204
    freeze(frozen)
    assert advance(frozen, "1m")["time"] == "2026-01-01T00:01:00.000Z"
    gate.open()


def test_an_event_of_before_a_reset_ends_none_of_after_it(frozen, name):
    """Which may stand in its place of the queue."""
    lam, sink, gate = frozen.client("lambda"), Sink(), Gate()
    create(lam, name, gate.package, Timeout=900)
    put_event(lam, name)
    gate.wait_until_inside()
    assert Http(frozen.port).send("POST", "/_coalmine/reset").status == 204
    freeze(frozen)
    create(lam, "f", sink.package("throw new Error('no')"))
    put_event(lam, "f")
    sink.wait(1)
    advance(frozen, "0s")
    gate.open()
    wait_for(lambda: not processes_with(f"AWS_LAMBDA_FUNCTION_NAME={name}"))
    advance(frozen, "1m")
    assert len(sink.take()) == 2


def test_a_function_can_be_the_destination(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "target", sink.package(), Publish=True)
    lam.create_alias(FunctionName="target", Name="live", FunctionVersion="1")
    create(lam, "f", node("return 'done'"))
    configure(lam, "f", DestinationConfig={"OnSuccess": {"Destination": arn("target", "live")}})
    put_event(lam, "f", {"n": 1})
    advance(frozen, "0s")
    (run,) = sink.take()
    assert run["event"]["requestContext"]["condition"] == "Success"
    assert run["event"]["responsePayload"] == "done"
    assert destinations(frozen)[0]["status"] == "invoked"


@pytest.mark.parametrize("qualifier, delete", [
    (None, lambda lam: lam.delete_function(FunctionName="target")),
    ("1", lambda lam: lam.delete_function(FunctionName="target", Qualifier="1")),
    ("live", lambda lam: lam.delete_alias(FunctionName="target", Name="live"))])
def test_a_destination_that_has_gone_gets_nothing_and_the_record_says_so(frozen, qualifier, delete):
    lam = frozen.client("lambda")
    create(lam, "target", Publish=True)
    lam.create_alias(FunctionName="target", Name="live", FunctionVersion="$LATEST")
    create(lam, "f")
    configure(lam, "f", DestinationConfig={"OnSuccess": {"Destination": arn("target", qualifier)}})
    delete(lam)
    put_event(lam, "f")
    advance(frozen, "0s")
    assert [record["status"] for record in destinations(frozen)] == ["failed"]
    assert {name: total(frozen, name) for name in (
        "DestinationDeliveryFailures", "AsyncEventsReceived", "AsyncEventsDropped")} == {
            "DestinationDeliveryFailures": 1, "AsyncEventsReceived": 1, "AsyncEventsDropped": 0}


def test_a_dead_letter_queue_gets_the_event(frozen):
    lam = frozen.client("lambda")
    create(lam, "f", node("throw new Error('no')"), DeadLetterConfig={"TargetArn": SQS})
    request_id = put_event(lam, "f", {"n": 1})
    advance(frozen, "1h")
    (kept,) = destinations(frozen)
    assert (kept["kind"], kept["destination"]) == ("DeadLetter", SQS)
    assert kept["record"] == {"body": '{"n": 1}', "messageAttributes": {
        "RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "no"}}


def test_a_dead_letter_s_message_is_cut_between_characters(frozen):
    lam = frozen.client("lambda")
    create(lam, "f", python("raise Exception('xx' + '\\u20ac' * 1000)"),
           DeadLetterConfig={"TargetArn": SQS})
    put_event(lam, "f")
    advance(frozen, "1h")
    (kept,) = destinations(frozen)
    assert kept["record"]["messageAttributes"]["ErrorMessage"] == "xx" + "\u20ac" * 340


def test_bytes_that_are_no_text_are_told_as_well_as_can_be(frozen):
    lam = frozen.client("lambda")
    bootstrap = ("#!/usr/bin/python3\nimport http.client, os\n"
                 "api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
                 "base = '/2018-06-01/runtime/invocation/'\n"
                 "while True:\n"
                 "    api.request('GET', base + 'next')\n"
                 "    event = api.getresponse()\n"
                 "    event.read()\n"
                 "    key = event.headers['Lambda-Runtime-Aws-Request-Id']\n"
                 "    api.request('POST', f'{base}{key}/response', b'a\\xff\\0b\\xe2\\x82')\n"
                 "    api.getresponse().read()\n")
    create(lam, "f", {"Runtime": "provided.al2023", "Handler": "x", "Code": {
        "ZipFile": zip_of({"bootstrap": bootstrap}, {"bootstrap": 0o755})}})
    configure(lam, "f", DestinationConfig={"OnSuccess": {"Destination": SQS}})
    put_event(lam, "f")
    advance(frozen, "0s")
    (kept,) = destinations(frozen)
    assert kept["record"]["responsePayload"] == "a\ufffdb\ufffd\ufffd"


def test_half_a_character_keeps_no_record_from_being_told(frozen):
    """A text that was cut inside an emoji is JSON, but no UTF-8 holds it."""
    lam = frozen.client("lambda")
    create(lam, "f", node("throw new Error('cut \\ud83d')"), DeadLetterConfig={"TargetArn": SQS})
    configure(lam, "f", DestinationConfig={"OnFailure": {"Destination": SQS}})
    put_event(lam, "f", {"text": "\0"})
    advance(frozen, "1h")
    records = {kept["kind"]: kept["record"] for kept in destinations(frozen)}
    assert records["DeadLetter"]["messageAttributes"]["ErrorMessage"] == "cut \ufffd"
    assert records["OnFailure"]["requestPayload"] == {"text": "\0"}
    assert records["OnFailure"]["responsePayload"]["errorMessage"] == "cut \ud83d"


def test_the_config_of_the_invoked_qualifier_counts(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package("throw new Error('no')"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    configure(lam, "f", "live", MaximumRetryAttempts=0)
    put_event(lam, "f", Qualifier="live")
    advance(frozen, "1h")
    assert len(sink.take()) == 1
    put_event(lam, "f", Qualifier="1")
    advance(frozen, "1h")
    assert len(sink.take()) == 3


def test_a_throttled_event_waits_with_growing_pauses(frozen):
    lam, gate = frozen.client("lambda"), Gate()
    create(lam, "f", gate.package, Timeout=60)
    lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    first = threading.Thread(target=lambda: lam.invoke(FunctionName="f"))
    first.start()
    gate.wait_until_inside()
    put_event(lam, "f", {"pass": True})
    for pause in ("1s", "2s", "4s"):
        advance(frozen, pause)
    gate.open()
    first.join()
    advance(frozen, "8s")
    points = frozen.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Throttles", Period=86400, Statistics=["Sum"],
        StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-02T00:00:00Z",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}])["Datapoints"]
    assert points[0]["Sum"] == 4


def test_a_loop_of_events_is_stopped(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package(
        "await fetch(`http://127.0.0.1:" + str(frozen.port) +
        "/2015-03-31/functions/f/invocations`, {method: 'POST', body: '{}', headers: {"
        "'X-Amz-Invocation-Type': 'Event', 'X-Amzn-Trace-Id': process.env._X_AMZN_TRACE_ID}})"))
    put_event(lam, "f")
    advance(frozen, "1h")
    assert len(sink.take()) == 16


def test_a_loop_that_is_allowed_goes_on(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package(
        "if (event.n) await fetch(`http://127.0.0.1:" + str(frozen.port) +
        "/2015-03-31/functions/f/invocations`, {method: 'POST', body: JSON.stringify({n: event.n - 1}), "
        "headers: {'X-Amz-Invocation-Type': 'Event', 'X-Amzn-Trace-Id': process.env._X_AMZN_TRACE_ID}})"))
    Http(frozen.port).json("PUT", "/2024-08-31/functions/f/recursion-config",
                           {"RecursiveLoop": "Allow"})
    put_event(lam, "f", {"n": 20})
    advance(frozen, "1h")
    assert len(sink.take()) == 21


def test_errors(lam, name):
    assert error_of(lam.invoke, FunctionName=name, InvocationType="Event")[0] == 404
    create(lam, name)
    assert error_of(lam.invoke, FunctionName=name, InvocationType="Event",
                    Payload=b'"' + b"x" * 1048576 + b'"') == (
        413, "RequestEntityTooLargeException",
        "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)")
    assert error_of(lam.invoke, FunctionName=name, InvocationType="Event", Payload=b"no")[1] == (
        "InvalidRequestContentException")


def test_invoke_async(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package())
    assert lam.invoke_async(FunctionName="f", InvokeArgs=b'{"n": 2}')["Status"] == 202
    advance(frozen, "0s")
    assert [run["event"] for run in sink.take()] == [{"n": 2}]
    assert error_of(lam.invoke_async, FunctionName="f",
                    InvokeArgs=b'"' + b"x" * 262144 + b'"')[0] == 413


def test_what_a_hurried_stop_breaks_off_runs_again(tmp_path):
    gate = Gate()
    server = Server("--data-dir", str(tmp_path), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "slow", gate.package, Timeout=60)
    configure(lam, "slow", MaximumRetryAttempts=0)
    put_event(lam, "slow")
    gate.wait_until_inside()
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in server.read_log())
    server.process.send_signal(signal.SIGTERM)  # the first would let it end
    server.process.wait(STOP_SECONDS)
    again = Server("--data-dir", str(tmp_path), ephemeral=False)
    gate.wait_until_inside(2)
    gate.open()
    assert again.stop() == 0


def test_a_retry_does_not_wait_until_a_clock_that_was_set_back_is_there_again(frozen):
    lam, sink = frozen.client("lambda"), Sink()
    create(lam, "f", sink.package("throw new Error('no')"))
    request_id = put_event(lam, "f")
    advance(frozen, "0s")
    set_time(frozen, "2025-01-01T00:00:00Z")
    advance(frozen, "0s")
    assert [run["id"] for run in sink.take()] == [request_id] * 2
    advance(frozen, "2m")
    assert [run["id"] for run in sink.take()] == [request_id]
    advance(frozen, "7h")
    assert sink.take() == []
    ages = frozen.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="AsyncEventAge", Period=86400, Statistics=["Minimum"],
        StartTime="2025-01-01T00:00:00Z", EndTime="2025-01-02T00:00:00Z",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}])["Datapoints"]
    assert [point["Minimum"] for point in ages] == [0]


def test_an_event_from_a_clock_that_was_ahead_runs_at_the_next_start(tmp_path):
    sink = Sink()
    server = Server("--data-dir", str(tmp_path), ephemeral=False)
    create(server.client("lambda"), "f", sink.package("throw new Error('no')"))
    advance(server, "1d")
    put_event(server.client("lambda"), "f")
    advance(server, "0s")
    assert server.stop() == 0 and len(sink.take()) == 1
    again = Server("--data-dir", str(tmp_path), ephemeral=False)
    sink.wait(1)
    assert again.stop() == 0


def test_a_crash_loses_no_event(tmp_path):
    sink, gate = Sink(), Gate()
    server = Server("--data-dir", str(tmp_path), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "slow", gate.package, Timeout=60)
    create(lam, "f", sink.package("if (event.n) throw new Error('no')"))
    put_event(lam, "slow")
    put_event(lam, "f", {"n": 1})
    gate.wait_until_inside()
    sink.wait(1)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    again = Server("--data-dir", str(tmp_path), ephemeral=False)
    gate.wait_until_inside(2)  # the one that was under way runs again
    gate.open()
    advance(again, "1h")
    assert [run["event"] for run in sink.take()][-2:] == [{"n": 1}, {"n": 1}]
    assert again.stop() == 0
