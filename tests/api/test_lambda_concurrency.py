"""Reserved concurrency and throttling: lambda-api.md sections 8.2 to 8.5."""
import datetime
import threading

import pytest

from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.packages import create, node


def arn(name):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def sums(cw, name, **dimensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    answer = cw.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=name, Period=3600, Statistics=["Sum"],
        StartTime=now - datetime.timedelta(hours=2), EndTime=now + datetime.timedelta(hours=1),
        Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()])
    return sum(point["Sum"] for point in answer["Datapoints"])


def test_a_reservation_is_kept_shown_and_removed(lam, name):
    create(lam, name)
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(FunctionName=name)
    before = lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    answer = lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=7)
    assert answer["ReservedConcurrentExecutions"] == 7
    assert lam.get_function_concurrency(FunctionName=arn(name))["ReservedConcurrentExecutions"] == 7
    assert lam.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    after = lam.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert after == before - 7
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
    assert sums(cw, "Throttles", FunctionName=name) == 1
    assert sums(cw, "Throttles", FunctionName=name, Resource=name) == 1
    assert sums(cw, "Invocations", FunctionName=name) == 0


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
