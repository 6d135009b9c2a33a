"""Policies that stand by themselves, and their versions."""
import json
import time

from tests.support.errors import error_of
from tests.support.iam import ALLOW, create_role, document_of

OF_AWS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
DOCUMENT = document_of(ALLOW)


def create(iam, name, **more):
    return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(DOCUMENT), **more)["Policy"]


def not_found(arn):
    return 404, "NoSuchEntity", f"Policy {arn} was not found."


def test_a_policy_of_ones_own_with_the_cli(cli, tmp_path, iam, name):
    """Made, attached to a role, detached and deleted."""
    create_role(iam, name)
    (tmp_path / "policy.json").write_text(json.dumps(DOCUMENT, indent=2))
    made = cli("iam", "create-policy", "--policy-name", name, "--policy-document",
               "file://policy.json").json["Policy"]
    arn = f"arn:aws:iam::000000000000:policy/{name}"
    assert (made["Arn"], made["Path"], made["DefaultVersionId"], made["AttachmentCount"],
            made["IsAttachable"]) == (arn, "/", "v1", 0, True)
    assert made["PolicyId"].startswith("ANPA") and len(made["PolicyId"]) == 21
    assert cli("iam", "attach-role-policy", "--role-name", name, "--policy-arn", arn).code == 0
    assert cli("iam", "list-attached-role-policies", "--role-name", name).json[
        "AttachedPolicies"] == [{"PolicyName": name, "PolicyArn": arn}]
    assert cli("iam", "get-policy", "--policy-arn", arn).json["Policy"]["AttachmentCount"] == 1
    version = cli("iam", "get-policy-version", "--policy-arn", arn, "--version-id", "v1").json[
        "PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (DOCUMENT, True)
    refused = cli("iam", "delete-policy", "--policy-arn", arn)
    assert refused.code == 254 and "Cannot delete a policy attached to entities." in refused.err
    assert cli("iam", "detach-role-policy", "--role-name", name, "--policy-arn", arn).code == 0
    assert cli("iam", "delete-policy", "--policy-arn", arn).code == 0
    assert error_of(iam.get_policy, PolicyArn=arn) == not_found(arn)


def test_a_policy_keeps_what_it_was_given(iam, server, name):
    made = create(iam, name, Path="/a/b/", Description="d", Tags=[{"Key": "k", "Value": "v<&>"}])
    got = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert made["Arn"] == f"arn:aws:iam::000000000000:policy/a/b/{name}"
    assert (got["Description"], got["Tags"]) == ("d", [{"Key": "k", "Value": "v<&>"}])
    assert {**made, "Description": "d"} == got
    assert abs(got["CreateDate"].timestamp() - time.time()) < 3600
    china = create(server.client("iam", "cn-north-1"), name + "cn")
    assert china["Arn"] == f"arn:aws-cn:iam::000000000000:policy/{name}cn"
    wrong = made["Arn"].replace("/a/b/", "/a/")
    assert error_of(iam.get_policy, PolicyArn=wrong) == not_found(wrong)
    for twin in (name, name.upper()):  # case makes no other name
        assert error_of(create, iam, twin) == (
            409, "EntityAlreadyExists",
            f"A policy called {twin} already exists. Duplicate names are not allowed.")
    create(server.client("iam", key="123456789012"), name.upper())


def test_a_policy_has_five_versions(iam, name):
    arn = create(iam, name)["Arn"]

    def add(action, **more):
        return iam.create_policy_version(PolicyArn=arn, **more, PolicyDocument=json.dumps(
            document_of({**ALLOW, "Action": action})))["PolicyVersion"]
    assert [add(f"a:{i}")["VersionId"] for i in (2, 3, 4)] == ["v2", "v3", "v4"]
    assert add("a:5", SetAsDefault=True)["IsDefaultVersion"] is True
    assert error_of(add, "a:6") == (
        409, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new "
        "version, you must delete an existing version.")
    first = iam.list_policy_versions(PolicyArn=arn, MaxItems=3)
    second = iam.list_policy_versions(PolicyArn=arn, MaxItems=3, Marker=first["Marker"])
    assert [[(v["VersionId"], v["IsDefaultVersion"]) for v in page["Versions"]]
            for page in (first, second)] == [
        [("v5", True), ("v4", False), ("v3", False)], [("v2", False), ("v1", False)]]
    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v4")
    assert add("a:6")["VersionId"] == "v6"  # numbers are never used again
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v6")["PolicyVersion"]["Document"] == (
        document_of({**ALLOW, "Action": "a:6"}))


def test_which_version_is_the_default(iam, name):
    arn = create(iam, name)["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(DOCUMENT))
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert error_of(iam.delete_policy_version, PolicyArn=arn, VersionId="v2") == (
        409, "DeleteConflict", "Cannot delete the default version of a policy.")
    assert error_of(iam.delete_policy, PolicyArn=arn) == (
        409, "DeleteConflict", "This policy has more than one version. Before you delete a policy, "
        "you must delete the policy's versions. The default version is deleted with the policy.")
    for operation in (iam.get_policy_version, iam.delete_policy_version,
                      iam.set_default_policy_version):
        assert error_of(operation, PolicyArn=arn, VersionId="v3") == (
            404, "NoSuchEntity", f"Policy {arn} version v3 does not exist or is not attachable.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    assert error_of(iam.list_policy_versions, PolicyArn=arn) == not_found(arn)


def test_policies_are_listed_in_pages(start_server):
    iam = start_server().client("iam")
    arns = {letter: create(iam, letter, Path="/x/" if letter == "c" else "/",
                           Description="not in lists")["Arn"] for letter in "bca"}
    create_role(iam, "r")
    iam.attach_role_policy(RoleName="r", PolicyArn=arns["c"])

    def names(**more):
        return [policy["PolicyName"] for policy in iam.list_policies(**more)["Policies"]]
    pages = list(iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 2}))
    assert [[p["PolicyName"] for p in page["Policies"]] for page in pages] == [["a", "b"], ["c"]]
    assert ["Marker" in page for page in pages] == [True, False]
    assert "Description" not in pages[0]["Policies"][0]
    assert (names(Scope="Local", PathPrefix="/x/"), names(OnlyAttached=True, MaxItems=1),
            names(Scope="AWS"), names(PolicyUsageFilter="PermissionsBoundary")) == (
        ["c"], ["c"], [], [])
    assert error_of(iam.list_policies, PathPrefix="/x")[:2] == (400, "ValidationError")


def test_lists_of_what_is_attached_know_paths(iam, name):
    """A policy by its own path, an entity by that of the entity."""
    role = create_role(iam, name, Path="/team/a/")["Role"]["RoleName"]
    own = create(iam, name, Path="/team/")["Arn"]
    for arn in (own, OF_AWS):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def attached(prefix):
        found = iam.list_attached_role_policies(RoleName=role, PathPrefix=prefix)
        return [policy["PolicyArn"] for policy in found["AttachedPolicies"]]

    def roles(prefix):
        found = iam.list_entities_for_policy(PolicyArn=own, PathPrefix=prefix)
        return [each["RoleName"] for each in found["PolicyRoles"]]
    assert [attached(prefix) for prefix in ("/", "/service-role/", "/team/", "/team/a/")] == [
        [own, OF_AWS], [OF_AWS], [own], []]
    assert [roles(prefix) for prefix in ("/", "/team/", "/team/a/", "/a/")] == [
        [role], [role], [role], []]
    for refused, more in ((iam.list_attached_role_policies, {"RoleName": role}),
                          (iam.list_entities_for_policy, {"PolicyArn": own})):
        assert error_of(refused, **more, PathPrefix="team/")[:2] == (400, "ValidationError")


def boundary_of(iam, name):
    return iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary")


def test_a_boundary_of_a_role_is_kept_and_shown(iam, name):
    """Terraform and Ansible would set what is not shown anew each time."""
    arn = create(iam, name)["Arn"]
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert create_role(iam, name, PermissionsBoundary=arn)["Role"]["PermissionsBoundary"] == shown
    iam.update_role(RoleName=name, Description="d")
    assert boundary_of(iam, name) == shown
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=OF_AWS)
    assert boundary_of(iam, name)["PermissionsBoundaryArn"] == OF_AWS
    assert not [r for r in iam.list_roles()["Roles"] if "PermissionsBoundary" in r]
    for _ in range(2):
        iam.delete_role_permissions_boundary(RoleName=name)
        assert boundary_of(iam, name) is None


def test_a_policy_that_is_a_boundary_is_in_use(iam, name):
    arn = create(iam, name)["Arn"]
    create_role(iam, name, PermissionsBoundary=arn)

    def roles(**more):
        found = iam.list_entities_for_policy(PolicyArn=arn, **more)
        return [role["RoleName"] for role in found["PolicyRoles"]]
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["PermissionsBoundaryUsageCount"], policy["AttachmentCount"]) == (1, 0)
    assert [roles(), roles(PolicyUsageFilter="PermissionsBoundary"),
            roles(PolicyUsageFilter="PermissionsPolicy")] == [[name], [name], []]
    assert arn in [p["Arn"] for p in iam.list_policies(
        PolicyUsageFilter="PermissionsBoundary")["Policies"]]
    assert error_of(iam.delete_policy, PolicyArn=arn) == (
        409, "DeleteConflict", "Cannot delete a policy attached to entities.")
    iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=arn)


def test_a_policy_changes_with_its_versions(iam, http, name):
    made = create(iam, name)

    def updated():
        return iam.get_policy(PolicyArn=made["Arn"])["Policy"]["UpdateDate"]
    seen = [updated()]
    for change in (lambda: iam.create_policy_version(PolicyArn=made["Arn"],
                                                     PolicyDocument=json.dumps(DOCUMENT)),
                   lambda: iam.set_default_policy_version(PolicyArn=made["Arn"], VersionId="v2")):
        http.json("POST", "/_coalmine/clock", {"advance": "1m"})
        change()
        seen.append(updated())
    assert made["CreateDate"] == seen[0] < seen[1] < seen[2]


def test_who_has_a_policy(iam, server, name):
    arn = create(iam, name)["Arn"]
    for role in ("b", "a"):
        made = create_role(iam, name + role)["Role"]
        for each in (arn, OF_AWS):
            iam.attach_role_policy(RoleName=name + role, PolicyArn=each)
    first = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=1)
    second = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=1, Marker=first["Marker"])
    assert [page["PolicyRoles"][0]["RoleName"] for page in (first, second)] == [
        name + "a", name + "b"]
    assert first["PolicyRoles"] == [{"RoleName": name + "a", "RoleId": made["RoleId"]}]
    assert (first["PolicyGroups"], first["PolicyUsers"], second["IsTruncated"]) == ([], [], False)
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")["PolicyRoles"] == []
    assert {role["RoleName"] for role in iam.list_entities_for_policy(PolicyArn=OF_AWS)[
        "PolicyRoles"]} >= {name + "a", name + "b"}
    other = server.client("iam", key="123456789012")  # whose role has it: ours of that name has not
    for client in (iam, other):
        create_role(client, name)
    other.attach_role_policy(RoleName=name, PolicyArn=OF_AWS)
    assert name not in [role["RoleName"] for role in iam.list_entities_for_policy(
        PolicyArn=OF_AWS)["PolicyRoles"]]


def test_tags_of_a_policy(iam, name):
    arn = create(iam, name, Tags=[{"Key": "a", "Value": "1"}])["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "A", "Value": "2"}, {"Key": "b", "Value": "3"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [
        {"Key": "A", "Value": "2"}, {"Key": "b", "Value": "3"}]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "b", "Value": "3"}]
    many = [{"Key": f"k{i}", "Value": "v"} for i in range(50)]
    assert error_of(iam.tag_policy, PolicyArn=arn, Tags=many) == (
        409, "LimitExceeded", "Cannot exceed quota for TagsPerPolicy: 50")


def test_a_request_gives_a_tag_once(iam, name):
    """Whatever its case; a later request may give it anew."""
    arn = create(iam, name)["Arn"]
    create_role(iam, name)
    twins = [{"Key": key, "Value": "v"} for key in ("Stage", "team", "STAGE")]
    for refused, more in ((create_role, {"name": name + "b"}), (create, {"name": name + "b"}),
                          (iam.tag_role, {"RoleName": name}), (iam.tag_policy, {"PolicyArn": arn})):
        given = (iam,) if "name" in more else ()
        assert error_of(refused, *given, **more, Tags=twins) == (
            400, "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    assert iam.list_role_tags(RoleName=name)["Tags"] == []
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []


def test_what_a_document_cannot_be(iam, name):
    def refused(document):
        return error_of(iam.create_policy, PolicyName=name, PolicyDocument=json.dumps(document))
    old = "Policy document must be version 2012-10-17 or greater."
    assert refused({"Statement": ALLOW}) == (400, "MalformedPolicyDocument", old)
    assert refused({"Version": "2008-10-17", "Statement": ALLOW}) == (
        400, "MalformedPolicyDocument", old)
    assert refused({"Version": "2013-10-17", "Statement": ALLOW}) == (
        400, "MalformedPolicyDocument", "Syntax errors in policy.")
    assert refused(document_of({**ALLOW, "Principal": "*"})) == (
        400, "MalformedPolicyDocument", "Policy document should not specify a principal.")
    long = document_of({**ALLOW, "Resource": [f"arn:aws:s3:::{i:0100}/*" for i in range(60)]})
    assert refused(long) == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    arn = create(iam, name)["Arn"]
    assert error_of(iam.create_policy_version, PolicyArn=arn, PolicyDocument="{") == (
        400, "MalformedPolicyDocument", "This policy contains invalid Json")
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1


def test_a_policy_that_cannot_be_looked_into(iam, server, name):
    assert error_of(iam.get_policy, PolicyArn=OF_AWS) == (
        501, "NotImplemented", f"Coalmine keeps no copies of AWS's own policies ({OF_AWS})")
    assert error_of(iam.get_policy, PolicyArn="arn:aws:lambda:x:y:policy/p") == (
        400, "ValidationError", "Invalid ARN:  Could not be parsed!")
    arn = create(server.client("iam", key="123456789012"), name)["Arn"]
    create_role(iam, name, PermissionsBoundary=create(iam, name + "b")["Arn"])
    china, of_region = (f"arn:{start}:000000000000:policy/{name}b" for start in (
        "aws-cn:iam:", "aws:iam:us-east-1"))
    for call in (iam.get_policy, iam.delete_policy, iam.list_entities_for_policy):
        assert error_of(call, PolicyArn=china) == (400, "ValidationError", "Invalid ARN partition")
        assert error_of(call, PolicyArn=of_region) == not_found(of_region)
    assert error_of(iam.get_policy, PolicyArn=arn) == not_found(arn)
    create(iam, name)  # one of that name is no other account's
    assert error_of(iam.get_policy, PolicyArn=arn) == not_found(arn)
    assert error_of(iam.attach_role_policy, RoleName=name, PolicyArn=arn) == (
        404, "NoSuchEntity", "Policy ARN does not exist or is not attachable.")
