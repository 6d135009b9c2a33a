"""Policies that are part of a role: cloudwatch-api.md section 7.2."""
import json

import pytest

from tests.support.errors import error_of
from tests.support.iam import ALLOW, create_role, document_of


def put(iam, role, name, document):
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def test_a_roles_own_policy_with_the_cli(cli, tmp_path, iam, name):
    create_role(iam, name)
    document = document_of({**ALLOW, "Action": ["logs:*", "s3:Get*"]})
    (tmp_path / "policy.json").write_text(json.dumps(document, indent=2))
    assert cli("iam", "put-role-policy", "--role-name", name, "--policy-name", "logs",
               "--policy-document", "file://policy.json").code == 0
    assert cli("iam", "get-role-policy", "--role-name", name, "--policy-name", "logs").json == {
        "RoleName": name, "PolicyName": "logs", "PolicyDocument": document}
    assert cli("iam", "list-role-policies", "--role-name", name).json == {"PolicyNames": ["logs"]}
    refused = cli("iam", "delete-role", "--role-name", name)
    assert refused.code == 254 and "Cannot delete entity, must delete policies first." in refused.err
    assert cli("iam", "delete-role-policy", "--role-name", name, "--policy-name", "logs").code == 0
    assert cli("iam", "delete-role", "--role-name", name).code == 0


def test_a_policy_takes_the_place_of_one_of_its_name(iam, name):
    create_role(iam, name)
    for action in ("logs:PutLogEvents", "s3:GetObject"):
        put(iam, name, "p", document_of({**ALLOW, "Action": action}))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["p"]
    assert iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"] == document_of(
        {**ALLOW, "Action": "s3:GetObject"})


def test_the_names_come_in_pages(iam, name):
    create_role(iam, name)
    for each in "cab":
        put(iam, name, each, document_of(ALLOW))
    first = iam.list_role_policies(RoleName=name, MaxItems=2)
    second = iam.list_role_policies(RoleName=name, MaxItems=2, Marker=first["Marker"])
    assert [(page["PolicyNames"], page["IsTruncated"]) for page in (first, second)] == [
        (["a", "b"], True), (["c"], False)]


def test_what_is_not_there(iam, name):
    no_role = (404, "NoSuchEntity", f"The role with name {name} cannot be found.")
    no_policy = (404, "NoSuchEntity", "The role policy with name p cannot be found.")
    of_it = {"RoleName": name, "PolicyName": "p"}
    text = json.dumps(document_of(ALLOW))
    assert error_of(iam.put_role_policy, **of_it, PolicyDocument=text) == no_role
    assert error_of(iam.list_role_policies, RoleName=name) == no_role
    for operation in (iam.get_role_policy, iam.delete_role_policy):
        assert error_of(operation, **of_it) == no_role
    create_role(iam, name)
    for operation in (iam.get_role_policy, iam.delete_role_policy):
        assert error_of(operation, **of_it) == no_policy


def test_all_policies_of_a_role_have_10240_bytes_white_space_apart(iam, name):
    create_role(iam, name)

    def of_size(size):
        document = document_of({**ALLOW, "Sid": ""})
        document["Statement"]["Sid"] = "x" * (size - len(json.dumps(document).replace(" ", "")))
        return document
    refused = (409, "LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {name}")
    for each, size in (("a", 6000), ("b", 4240), ("a", 6000)):
        put(iam, name, each, of_size(size))
    for each, size in (("a", 6001), ("c", 200)):
        assert error_of(put, iam, name, each, of_size(size)) == refused
    assert len(iam.get_role_policy(RoleName=name, PolicyName="a")["PolicyDocument"]["Statement"][
        "Sid"]) == len(of_size(6000)["Statement"]["Sid"])


@pytest.mark.parametrize("change, text", [
    ({"Effect": "allow"}, "Syntax errors in policy."),
    ({"Acton": "s3:*"}, "Syntax errors in policy."),
    ({"Action": {"a": "b"}}, "Syntax errors in policy."),
    ({"Resource": ["*", 1]}, "Syntax errors in policy."),
    ({"NotAction": "s3:*"}, "Syntax errors in policy."),
    ({"NotResource": "*"}, "Syntax errors in policy."),
    ({"Sid": 1}, "Syntax errors in policy."),
    ({"Condition": {"Bool": "x"}}, "Syntax errors in policy."),
    ({"Sid": "my-statement"}, "Statement IDs (SID) must be alpha-numeric. Check that your input "
     "satisfies the regular expression [0-9A-Za-z]*"),
    ({"Principal": "*"}, "Policy document should not specify a principal."),
    *[(change, "Policy statement must contain actions.") for change in (
        {"Action": None}, {"Action": []}, {"Action": None, "NotAction": []})],
    *[({"Resource": empty}, "Policy statement must contain resources.") for empty in (None, [])],
    ({"Action": ["s3:GetObject", "GetObject"]},
     "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    ({"Resource": ["*", "bucket/*"]}, 'Resource bucket/* must be in ARN format or "*".'),
    ({"Resource": None, "NotResource": "x"}, 'Resource x must be in ARN format or "*".'),
    ({"Condition": "x"}, "Syntax errors in policy."),
])
def test_what_a_policy_cannot_say(iam, name, change, text):
    statement = {key: value for key, value in {**ALLOW, **change}.items()
                 if value is not None}
    create_role(iam, name)
    assert error_of(put, iam, name, "p", document_of([ALLOW, statement])) == (
        400, "MalformedPolicyDocument", text)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []


def test_a_document_is_json_with_statements(iam, name):
    create_role(iam, name)
    of_it = {"RoleName": name, "PolicyName": "p"}
    for text, sentence in (("{bad", "This policy contains invalid Json"),
                           ("[]", "This policy contains invalid Json"),
                           ("{}", "Syntax errors in policy."),
                           *((json.dumps({**document_of(ALLOW), **more}), "Syntax errors in policy.")
                             for more in ({"Version": "2013-10-17"}, {"Version": 2012},
                                          {"Statements": []})),
                           ('{"Statement": []}', "Syntax errors in policy.")):
        assert error_of(iam.put_role_policy, **of_it, PolicyDocument=text) == (
            400, "MalformedPolicyDocument", sentence)
    twins = document_of([{**ALLOW, "Sid": "a"}, ALLOW, ALLOW, {**ALLOW, "Sid": "a"}])
    assert error_of(put, iam, name, "p", twins) == (
        400, "MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique.")
    assert error_of(iam.put_role_policy, RoleName=name, PolicyName="a/b",
                    PolicyDocument=json.dumps(document_of(ALLOW))) == (
        400, "ValidationError", "The specified value for policyName is invalid. It must contain only "
        "alphanumeric characters and/or the following: +=,.@_-")
    other = {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": "arn:aws:s3:::b/*",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {}}}
    for version in ({"Version": "2008-10-17", "Id": "i"}, {}):
        put(iam, name, "p", {**version, "Statement": [other, ALLOW, {**ALLOW, "Sid": ""}, ALLOW]})
