"""Resource policies of functions and layer versions: lambda-api.md sections 25 and 27.3."""
import json
import sqlite3

import pytest

from tests.conftest import Http, Server
from tests.support.errors import error_of
from tests.support.packages import create

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
GONE = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
REVISION = ("The Revision Id provided does not match the latest Revision Id. Call the GetPolicy "
            "API to retrieve the latest Revision Id")


@pytest.fixture
def function(lam, name):
    create(lam, name, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def grant(lam, function, sid="s1", **more):
    return lam.add_permission(**{"FunctionName": function, "StatementId": sid,
                                 "Action": "lambda:InvokeFunction",
                                 "Principal": "s3.amazonaws.com", **more})


def policy(lam, function, **more):
    return json.loads(lam.get_policy(FunctionName=function, **more)["Policy"])


@pytest.mark.parametrize("settings, principal, condition", [
    ({}, '{"Service":"s3.amazonaws.com"}', None),
    (dict(Principal="*"), '"*"', None),
    (dict(Principal="123456789012"), '{"AWS":"arn:aws:iam::123456789012:root"}', None),
    (dict(Principal="arn:aws:iam::123456789012:role/r"),
     '{"AWS":"arn:aws:iam::123456789012:role/r"}', None),
    (dict(SourceArn="arn:aws:s3:::b"), '{"Service":"s3.amazonaws.com"}',
     '{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}'),
    (dict(SourceAccount="123456789012"), '{"Service":"s3.amazonaws.com"}',
     '{"StringEquals":{"AWS:SourceAccount":"123456789012"}}'),
    (dict(EventSourceToken="t.1"), '{"Service":"s3.amazonaws.com"}',
     '{"StringEquals":{"lambda:EventSourceToken":"t.1"}}'),
    (dict(Principal="*", PrincipalOrgID="o-1234567890"), '"*"',
     '{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}'),
    (dict(SourceArn="arn:aws:s3:::b", SourceAccount="123456789012", PrincipalOrgID="o-1234567890"),
     '{"Service":"s3.amazonaws.com"}',
     '{"StringEquals":{"AWS:SourceAccount":"123456789012","aws:PrincipalOrgID":"o-1234567890"},'
     '"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}'),
])
def test_a_statement_is_aws_s_word_for_word(lam, function, settings, principal, condition):
    made = grant(lam, function, **settings)
    statement = ('{"Sid":"s1","Effect":"Allow","Principal":' + principal +
                 ',"Action":"lambda:InvokeFunction","Resource":"' + ARN + function + '"' +
                 (',"Condition":' + condition if condition else "") + "}")
    assert (made["Statement"], made["ResponseMetadata"]["HTTPStatusCode"]) == (statement, 201)
    assert lam.get_policy(FunctionName=function)["Policy"] == (
        '{"Version":"2012-10-17","Id":"default","Statement":[' + statement + "]}")


def test_the_conditions_of_function_urls(http, lam, function):
    path = f"/2015-03-31/functions/{function}/policy"
    url = {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
    via = {"Principal": "*", "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}
    conditions = [json.loads(http.json("POST", path, {"StatementId": sid, **body})["Statement"])
                  ["Condition"] for sid, body in (("url", url), ("via", via))]
    assert conditions == [{"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
                          {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}]
    refused = [http.json("POST", path, {"StatementId": "x", **body, "Action": "lambda:GetFunction"})
               for body in (url, via)]
    assert [answer["message"] for answer in refused] == [
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
        "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action"]


def test_each_qualifier_has_a_policy_and_a_revision_of_its_own(lam, function):
    for sid, qualifier in (("f", None), ("v", "1"), ("a", "live")):
        more = {"Qualifier": qualifier} if qualifier else {}
        grant(lam, function, sid, **more)
        (statement,) = policy(lam, function, **more)["Statement"]
        assert (statement["Sid"], statement["Resource"]) == (
            sid, ARN + function + (f":{qualifier}" if qualifier else ""))
    revisions = {lam.get_policy(FunctionName=function + end)["RevisionId"]
                 for end in ("", ":1", ":live")}
    revisions.add(lam.get_function_configuration(FunctionName=function)["RevisionId"])
    assert len(revisions) == 4


def test_permissions_leave_the_function_s_revision_alone(lam, function):
    before = lam.get_function_configuration(FunctionName=function)["RevisionId"]
    grant(lam, function)
    lam.remove_permission(FunctionName=function, StatementId="s1")
    assert lam.get_function_configuration(FunctionName=function)["RevisionId"] == before


def test_every_change_needs_the_present_revision_and_makes_a_new_one(lam, function):
    stale = (412, "PreconditionFailedException", REVISION)
    assert error_of(grant, lam=lam, function=function, RevisionId="none") == stale
    grant(lam, function, "s1")
    first = lam.get_policy(FunctionName=function)["RevisionId"]
    grant(lam, function, "s2", RevisionId=first)
    second = lam.get_policy(FunctionName=function)["RevisionId"]
    assert first != second
    assert error_of(grant, lam=lam, function=function, sid="s3", RevisionId=first) == stale
    assert error_of(lam.remove_permission, FunctionName=function, StatementId="s1",
                    RevisionId=first) == stale
    lam.remove_permission(FunctionName=function, StatementId="s1", RevisionId=second)
    third = lam.get_policy(FunctionName=function)
    assert third["RevisionId"] not in (first, second)
    assert [s["Sid"] for s in json.loads(third["Policy"])["Statement"]] == ["s2"]


def test_the_policy_goes_with_its_last_statement(lam, function):
    grant(lam, function)
    removed = lam.remove_permission(FunctionName=function, StatementId="s1")
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert error_of(lam.get_policy, FunctionName=function) == GONE


def test_a_statement_id_is_taken_once(lam, function):
    grant(lam, function, "s3")
    assert error_of(grant, lam=lam, function=function, sid="s3", Principal="*") == (
        409, "ResourceConflictException", "The statement id (s3) provided already exists. Please "
        "provide a new statement id, or remove the existing statement.")
    assert len(policy(lam, function)["Statement"]) == 1


@pytest.mark.parametrize("settings, expected", [
    (dict(sid="example.com"), (400, "ValidationException", "1 validation error detected: Value "
     "'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular "
     "expression pattern: ([a-zA-Z0-9-_]+)")),
    (dict(Qualifier="$LATEST"), (400, "InvalidParameterValueException",
                                 "We currently do not support adding policies for $LATEST.")),
    (dict(Principal="nobody.example.com"), (
        400, "InvalidParameterValueException", "The provided principal was invalid. Please check "
        "the principal and try again.")),
    (dict(Principal="arn:aws:iam::123456789012:group/g"), (
        400, "InvalidParameterValueException", "The provided principal was invalid. Please check "
        "the principal and try again.")),
    (dict(function="nothing-here"), (404, "ResourceNotFoundException",
                                     f"Function not found: {ARN}nothing-here")),
    (dict(Qualifier="42"), (404, "ResourceNotFoundException", "Function not found: {arn}:42")),
    (dict(Qualifier="gone"), (404, "ResourceNotFoundException",
                              "Cannot find alias arn: {arn}:gone")),
    (dict(Qualifier="$gone"), (404, "ResourceNotFoundException",
                               "Function not found: {arn}:$gone")),
    (dict(Principal="*", SourceAccount="12"), (
        400, "ValidationException", "1 validation error detected: Value '12' at 'sourceAccount' "
        r"failed to satisfy constraint: Member must satisfy regular expression pattern: \d{{12}}")),
])
def test_what_add_permission_refuses(lam, function, settings, expected):
    status, code, text = expected
    assert error_of(grant, **{"lam": lam, "function": function, **settings}) == (
        status, code, text.format(arn=ARN + function))
    assert error_of(lam.get_policy, FunctionName=function) == GONE


def test_what_remove_permission_refuses(lam, function):
    not_found = (404, "ResourceNotFoundException")
    def refusal(**more):
        return error_of(lam.remove_permission,
                        **{"FunctionName": function, "StatementId": "s", **more})
    assert refusal() == (*not_found, "No policy is associated with the given resource.")
    assert refusal(Qualifier="1") == (*not_found,
                                      "No policy is associated with the given resource.")
    assert refusal(Qualifier="gone") == (*not_found,
                                         f"Cannot find alias arn: {ARN}{function}:gone")
    assert refusal(FunctionName="nothing-here") == (
        *not_found, f"No policy found for: {ARN}nothing-here")
    grant(lam, function)
    assert refusal() == (*not_found, "Statement s is not found in resource policy.")
    assert refusal(RevisionId="stale") == (*not_found,
                                           "Statement s is not found in resource policy.")


def test_get_policy_has_one_text_for_all_that_is_missing(lam, function):
    for more in ({"FunctionName": "nothing-here"}, {"Qualifier": "7"}, {"Qualifier": "gone"}, {}):
        assert error_of(lam.get_policy, **{"FunctionName": function, **more}) == GONE


def test_a_policy_has_20_kilobytes(lam, function):
    size = 0
    for number in range(60):
        before = lam.get_policy(FunctionName=function)["Policy"] if number else ""
        try:
            grant(lam, function, f"s{number}", EventSourceToken="t" * 250)
        except lam.exceptions.PolicyLengthExceededException as error:
            size = int(error.response["Error"]["Message"].split("(")[1].split(")")[0])
            assert error.response["Error"]["Message"] == (
                f"The final policy size ({size}) is bigger than the limit (20480).")
            break
    assert len(before) <= 20480 < size
    assert lam.get_policy(FunctionName=function)["Policy"] == before


def test_policies_go_with_what_they_belong_to(lam, function):
    for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "live"}):
        grant(lam, function, **qualifier)
    lam.delete_alias(FunctionName=function, Name="live")
    lam.create_alias(FunctionName=function, Name="live", FunctionVersion="$LATEST")
    assert error_of(lam.get_policy, FunctionName=function, Qualifier="live") == GONE
    lam.delete_function(FunctionName=function, Qualifier="1")
    assert error_of(lam.get_policy, FunctionName=function, Qualifier="1") == GONE
    assert policy(lam, function)["Statement"]
    grant(lam, function, Qualifier="live")
    lam.delete_function(FunctionName=function)
    create(lam, function)
    assert error_of(lam.get_policy, FunctionName=function) == GONE
    assert error_of(lam.get_policy, FunctionName=function, Qualifier="live") == GONE


def test_a_namesake_with_a_longer_name_keeps_its_policy(lam, function):
    longer = function + "-more"
    create(lam, longer)
    grant(lam, longer)
    lam.delete_function(FunctionName=function)
    assert policy(lam, longer)["Statement"]


def test_a_published_version_does_not_inherit_the_policy(lam, function):
    grant(lam, function)
    lam.update_function_configuration(FunctionName=function, Description="second")
    version = lam.publish_version(FunctionName=function)["Version"]
    assert error_of(lam.get_policy, FunctionName=function, Qualifier=version) == GONE


def test_permissions_with_the_cli(cli, lam, function):
    made = cli("lambda", "add-permission", "--function-name", function, "--statement-id", "s3",
               "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com",
               "--source-arn", "arn:aws:s3:::b", "--qualifier", "live")
    assert json.loads(made.json["Statement"])["Resource"] == f"{ARN}{function}:live"
    shown = cli("lambda", "get-policy", "--function-name", f"{function}:live").json
    assert json.loads(shown["Policy"])["Statement"][0]["Sid"] == "s3"
    assert cli("lambda", "remove-permission", "--function-name", function, "--statement-id", "s3",
               "--qualifier", "live", "--revision-id", shown["RevisionId"]).code == 0
    assert "does not exist" in cli("lambda", "get-policy", "--function-name",
                                   f"{function}:live").err


LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:no-such:1"


def test_a_layer_version_that_is_missing_has_no_policy(lam):
    missing = (404, "ResourceNotFoundException", f"Layer version {LAYER} does not exist.")
    named = {"LayerName": "no-such", "VersionNumber": 1}
    assert error_of(lam.get_layer_version_policy, **named) == missing
    assert error_of(lam.get_layer_version_policy, LayerName=LAYER[:-2], VersionNumber=1) == missing
    assert error_of(lam.remove_layer_version_permission, **named, StatementId="s") == missing
    assert error_of(lam.add_layer_version_permission, **named, StatementId="s", Principal="*",
                    Action="lambda:GetLayerVersion") == missing


def test_layers_can_be_read_and_nothing_else(lam):
    assert error_of(lam.add_layer_version_permission, LayerName="l", VersionNumber=1,
                    StatementId="s", Principal="x", Action="lambda:Invoke") == (
        400, "ValidationException", "2 validation errors detected: Value 'lambda:Invoke' at "
        "'action' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "lambda:GetLayerVersion; Value 'x' at 'principal' failed to satisfy constraint: Member "
        r"must satisfy regular expression pattern: \d{12}|\*|arn:(aws[a-zA-Z-]*):iam::\d{12}:root")


@pytest.fixture(name="layer")
def layer_version(tmp_path):
    """A client of a server that has version 3 of layer `l`."""
    options = ("--data-dir", str(tmp_path))
    assert Server(*options, ephemeral=False).stop() == 0
    with sqlite3.connect(tmp_path / "coalmine.db") as database:
        database.execute(
            "INSERT INTO lambda_layer_version VALUES ('000000000000', 'us-east-1', 'l', 3, '{}', "
            "'', 0, '', 0)")
    database.close()
    server = Server(*options, ephemeral=False)
    yield server.client("lambda")
    assert server.stop() == 0


def test_a_layer_version_has_a_policy_like_a_function_s(layer):
    named = {"LayerName": "l", "VersionNumber": 3}
    none = (404, "ResourceNotFoundException", "No policy is associated with the given resource.")
    assert error_of(layer.get_layer_version_policy, **named) == none
    assert error_of(layer.remove_layer_version_permission, **named, StatementId="s") == none
    give = {**named, "StatementId": "s", "Action": "lambda:GetLayerVersion"}
    assert error_of(layer.add_layer_version_permission, **give, Principal="123456789012",
                    OrganizationId="o-1234567890") == (
        400, "InvalidParameterValueException",
        "If organization id is specified then principal should be *")
    made = layer.add_layer_version_permission(**give, Principal="*", OrganizationId="o-1234567890")
    statement = (
        '{"Sid":"s","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":'
        '"arn:aws:lambda:us-east-1:000000000000:layer:l:3","Condition":{"StringEquals":'
        '{"aws:PrincipalOrgID":"o-1234567890"}}}')
    assert made["Statement"] == statement
    shown = layer.get_layer_version_policy(**named)
    assert (shown["Policy"], shown["RevisionId"]) == (
        '{"Version":"2012-10-17","Id":"default","Statement":[' + statement + "]}",
        made["RevisionId"])
    assert error_of(layer.add_layer_version_permission, **give, Principal="*") == (
        409, "ResourceConflictException", "The statement id (s) provided already exists. Please "
        "provide a new statement id, or remove the existing statement.")
    stale = (412, "PreconditionFailedException", REVISION.replace("GetPolicy", "GetLayerPolicy"))
    assert error_of(layer.add_layer_version_permission, **{**give, "StatementId": "t"},
                    Principal="123456789012", RevisionId="stale") == stale
    assert error_of(layer.remove_layer_version_permission, **named, StatementId="s",
                    RevisionId="stale") == stale
    removed = layer.remove_layer_version_permission(**named, StatementId="s",
                                                    RevisionId=made["RevisionId"])
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert error_of(layer.get_layer_version_policy, **named) == none


# Policies as a whole: the operations of July 2026, which these clients do not know.

def whole(http, method, resource, body=None, query=""):
    answer = http.send(method, f"/2026-07-09/resource-policy/{ARN}{resource}{query}",
                       json.dumps(body) if body else b"")
    return answer.status, json.loads(answer.body) if answer.body else None


def document(resource, *sids, **more):
    return {**more, "Statement": [
        {"Sid": sid, "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
         "Action": ["lambda:InvokeFunction"], "Resource": ARN + resource} for sid in sids]}


def test_a_whole_policy_replaces_permissions_and_takes_more(http, lam, function):
    grant(lam, function, "before")
    first = lam.get_policy(FunctionName=function)["RevisionId"]
    given = document(function, "a", "b", Version="2012-10-17", Id="mine")
    status, put = whole(http, "PUT", function, {"Policy": json.dumps(given), "RevisionId": first})
    assert status == 200 and json.loads(put["Policy"]) == given and put["RevisionId"] != first
    assert whole(http, "GET", function) == (200, put)
    assert policy(lam, function) == given
    grant(lam, function, "c")
    lam.remove_permission(FunctionName=function, StatementId="a")
    now = policy(lam, function)
    assert [s["Sid"] for s in now["Statement"]] == ["b", "c"] and now["Id"] == "mine"
    stale = (412, "PreconditionFailedException", REVISION)
    assert error_of(grant, lam=lam, function=function, sid="d", RevisionId=first) == stale
    for method, body, query in (("PUT", {"Policy": "{}", "RevisionId": first}, ""),
                                ("DELETE", None, "?RevisionId=" + first)):
        status, refused = whole(http, method, function, body, query)
        assert status == 412 and "Call the GetResourcePolicy API" in refused["message"]
    assert whole(http, "DELETE", function)[0] == 204
    assert error_of(lam.get_policy, FunctionName=function) == GONE
    assert whole(http, "GET", function) == (404, {"Type": "User", "Message": GONE[2]})
    assert whole(http, "DELETE", function)[1]["Message"] == (
        "No policy is associated with the given resource.")


def test_a_whole_policy_outlives_the_server(start_server, tmp_path, name):
    first = start_server("--data-dir", str(tmp_path), ephemeral=False)
    create(first.client("lambda"), name)
    given = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    whole(Http(first.port), "PUT", name, {"Policy": json.dumps(given)})
    assert first.stop() == 0
    again = start_server("--data-dir", str(tmp_path), ephemeral=False)
    shown = whole(Http(again.port), "GET", name)[1]
    assert json.loads(shown["Policy"]) == {"Statement": [given["Statement"]]}


def without(member):
    """A document whose statement lacks one member."""
    made = document("f", "s")
    del made["Statement"][0][member]
    return made


@pytest.mark.parametrize("end, given, status, text", [
    (":$LATEST", document("f", "s"), 400,
     "We currently do not support adding policies for $LATEST."),
    (":none", document("f", "s"), 404, "Cannot find alias arn: " + ARN + "{function}:none"),
    (":7", document("f", "s"), 404, "Function not found: " + ARN + "{function}:7"),
    ("", [], 400, "The policy is not valid: it is a JSON object with a Statement."),
    ("", {"Statement": []}, 400, "The policy is not valid: Statement is a list of statements."),
    ("", {"Statement": ["s"]}, 400,
     "The policy is not valid: each Statement needs Principal, Action and Resource."),
    ("", without("Resource"), 400,
     "The policy is not valid: each Statement needs Principal, Action and Resource."),
    ("", without("Effect"), 400, "The policy is not valid: Effect is Allow or Deny."),
    ("", {"Statement": [{"NotPrincipal": "*"}]}, 501,
     "Coalmine does not emulate NotPrincipal in a policy"),
    ("", document("f", *map(str, range(200))), 400,
     "The final policy size (34105) is bigger than the limit (20480)."),
])
def test_what_is_refused_as_a_whole_policy(http, lam, function, end, given, status, text):
    got, refused = whole(http, "PUT", function + end, {"Policy": json.dumps(given)})
    assert (got, refused.get("message") or refused.get("Message")) == (
        status, text.format(function=function))
    assert error_of(lam.get_policy, FunctionName=function) == GONE
