"""Temporary credentials: AssumeRole and GetSessionToken, with and without --credentials."""
import datetime
import json
import subprocess
import urllib.parse

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import ROOT, Http, clean_environment
from tests.support.errors import error_of
from tests.support.iam import create_role
from tests.support.packages import create, invoke, node

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ROLE = "arn:aws:iam::210987654321:role/team/deployer"


@pytest.fixture
def sts(server):
    return server.client("sts")


def client(server, service, credentials):
    return boto3.client(service, endpoint_url=server.url, region_name="us-east-1",
                        aws_access_key_id=credentials["AccessKeyId"],
                        aws_secret_access_key=credentials["SecretAccessKey"],
                        aws_session_token=credentials["SessionToken"])


def test_who_assumes_a_role_is_its_session(server, sts):
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="me@work", SourceIdentity="me")
    arn = "arn:aws:sts::210987654321:assumed-role/deployer/me@work"
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == arn and user["AssumedRoleId"].startswith("AROA")
    assert user["AssumedRoleId"].endswith(":me@work") and answer["SourceIdentity"] == "me"
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=50) < left <= datetime.timedelta(hours=1)
    who = client(server, "sts", credentials).get_caller_identity()
    assert (who["Account"], who["Arn"], who["UserId"]) == (
        "210987654321", arn, user["AssumedRoleId"])
    again = sts.assume_role(RoleArn=ROLE, RoleSessionName="me@work")
    assert again["AssumedRoleUser"] == user  # a role that was not made has one id all the same
    assert again["Credentials"]["AccessKeyId"] != credentials["AccessKeyId"]


def test_its_resources_are_of_the_roles_account(server, sts):
    credentials = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    client(server, "logs", credentials).create_log_group(logGroupName="assumed")
    there = server.client("logs", key="210987654321")
    assert [g["logGroupName"] for g in there.describe_log_groups()["logGroups"]] == ["assumed"]


def test_a_role_that_was_made_has_its_id_and_its_longest_session(server, iam, sts, name):
    made = create_role(iam, name, MaxSessionDuration=7200)["Role"]
    answer = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="s1", DurationSeconds=7200)
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{made['RoleId']}:s1"
    assert error_of(sts.assume_role, RoleArn=made["Arn"], RoleSessionName="s1",
                    DurationSeconds=7201) == (
        400, "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def test_a_chain_of_roles_lasts_an_hour(server, sts):
    first = sts.assume_role(RoleArn=ROLE, RoleSessionName="s1")["Credentials"]
    second = client(server, "sts", first)
    assert error_of(second.assume_role, RoleArn=ROLE, RoleSessionName="s2",
                    DurationSeconds=3601) == (
        400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit "
        "for roles assumed by role chaining")
    third = second.assume_role(RoleArn=ROLE, RoleSessionName="s2", DurationSeconds=3600)
    who = client(server, "sts", third["Credentials"]).get_caller_identity()
    assert who["Arn"].endswith("/deployer/s2")
    assert error_of(second.get_session_token) == (
        403, "AccessDenied", "Cannot call GetSessionToken with session credentials")


def test_a_session_of_ones_own(server):
    credentials = server.client("sts", key="123456789012").get_session_token(
        DurationSeconds=900)["Credentials"]
    who = client(server, "sts", credentials).get_caller_identity()
    assert (who["Account"], who["Arn"]) == (
        "123456789012", "arn:aws:iam::123456789012:user/coalmine")


@pytest.mark.parametrize("arguments, text", [
    ({"RoleArn": "arn:aws:iam::210987654321:user/deployer"}, "Request ARN is invalid"),
    ({"RoleArn": "arn:aws:iam::21098765432:role/deployer"}, "Request ARN is invalid"),
    ({"RoleArn": "deployer"},
     "1 validation error detected: Value 'deployer' at 'roleArn' failed to satisfy constraint: "
     "Member must have length greater than or equal to 20"),
    ({"RoleSessionName": "a b"},
     "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
     "Member must satisfy regular expression pattern: [\\w+=,.@-]*"),
    ({"DurationSeconds": 899},
     "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: "
     "Member must have value greater than or equal to 900"),
])
def test_what_is_no_role_or_session_is_refused(sts, arguments, text):
    asked = {"RoleArn": ROLE, "RoleSessionName": "me", **arguments}
    assert error_of(sts.assume_role, **asked) == (400, "ValidationError", text)


def test_a_profile_with_a_role_works_unchanged(server, tmp_path):
    """The SDK asks STS for the role of the profile, and then calls as it."""
    config = tmp_path / "config"
    config.write_text("[profile base]\naws_access_key_id = x\naws_secret_access_key = y\n"
                      f"[profile deployer]\nrole_arn = {ROLE}\nsource_profile = base\n"
                      "role_session_name = me\nregion = us-east-1\n")
    create(server.client("lambda", key="210987654321"), "theirs", node("return 1"))
    environment = {**clean_environment(server.url), "AWS_CONFIG_FILE": str(config),
                   "AWS_PROFILE": "deployer"}
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environment[variable]
    program = ('import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";'
               "const answer = await new LambdaClient().send(new ListFunctionsCommand());"
               "console.log(answer.Functions.map(it => it.FunctionArn).join());")
    done = subprocess.run(["node", "--input-type=module", "-e", program], cwd=ROOT / "tests/js",
                          env=environment, capture_output=True, text=True)
    assert done.stdout == "arn:aws:lambda:us-east-1:210987654321:function:theirs\n", done.stderr


def test_a_session_calls_a_function_url_as_itself(server, lam, sts, name):
    create(lam, name, node("return event.requestContext.authorizer.iam"))
    url = lam.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")["FunctionUrl"]
    role = "arn:aws:iam::000000000000:role/caller"
    answer = sts.assume_role(RoleArn=role, RoleSessionName="me")
    credentials = answer["Credentials"]
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"],
                          credentials["SessionToken"]), "lambda", "us-east-1").add_auth(request)
    host = urllib.parse.urlsplit(url).netloc
    seen = json.loads(Http(server.port).send(
        "GET", "/", headers={"Host": host, **dict(request.headers.items())}).body)
    user = answer["AssumedRoleUser"]
    assert (seen["userArn"], seen["userId"], seen["callerId"], seen["accessKey"]) == (
        user["Arn"], user["AssumedRoleId"], user["AssumedRoleId"], credentials["AccessKeyId"])


OWN_KEYS = node("const e = process.env; return {AccessKeyId: e.AWS_ACCESS_KEY_ID, "
                "SecretAccessKey: e.AWS_SECRET_ACCESS_KEY, SessionToken: e.AWS_SESSION_TOKEN}")


def test_a_function_calls_as_its_role(server, iam, lam, name):
    role = create_role(iam, name, Path="/team/")["Role"]
    create(lam, name, OWN_KEYS, Role=role["Arn"])
    keys = invoke(lam, name)[1]
    assert keys["AccessKeyId"].startswith("ASIA")
    who = client(server, "sts", keys).get_caller_identity()
    assert (who["Account"], who["Arn"], who["UserId"]) == (
        "000000000000", f"arn:aws:sts::000000000000:assumed-role/{name}/{name}",
        f"{role['RoleId']}:{name}")
    assert client(server, "lambda", keys).get_function_configuration(
        FunctionName=name)["Role"] == role["Arn"]
    lam.update_function_configuration(FunctionName=name, Description="another environment")
    assert invoke(lam, name)[1]["AccessKeyId"] != keys["AccessKeyId"]


def test_a_function_calls_in_its_own_account(server, name):
    theirs = server.client("lambda", key="333333333333")
    create(theirs, name, OWN_KEYS)  # its role is of another account, which AWS would not allow
    keys = invoke(theirs, name)[1]
    assert [f["FunctionName"] for f in client(server, "lambda", keys).list_functions()[
        "Functions"]] == [name]
    theirs.update_function_configuration(FunctionName=name, Role="arn::iam::333333333333:role/r")
    who = client(server, "sts", invoke(theirs, name)[1]).get_caller_identity()
    assert who["Account"] == "333333333333" and who["Arn"].endswith(f":assumed-role/r/{name}")


@pytest.fixture
def guarded(start_server, tmp_path):
    path = tmp_path / "credentials"
    path.write_text(f"[default]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n"
                    "coalmine_account = 123456789012\n")
    return start_server("--credentials", str(path))


def test_with_credentials_only_given_sessions_are_admitted(guarded):
    """That they expire, and with which words, is test_authenticate.c's."""
    own = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "SessionToken": None}
    good = client(guarded, "sts", own).assume_role(
        RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert client(guarded, "sts", good).get_caller_identity()["Account"] == "210987654321"
    assert client(guarded, "lambda", good).list_functions()["Functions"] == []
    chained = client(guarded, "sts", good).assume_role(
        RoleArn=ROLE, RoleSessionName="chained")["Credentials"]
    who = client(guarded, "sts", chained).get_caller_identity()
    assert who["Arn"].endswith("/deployer/chained")
    for wrong, code in (({**good, "SecretAccessKey": "wrong"}, "InvalidSignatureException"),
                        ({**good, "AccessKeyId": chained["AccessKeyId"]},
                         "UnrecognizedClientException"),
                        ({**good, "SessionToken": chained["SessionToken"]},
                         "UnrecognizedClientException"),
                        ({**good, "SessionToken": None}, "UnrecognizedClientException")):
        assert error_of(client(guarded, "lambda", wrong).list_functions)[:2] == (403, code)


def test_with_credentials_functions_are_not_heard(guarded, name):
    """docs/security.md: the walls stand against code that looks for this server."""
    own = client(guarded, "lambda", {"AccessKeyId": KEY, "SecretAccessKey": SECRET,
                                     "SessionToken": None})
    create(own, name, OWN_KEYS)
    as_function = client(guarded, "lambda", invoke(own, name)[1])
    assert error_of(as_function.list_functions)[:2] == (403, "UnrecognizedClientException")


def test_nobody_gives_himself_a_session(guarded, server, sts):
    """A server that verifies nothing gives tokens that are worth nothing where keys are verified."""
    begged = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert error_of(client(guarded, "lambda", begged).list_functions)[:2] == (
        403, "UnrecognizedClientException")
    mine = server.client("sts", key=KEY).assume_role(
        RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert error_of(client(guarded, "lambda", mine).list_functions)[:2] == (
        403, "UnrecognizedClientException")
