"""RevisionIds: which change changes which (lambda-api.md section 17)."""
import pytest

from tests.support.errors import error_of
from tests.support.packages import arn, create, node

ZIP = node("return 'new'")["Code"]["ZipFile"]
STALE = (412, "PreconditionFailedException",
         "The Revision Id provided does not match the latest Revision Id. Call the "
         "GetFunction/GetAlias API to retrieve the latest Revision Id")
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


@pytest.fixture
def function(lam, name):
    create(lam, name, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.add_permission(FunctionName=name, StatementId="s", Principal="*",
                       Action="lambda:InvokeFunction")
    return name


def revisions(lam, function):
    def of_version(**more):
        return lam.get_function_configuration(FunctionName=function, **more)["RevisionId"]
    return {"latest": of_version(), "version": of_version(Qualifier="1"),
            "alias": lam.get_alias(FunctionName=function, Name="live")["RevisionId"],
            "policy": lam.get_policy(FunctionName=function)["RevisionId"]}


CHANGES = [
    ("update_function_code", dict(ZipFile=ZIP), {"latest"}),
    ("update_function_code", dict(ZipFile=ZIP, Publish=True), {"latest"}),
    ("update_function_code", dict(ZipFile=ZIP, DryRun=True), set()),
    ("update_function_configuration", dict(Timeout=9), {"latest"}),
    ("update_function_configuration", dict(Timeout=3), {"latest"}),
    ("update_function_configuration", {}, {"latest"}),
    ("publish_version", {}, set()),
    ("tag_resource", dict(Resource=arn, Tags={"a": "b"}), {"latest"}),
    ("untag_resource", dict(Resource=arn, TagKeys=["a"]), {"latest"}),
    ("create_alias", dict(Name="new", FunctionVersion="1"), set()),
    ("update_alias", dict(Name="live"), {"alias"}),
    ("update_alias", dict(Name="live", FunctionVersion="$LATEST"), {"alias"}),
    ("delete_alias", dict(Name="other"), set()),
    ("add_permission", dict(StatementId="t", Principal="*", Action="lambda:InvokeFunction"),
     {"policy"}),
    ("add_permission", dict(StatementId="t", Principal="*", Action="lambda:InvokeFunction",
                            Qualifier="1"), set()),
    ("put_function_concurrency", dict(ReservedConcurrentExecutions=1), set()),
    ("delete_function_concurrency", {}, set()),
    ("put_function_event_invoke_config", dict(MaximumRetryAttempts=0), set()),
    ("invoke", {}, set()),
    ("get_function", {}, set()),
]


@pytest.mark.parametrize("operation, arguments, changed", CHANGES)
def test_what_changes_which_revision(lam, function, operation, arguments, changed):
    before = revisions(lam, function)
    arguments = {key: value(function) if callable(value) else value
                 for key, value in arguments.items()}
    named = {} if "Resource" in arguments else {"FunctionName": function}
    getattr(lam, operation)(**named, **arguments)
    after = revisions(lam, function)
    assert {what for what in after if after[what] != before[what]} == changed


def test_a_publication_that_makes_a_version_changes_latest_and_no_older_version(lam, function):
    lam.update_function_configuration(FunctionName=function, Timeout=9)
    before = revisions(lam, function)
    version = lam.publish_version(FunctionName=function)
    after = revisions(lam, function)
    assert version["Version"] == "2"
    assert {what for what in after if after[what] != before[what]} == {"latest"}
    assert version["RevisionId"] not in after.values()
    assert lam.get_function_configuration(FunctionName=function, Qualifier="2")[
        "RevisionId"] == version["RevisionId"]


def test_the_answer_s_revision_is_not_the_one_after_the_end_of_the_change(lam, name):
    seen = [create(lam, name)["RevisionId"]]
    lam.get_waiter("function_active_v2").wait(FunctionName=name)
    seen.append(lam.get_function_configuration(FunctionName=name)["RevisionId"])
    for _ in range(2):
        seen.append(lam.update_function_configuration(FunctionName=name, Timeout=9)["RevisionId"])
        lam.get_waiter("function_updated_v2").wait(FunctionName=name)
        seen.append(lam.get_function_configuration(FunctionName=name)["RevisionId"])
    assert len(set(seen)) == 6


@pytest.mark.parametrize("operation, arguments", [
    ("publish_version", {}),
    ("update_function_code", dict(ZipFile=ZIP)),
    ("update_function_code", dict(ZipFile=ZIP, DryRun=True)),
    ("update_function_configuration", dict(Timeout=9)),
    ("update_alias", dict(Name="live")),
])
def test_a_stale_revision_is_refused_and_the_present_one_is_not(lam, function, operation,
                                                                arguments):
    before = revisions(lam, function)
    call = getattr(lam, operation)
    for stale in ("stale", before["version"], before["policy"]):
        assert error_of(call, FunctionName=function, RevisionId=stale, **arguments) == STALE
    assert revisions(lam, function) == before
    right = before["alias" if operation == "update_alias" else "latest"]
    call(FunctionName=function, RevisionId=right, **arguments)


def test_the_error_has_a_type(http, lam, function):
    answer = http.json("POST", f"/2015-03-31/functions/{function}/versions", {"RevisionId": "x"})
    assert answer == {"Type": "User", "message": STALE[2]}
