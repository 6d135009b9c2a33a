"""STS and IAM as far as workshops need them: cloudwatch-api.md section 7."""
import json
import time

import botocore.session
import pytest

from tests.support.errors import error_of
from tests.support.iam import TRUST, create_role

POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
NO_POLICY = "arn:aws:iam::000000000000:policy/none"


def test_who_am_i(server, cli, http):
    assert cli("sts", "get-caller-identity").json == {
        "UserId": "AIDACOALMINECOALMINE", "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:user/coalmine"}
    other = server.client("sts", key="123456789012").get_caller_identity()
    assert (other["Account"], other["Arn"]) == (
        "123456789012", "arn:aws:iam::123456789012:user/coalmine")
    assert server.client("sts", "cn-north-1").get_caller_identity()["Arn"] == (
        "arn:aws-cn:iam::000000000000:user/coalmine")
    short = server.client("sts", key="123").get_caller_identity()
    assert short["Account"] == "000000000000"
    far = server.client("logs", "a" * 41)  # longer than any region's name
    far.create_log_group(logGroupName="far")
    assert ":us-east-1:" in far.describe_log_groups(logGroupNamePrefix="far")["logGroups"][0]["arn"]
    long = b"Action=GetCallerIdentity&Version=2011-06-15&More=" + b"x" * 10000
    assert http.send("POST", "/", long).status == 200
    assert error_of(server.client("sts").get_federation_token, Name="s")[:2] == (
        501, "NotImplemented")


def test_the_workshops_role_with_the_cli(cli, tmp_path, name):
    (tmp_path / "trust.json").write_text(json.dumps(TRUST, indent=2))
    role = cli("iam", "create-role", "--role-name", name, "--assume-role-policy-document",
               "file://trust.json").json["Role"]
    assert (role["RoleName"], role["Path"], role["AssumeRolePolicyDocument"]) == (name, "/", TRUST)
    assert role["Arn"] == f"arn:aws:iam::000000000000:role/{name}"
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    assert cli("iam", "attach-role-policy", "--role-name", name, "--policy-arn", POLICY).code == 0
    listed = cli("iam", "list-attached-role-policies", "--role-name", name).json
    assert listed["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": POLICY}]
    refused = cli("iam", "delete-role", "--role-name", name)
    assert refused.code == 254 and "DeleteConflict" in refused.err
    assert cli("iam", "detach-role-policy", "--role-name", name, "--policy-arn", POLICY).code == 0
    assert cli("iam", "delete-role", "--role-name", name).code == 0
    assert cli("iam", "get-role", "--role-name", name).code == 254


def test_a_role_keeps_what_it_was_given(iam, server, name):
    made = create_role(iam, name, Path="/a/b/", Description="d", MaxSessionDuration=7200,
                  Tags=[{"Key": "k", "Value": "v<&>"}])["Role"]
    got = iam.get_role(RoleName=name)["Role"]
    assert got["Arn"] == made["Arn"] == f"arn:aws:iam::000000000000:role/a/b/{name}"
    china = server.client("iam", "cn-north-1").get_role(RoleName=name)["Role"]
    assert china["Arn"] == f"arn:aws-cn:iam::000000000000:role/a/b/{name}"
    assert (got["Description"], got["MaxSessionDuration"], got["Tags"]) == (
        "d", 7200, [{"Key": "k", "Value": "v<&>"}])
    assert (got["CreateDate"], got["RoleId"]) == (made["CreateDate"], made["RoleId"])
    assert abs(got["CreateDate"].timestamp() - time.time()) < 3600
    assert create_role(iam, name + "b")["Role"]["RoleId"] != made["RoleId"]
    assert error_of(create_role, iam, name.upper()) == (  # case makes no other name
        409, "EntityAlreadyExists", f"Role with name {name.upper()} already exists.")
    create_role(server.client("iam", key="123456789012"), name.upper())


def test_what_terraform_asks_of_a_role_has_an_answer(iam, name):
    """When it reads a role, and before it deletes one."""
    missing = (404, "NoSuchEntity", f"The role with name {name} cannot be found.")
    assert error_of(iam.list_role_policies, RoleName=name) == missing
    assert error_of(iam.list_instance_profiles_for_role, RoleName=name) == missing
    create_role(iam, name)
    inline = iam.list_role_policies(RoleName=name)
    assert (inline["PolicyNames"], inline["IsTruncated"]) == ([], False)
    profiles = iam.list_instance_profiles_for_role(RoleName=name)
    assert (profiles["InstanceProfiles"], profiles["IsTruncated"]) == ([], False)
    iam.delete_role(RoleName=name)


def test_a_role_changes_in_place(iam, name):
    create_role(iam, name, Description="d", MaxSessionDuration=7200)
    trust = {**TRUST, "Statement": []}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    assert iam.update_role_description(RoleName=name, Description="e")["Role"]["Description"] == "e"
    got = iam.get_role(RoleName=name)["Role"]
    assert (got["AssumeRolePolicyDocument"], got["Description"], got["MaxSessionDuration"]) == (
        trust, "e", 7200)
    iam.update_role(RoleName=name)
    got = iam.get_role(RoleName=name)["Role"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("e", 3600)
    iam.update_role(RoleName=name, Description="", MaxSessionDuration=43200)
    assert iam.get_role(RoleName=name)["Role"]["MaxSessionDuration"] == 43200
    assert error_of(iam.update_assume_role_policy, RoleName=name, PolicyDocument="{bad") == (
        400, "MalformedPolicyDocument", "This policy contains invalid Json")


def test_a_role_has_twenty_policies(iam, name):
    create_role(iam, name)
    arns = [f"arn:aws:iam::aws:policy/P{i:02}" for i in range(21)]
    for arn in [*arns[:20], arns[0]]:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    assert error_of(iam.attach_role_policy, RoleName=name, PolicyArn="arn:aws:iam::aws:policy/") == (
        404, "NoSuchEntity", "Policy ARN does not exist or is not attachable.")
    assert error_of(iam.attach_role_policy, RoleName=name, PolicyArn=arns[20]) == (
        409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 20")
    assert [policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=name)[
        "AttachedPolicies"]] == arns[:20]
    pages = iam.get_paginator("list_attached_role_policies").paginate(
        RoleName=name, PaginationConfig={"PageSize": 15})
    assert [len(page["AttachedPolicies"]) for page in pages] == [15, 5]


@pytest.mark.parametrize("change, text", [
    *[({"Action": action}, "AssumeRole policy may only specify STS AssumeRole actions.")
      for action in ("s3:GetObject", "sts:*", "*", ["sts:AssumeRole", "a:b"])],
    ({"Resource": "*"}, "Has prohibited field Resource"),
    ({"Principal": "*"}, 'AssumeRolepolicy contained an invalid principal: "STAR":"*"'),
    *[({"Principal": {kind: value}}, f'Invalid principal in policy: "{kind.upper()}":"{value}"')
      for kind, value in [("Service", "*"), ("Service", "lambda.example.com"), ("AWS", "12345"),
                          ("AWS", "arn:aws:iam::000000000000:user/*"),
                          ("AWS", "arn:aws:iam::000000000000:root ")]],
])
def test_what_a_trust_policy_cannot_say(iam, name, change, text):
    document = json.dumps({**TRUST, "Statement": [*TRUST["Statement"],
                                                  {**TRUST["Statement"][0], **change}]})
    refused = (400, "MalformedPolicyDocument", text)
    assert error_of(iam.create_role, RoleName=name, AssumeRolePolicyDocument=document) == refused
    create_role(iam, name)
    assert error_of(iam.update_assume_role_policy, RoleName=name,
                    PolicyDocument=document) == refused
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == TRUST


@pytest.mark.parametrize("change", [
    {"Action": ["sts:AssumeRole", "sts:TagSession"]}, {"Action": "sts:assumerole"},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": ["0000-0000-0000", "arn:aws:iam::000000000000:root"]}},
    {"Principal": {"Service": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]}}])
def test_who_may_assume_a_role(iam, name, change):
    document = {**TRUST, "Statement": {**TRUST["Statement"][0], **change}}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == document


def test_tags_of_a_role_are_added_replaced_listed_and_removed(iam, name):
    def tags(*pairs):
        return [{"Key": key, "Value": value} for key, value in pairs]
    create_role(iam, name, Tags=tags(("Team", "a"), ("x", "1")))
    iam.tag_role(RoleName=name, Tags=tags(("team", "b"), ("y", "<&>")))
    assert iam.list_role_tags(RoleName=name)["Tags"] == tags(("team", "b"), ("x", "1"),
                                                             ("y", "<&>"))
    first = iam.list_role_tags(RoleName=name, MaxItems=2)
    second = iam.list_role_tags(RoleName=name, MaxItems=2, Marker=first["Marker"])
    assert [[tag["Key"] for tag in page["Tags"]] for page in (first, second)] == [
        ["team", "x"], ["y"]]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    iam.untag_role(RoleName=name, TagKeys=["X", "none"])
    assert iam.get_role(RoleName=name)["Role"]["Tags"] == tags(("team", "b"), ("y", "<&>"))
    many = tags(*((f"k{i}", "v") for i in range(49)))
    assert error_of(iam.tag_role, RoleName=name, Tags=many) == (
        409, "LimitExceeded", "Cannot exceed quota for TagsPerRole: 50")
    iam.untag_role(RoleName=name, TagKeys=["team", "y"])
    assert "Tags" not in iam.get_role(RoleName=name)["Role"]


def test_roles_are_listed_in_pages(start_server):
    iam = start_server().client("iam")
    for letter in "bca":
        create_role(iam, letter, Path="/x/" if letter == "c" else "/")
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2})
    assert [[r["RoleName"] for r in page["Roles"]] for page in pages] == [["a", "b"], ["c"]]
    assert "MaxSessionDuration" not in create_role(iam, "a0", Path="/a/x/")["Role"]
    assert [[r["RoleName"] for r in iam.list_roles(PathPrefix=prefix)["Roles"]]
            for prefix in ("/x/", "/x", "/a")] == [["c"], ["c"], ["a0"]]
    assert error_of(iam.list_roles, PathPrefix="x/")[:2] == (400, "ValidationError")
    assert error_of(iam.list_roles, Marker="none of ours") == (
        400, "ValidationError", "Invalid Marker.")
    for number in range(97):
        create_role(iam, f"d{number}")
    page = iam.list_roles()
    assert (len(page["Roles"]), page["IsTruncated"]) == (100, True)


def test_a_document_travels_encoded(http, iam, name):
    """All of it, slashes too: some clients decode what they get, and look for no slash before."""
    user = {**TRUST["Statement"][0], "Principal": {"AWS": "arn:aws:iam::000000000000:user/u"}}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({**TRUST, "Statement": user}))
    sent = http.send("GET", f"/?Action=GetRole&Version=2010-05-08&RoleName={name}")
    document = sent.body.split(b"<AssumeRolePolicyDocument>")[1].split(b"<")[0]
    assert b"user%2Fu%22" in document


def is_known(http, service, version, name):
    answer = http.send("POST", "/", f"Action={name}&Version={version}".encode(),
                       headers={"Content-Type": "application/x-www-form-urlencoded"})
    lacks = f"Coalmine does not emulate {service} {name} yet".encode()
    return b"Could not find operation" not in answer.body and (
        answer.status != 501 or lacks in answer.body)


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_operations_that_aws_has_and_coalmine_not_are_not_called_unknown(http, service):
    """What Debian's model of the service knows; asked without members."""
    model = botocore.session.get_session().get_service_model(service)
    assert len(model.operation_names) >= 8
    assert [name for name in model.operation_names
            if not is_known(http, service, model.api_version, name)] == []


@pytest.mark.parametrize("call, arguments, expected", [
    ("get_role", dict(RoleName="none"), (404, "NoSuchEntity",
                                         "The role with name none cannot be found.")),
    ("delete_role", dict(RoleName="none"), (404, "NoSuchEntity",
                                            "The role with name none cannot be found.")),
    ("create_role", dict(RoleName="x", AssumeRolePolicyDocument="{bad"), (
        400, "MalformedPolicyDocument", "This policy contains invalid Json")),
    ("create_role", dict(RoleName="taken", AssumeRolePolicyDocument="{}"), (
        409, "EntityAlreadyExists", "Role with name taken already exists.")),
    *[(call, dict(RoleName="none", **more), (404, "NoSuchEntity",
                                             "The role with name none cannot be found."))
      for call, more in (("update_role", {}), ("update_role_description", {"Description": "d"}),
                         ("update_assume_role_policy", {"PolicyDocument": "{}"}),
                         ("tag_role", {"Tags": []}), ("untag_role", {"TagKeys": ["k"]}),
                         ("list_role_tags", {}))],
    ("attach_role_policy", dict(RoleName="taken", PolicyArn="not an arn at all, no no"), (
        400, "ValidationError", "Invalid ARN:  Could not be parsed!")),
    ("attach_role_policy", dict(RoleName="taken", PolicyArn="arn:aws:iam::000000000000:policy/p"), (
        404, "NoSuchEntity", "Policy ARN does not exist or is not attachable.")),
    ("create_role", dict(RoleName="x", AssumeRolePolicyDocument="{}", PermissionsBoundary=NO_POLICY), (
        404, "NoSuchEntity", f"Scope ARN: {NO_POLICY} does not exist or is not attachable.")),
    ("put_role_permissions_boundary", dict(RoleName="taken", PermissionsBoundary=NO_POLICY), (
        404, "NoSuchEntity", f"Scope ARN: {NO_POLICY} does not exist or is not attachable.")),
    ("put_role_permissions_boundary", dict(RoleName="none", PermissionsBoundary=POLICY), (
        404, "NoSuchEntity", "The role with name none cannot be found.")),
    ("delete_role_permissions_boundary", dict(RoleName="none"), (
        404, "NoSuchEntity", "The role with name none cannot be found.")),
    ("detach_role_policy", dict(RoleName="taken", PolicyArn=POLICY), (
        404, "NoSuchEntity", "Policy ARN was not found.")),
    ("create_role", dict(RoleName="b@d!", AssumeRolePolicyDocument="{}"), (
        400, "ValidationError", "The specified value for roleName is invalid. It must contain only "
        "alphanumeric characters and/or the following: +=,.@_-")),
    ("get_role", dict(RoleName="a/b"), (
        400, "ValidationError", "The specified value for roleName is invalid. It must contain only "
        "alphanumeric characters and/or the following: +=,.@_-")),
    ("attach_role_policy", dict(RoleName="taken", PolicyArn=POLICY.replace("aws:", "aws-cn:", 1)), (
        400, "ValidationError", "Invalid ARN partition")),
    *[("create_role", dict(RoleName="x", AssumeRolePolicyDocument="{}", **more), (400, code, text))
      for more, code, text in [
          ({"Path": "/aws-service-role/x/"}, "InvalidInput", "Paths beginning with "
           "'/aws-service-role' are reserved for AWS Service Linked Roles"),
          ({"PermissionsBoundary": "arn:aws:iam::000000000000:role/r"}, "InvalidInput",
           "ARN arn:aws:iam::000000000000:role/r is not valid."),
          ({"PermissionsBoundary": "no ARN at all, no no"}, "InvalidInput",
           "ARN no ARN at all, no no is not valid."),
          ({"PermissionsBoundary": POLICY.replace("aws:", "aws-cn:", 1)}, "ValidationError",
           "Invalid ARN partition")]],
])
def test_what_iam_refuses(iam, call, arguments, expected):
    if "taken" not in [r["RoleName"] for r in iam.list_roles()["Roles"]]:
        create_role(iam, "taken")
    assert error_of(getattr(iam, call), **arguments) == expected
