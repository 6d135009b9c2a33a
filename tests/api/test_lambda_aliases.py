"""Aliases: lambda-api.md section 2."""
import json

import pytest

from tests.support.errors import error_of
from tests.support.packages import create

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
WEIGHTS = "at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "


@pytest.fixture
def function(lam, name):
    create(lam, name)
    lam.publish_version(FunctionName=name)
    lam.update_function_configuration(FunctionName=name, Description="second")
    lam.publish_version(FunctionName=name)
    return name


def routing(**weights):
    return {"AdditionalVersionWeights": weights}


@pytest.mark.parametrize("settings, expected", [
    (dict(Name="2024"), (400, "ValidationException",
     "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member "
     "must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")),
    (dict(Name="no!"), (400, "ValidationException",
     "1 validation error detected: Value 'no!' at 'name' failed to satisfy constraint: Member "
     "must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")),
    (dict(Name="taken"), (409, "ResourceConflictException", "Alias already exists: {arn}:taken")),
    (dict(FunctionVersion="10"), (404, "ResourceNotFoundException",
                                  "Function not found: {arn}:10")),
    (dict(RoutingConfig=routing(**{"10": 0.5})), (404, "ResourceNotFoundException",
                                                  "Function not found: {arn}:10")),
    (dict(FunctionVersion="01"), (404, "ResourceNotFoundException",
                                  "Function not found: {arn}:01")),
    (dict(FunctionVersion="0"), (404, "ResourceNotFoundException", "Function not found: {arn}:0")),
    (dict(FunctionVersion="9" * 20), (404, "ResourceNotFoundException",
                                      "Function not found: {arn}:" + "9" * 20)),
    (dict(RoutingConfig=routing(**{"02": 0.5})), (404, "ResourceNotFoundException",
                                                  "Function not found: {arn}:02")),
    (dict(RoutingConfig=routing(**{"1": 0.8, "2": 0.2})), (
        400, "InvalidParameterValueException",
        "Number of items in AdditionalVersionWeights cannot be greater than 1")),
    (dict(RoutingConfig=routing(**{"2": 2})), (400, "ValidationException",
     "1 validation error detected: Value '{{2=2.0}}' " + WEIGHTS + "Map value must satisfy "
     "constraint: [Member must have value less than or equal to 1.0, Member must have value "
     "greater than or equal to 0.0, Member must not be null]")),
    (dict(RoutingConfig=routing(**{"2": -0.5})), (400, "ValidationException",
     "1 validation error detected: Value '{{2=-0.5}}' " + WEIGHTS + "Map value must satisfy "
     "constraint: [Member must have value less than or equal to 1.0, Member must have value "
     "greater than or equal to 0.0, Member must not be null]")),
    (dict(RoutingConfig=routing(**{"$LATEST": 0.5})), (400, "ValidationException",
     "1 validation error detected: Value '{{$LATEST=0.5}}' " + WEIGHTS + "Map keys must satisfy "
     "constraint: [Member must have length less than or equal to 1024, Member must have length "
     "greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]")),
    (dict(RoutingConfig=routing(**{"1": 0.5})), (400, "InvalidParameterValueException",
     "Invalid function version 1. Function version 1 is already included in routing "
     "configuration.")),
    (dict(FunctionVersion="$LATEST", RoutingConfig=routing(**{"1": 0.5})), (
        400, "InvalidParameterValueException",
        "$LATEST is not supported for an alias pointing to more than 1 version")),
    (dict(FunctionVersion="$LATEST.PUBLISHED"), (
        400, "InvalidParameterValueException", "$LATEST.PUBLISHED is not a version of a function")),
    (dict(FunctionName="nothing-here"), (404, "ResourceNotFoundException",
                                         "Function not found: " + ARN + "nothing-here:1")),
])
def test_what_create_alias_refuses(lam, function, settings, expected):
    lam.create_alias(FunctionName=function, Name="taken", FunctionVersion="1")
    arguments = {"FunctionName": function, "Name": "new", "FunctionVersion": "1", **settings}
    status, code, text = expected
    assert error_of(lam.create_alias, **arguments) == (
        status, code, text.format(arn=ARN + function))
    assert [a["Name"] for a in lam.list_aliases(FunctionName=function)["Aliases"]] == ["taken"]


@pytest.mark.parametrize("weight, shown", [
    ("1e400", "Infinity"), ("-1e400", "-Infinity"), ('"NaN"', "NaN"), ('"Infinity"', "Infinity"),
    ("1.0000000000000002", "1.0000000000000002"), ("-1e-7", "-1.0E-7"), ("12345678", "1.2345678E7"),
    ("9999999", "9999999.0"), ("-1.5e-300", "-1.5E-300")])
def test_a_weight_is_a_share(http, function, weight, shown):
    answer = http.send(
        "POST", f"/2015-03-31/functions/{function}/aliases",
        f'{{"Name": "a", "FunctionVersion": "1", "RoutingConfig": {{"AdditionalVersionWeights": '
        f'{{"2": {weight}}}}}}}')
    assert answer.status == 400
    assert f"Value '{{2={shown}}}' {WEIGHTS}Map value must" in json.loads(answer.body)["message"]


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.5, 0.123456789, 1.0])
def test_weights_come_back_as_they_went(lam, function, weight):
    made = lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                            RoutingConfig=routing(**{"2": weight}))
    assert made["RoutingConfig"] == routing(**{"2": weight})
    got = lam.get_alias(FunctionName=function, Name="live")
    assert {k: got[k] for k in ("AliasArn", "Name", "FunctionVersion", "Description",
                                "RoutingConfig", "RevisionId")} == {
        "AliasArn": f"{ARN}{function}:live", "Name": "live", "FunctionVersion": "1",
        "Description": "", "RoutingConfig": routing(**{"2": weight}),
        "RevisionId": made["RevisionId"]}


@pytest.mark.parametrize("weight, written", [("0", "0.0"), ("1", "1.0"), ("0.25", "0.25")])
def test_a_weight_is_written_as_a_double(http, function, weight, written):
    aliases = f"/2015-03-31/functions/{function}/aliases"
    routing_text = f'"RoutingConfig": {{"AdditionalVersionWeights": {{"2": {weight}}}}}'
    for method, path, body in (
            ("POST", aliases, f'{{"Name": "a", "FunctionVersion": "1", {routing_text}}}'),
            ("PUT", aliases + "/a", f"{{{routing_text}}}"),
            ("GET", aliases + "/a", ""), ("GET", aliases, "")):
        answer = http.send(method, path, body)
        assert f'"AdditionalVersionWeights":{{"2":{written}}}'.encode() in answer.body, method


def test_an_empty_routing_config_clears_the_weights(lam, function):
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                     RoutingConfig=routing(**{"2": 0.1}))
    kept = lam.update_alias(FunctionName=function, Name="live", Description="d")
    assert (kept["RoutingConfig"], kept["Description"]) == (routing(**{"2": 0.1}), "d")
    assert "RoutingConfig" not in lam.update_alias(FunctionName=function, Name="live",
                                                   RoutingConfig={})
    assert error_of(lam.update_alias, FunctionName=function, Name="live",
                    RoutingConfig=routing(**{"1": 0.1}))[1] == "InvalidParameterValueException"


def test_the_texts_for_a_missing_alias_differ(lam, function):
    missing = f"{ARN}{function}:gone"
    not_found = (404, "ResourceNotFoundException")
    assert error_of(lam.get_alias, FunctionName=function, Name="gone") == (
        *not_found, f"Cannot find alias arn: {missing}")
    assert error_of(lam.update_alias, FunctionName=function, Name="gone") == (
        *not_found, f"Alias not found: {missing}")
    assert error_of(lam.invoke, FunctionName=function, Qualifier="gone") == (
        *not_found, f"Function not found: {missing}")
    assert error_of(lam.get_function, FunctionName=function, Qualifier="gone") == (
        *not_found, f"Function not found: {missing}")
    assert error_of(lam.delete_alias, FunctionName="no-such", Name="gone")[0] == 404


def test_aliases_are_listed_in_pages_and_by_version(lam, function):
    for alias, version in (("b", "1"), ("a", "2"), ("c", "1")):
        lam.create_alias(FunctionName=function, Name=alias, FunctionVersion=version)
    pages = lam.get_paginator("list_aliases").paginate(
        FunctionName=function, PaginationConfig={"PageSize": 1})
    assert [[a["Name"] for a in page["Aliases"]] for page in pages] == [["a"], ["b"], ["c"]]
    some = lam.list_aliases(FunctionName=function, FunctionVersion="1")["Aliases"]
    assert [a["Name"] for a in some] == ["b", "c"]


def test_both_versions_need_the_same_role(lam, function):
    lam.update_function_configuration(FunctionName=function,
                                      Role="arn:aws:iam::000000000000:role/other")
    assert lam.publish_version(FunctionName=function)["Version"] == "3"
    assert error_of(lam.create_alias, FunctionName=function, Name="live", FunctionVersion="1",
                    RoutingConfig=routing(**{"3": 0.5}))[2] == (
        "Specified versions must be associated with the same execution role")


def test_latest_and_no_weights_are_good_targets(lam, function):
    made = lam.create_alias(FunctionName=function, Name="next", FunctionVersion="$LATEST",
                            RoutingConfig={"AdditionalVersionWeights": {}})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionVersion"] == "$LATEST" and "RoutingConfig" not in made
    assert lam.invoke(FunctionName=function, Qualifier="next")["ExecutedVersion"] == "$LATEST"
    lam.delete_alias(FunctionName=function, Name="next")
    assert error_of(lam.invoke, FunctionName=function, Qualifier="next") == (
        404, "ResourceNotFoundException", f"Function not found: {ARN}{function}:next")


def test_aliases_leave_the_revisions_of_functions_alone(lam, function):
    def revisions():
        return [lam.get_function_configuration(FunctionName=function, **more)["RevisionId"]
                for more in ({}, {"Qualifier": "1"}, {"Qualifier": "2"})]
    before = revisions()
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    lam.update_alias(FunctionName=function, Name="live", FunctionVersion="2")
    lam.delete_alias(FunctionName=function, Name="live")
    assert revisions() == before


def test_the_kept_weight_may_not_become_the_primary_version(lam, function):
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                     RoutingConfig=routing(**{"2": 0.1}))
    before = lam.get_alias(FunctionName=function, Name="live")["RevisionId"]
    assert error_of(lam.update_alias, FunctionName=function, Name="live", FunctionVersion="2") == (
        400, "InvalidParameterValueException", "Invalid function version 2. Function version 2 is "
        "already included in routing configuration.")
    assert lam.get_alias(FunctionName=function, Name="live")["RevisionId"] == before


def test_a_version_that_only_has_a_weight_is_not_listed_for_it(lam, function):
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                     RoutingConfig=routing(**{"2": 0.1}))
    assert lam.list_aliases(FunctionName=function, FunctionVersion="2")["Aliases"] == []


@pytest.mark.parametrize("weight, executed", [(0.0, {"1"}), (1.0, {"2"}), (0.5, {"1", "2"})])
def test_the_weight_is_the_share_of_the_additional_version(lam, function, weight, executed):
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1",
                     RoutingConfig=routing(**{"2": weight}))
    runs = [lam.invoke(FunctionName=function, Qualifier="live") for _ in range(40)]
    assert {run["ExecutedVersion"] for run in runs} == executed


def test_both_versions_need_the_same_dead_letter_queue(lam, function):
    lam.update_function_configuration(FunctionName=function, DeadLetterConfig={
        "TargetArn": "arn:aws:sqs:us-east-1:000000000000:queue"})
    assert lam.publish_version(FunctionName=function)["Version"] == "3"
    assert error_of(lam.create_alias, FunctionName=function, Name="live", FunctionVersion="1",
                    RoutingConfig=routing(**{"3": 0.5}))[:2] == (
        400, "InvalidParameterValueException")
