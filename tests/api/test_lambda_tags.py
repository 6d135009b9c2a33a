"""Tags of functions and code signing configurations: lambda-api.md section 27.2."""
import pytest

from tests.support.errors import error_of
from tests.support.packages import create

ARN = "arn:aws:lambda:us-east-1:000000000000:"


@pytest.fixture
def arn(lam, name):
    return create(lam, name, Tags={"team": "a"})["FunctionArn"]


def test_tags_are_added_replaced_and_removed(lam, arn):
    tagged = lam.tag_resource(Resource=arn, Tags={"team": "b", "stage": "test"})
    assert tagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert lam.list_tags(Resource=arn)["Tags"] == {"team": "b", "stage": "test"}
    assert lam.get_function(FunctionName=arn)["Tags"] == {"team": "b", "stage": "test"}
    untagged = lam.untag_resource(Resource=arn, TagKeys=["team", "unknown", "stage"])
    assert untagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert lam.list_tags(Resource=arn)["Tags"] == {}
    assert "Tags" not in lam.get_function(FunctionName=arn)


def test_tagging_changes_the_revision_of_the_function(lam, arn):
    def revision():
        return lam.get_function_configuration(FunctionName=arn)["RevisionId"]
    revisions = [revision()]
    lam.tag_resource(Resource=arn, Tags={"x": "y"})
    revisions.append(revision())
    lam.untag_resource(Resource=arn, TagKeys=["x"])
    revisions.append(revision())
    lam.list_tags(Resource=arn)
    assert len(set(revisions)) == 3 and revision() == revisions[2]


def test_keys_and_values_may_hold_anything(lam, arn):
    tags = {"a b/c?&=": "x&y=z", "ü": "ß", "aws.x": ""}
    lam.tag_resource(Resource=arn, Tags=tags)
    assert lam.list_tags(Resource=arn)["Tags"] == {"team": "a", **tags}
    lam.untag_resource(Resource=arn, TagKeys=list(tags))
    assert lam.list_tags(Resource=arn)["Tags"] == {"team": "a"}


@pytest.mark.parametrize("key", ["aws:cloudformation:stack-name", "AWS:x"])
def test_keys_of_aws_itself_are_refused(lam, arn, name, key):
    refused = (400, "InvalidParameterValueException",
               "aws: prefixed tag key names are not allowed for external use.")
    tags = {"ok": "1", key: "x"}
    assert error_of(lam.tag_resource, Resource=arn, Tags=tags) == refused
    assert lam.list_tags(Resource=arn)["Tags"] == {"team": "a"}
    assert error_of(create, lam=lam, name=name + "-2", Tags=tags) == refused
    assert error_of(lam.get_function, FunctionName=name + "-2")[0] == 404


@pytest.mark.parametrize("qualifier", ["$LATEST", "1", "live"])
def test_versions_and_aliases_have_no_tags(lam, arn, qualifier):
    expected = (400, "InvalidParameterValueException", "Tags on function aliases and versions are "
                "not supported. Please specify a function ARN.")
    resource = f"{arn}:{qualifier}"
    assert error_of(lam.tag_resource, Resource=resource, Tags={"a": "b"}) == expected
    assert error_of(lam.untag_resource, Resource=resource, TagKeys=["a"]) == expected
    assert error_of(lam.list_tags, Resource=resource) == expected


UUID = "a1b2c3d4-5678-90ab-cdef-1234567890ab"


@pytest.mark.parametrize("resource, text", [
    ("function:no-such", "Function not found: {arn}"),
    (f"event-source-mapping:{UUID}", "Event source mapping not found: {arn}"),
    ("capacity-provider:p", "Capacity provider not found: {arn}"),
    ("code-signing-config:csc-0123456789abcdef0",
     "The Lambda code signing configuration {arn} can not be found."),
])
def test_what_is_not_there(lam, resource, text):
    expected = (404, "ResourceNotFoundException", text.format(arn=ARN + resource))
    assert error_of(lam.list_tags, Resource=ARN + resource) == expected
    assert error_of(lam.tag_resource, Resource=ARN + resource, Tags={"a": "b"}) == expected
    assert error_of(lam.untag_resource, Resource=ARN + resource, TagKeys=["a"]) == expected


def test_a_bad_arn(lam):
    assert error_of(lam.list_tags, Resource="arn:aws:s3:::bucket") == (
        400, "ValidationException", "1 validation error detected: Value 'arn:aws:s3:::bucket' at "
        "'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
        r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|"
        "code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"
        "[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)")


def test_what_must_be_there(lam, arn):
    assert error_of(lam.untag_resource, Resource=arn, TagKeys=[]) == (
        400, "ValidationException", "1 validation error detected: Value null at 'tagKeys' failed "
        "to satisfy constraint: Member must not be null")
    assert error_of(lam.tag_resource, Resource=arn, Tags={}) == (
        400, "InvalidParameterValueException",
        "An error occurred and the request cannot be processed.")


def test_a_function_has_fifty_tags(lam, arn):
    lam.tag_resource(Resource=arn, Tags={f"k{i}": "v" for i in range(49)})
    too_many = (400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit.")
    assert error_of(lam.tag_resource, Resource=arn, Tags={"one": "more"}) == too_many
    assert len(lam.list_tags(Resource=arn)["Tags"]) == 50
    lam.tag_resource(Resource=arn, Tags={"team": "again"})
    assert lam.list_tags(Resource=arn)["Tags"]["team"] == "again"


def test_code_signing_configs_have_tags(http):
    made = http.json("POST", "/2020-04-22/code-signing-configs", {
        "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:"
                                                            "000000000000:/signing-profiles/p/1"]},
        "Tags": {"a": "1"}})["CodeSigningConfig"]
    path = "/2017-03-31/tags/" + made["CodeSigningConfigArn"]
    assert http.json("GET", path) == {"Tags": {"a": "1"}}
    assert http.send("POST", path, b'{"Tags": {"b": "2"}}').status == 204
    assert http.send("DELETE", path + "?tagKeys=a").status == 204
    assert http.json("GET", path) == {"Tags": {"b": "2"}}


def test_tags_with_the_cli(cli, arn):
    assert cli("lambda", "tag-resource", "--resource", arn, "--tags", "x=1,y=2").code == 0
    assert cli("lambda", "untag-resource", "--resource", arn, "--tag-keys", "x", "team").code == 0
    assert cli("lambda", "list-tags", "--resource", arn).json == {"Tags": {"y": "2"}}
