"""Publish and alias life cycle: lambda-api.md section 31.1, step by step."""
from tests.support.errors import error_of
from tests.support.packages import create, node, zip_of


STALE = ("The Revision Id provided does not match the latest Revision Id. Call the "
         "GetFunction/GetAlias API to retrieve the latest Revision Id")


def test_publish_and_alias_life_cycle(lam, name):
    made = create(lam, name)
    assert (made["Version"], made["State"], made["StateReasonCode"]) == (
        "$LATEST", "Pending", "Creating")
    assert "LastUpdateStatus" not in made
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    arn = made["FunctionArn"]

    now = lam.get_function(FunctionName=name)["Configuration"]
    assert (now["State"], now["LastUpdateStatus"]) == ("Active", "Successful")
    assert now["RevisionId"] != made["RevisionId"]

    assert error_of(lam.publish_version, FunctionName=name, RevisionId=made["RevisionId"]) == (
        412, "PreconditionFailedException", STALE)
    status, code, message = error_of(lam.publish_version, FunctionName=name, CodeSha256="x")
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == (f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST "
                       f"({now['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST.")

    one = lam.publish_version(FunctionName=name, Description="v1")
    assert (one["Version"], one["FunctionArn"], one["State"], one["Description"]) == (
        "1", f"{arn}:1", "Active", "v1")
    after = lam.get_function_configuration(FunctionName=name)
    assert after["RevisionId"] not in (now["RevisionId"], one["RevisionId"])

    again = lam.publish_version(FunctionName=name, Description="other")
    assert (again["Version"], again["Description"], again["RevisionId"]) == (
        "1", "v1", one["RevisionId"])

    updated = lam.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"KEY": "value"}})
    assert (updated["LastUpdateStatus"], updated["LastUpdateStatusReasonCode"]) == (
        "InProgress", "Creating")
    two = lam.publish_version(FunctionName=name)
    assert two["Version"] == "2" and two["CodeSha256"] == one["CodeSha256"]
    assert two["Environment"] == {"Variables": {"KEY": "value"}}
    assert "Environment" not in lam.get_function_configuration(FunctionName=name, Qualifier="1")

    alias = lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                             RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.1}}
    seen = lam.get_function(FunctionName=name, Qualifier="live")["Configuration"]
    assert (seen["FunctionArn"], seen["Version"], seen["RevisionId"]) == (
        f"{arn}:live", "1", one["RevisionId"])

    touched = lam.update_alias(FunctionName=name, Name="live")
    assert touched["RevisionId"] != alias["RevisionId"]
    assert touched["RoutingConfig"] == alias["RoutingConfig"]
    assert error_of(lam.update_alias, FunctionName=name, Name="live",
                    RevisionId=alias["RevisionId"]) == (412, "PreconditionFailedException", STALE)

    moved = lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2",
                             RoutingConfig={"AdditionalVersionWeights": {}})
    assert moved["FunctionVersion"] == "2" and "RoutingConfig" not in moved

    assert error_of(lam.delete_function, FunctionName=name, Qualifier="2") == (
        409, "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [live]")
    for _ in range(2):
        deleted = lam.delete_function(FunctionName=name, Qualifier="1")
        assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    versions = lam.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["Version"] for v in versions] == ["$LATEST", "2"]
    assert [v["FunctionArn"] for v in versions] == [f"{arn}:$LATEST", f"{arn}:2"]
    assert not {"State", "LastUpdateStatus", "RuntimeVersionConfig"} & set(versions[0])

    assert error_of(lam.delete_function, FunctionName=name, Qualifier="live")[2] == (
        "Deletion of aliases is not currently supported.")
    for _ in range(2):
        assert lam.delete_alias(FunctionName=name, Name="live")[
            "ResponseMetadata"]["HTTPStatusCode"] == 204
    lam.update_function_configuration(FunctionName=name, Timeout=7)
    assert lam.publish_version(FunctionName=name)["Version"] == "3"


def test_update_code_keeps_published_versions_frozen(lam, name):
    create(lam, name, Publish=True)
    assert lam.publish_version(FunctionName=name)["Version"] == "1"
    answer = lam.update_function_code(
        FunctionName=name, ZipFile=node("return 'new'")["Code"]["ZipFile"])
    assert (answer["LastUpdateStatus"], answer["FunctionArn"][-len(name):]) == (
        "InProgress", name)
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"new"'
    assert lam.invoke(FunctionName=name, Qualifier="1")["Payload"].read() == b'"hello"'
    published = lam.update_function_code(
        FunctionName=name, Publish=True, ZipFile=zip_of({"index.mjs": "export const handler = "
                                                                       "() => {};"}))
    assert (published["Version"], published["State"]) == ("2", "Pending")
    assert published["FunctionArn"].endswith(f"{name}:2")


def test_an_update_to_the_same_publishes_no_version_whatever_its_description(lam, name):
    """A pipeline that runs twice for one commit: the second run changes nothing."""
    create(lam, name)
    code = node("return 'new'")["Code"]["ZipFile"]
    published = []
    for description in ["build 1", "build 2"]:
        lam.update_function_code(FunctionName=name, ZipFile=code)
        published.append(lam.publish_version(FunctionName=name, Description=description))
    assert [(one["Version"], one["Description"]) for one in published] == [("1", "build 1")] * 2
    assert set(published[1]) == set(lam.publish_version(FunctionName=name))
    lam.update_function_configuration(FunctionName=name, Description="build 1")
    two = lam.publish_version(FunctionName=name)
    assert (two["Version"], two["Description"]) == ("2", "build 1")


def test_dry_run_changes_nothing(lam, name):
    create(lam, name)
    before = lam.get_function_configuration(FunctionName=name)
    lam.update_function_code(FunctionName=name, DryRun=True, ZipFile=zip_of({"x": "y"}))
    assert lam.get_function_configuration(FunctionName=name)["CodeSha256"] == before["CodeSha256"]


def test_same_name_again_starts_at_one(lam, name):
    create(lam, name, node("return 'first'"), Publish=True)
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"first"'
    lam.delete_function(FunctionName=name)
    create(lam, name, node("return 'second'"))
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"second"'
    assert lam.publish_version(FunctionName=name)["Version"] == "1"
    assert lam.list_aliases(FunctionName=name)["Aliases"] == []
