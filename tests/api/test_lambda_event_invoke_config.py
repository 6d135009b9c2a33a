"""Event invoke configurations: lambda-api.md section 27.1. What they do: test_lambda_events.py."""
import datetime

import pytest

from tests.support.errors import error_of
from tests.support.packages import create

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
MISSING = (404, "ResourceNotFoundException", "The function doesn't exist.")


@pytest.fixture
def function(lam, name):
    create(lam, name, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def put(lam, function, **options):
    return lam.put_function_event_invoke_config(FunctionName=function, **options)


def members(answer):
    return {k: v for k, v in answer.items() if k not in ("ResponseMetadata", "LastModified")}


def test_put_replaces_all_of_it(lam, function):
    made = put(lam, function, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60,
               DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    age = datetime.datetime.now(datetime.timezone.utc) - made["LastModified"]
    assert abs(age) < datetime.timedelta(minutes=5)
    assert members(made) == {
        "FunctionArn": f"{ARN}{function}:$LATEST", "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}}
    assert lam.get_function_event_invoke_config(FunctionName=function)[
        "LastModified"] == made["LastModified"]
    success = {"OnSuccess": {"Destination": f"{QUEUE}2"}, "OnFailure": {"Destination": QUEUE}}
    put(lam, function, DestinationConfig=success)
    assert members(lam.get_function_event_invoke_config(FunctionName=function)) == {
        "FunctionArn": f"{ARN}{function}:$LATEST", "DestinationConfig": success}
    put(lam, function, MaximumRetryAttempts=0)
    assert members(lam.get_function_event_invoke_config(FunctionName=function)) == {
        "FunctionArn": f"{ARN}{function}:$LATEST", "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}


def test_update_keeps_what_it_does_not_name(lam, function):
    put(lam, function, MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    changed = lam.update_function_event_invoke_config(FunctionName=function,
                                                      MaximumEventAgeInSeconds=90)
    assert members(changed) == {
        "FunctionArn": f"{ARN}{function}:$LATEST", "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 90,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}}
    cleared = lam.update_function_event_invoke_config(
        FunctionName=function, DestinationConfig={"OnFailure": {"Destination": ""}})
    assert cleared["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    assert cleared["MaximumRetryAttempts"] == 1


def test_each_qualifier_has_its_own_and_they_are_listed(lam, function):
    for attempts, qualifier in ((0, "$LATEST"), (1, "1"), (2, "live")):
        put(lam, function, Qualifier=qualifier, MaximumRetryAttempts=attempts)
    pages = lam.get_paginator("list_function_event_invoke_configs").paginate(
        FunctionName=function, PaginationConfig={"PageSize": 2})
    listed = [[(c["FunctionArn"], c["MaximumRetryAttempts"])
               for c in page["FunctionEventInvokeConfigs"]] for page in pages]
    assert listed == [[(f"{ARN}{function}:$LATEST", 0), (f"{ARN}{function}:1", 1)],
                      [(f"{ARN}{function}:live", 2)]]
    got = lam.get_function_event_invoke_config(FunctionName=f"{function}:live")
    assert got["MaximumRetryAttempts"] == 2


@pytest.mark.parametrize("options, text", [
    ({}, "You must specify at least one of error handling or destination setting."),
    (dict(OnFailure=ARN + "no-such"), f"The destination ARN {ARN}no-such is invalid."),
    (dict(OnSuccess=ARN + "{function}"),
     "You can't specify the function as a destination for itself."),
    (dict(OnSuccess="arn:aws:iam::000000000000:role/r"),
     "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
     "arn:aws:iam::000000000000:role/r), onFailure=null) is invalid."),
    (dict(OnSuccess="arn:aws:s3:::b"),
     "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
     "arn:aws:s3:::b), onFailure=null) is invalid."),
    (dict(OnFailure=QUEUE + ".fifo"),
     "The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure("
     f"destination={QUEUE}.fifo)) is invalid."),
    (dict(OnFailure="arn:aws:sqs:eu-west-1:000000000000:q"),
     "The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure("
     "destination=arn:aws:sqs:eu-west-1:000000000000:q)) is invalid."),
    (dict(OnFailure="arn:aws:sns:us-east-1:000000000000:t.fifo"),
     "FIFO-type Amazon SNS topics aren't supported as a destination."),
])
def test_what_put_refuses(lam, function, options, text):
    destinations = {k: {"Destination": v.format(function=function)} for k, v in options.items()}
    arguments = {"DestinationConfig": destinations} if options else {}
    assert error_of(put, lam=lam, function=function, **arguments) == (
        400, "InvalidParameterValueException", text)
    assert lam.list_function_event_invoke_configs(FunctionName=function)[
        "FunctionEventInvokeConfigs"] == []


@pytest.mark.parametrize("destination", [
    QUEUE, "arn:aws:sns:us-east-1:000000000000:t", "arn:aws:events:us-east-1:000000000000:event-bus/b",
    "arn:aws:s3:::bucket"])
def test_destinations_that_are_not_emulated_are_accepted(lam, function, destination):
    made = put(lam, function, DestinationConfig={"OnFailure": {"Destination": destination}})
    assert made["DestinationConfig"]["OnFailure"] == {"Destination": destination}


def test_the_syntax_comes_first(lam):
    def item(value, path, constraint):
        return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
    assert error_of(put, lam=lam, function="no-such", MaximumRetryAttempts=3,
                    MaximumEventAgeInSeconds=59,
                    DestinationConfig={"OnFailure": {"Destination": "queue"}}) == (
        400, "ValidationException", "3 validation errors detected: " + "; ".join([
            item(3, "maximumRetryAttempts", "Member must have value less than or equal to 2"),
            item(59, "maximumEventAgeInSeconds",
                 "Member must have value greater than or equal to 60"),
            item("queue", "destinationConfig.onFailure.destination",
                 "Member must satisfy regular expression pattern: "
                 r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+"
                 r":((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)")]))


def test_what_is_missing(lam, function):
    none = (404, "ResourceNotFoundException",
            f"The function {ARN}{function}:$LATEST doesn't have an EventInvokeConfig")
    for call in (lam.get_function_event_invoke_config, lam.delete_function_event_invoke_config):
        assert error_of(call, FunctionName=function) == none
        assert error_of(call, FunctionName="no-such", Qualifier="live")[2] == (
            f"The function {ARN}no-such:live doesn't have an EventInvokeConfig")
    assert error_of(lam.update_function_event_invoke_config, FunctionName=function,
                    MaximumRetryAttempts=0) == none
    for function_name, more in (("no-such", {}), (function, {"Qualifier": "gone"}),
                                (function, {"Qualifier": "7"})):
        assert error_of(put, lam=lam, function=function_name, MaximumRetryAttempts=0,
                        **more) == MISSING
    assert error_of(lam.list_function_event_invoke_configs, FunctionName="no-such") == MISSING


def test_delete_removes_one_and_an_alias_takes_its_own_along(lam, function):
    for qualifier in ("$LATEST", "live"):
        put(lam, function, Qualifier=qualifier, MaximumRetryAttempts=0)
    deleted = lam.delete_function_event_invoke_config(FunctionName=function)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    lam.delete_alias(FunctionName=function, Name="live")
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    assert lam.list_function_event_invoke_configs(FunctionName=function)[
        "FunctionEventInvokeConfigs"] == []


def test_event_invoke_configs_with_the_cli(cli, function):
    made = cli("lambda", "put-function-event-invoke-config", "--function-name", function,
               "--maximum-retry-attempts", "0", "--destination-config",
               '{"OnSuccess": {"Destination": "' + QUEUE + '"}}')
    assert made.json["DestinationConfig"]["OnSuccess"] == {"Destination": QUEUE}
    assert cli("lambda", "get-function-event-invoke-config", "--function-name",
               function).json["MaximumRetryAttempts"] == 0
