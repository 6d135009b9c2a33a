"""Resource policies of accounts and of log groups. The answers of accounts' were recorded from AWS."""
import json

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import call_logs

STATEMENT = {"Sid": "Route53LogsToCloudWatchLogs", "Effect": "Allow",
             "Principal": {"Service": ["route53.amazonaws.com"]}, "Action": "logs:PutLogEvents",
             "Resource": "log_arn"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
SHOWN = {"Version": "2012-10-17",
         "Statement": [{**STATEMENT, "Principal": {"Service": "route53.amazonaws.com"}}]}
NO_GROUP = "The specified log group does not exist."


def at(name):
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"


def account_of(name):
    """That of no other test, and not the one that is everybody's."""
    return f"{int(name[1:].split('-')[0]) + 1:012}"


@pytest.fixture
def other(server, name):
    """An account that no other test has policies in."""
    return server.client("logs", key=account_of(name))


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    return name


def shown(logs, **search):
    return logs.describe_resource_policies(**search)["resourcePolicies"]


def names(logs, **search):
    return [each["policyName"] for each in shown(logs, **search)]


def of_groups(http, **search):
    status, answer = call_logs(http, "DescribeResourcePolicies", search)
    assert status == 200
    return answer["resourcePolicies"]


def refused(http, operation, **members):
    status, answer = call_logs(http, operation, members)
    assert status == 400
    return answer["__type"], answer["message"]


def test_a_policy_with_the_cli(cli, tmp_path, name):
    (tmp_path / "policy.json").write_text(json.dumps(json.loads(DOCUMENT), indent=2))
    made = cli("logs", "put-resource-policy", "--policy-name", name, "--policy-document",
               "file://policy.json").json["resourcePolicy"]
    assert made["policyName"] == name and json.loads(made["policyDocument"]) == json.loads(DOCUMENT)
    [item] = [each for each in cli("logs", "describe-resource-policies").json["resourcePolicies"]
              if each["policyName"] == name]
    assert json.loads(item["policyDocument"]) == SHOWN
    assert item["lastUpdatedTime"] == made["lastUpdatedTime"] > 1.7e12
    assert cli("logs", "delete-resource-policy", "--policy-name", name).code == 0
    gone = cli("logs", "delete-resource-policy", "--policy-name", name)
    assert gone.code == 254 and f"Policy with name [{name}] does not exist." in gone.err


def test_what_is_shown_of_an_accounts_policy(http, name):
    status, answer = call_logs(http, "PutResourcePolicy",
                               {"policyName": name, "policyDocument": DOCUMENT})
    time = answer["resourcePolicy"].pop("lastUpdatedTime")
    assert status == 200 and answer == {"resourcePolicy": {
        "policyName": name, "policyDocument": DOCUMENT, "policyScope": "ACCOUNT"}}
    [item] = [each for each in of_groups(http) if each["policyName"] == name]
    assert item == {**answer["resourcePolicy"], "lastUpdatedTime": time,
                    "policyDocument": json.dumps(SHOWN, separators=(",", ":"))}


def test_a_policy_takes_the_place_of_one_of_its_name(other):
    other.put_resource_policy(policyName="p", policyDocument=DOCUMENT)
    document = ('{"Statement":[{"Action":"logs:*","Effect":"Allow",'
                '"Principal":{"Service":["route53.amazonaws.com"]},"Resource":"*"}]}')
    other.put_resource_policy(policyName="p", policyDocument=document)
    [item] = shown(other)
    assert item["policyDocument"] == (
        '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":'
        '"route53.amazonaws.com"},"Action":"logs:*","Resource":"*"}]}')


def test_ten_are_the_most(server, other, name):
    for number in range(10):
        other.put_resource_policy(policyName=f"p{number}", policyDocument=DOCUMENT)
    assert error_of(other.put_resource_policy, policyName="more", policyDocument=DOCUMENT) == (
        400, "LimitExceededException", "Resource limit exceeded.")
    other.put_resource_policy(policyName="p1", policyDocument=DOCUMENT)
    assert len(names(other)) == 10
    elsewhere = server.client("logs", "eu-west-1", key=account_of(name))
    elsewhere.put_resource_policy(policyName="more", policyDocument=DOCUMENT)
    assert names(elsewhere) == ["more"]
    other.delete_resource_policy(policyName="p1")
    other.put_resource_policy(policyName="more", policyDocument=DOCUMENT)


def test_pages_are_in_order_of_names(other):
    for each in "cab":
        other.put_resource_policy(policyName=each, policyDocument=DOCUMENT)
    pages = other.get_paginator("describe_resource_policies").paginate(
        PaginationConfig={"PageSize": 2})
    assert [[each["policyName"] for each in page["resourcePolicies"]] for page in pages] == [
        ["a", "b"], ["c"]]
    assert error_of(other.describe_resource_policies, limit=51)[1] == "InvalidParameterException"


@pytest.mark.parametrize("document", [
    "no json", "[]", "{}", '{"Statement":[]}', '{"Version":"2020-01-01","Statement":[%s]}',
    '{"Statement":[1]}', '{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}',
    '{"Statement":{"Effect":"allow","Principal":"*","Action":"logs:*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*"}}',
    '{"Statement":{"Effect":"Allow","Principal":{"AWS":"delivery.logs.amazonaws.com"},'
    '"Action":"logs:*","Resource":"*"}}'])
def test_what_is_no_policy_is_refused(logs, document):
    document = document.replace("%s", json.dumps(STATEMENT))
    assert error_of(logs.put_resource_policy, policyName="p", policyDocument=document) == (
        400, "InvalidParameterException", "Could not convert to persistable policy.")


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["111122223333"]},
                                       {"AWS": "arn:aws:iam::111122223333:root"},
                                       {"Service": ["a.amazonaws.com", "b.amazonaws.com"]}])
def test_whom_a_policy_may_name(other, principal):
    statement = {**STATEMENT, "Principal": principal}
    other.put_resource_policy(policyName="p", policyDocument=json.dumps({"Statement": statement}))
    assert len(json.loads(shown(other)[0]["policyDocument"])["Statement"]) == 1


def test_whose_policy_must_be_told(http):
    null = "1 validation error detected: Value null at '%s' failed to satisfy constraint: " \
           "Member must not be null"
    for operation in ("PutResourcePolicy", "DeleteResourcePolicy"):
        assert refused(http, operation, policyDocument=DOCUMENT) == (
            "InvalidParameterException", null % "policyName")
        assert refused(http, operation, policyDocument=DOCUMENT, policyName="p",
                       resourceArn=at("g"))[0] == "InvalidParameterException"
    assert refused(http, "PutResourcePolicy", policyName="p") == (
        "InvalidParameterException", null % "policyDocument")
    for operation in ("PutResourcePolicy", "DeleteResourcePolicy"):
        assert refused(http, operation, policyDocument=DOCUMENT, resourceArn=at("none")) == (
            "ResourceNotFoundException", NO_GROUP)
        assert refused(http, operation, policyDocument=DOCUMENT, resourceArn="none") == (
            "InvalidParameterException", "The specified resource is not valid.")


def test_a_groups_policy_as_terraform_manages_it(http, logs, group):
    def put(**members):
        return call_logs(http, "PutResourcePolicy", {
            "policyDocument": DOCUMENT, "resourceArn": at(group), **members})[1]

    made = put()
    assert made["revisionId"] == made["resourcePolicy"]["revisionId"]
    assert made["resourcePolicy"]["policyScope"] == "RESOURCE"
    assert "policyName" not in made["resourcePolicy"]
    [item] = of_groups(http, policyScope="RESOURCE", resourceArn=at(group))
    assert (item["resourceArn"], item["revisionId"]) == (at(group), made["revisionId"])
    assert put()["__type"] == put(expectedRevisionId="x")["__type"] == "OperationAbortedException"
    changed = put(expectedRevisionId=made["revisionId"])
    assert changed["revisionId"] != made["revisionId"]
    assert at(group) in [each["resourceArn"] for each in of_groups(http, policyScope="RESOURCE")]
    assert all(each["policyScope"] == "ACCOUNT" for each in of_groups(http))
    drop = {"resourceArn": at(group)}
    assert refused(http, "DeleteResourcePolicy", **drop)[0] == "InvalidParameterException"
    assert refused(http, "DeleteResourcePolicy", **drop, expectedRevisionId=made["revisionId"])[
        0] == "OperationAbortedException"
    assert call_logs(http, "DeleteResourcePolicy", {
        **drop, "expectedRevisionId": changed["revisionId"]})[0] == 200
    assert refused(http, "DeleteResourcePolicy", **drop, expectedRevisionId="x")[
        0] == "ResourceNotFoundException"
    assert of_groups(http, **drop) == []


def test_a_groups_policy_goes_with_the_group(http, logs, group):
    call_logs(http, "PutResourcePolicy", {"policyDocument": DOCUMENT, "resourceArn": at(group)})
    logs.delete_log_group(logGroupName=group)
    assert of_groups(http, resourceArn=at(group)) == []
    logs.create_log_group(logGroupName=group)
    assert of_groups(http, resourceArn=at(group)) == []


def test_they_outlive_the_server_and_not_a_reset(start_server, tmp_path):
    def start():
        return start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)

    def look(server):
        return [of_groups(Http(server.port), policyScope=scope) for scope in ("ACCOUNT", "RESOURCE")]

    server = start()
    server.client("logs").create_log_group(logGroupName="g")
    server.client("logs").put_resource_policy(policyName="kept", policyDocument=DOCUMENT)
    call_logs(Http(server.port), "PutResourcePolicy",
              {"policyDocument": DOCUMENT, "resourceArn": at("g")})
    before = look(server)
    assert [len(each) for each in before] == [1, 1] and server.stop() == 0
    server = start()
    assert look(server) == before
    assert Http(server.port).send("POST", "/_coalmine/reset").status == 204
    assert look(server) == [[], []]
