"""Runtime management and recursion configurations: lambda-api.md section 27.5. This boto3 is older
than both."""
import json

import pytest

from tests.support.packages import create
from tests.support.sink import Sink

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
RUNTIME = "arn:aws:lambda:us-east-1::runtime:" + "7" * 64


class Setting:
    """One of a function's settings by bare HTTP."""

    def __init__(self, http, path):
        self.http, self.path = http, path

    def get(self, name, query=""):
        return self.http.json("GET", self.path.format(name) + query)

    def put(self, name, body, query=""):
        return self.http.json("PUT", self.path.format(name) + query, body)

    def refusal(self, name, body=None, query=""):
        answer = self.http.send("PUT" if body is not None else "GET",
                                self.path.format(name) + query,
                                json.dumps(body) if body is not None else b"")
        text = json.loads(answer.body)
        return (answer.status, answer.headers["x-amzn-ErrorType"],
                text.get("message", text.get("Message")))


@pytest.fixture(name="runtime")
def runtime_setting(http):
    return Setting(http, "/2021-07-20/functions/{}/runtime-management-config")


@pytest.fixture(name="recursion")
def recursion_setting(http):
    return Setting(http, "/2024-08-31/functions/{}/recursion-config")


def test_a_runtime_is_updated_automatically_at_first(lam, runtime, name):
    create(lam, name, Publish=True)
    assert runtime.get(name) == {"UpdateRuntimeOn": "Auto", "FunctionArn": ARN + name}
    assert runtime.get(name, "?Qualifier=1") == {"UpdateRuntimeOn": "Auto",
                                                 "FunctionArn": f"{ARN}{name}:1"}


def test_each_version_has_its_own_setting(lam, runtime, name):
    create(lam, name, Publish=True)
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME}
    assert runtime.put(name, manual, "?Qualifier=1") == {**manual, "FunctionArn": f"{ARN}{name}:1"}
    assert runtime.put(name, {"UpdateRuntimeOn": "FunctionUpdate"}) == {
        "UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": ARN + name}
    assert runtime.get(name, "?Qualifier=1")["RuntimeVersionArn"] == RUNTIME
    assert runtime.get(name, "?Qualifier=$LATEST")["UpdateRuntimeOn"] == "FunctionUpdate"
    lam.delete_function(FunctionName=name)
    create(lam, name, Publish=True)
    assert runtime.get(name, "?Qualifier=1")["UpdateRuntimeOn"] == "Auto"


def test_the_chosen_runtime_version_is_shown_and_kept(http, lam, runtime, name):
    create(lam, name)
    path = f"/2015-03-31/functions/{name}/configuration"
    before = http.json("GET", path)["RuntimeVersionConfig"]
    runtime.put(name, {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME})
    assert http.json("GET", path)["RuntimeVersionConfig"] == {"RuntimeVersionArn": RUNTIME}
    assert http.json("PUT", path, {"Runtime": "python3.12"})["message"] == (
        "Cannot change runtime identifier when runtime management configuration is set to "
        "'Manual'. Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then "
        "retry.")
    assert http.json("PUT", path, {"Runtime": "nodejs22.x", "Timeout": 9})["Timeout"] == 9
    runtime.put(name, {"UpdateRuntimeOn": "Auto"})
    assert http.json("GET", path)["RuntimeVersionConfig"] == before
    assert http.json("PUT", path, {"Runtime": "python3.12"})["Runtime"] == "python3.12"


def test_what_runtime_management_refuses(lam, runtime, name):
    create(lam, name)
    assert runtime.refusal(name, {"UpdateRuntimeOn": "Never", "RuntimeVersionArn": "x"}) == (
        400, "ValidationException", "3 validation errors detected: Value 'Never' at "
        "'updateRuntimeOn' failed to satisfy constraint: Member must satisfy enum value set: "
        "[Auto, Manual, FunctionUpdate]; Value 'x' at 'runtimeVersionArn' failed to satisfy "
        "constraint: Member must have length greater than or equal to 26; Value 'x' at "
        "'runtimeVersionArn' failed to satisfy constraint: Member must satisfy regular expression "
        r"pattern: arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}"
        "::runtime:.+")
    elsewhere = RUNTIME.replace("us-east-1", "eu-west-1")
    for setting, text in [
            ({"UpdateRuntimeOn": "Manual"},
             "Missing runtime version ARN. A runtime version ARN is required when "
             "UpdateRuntimeVersionOn=Manual. Provide a valid runtime version ARN and retry the "
             "request."),
            ({"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": RUNTIME},
             "Unexpected runtime version ARN when UpdateRuntimeVersionOn=Auto. Remove the runtime "
             "version ARN and retry the request."),
            ({"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": elsewhere},
             f"Invalid runtime version ARN ({elsewhere}). Check the runtime version ARN and retry "
             "the request.")]:
        assert runtime.refusal(name, setting) == (400, "InvalidParameterValueException", text)
    missing = (404, "ResourceNotFoundException", f"Function not found: {ARN}no-such")
    assert runtime.refusal("no-such") == missing
    assert runtime.refusal("no-such", {"UpdateRuntimeOn": "Auto"}) == missing
    assert runtime.refusal(name, query="?Qualifier=7") == (
        404, "ResourceNotFoundException", f"Function not found: {ARN}{name}:7")


def test_loops_are_stopped_unless_allowed(lam, recursion, name):
    create(lam, name)
    assert recursion.get(name) == {"RecursiveLoop": "Terminate"}
    assert recursion.put(name, {"RecursiveLoop": "Allow"}) == {"RecursiveLoop": "Allow"}
    assert recursion.get(ARN + name) == {"RecursiveLoop": "Allow"}
    lam.delete_function(FunctionName=name)
    create(lam, name)
    assert recursion.get(name) == {"RecursiveLoop": "Terminate"}


def test_an_allowed_loop_goes_on(server, lam, recursion, name):
    sink = Sink()
    create(lam, name, sink.package(
        "if (event.n < 20) await fetch(`http://127.0.0.1:" + str(server.port) + "/2015-03-31/"
        "functions/" + name + "/invocations`, {method: 'POST', headers: {'X-Amz-Invocation-Type': "
        "'Event', 'X-Amzn-Trace-Id': process.env._X_AMZN_TRACE_ID}, "
        "body: JSON.stringify({n: event.n + 1})})"))
    lam.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 5}')
    sink.wait(16)  # 5 to 20: sixteen runs, the most that a loop may have
    recursion.put(name, {"RecursiveLoop": "Allow"})
    lam.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    sink.wait(36)
    assert [run["event"]["n"] for run in sink.take()] == [*range(5, 21), *range(1, 21)]


def test_what_recursion_refuses(lam, recursion, name):
    create(lam, name)
    assert recursion.refusal(name, {"RecursiveLoop": "Stop"}) == (
        400, "ValidationException", "1 validation error detected: Value 'Stop' at 'recursiveLoop' "
        "failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]")
    assert recursion.refusal(name + ":1")[:2] == (400, "ValidationException")
    missing = (404, "ResourceNotFoundException", f"Function not found: {ARN}no-such")
    assert recursion.refusal("no-such") == missing
    assert recursion.refusal("no-such", {"RecursiveLoop": "Allow"}) == missing
