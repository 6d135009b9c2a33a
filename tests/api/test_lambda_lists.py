"""Lists in pages, and what is left of deleted versions: lambda-api.md sections 1.4, 2.7, 14.3, 16."""
import pytest

from tests.support.errors import error_of
from tests.support.packages import arn, create

INVALID = (400, "InvalidParameterValueException")
CONFLICT = (409, "ResourceConflictException")


def publish(lam, name, count):
    """Publishes versions that differ."""
    for i in range(count):
        lam.update_function_configuration(FunctionName=name, Description=f"{name} {i}")
        lam.publish_version(FunctionName=name)


def paged(lam, operation, member, size, **arguments):
    pages = lam.get_paginator(operation).paginate(
        PaginationConfig={"PageSize": size}, **arguments)
    return [page[member] for page in pages]


def versions(lam, name, size=50):
    pages = paged(lam, "list_versions_by_function", "Versions", size, FunctionName=name)
    return [[item["Version"] for item in page] for page in pages]


def numbers(lam, name):
    return [number for page in versions(lam, name) for number in page]


def test_versions_are_listed_by_number_50_to_a_page(lam, name):
    create(lam, name)
    publish(lam, name, 52)
    expected = ["$LATEST", *map(str, range(1, 53))]
    assert versions(lam, name) == [expected[:50], expected[50:]]
    whole = lam.list_versions_by_function(FunctionName=name, MaxItems=10000)
    assert len(whole["Versions"]) == 50 and whole["NextMarker"]
    assert versions(lam, name, 20) == [expected[:20], expected[20:40], expected[40:]]
    last = paged(lam, "list_versions_by_function", "Versions", 50, FunctionName=name)[1][-1]
    assert last["FunctionArn"] == f"{arn(name)}:52"
    assert not {"State", "LastUpdateStatus", "RuntimeVersionConfig"} & set(last)
    assert {"RevisionId", "SnapStart", "EphemeralStorage", "Architectures"} <= set(last)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_every_version_of_every_function_is_listed_once(start_server, size):
    lam = start_server().client("lambda")
    for name, count in (("b", 2), ("a", 0), ("a-1", 1), ("B", 0)):
        create(lam, name)
        publish(lam, name, count)
    every = [("B", "$LATEST"), ("a", "$LATEST"), ("a-1", "$LATEST"), ("a-1", "1"),
             ("b", "$LATEST"), ("b", "1"), ("b", "2")]
    pages = paged(lam, "list_functions", "Functions", size, FunctionVersion="ALL")
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [(f["FunctionName"], f["Version"]) for page in pages for f in page] == every
    assert all(f["FunctionArn"] == f"{arn(f['FunctionName'])}:{f['Version']}"
               for page in pages for f in page)
    latest = paged(lam, "list_functions", "Functions", size)
    assert [(f["FunctionName"], f["FunctionArn"]) for page in latest for f in page] == [
        (name, arn(name)) for name in ("B", "a", "a-1", "b")]


def test_a_page_goes_on_behind_what_was_deleted_meanwhile(start_server):
    lam = start_server().client("lambda")
    for name in "abc":
        create(lam, name)
        publish(lam, name, 2)
    first = lam.list_functions(FunctionVersion="ALL", MaxItems=2)
    assert [f["Version"] for f in first["Functions"]] == ["$LATEST", "1"]
    lam.delete_function(FunctionName="a")
    lam.delete_function(FunctionName="b", Qualifier="1")
    rest = lam.list_functions(FunctionVersion="ALL", Marker=first["NextMarker"])
    assert [(f["FunctionName"], f["Version"]) for f in rest["Functions"]] == [
        ("b", "$LATEST"), ("b", "2"), ("c", "$LATEST"), ("c", "1"), ("c", "2")]


@pytest.mark.parametrize("operation", ["list_functions", "list_aliases",
                                       "list_versions_by_function"])
def test_bad_markers_and_page_sizes_are_refused(lam, name, operation):
    create(lam, name)
    arguments = {} if operation == "list_functions" else {"FunctionName": name}
    assert error_of(getattr(lam, operation), Marker="none of ours", **arguments)[:2] == INVALID
    for size, constraint in ((0, "greater than or equal to 1"), (10001, "less than or equal to "
                                                                        "10000")):
        assert error_of(getattr(lam, operation), MaxItems=size, **arguments) == (
            400, "ValidationException",
            f"1 validation error detected: Value '{size}' at 'maxItems' failed to satisfy "
            f"constraint: Member must have value {constraint}")


def test_aliases_are_listed_one_by_one_and_by_their_version(lam, name):
    create(lam, name)
    publish(lam, name, 2)
    for alias, version in (("d", "2"), ("a", "1"), ("c", "1"), ("b", "$LATEST")):
        lam.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    pages = paged(lam, "list_aliases", "Aliases", 1, FunctionName=name)
    assert [[a["Name"] for a in page] for page in pages] == [["a"], ["b"], ["c"], ["d"]]
    pages = paged(lam, "list_aliases", "Aliases", 1, FunctionName=name, FunctionVersion="1")
    assert [[a["Name"] for a in page] for page in pages] == [["a"], ["c"]]
    latest = lam.list_aliases(FunctionName=name, FunctionVersion="$LATEST")
    assert [a["Name"] for a in latest["Aliases"]] == ["b"] and "NextMarker" not in latest


def test_numbers_of_deleted_versions_are_never_used_again(start_server, tmp_path, name):
    options = ("--data-dir", str(tmp_path))
    server = start_server(*options, ephemeral=False)
    lam = server.client("lambda")
    create(lam, name)
    publish(lam, name, 3)
    for number in "231":
        answer = lam.delete_function(FunctionName=name, Qualifier=number)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert numbers(lam, name) == ["$LATEST"]
    assert server.stop() == 0
    lam = start_server(*options, ephemeral=False).client("lambda")
    assert lam.publish_version(FunctionName=name)["Version"] == "4"
    assert numbers(lam, name) == ["$LATEST", "4"]


def test_a_version_is_deleted_by_itself(lam, name):
    create(lam, name)
    publish(lam, name, 3)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="3")
    lam.delete_function(FunctionName=f"{name}:2")
    assert numbers(lam, name) == ["$LATEST", "1", "3"]
    missing = (404, "ResourceNotFoundException", f"Function not found: {arn(name)}:2")
    assert error_of(lam.get_function, FunctionName=name, Qualifier="2") == missing
    assert error_of(lam.invoke, FunctionName=name, Qualifier="2") == missing
    again = lam.delete_function(FunctionName=name, Qualifier="2")
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert lam.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"] == "3"


def test_a_version_that_aliases_send_traffic_to_stays(lam, name):
    create(lam, name)
    publish(lam, name, 2)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    lam.create_alias(FunctionName=name, Name="beta", FunctionVersion="1")
    text = "Unable to delete version because the following aliases reference it: "
    assert error_of(lam.delete_function, FunctionName=name, Qualifier="1") == (
        *CONFLICT, text + "[beta, live]")
    assert error_of(lam.delete_function, FunctionName=name, Qualifier="2") == (
        *CONFLICT, text + "[live]")
    lam.update_alias(FunctionName=name, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {}})
    lam.delete_function(FunctionName=name, Qualifier="2")
    assert numbers(lam, name) == ["$LATEST", "1"]


def test_a_function_made_again_has_nothing_of_the_old_one(lam, name):
    create(lam, name, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    lam.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live",
                                           ProvisionedConcurrentExecutions=1)
    lam.delete_function(FunctionName=name)
    for operation in (lam.list_versions_by_function, lam.list_aliases):
        assert error_of(operation, FunctionName=name)[:2] == (404, "ResourceNotFoundException")
    create(lam, name)
    assert numbers(lam, name) == ["$LATEST"]
    assert lam.list_aliases(FunctionName=name)["Aliases"] == []
    assert "Concurrency" not in lam.get_function(FunctionName=name)
    assert lam.list_provisioned_concurrency_configs(
        FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    assert lam.publish_version(FunctionName=name)["Version"] == "1"


def test_what_is_not_a_version_cannot_be_deleted(lam, name):
    create(lam, name, Publish=True)
    assert error_of(lam.delete_function, FunctionName=name, Qualifier="$LATEST") == (
        *INVALID, "$LATEST version cannot be deleted without deleting the function.")
    for alias in ("live", "x" * 65):
        assert error_of(lam.delete_function, FunctionName=name, Qualifier=alias) == (
            *INVALID, "Deletion of aliases is not currently supported.")
    none = "none-" + name
    missing = (404, "ResourceNotFoundException", f"Function not found: {arn(none)}")
    for arguments in ({}, {"Qualifier": "1"}, {"Qualifier": "$latest"}):
        assert error_of(lam.delete_function, FunctionName=none, **arguments) == missing
    assert numbers(lam, name) == ["$LATEST", "1"]
