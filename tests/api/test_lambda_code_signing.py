"""Code signing configurations: lambda-api.md section 27.4."""
import pytest

from tests.support.errors import error_of
from tests.support.packages import create, node

PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/1"
PUBLISHERS = {"SigningProfileVersionArns": [PROFILE]}
UNKNOWN = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"


def make(lam, **more):
    return lam.create_code_signing_config(AllowedPublishers=PUBLISHERS, **more)[
        "CodeSigningConfig"]


def test_a_configuration_is_made_shown_changed_and_deleted(lam):
    made = make(lam, Description="d")
    assert made.pop("LastModified").endswith("+0000")
    identity = made["CodeSigningConfigId"]
    assert identity.startswith("csc-") and len(identity) == 21
    assert made == {
        "CodeSigningConfigId": identity, "CodeSigningConfigArn": UNKNOWN[:-21] + identity,
        "Description": "d", "AllowedPublishers": PUBLISHERS,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"}}
    arn = made["CodeSigningConfigArn"]
    assert lam.list_tags(Resource=arn)["Tags"] == {}
    got = lam.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
    assert {**got, "LastModified": None} == {**made, "LastModified": None}
    changed = lam.update_code_signing_config(
        CodeSigningConfigArn=arn,
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfig"]
    assert changed["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert (changed["Description"], changed["AllowedPublishers"]) == ("d", PUBLISHERS)
    deleted = lam.delete_code_signing_config(CodeSigningConfigArn=arn)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    missing = (404, "ResourceNotFoundException",
               f"The Lambda code signing configuration {arn} can not be found.")
    for call in (lam.get_code_signing_config, lam.update_code_signing_config,
                 lam.delete_code_signing_config, lam.list_functions_by_code_signing_config):
        assert error_of(call, CodeSigningConfigArn=arn) == missing


def test_the_error_about_a_missing_one_has_no_type(http):
    answer = http.json("GET", "/2020-04-22/code-signing-configs/" + UNKNOWN)
    assert list(answer) == ["Message"]


def test_configurations_are_listed_in_pages(start_server):
    lam = start_server().client("lambda")
    assert lam.list_code_signing_configs()["CodeSigningConfigs"] == []
    made = {make(lam)["CodeSigningConfigArn"] for _ in range(3)}
    pages = lam.get_paginator("list_code_signing_configs").paginate(
        PaginationConfig={"PageSize": 2})
    listed = [[c["CodeSigningConfigArn"] for c in page["CodeSigningConfigs"]] for page in pages]
    assert [len(page) for page in listed] == [2, 1] and set(sum(listed, [])) == made


def test_a_function_has_one_or_none(lam, name):
    arn = make(lam)["CodeSigningConfigArn"]
    function = create(lam, name)["FunctionArn"]
    assert set(lam.get_function_code_signing_config(FunctionName=name)) == {"ResponseMetadata"}
    for _ in range(2):
        assert lam.delete_function_code_signing_config(FunctionName=name)[
            "ResponseMetadata"]["HTTPStatusCode"] == 204
        answer = lam.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
        answer.pop("ResponseMetadata")
        assert answer == {"CodeSigningConfigArn": arn, "FunctionName": name}
    assert lam.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn
    assert lam.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == [
        function]
    assert error_of(lam.delete_code_signing_config, CodeSigningConfigArn=arn) == (
        409, "ResourceConflictException",
        f"The code signing configuration {arn} cannot be deleted: functions use it.")
    lam.delete_function_code_signing_config(FunctionName=name)
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_a_function_can_be_made_with_one_and_its_code_updated(lam, name):
    arn = make(lam)["CodeSigningConfigArn"]
    create(lam, name, CodeSigningConfigArn=arn)
    assert lam.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn
    lam.update_function_code(FunctionName=name, ZipFile=node("return 'new'")["Code"]["ZipFile"])
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"new"'
    assert lam.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn
    lam.delete_function(FunctionName=name)
    assert lam.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)[
        "FunctionArns"] == []


def test_an_unknown_configuration_is_reported_before_an_unknown_function(lam, name):
    unknown = (404, "CodeSigningConfigNotFoundException", "The code signing configuration cannot "
               f"be found. Check that the provided configuration is not deleted: {UNKNOWN}.")
    assert error_of(lam.put_function_code_signing_config, FunctionName="no-such",
                    CodeSigningConfigArn=UNKNOWN) == unknown
    assert error_of(create, lam=lam, name=name, CodeSigningConfigArn=UNKNOWN) == unknown
    arn = make(lam)["CodeSigningConfigArn"]
    missing = (404, "ResourceNotFoundException", "Function not found: "
               "arn:aws:lambda:us-east-1:000000000000:function:no-such")
    assert error_of(lam.put_function_code_signing_config, FunctionName="no-such",
                    CodeSigningConfigArn=arn) == missing
    assert error_of(lam.get_function_code_signing_config, FunctionName="no-such") == missing
    assert error_of(lam.delete_function_code_signing_config, FunctionName="no-such") == missing


@pytest.mark.parametrize("settings, path", [
    (dict(AllowedPublishers=None), "Value null at 'allowedPublishers'"),
    (dict(AllowedPublishers={}), "Value null at 'allowedPublishers.signingProfileVersionArns'"),
    (dict(AllowedPublishers={"SigningProfileVersionArns": []}),
     "Value '[]' at 'allowedPublishers.signingProfileVersionArns'"),
    (dict(AllowedPublishers={"SigningProfileVersionArns": ["x"]}),
     "Value '[x]' at 'allowedPublishers.signingProfileVersionArns'"),
    (dict(AllowedPublishers={"SigningProfileVersionArns": [PROFILE] * 21}),
     f"Value '[{', '.join([PROFILE] * 21)}]' at 'allowedPublishers.signingProfileVersionArns'"),
    (dict(AllowedPublishers=PUBLISHERS, Description="d" * 257),
     f"Value '{'d' * 257}' at 'description'"),
    (dict(AllowedPublishers=PUBLISHERS, CodeSigningPolicies={
        "UntrustedArtifactOnDeployment": "No"}),
     "Value 'No' at 'codeSigningPolicies.untrustedArtifactOnDeployment'"),
])
def test_what_create_refuses(lam, settings, path):
    status, code, text = error_of(lam.create_code_signing_config, **settings)
    assert (status, code) == (400, "ValidationException")
    assert text.startswith("1 validation error detected: " + path)


def test_code_signing_with_the_cli(cli, lam, name):
    create(lam, name)
    made = cli("lambda", "create-code-signing-config", "--allowed-publishers",
               f"SigningProfileVersionArns={PROFILE}").json["CodeSigningConfig"]
    arn = made["CodeSigningConfigArn"]
    cli("lambda", "put-function-code-signing-config", "--function-name", name,
        "--code-signing-config-arn", arn)
    assert cli("lambda", "get-function-code-signing-config", "--function-name", name).json == {
        "CodeSigningConfigArn": arn, "FunctionName": name}
