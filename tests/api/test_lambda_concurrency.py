"""Reserved concurrency and throttling: lambda-api.md sections 8.2 to 8.5."""
import concurrent.futures
import itertools
import socket
import threading

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.metrics import statistic
from tests.support.packages import arn, create, node


def test_a_reservation_is_kept_shown_and_removed(lam, name):
    create(lam, name)
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(FunctionName=name)
    before = lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    answer = lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
    assert answer["ReservedConcurrentExecutions"] == 7
    assert lam.get_function_concurrency(FunctionName=arn(name))["ReservedConcurrentExecutions"] == 7
    assert lam.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    assert "Concurrency" not in lam.get_function(FunctionName=name, Qualifier="$LATEST")
    after = lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert after == before - 7
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before - 100)
    assert lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    create(lam, name + "-2")
    assert error_of(lam.put_function_concurrency, FunctionName=name + "-2",
                    ReservedConcurrentExecutions=1)[2].endswith("below its minimum value of [100].")
    gone = lam.delete_function_concurrency(FunctionName=name)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "Concurrency" not in lam.get_function(FunctionName=name)


UNQUALIFIED = ("This operation is permitted on Lambda functions only. Aliases and versions do not "
               "support this operation. Please specify either a function name or an unqualified "
               "function ARN.")


def test_errors(lam, name):
    missing = (404, "ResourceNotFoundException", f"Function not found: {arn(name)}")
    assert error_of(lam.put_function_concurrency, FunctionName=name,
                    ReservedConcurrentExecutions=10 ** 9) == (*missing[:2], missing[2] + ":$LATEST")
    assert error_of(lam.get_function_concurrency, FunctionName=name) == missing
    create(lam, name)
    assert error_of(lam.put_function_concurrency, FunctionName=name + ":1",
                    ReservedConcurrentExecutions=1) == (
        400, "InvalidParameterValueException", UNQUALIFIED)
    assert error_of(lam.put_function_concurrency, FunctionName=name,
                    ReservedConcurrentExecutions=901) == (
        400, "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].")
    assert error_of(lam.put_function_concurrency, FunctionName=name,
                    ReservedConcurrentExecutions=-1)[2] == (
        "1 validation error detected: Value '-1' at 'reservedConcurrentExecutions' failed to "
        "satisfy constraint: Member must have value greater than or equal to 0")


def test_nothing_runs_with_a_reservation_of_none(lam, cw, http, name):
    create(lam, name)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    answer = http.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")
    assert answer.body == (b'{"Type":"User","message":"Rate Exceeded.",'
                           b'"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}')
    assert statistic(cw, "Throttles", FunctionName=name) == 1
    assert statistic(cw, "Throttles", FunctionName=name, Resource=name) == 1
    assert statistic(cw, "Invocations", FunctionName=name) is None


def test_the_second_of_two_at_once_is_throttled(lam, name):
    gate = Gate()
    create(lam, name, gate.package, Timeout=60)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    first = threading.Thread(target=lambda: lam.invoke(FunctionName=name))
    first.start()
    gate.wait_until_inside()
    status, code, _ = error_of(lam.invoke, FunctionName=name)
    gate.open()
    first.join()
    assert (status, code) == (429, "TooManyRequestsException")
    assert "FunctionError" not in lam.invoke(FunctionName=name, Payload='{"pass": true}')


def test_the_account_has_a_limit(start_server):
    server = start_server("--concurrency", "1")
    lam = server.client("lambda")
    gate = Gate()
    create(lam, "busy", gate.package, Timeout=60)
    create(lam, "other", node("return 1"))
    first = threading.Thread(target=lambda: lam.invoke(FunctionName="busy"))
    first.start()
    gate.wait_until_inside()
    with pytest.raises(lam.exceptions.TooManyRequestsException) as caught:
        lam.invoke(FunctionName="other")
    gate.open()
    first.join()
    assert caught.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert lam.invoke(FunctionName="other")["StatusCode"] == 200


def test_a_throttled_answer_names_no_time_to_retry(lam, http, name):
    """AWS models a Retry-After header; its recorded answers come without."""
    create(lam, name)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    answer = http.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
    assert answer.status == 429 and "Retry-After" not in answer.headers


def burst(lam, name, count, **arguments):
    """Invokes `count` times at once; the statuses, when all have ended."""
    def invoke(_):
        try:
            return lam.invoke(FunctionName=name, **arguments)["StatusCode"]
        except lam.exceptions.TooManyRequestsException as error:
            assert error.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
            return 429

    pool = concurrent.futures.ThreadPoolExecutor(count)
    return [pool.submit(invoke, i) for i in range(count)]


def test_of_a_burst_as_many_run_as_are_reserved(lam, cw, name):
    gate = Gate()
    create(lam, name, gate.package, Timeout=60)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    calls = burst(lam, name, 12)
    gate.wait_until_inside(3)
    refused = [c.result() for c in itertools.islice(concurrent.futures.as_completed(calls, 60), 9)]
    assert refused == [429] * 9
    gate.open()
    assert sorted(c.result() for c in calls) == [200] * 3 + [429] * 9
    assert statistic(cw, "Throttles", FunctionName=name) == 9
    assert statistic(cw, "Invocations", FunctionName=name) == 3
    assert lam.invoke(FunctionName=name, Payload='{"pass": 1}')["StatusCode"] == 200


def test_what_is_in_flight_is_limited_not_how_many_processes_there_are(start_server, name):
    server = start_server("--max-processes", "2", "--concurrency", "6")
    lam, cw = server.client("lambda"), server.client("cloudwatch")
    gate = Gate()
    create(lam, name, gate.package, Timeout=60)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        running = [pool.submit(lam.invoke, FunctionName=name) for _ in range(2)]
        gate.wait_until_inside(2)
        others = [pool.submit(lam.invoke, FunctionName=name, Payload='{"pass": 1}')
                  for _ in range(8)]
        throttled = [call.exception().response["Reason"] for call in
                     itertools.islice(concurrent.futures.as_completed(others, 60), 4)]
        assert throttled == ["ConcurrentInvocationLimitExceeded"] * 4
        gate.open()
        assert [call.exception() for call in running + others].count(None) == 6
    assert statistic(cw, "ConcurrentExecutions", "Maximum", FunctionName=name) == 6


def test_versions_and_aliases_share_the_reservation(lam, cw, name):
    gate = Gate()
    create(lam, name, gate.package, Timeout=60, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(lam.invoke, FunctionName=f"{name}:1")
        gate.wait_until_inside()
        for qualifier in ("live", "1", "$LATEST"):
            assert error_of(lam.invoke, FunctionName=name, Qualifier=qualifier)[0] == 429
        assert lam.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
        gate.open()
        assert running.result()["StatusCode"] == 200
    assert statistic(cw, "Throttles", FunctionName=name) == 3
    assert statistic(cw, "Throttles", FunctionName=name, Resource=f"{name}:live") == 1
    assert statistic(cw, "Throttles", FunctionName=name, Resource=f"{name}:live",
                     ExecutedVersion="1") is None


def test_what_runs_at_once_is_told_of_the_function_its_alias_and_each_version(lam, cw, name):
    gate = Gate()
    create(lam, name, gate.package, Timeout=60, Publish=True)
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = [pool.submit(lam.invoke, FunctionName=name),
                   pool.submit(lam.invoke, FunctionName=name, Qualifier="live")]
        gate.wait_until_inside(2)
        lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
        running.append(pool.submit(lam.invoke, FunctionName=name, Qualifier="live"))
        gate.wait_until_inside(3)
        gate.open()
        assert [call.result()["StatusCode"] for call in running] == [200] * 3
    live = {"FunctionName": name, "Resource": f"{name}:live"}
    assert statistic(cw, "ConcurrentExecutions", "Maximum", FunctionName=name) == 3
    assert statistic(cw, "ConcurrentExecutions", "Maximum", **live) == 2
    assert statistic(cw, "ConcurrentExecutions", "Maximum", **live, ExecutedVersion="2") == 1


def test_what_waits_is_counted_when_it_begins(start_server):
    server = start_server("--max-processes", "1")
    lam, clock, gate = server.client("lambda"), Http(server.port), Gate()
    clock.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    create(lam, "f", gate.package, Timeout=60)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(lam.invoke, FunctionName="f")
        gate.wait_until_inside()
        with socket.create_connection(("127.0.0.1", server.port)) as waiting:
            waiting.sendall(b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\n"
                            b'Host: localhost\r\nContent-Length: 14\r\n\r\n{"pass": true}')
            clock.json("GET", "/_coalmine/clock")  # what came before it has been taken up
            clock.json("POST", "/_coalmine/clock", {"time": "2026-01-01T01:00:00Z"})
            gate.open()
            assert running.result()["StatusCode"] == 200
            assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    answer = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Invocations", Period=3600, Statistics=["Sum"],
        StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-01T02:00:00Z",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}])
    assert [point["Sum"] for point in answer["Datapoints"]] == [1, 1]


@pytest.mark.parametrize("body", ["throw new Error('no')", "process.exit(1)",
                                  "for (;;);", "return 1"])
def test_the_place_is_given_back_however_an_invocation_ends(lam, name, body):
    create(lam, name, node(body), Timeout=1)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for _ in range(3):
        assert lam.invoke(FunctionName=name)["StatusCode"] == 200


def test_a_reservation_takes_from_the_others(start_server, name):
    server = start_server("--concurrency", "2")
    lam = server.client("lambda")
    gate = Gate()
    create(lam, "shared", gate.package, Timeout=60)
    create(lam, name)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    assert lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(lam.invoke, FunctionName="shared")
        gate.wait_until_inside()
        assert error_of(lam.invoke, FunctionName="shared")[0] == 429
        assert lam.invoke(FunctionName=name)["StatusCode"] == 200
        gate.open()
        running.result()


def test_a_limit_below_what_is_reserved_is_told_at_the_start(start_server, tmp_path, name):
    before = start_server("--data-dir", str(tmp_path), ephemeral=False)
    lam = before.client("lambda")
    create(lam, name)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=50)
    assert before.stop() == 0
    after = start_server("--data-dir", str(tmp_path), "--concurrency", "10", ephemeral=False)
    assert after.client("lambda").get_account_settings()["AccountLimit"][
        "UnreservedConcurrentExecutions"] == 0
    assert ("functions of 000000000000 in us-east-1 have reserved 50 of --concurrency 10"
            in after.read_log())
