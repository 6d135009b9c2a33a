"""Naming a function: lambda-api.md sections 4.1 to 4.5."""
import json

import pytest

from tests.conftest import ROLE
from tests.support.errors import error_of
from tests.support.packages import create, python

BASE = "arn:aws:lambda:us-east-1:000000000000:function:"
PREFIX = (r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
          r"(\d{12}:)?(function:)?")
CREATE = PREFIX + r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
NAMESPACED = PREFIX + r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
QUALIFIER = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"


def pattern_error(value, path, pattern):
    return (400, "ValidationException",
            f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {pattern}")


def length_error(value, path, most):
    return (400, "ValidationException",
            f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy "
            f"constraint: Member must have length less than or equal to {most}")


def not_found(rest):
    return (404, "ResourceNotFoundException", f"Function not found: {rest}")


@pytest.mark.parametrize("value", ["*", "my-function!", BASE + "f:1:2",
                                   "function:f:$LATEST:extra", BASE + "f:$LATES",
                                   "arn:aws:iam:us-east-1:000000000000:function:f"])
def test_bad_names_are_refused_with_the_pattern(lam, value):
    assert error_of(lam.get_function, FunctionName=value) == pattern_error(
        value, "functionName", NAMESPACED)
    assert error_of(lam.publish_version, FunctionName=value) == pattern_error(
        value, "functionName", CREATE)


@pytest.mark.parametrize("arguments, expected", [
    (dict(FunctionName="f", Qualifier="invalid!"), pattern_error("invalid!", "qualifier",
                                                                 QUALIFIER)),
    (dict(FunctionName="f", Qualifier="q" * 129), length_error("q" * 129, "qualifier", 128)),
    (dict(FunctionName="f", Qualifier="q" * 65), not_found(BASE + "f:" + "q" * 65)),
    (dict(FunctionName="f", Qualifier="$latest"), not_found(BASE + "f:$latest")),
    (dict(FunctionName="f" * 65), not_found(BASE + "f" * 65)),
    (dict(FunctionName=BASE[:-1]), not_found(BASE + "function")),
    (dict(FunctionName="f:$LATEST", Qualifier="1"), (
        400, "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.")),
    (dict(FunctionName="arn:aws:lambda:eu-west-1:000000000000:function:f"), (
        404, "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")),
    (dict(FunctionName="f"), not_found(BASE + "f")),
    (dict(FunctionName="f", Qualifier="1"), not_found(BASE + "f:1")),
])
def test_what_get_function_answers(lam, arguments, expected):
    assert error_of(lam.get_function, **arguments) == expected


def test_invoke_names_latest_even_if_the_caller_did_not(lam):
    assert error_of(lam.invoke, FunctionName="f") == not_found(BASE + "f:$LATEST")
    assert error_of(lam.invoke, FunctionName="f:3") == not_found(BASE + "f:3")


@pytest.mark.parametrize("qualifier, expected", [
    (None, not_found(BASE + "f")),
    ("1", not_found(BASE + "f")),
    ("$latest", not_found(BASE + "f")),
    ("$LATEST", (400, "InvalidParameterValueException",
                 "$LATEST version cannot be deleted without deleting the function.")),
    ("live", (400, "InvalidParameterValueException",
              "Deletion of aliases is not currently supported.")),
])
def test_what_delete_function_answers(lam, qualifier, expected):
    arguments = {"FunctionName": "f", **({"Qualifier": qualifier} if qualifier else {})}
    assert error_of(lam.delete_function, **arguments) == expected


def test_a_new_name_has_64_characters_at_most(lam):
    code, text = error_of(create, lam=lam, name="f" * 65)[1:]
    assert (code, text) == (
        "InvalidParameterValueException",
        f"1 validation error detected: Value '{'f' * 65}' at 'functionName' failed to satisfy "
        "constraint: Member must have length less than or equal to 64")
    long_arn = BASE + "f" * 140
    assert error_of(create, lam=lam, name=long_arn) == length_error(long_arn, "functionName", 140)


@pytest.mark.parametrize("form", ["{n}", "function:{n}", "000000000000:function:{n}", BASE + "{n}"])
def test_every_form_of_a_name_is_understood(lam, name, form):
    made = create(lam, form.format(n=name))
    assert made["FunctionName"] == name
    lam.publish_version(FunctionName=form.format(n=name))
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier, arn in (("", ""), (":$LATEST", ":$LATEST"), (":1", ":1"), (":live", ":live")):
        got = lam.get_function_configuration(FunctionName=form.format(n=name) + qualifier)
        assert got["FunctionArn"] == BASE + name + arn
        answer = lam.invoke(FunctionName=form.format(n=name) + qualifier)
        assert answer["ExecutedVersion"] == ("1" if qualifier in (":1", ":live") else "$LATEST")
    assert lam.invoke(FunctionName=f"{name}:1", Qualifier="1")["StatusCode"] == 200


@pytest.mark.parametrize("value", [
    "*", BASE + "f:1:2", BASE + "f:$LATES",
    "arn:aws:lambda::000000000000:function:f", "arn:aws:lambda:us-east-1::function:f",
    "arn:aws:lambda:somewhere:000000000000:function:f",
    "arn:aws:s3:us-east-1:000000000000:function:f"])
def test_bad_names_are_refused_by_every_operation(lam, value):
    for call in (lam.invoke, lam.delete_function, lam.list_versions_by_function):
        status, code, text = error_of(call, FunctionName=value)
        assert (status, code) == (400, "ValidationException")
        assert text == pattern_error(value, "functionName", NAMESPACED)[2]
    assert error_of(create, lam=lam, name=value) == pattern_error(value, "functionName", CREATE)


@pytest.mark.parametrize("arguments, expected", [
    (dict(FunctionName="f:$LATEST", Qualifier="1"), (
        400, "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.")),
    (dict(FunctionName="arn:aws:lambda:eu-west-1:000000000000:function:f"), (
        404, "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")),
    (dict(FunctionName="f", Qualifier="invalid!"), pattern_error("invalid!", "qualifier",
                                                                 QUALIFIER)),
    (dict(FunctionName="f", Qualifier="q" * 129), length_error("q" * 129, "qualifier", 128)),
])
def test_reading_running_and_deleting_judge_names_alike(lam, arguments, expected):
    for call in (lam.get_function, lam.get_function_configuration, lam.invoke,
                 lam.delete_function):
        assert error_of(call, **arguments) == expected


def test_a_function_is_made_only_where_the_caller_is(http, lam):
    elsewhere = "arn:aws:lambda:eu-west-1:000000000000:function:f"
    assert error_of(create, lam=lam, name=elsewhere) == (
        404, "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
    foreign = "arn:aws:lambda:us-east-1:111111111111:function:f"
    assert error_of(create, lam=lam, name=foreign)[:2] == (403, "AccessDeniedException")
    answer = http.send("POST", "/2015-03-31/functions", json.dumps(
        {"FunctionName": foreign, "Role": ROLE, "Runtime": "python3.13", "Handler": "m.h",
         "Code": {"ZipFile": "UEs="}}))
    assert (answer.status, answer.body) == (403, b'{"Message":null}')


def test_a_long_qualifier_is_a_missing_version_or_an_alias_to_delete(lam):
    assert error_of(lam.delete_function, FunctionName="f", Qualifier="q" * 65) == (
        400, "InvalidParameterValueException", "Deletion of aliases is not currently supported.")


def test_the_context_names_the_function_as_it_was_invoked(lam, name):
    create(lam, name, python("return context.invoked_function_arn"))
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier in (None, "$LATEST", "1", "live"):
        arguments = {"Qualifier": qualifier} if qualifier else {}
        seen = json.loads(lam.invoke(FunctionName=name, **arguments)["Payload"].read())
        assert seen == BASE + name + (f":{qualifier}" if qualifier else "")


def test_what_the_path_says_is_not_said_otherwise_by_the_body(lam, http, name):
    for function in (name, name + "-other"):
        create(lam, function)
    answer = http.json("PUT", f"/2015-03-31/functions/{name}/configuration",
                       {"FunctionName": name + "-other", "Description": "changed"})
    assert (answer["FunctionName"], answer["Description"]) == (name, "changed")
    assert lam.get_function_configuration(FunctionName=name + "-other")["Description"] == ""
