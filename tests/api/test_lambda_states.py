"""State and LastUpdateStatus: lambda-api.md section 13. `--settle` says how long they take."""
import json
import signal
import subprocess
import threading

import pytest

from tests.conftest import Http, clean_environment
from tests.support import pipeline
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.machine import processes_with, wait_for
from tests.support.packages import arn, create, node

CONFLICT = (409, "ResourceConflictException")
PENDING = (*CONFLICT, "The operation cannot be performed at this time. The function is currently "
                      "in the following state: Pending")
CREATING = "The function is being created."


def updating(name):
    return (*CONFLICT, "The operation cannot be performed at this time. An update is in progress "
                       f"for resource: {arn(name)}")


class Slow:
    """A server whose functions settle an hour after each change: when the test says so."""

    def __init__(self, server):
        self.server = server
        self.lam = server.client("lambda")

    def settle(self):
        Http(self.server.port).json("POST", "/_coalmine/clock", {"advance": "1h"})


@pytest.fixture
def slow(start_server):
    return Slow(start_server("--settle", "1h"))


@pytest.fixture
def slow_lam(slow):
    return slow.lam


def state(lam, name, **qualifier):
    shown = lam.get_function(FunctionName=name, **qualifier)["Configuration"]
    assert shown["State"] == lam.get_function_configuration(
        FunctionName=name, **qualifier)["State"]
    return [shown.get(member) for member in ("State", "StateReason", "StateReasonCode",
                                             "LastUpdateStatus", "LastUpdateStatusReason",
                                             "LastUpdateStatusReasonCode")]


IS_PENDING = ["Pending", CREATING, "Creating", None, None, None]
IS_ACTIVE = ["Active", None, None, "Successful", None, None]
IS_UPDATING = ["Active", None, None, "InProgress", CREATING, "Creating"]


def revision(lam, name, **qualifier):
    return lam.get_function_configuration(FunctionName=name, **qualifier)["RevisionId"]


def result(lam, name):
    return json.load(lam.invoke(FunctionName=name)["Payload"])


def update_code(lam, name, body, **more):
    return lam.update_function_code(
        FunctionName=name, ZipFile=node(body)["Code"]["ZipFile"], **more)


def test_a_new_function_is_pending_until_it_has_settled(slow, slow_lam, name):
    created = create(slow_lam, name)
    assert created["State"] == "Pending" and "LastUpdateStatus" not in created
    assert state(slow_lam, name) == IS_PENDING
    assert revision(slow_lam, name) == created["RevisionId"]
    slow.settle()
    assert state(slow_lam, name) == IS_ACTIVE
    assert revision(slow_lam, name) != created["RevisionId"]
    assert result(slow_lam, name) == "hello"


def test_it_has_settled_in_the_very_moment(slow, slow_lam, name):
    Http(slow.server.port).json("POST", "/_coalmine/clock",
                                {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    create(slow_lam, name)
    slow.settle()
    assert state(slow_lam, name) == IS_ACTIVE


def test_a_pending_function_runs_no_invocation_and_takes_no_change(slow, slow_lam, name):
    create(slow_lam, name)
    lam = slow_lam
    assert error_of(lam.invoke, FunctionName=name) == PENDING
    assert error_of(lam.invoke, FunctionName=name, InvocationType="Event") == PENDING
    assert error_of(lam.invoke, FunctionName=name, InvocationType="DryRun") == PENDING
    assert error_of(lam.invoke_async, FunctionName=name, InvokeArgs="{}") == PENDING
    stream = f"/2021-11-15/functions/{name}/response-streaming-invocations"
    streamed = Http(slow.server.port).send("POST", stream, b"{}")
    assert (streamed.status, json.loads(streamed.body)["message"]) == (409, PENDING[2])
    assert error_of(update_code, lam, name, "return 2") == PENDING
    assert error_of(lam.update_function_configuration, FunctionName=name, Timeout=9) == PENDING
    assert error_of(lam.publish_version, FunctionName=name) == PENDING
    slow.settle()
    update_code(lam, name, "return 2")


def test_a_pending_function_can_be_pointed_to_and_deleted(slow_lam, name):
    create(slow_lam, name)
    slow_lam.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    assert error_of(slow_lam.invoke, FunctionName=name, Qualifier="live") == PENDING
    slow_lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    slow_lam.delete_function(FunctionName=name)
    assert create(slow_lam, name)["State"] == "Pending"


def test_a_change_of_what_settles_shows_at_once_and_once_more_at_the_end(slow, slow_lam, name):
    revisions = {create(slow_lam, name)["RevisionId"]}
    slow_lam.tag_resource(Resource=arn(name), Tags={"a": "b"})
    revisions.add(revision(slow_lam, name))
    slow.settle()
    revisions.add(revision(slow_lam, name))
    assert len(revisions) == 3


def test_an_update_runs_the_old_code_until_it_has_settled(slow, slow_lam, name):
    create(slow_lam, name, node("return [1, process.env.WHO]"))
    slow.settle()
    before = revision(slow_lam, name)
    answer = update_code(slow_lam, name, "return [2, process.env.WHO]")
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    assert state(slow_lam, name) == IS_UPDATING
    assert before != revision(slow_lam, name) == answer["RevisionId"]
    assert result(slow_lam, name) == [1, None]
    slow.settle()
    assert state(slow_lam, name) == IS_ACTIVE
    assert revision(slow_lam, name) not in (before, answer["RevisionId"])
    assert result(slow_lam, name) == [2, None]
    slow_lam.update_function_configuration(FunctionName=name, Environment={"Variables": {"WHO": "me"}})
    shown = slow_lam.get_function_configuration(FunctionName=name)
    assert shown["Environment"] == {"Variables": {"WHO": "me"}}
    assert result(slow_lam, name) == [2, None]
    slow.settle()
    assert result(slow_lam, name) == [2, "me"]


def test_an_update_keeps_its_warm_environment_until_it_has_settled(slow, slow_lam, name):
    counter = node("globalThis.n = (globalThis.n || 0) + 1; return globalThis.n")
    create(slow_lam, name, counter)
    slow.settle()
    assert result(slow_lam, name) == 1
    slow_lam.update_function_configuration(FunctionName=name, Timeout=9)
    assert result(slow_lam, name) == 2
    slow.settle()
    assert result(slow_lam, name) == 1


def test_the_environment_of_what_an_update_replaces_ends_when_it_has_settled(start_server, name):
    slow = Slow(start_server("--settle", "1h", "--keepalive", "1d"))
    create(slow.lam, name, node("return 1"))
    slow.settle()
    slow.lam.invoke(FunctionName=name)
    slow.lam.update_function_code(FunctionName=name, ZipFile=node("return 2")["Code"]["ZipFile"])
    assert processes_with(f"AWS_LAMBDA_FUNCTION_NAME={name}")
    slow.settle()
    wait_for(lambda: not processes_with(f"AWS_LAMBDA_FUNCTION_NAME={name}"), "its environment has ended")


def test_what_runs_when_an_update_settles_ends_on_the_old_code(slow, slow_lam, name):
    gate = Gate()
    create(slow_lam, name, gate.package)
    slow.settle()
    update_code(slow_lam, name, "return 'new'")
    answers = []
    running = threading.Thread(target=lambda: answers.append(
        slow_lam.invoke(FunctionName=name, Payload='"old"')["Payload"].read()))
    running.start()
    gate.wait_until_inside()
    slow.settle()
    assert result(slow_lam, name) == "new"
    gate.open()
    running.join()
    assert answers == [b'"old"']


def test_a_second_update_and_a_publication_conflict_with_one_in_progress(slow, slow_lam, name):
    create(slow_lam, name)
    slow.settle()
    lam = slow_lam
    lam.update_function_configuration(FunctionName=name, Description="one")
    assert error_of(lam.update_function_configuration, FunctionName=name,
                    Description="two") == updating(name)
    assert error_of(update_code, lam, name, "return 2") == updating(name)
    assert error_of(lam.publish_version, FunctionName=name) == updating(name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    slow.settle()
    assert lam.get_function_configuration(FunctionName=name)["Description"] == "one"
    lam.publish_version(FunctionName=name)


def test_a_version_published_with_its_function_is_pending_as_long_as_that(slow, slow_lam, name):
    lam = slow_lam
    created = create(lam, name, Publish=True)
    assert (created["Version"], created["State"]) == ("1", "Pending")
    assert state(lam, name, Qualifier="1") == IS_PENDING
    assert revision(lam, name, Qualifier="1") == created["RevisionId"]
    assert error_of(lam.invoke, FunctionName=name, Qualifier="1") == PENDING
    slow.settle()
    assert state(lam, name, Qualifier="1") == IS_ACTIVE
    answer = update_code(lam, name, "return 2", Publish=True)
    assert (answer["Version"], answer["State"]) == ("2", "Pending")
    assert "LastUpdateStatus" not in answer
    assert state(lam, name) == IS_UPDATING and state(lam, name, Qualifier="2") == IS_PENDING
    assert error_of(lam.invoke, FunctionName=name, Qualifier="2") == PENDING
    assert (result(lam, name), result(lam, f"{name}:1")) == ("hello", "hello")
    slow.settle()
    assert state(lam, name, Qualifier="2") == IS_ACTIVE
    assert (result(lam, name), result(lam, f"{name}:2")) == (2, 2)


def test_a_version_of_an_active_function_is_active_at_once(slow, slow_lam, name):
    create(slow_lam, name)
    slow.settle()
    assert slow_lam.publish_version(FunctionName=name)["State"] == "Active"
    assert state(slow_lam, name, Qualifier="1") == IS_ACTIVE
    assert result(slow_lam, f"{name}:1") == "hello"


def test_an_alias_moved_to_a_pending_version_runs_when_that_has_settled(slow, slow_lam, name):
    lam = slow_lam
    create(lam, name, Publish=True)
    slow.settle()
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    update_code(lam, name, "return 2", Publish=True)
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert error_of(lam.invoke, FunctionName=name, Qualifier="live") == PENDING
    slow.settle()
    assert result(lam, f"{name}:live") == 2


def test_provisioned_concurrency_waits_for_the_version(slow, slow_lam, name):
    create(slow_lam, name, Publish=True)
    order = dict(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    assert error_of(slow_lam.put_provisioned_concurrency_config, **order) == PENDING
    slow.settle()
    slow_lam.put_provisioned_concurrency_config(**order)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_in_the_middle_changes_nothing(start_server, tmp_path, name, end):
    options = ("--data-dir", str(tmp_path), "--settle", "1h")
    server = start_server(*options, "--clock", "2026-01-01T00:00:00Z", ephemeral=False)
    lam = server.client("lambda")
    create(lam, "new-" + name)
    create(lam, name, node("return 1"), Publish=True)
    Slow(server).settle()
    update_code(lam, name, "return 2", Publish=True)
    create(lam, "newer-" + name)
    shown = revision(lam, name)
    assert server.stop(end) in (0, -signal.SIGKILL)
    server = start_server(*options, "--clock", "2026-01-01T01:00:00Z", ephemeral=False)
    lam = server.client("lambda")
    assert state(lam, name) == IS_UPDATING and state(lam, name, Qualifier="2") == IS_PENDING
    assert state(lam, "newer-" + name) == IS_PENDING and state(lam, "new-" + name) == IS_ACTIVE
    assert revision(lam, name) == shown
    assert result(lam, name) == 1
    assert error_of(lam.publish_version, FunctionName=name) == updating(name)
    Http(server.port).json("POST", "/_coalmine/clock", {"advance": "1h"})
    assert state(lam, name) == IS_ACTIVE and state(lam, "newer-" + name) == IS_ACTIVE
    assert (result(lam, name), result(lam, f"{name}:2")) == (2, 2)


def test_what_settles_does_not_wait_for_a_clock_that_was_set_back(slow, slow_lam, name):
    create(slow_lam, name, node("return 1"))
    slow.settle()
    update_code(slow_lam, name, "return 2", Publish=True)
    assert state(slow_lam, name) == IS_UPDATING
    http = Http(slow.server.port)
    http.json("POST", "/_coalmine/clock", {"time": "2020-01-01T00:00:00Z"})
    assert state(slow_lam, name) == IS_ACTIVE and state(slow_lam, name, Qualifier="1") == IS_ACTIVE
    assert result(slow_lam, name) == 2
    update_code(slow_lam, name, "return 3")
    assert state(slow_lam, name) == IS_UPDATING
    slow.settle()
    assert result(slow_lam, name) == 3


def test_a_clock_that_was_set_answers_when_what_was_due_is_done(slow, slow_lam, name):
    create(slow_lam, name, node("return 1"))
    answers = []
    pipeline.run(slow.server.port, iter([
        pipeline.request("POST", "/_coalmine/clock", b'{"time": "2020-01-01T00:00:00Z"}'),
        pipeline.request("GET", f"/2015-03-31/functions/{name}/configuration")]),
        connections=1, depth=2, statuses=answers)
    assert json.loads(answers[1][1])["State"] == "Active"


def test_what_settles_does_not_wait_for_a_clock_that_was_ahead(start_server, tmp_path, name):
    options = ("--data-dir", str(tmp_path), "--settle", "1h")
    server = start_server(*options, "--clock", "2100-01-01T00:00:00Z", ephemeral=False)
    create(server.client("lambda"), name, node("return 1"))
    assert state(server.client("lambda"), name) == IS_PENDING
    assert server.stop() == 0
    lam = start_server(*options, ephemeral=False).client("lambda")
    assert state(lam, name) == IS_ACTIVE and result(lam, name) == 1


def test_code_of_an_update_in_progress_is_counted_once(slow, slow_lam, name):
    size = create(slow_lam, name)["CodeSize"]
    slow.settle()
    slow_lam.update_function_configuration(FunctionName=name, Timeout=9)
    usage = slow_lam.get_account_settings()["AccountUsage"]
    assert usage == {"TotalCodeSize": size, "FunctionCount": 1}
    listed = slow_lam.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["Version"] for v in listed] == ["$LATEST"]
    every = slow_lam.list_functions(FunctionVersion="ALL")["Functions"]
    assert [v["Version"] for v in every] == ["$LATEST"]


def test_a_reset_in_the_middle_leaves_nothing(slow, slow_lam, name):
    create(slow_lam, name)
    assert Http(slow.server.port).send("POST", "/_coalmine/reset").status < 300
    slow.settle()
    assert slow_lam.list_functions()["Functions"] == []
    create(slow_lam, name)
    slow.settle()
    assert result(slow_lam, name) == "hello"


def advance_after_first_poll(slow, operation):
    """Settles as soon as the waiter has seen that it must wait."""
    polls = []

    def on_answer(parsed, **_):
        polls.append(parsed)
        if len(polls) == 1:
            slow.settle()

    slow.lam.meta.events.register(f"after-call.lambda.{operation}", on_answer)
    return polls


def test_the_waiters_of_the_sdk_wait(slow, slow_lam, name):
    quick = {"Delay": 0, "MaxAttempts": 3}
    create(slow_lam, name)
    polls = advance_after_first_poll(slow, "GetFunction")
    slow_lam.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=quick)
    assert [p["Configuration"]["State"] for p in polls] == ["Pending", "Active"]
    slow_lam.update_function_configuration(FunctionName=name, Timeout=9)
    polls.clear()
    slow_lam.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=quick)
    assert [p["Configuration"]["LastUpdateStatus"] for p in polls] == ["InProgress", "Successful"]
    update_code(slow_lam, name, "return 2", Publish=True)
    polls = advance_after_first_poll(slow, "GetFunctionConfiguration")
    slow_lam.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier="1", WaiterConfig=quick)
    assert [p["State"] for p in polls] == ["Pending", "Active"]


WAITERS = [("function-active-v2",), ("function-updated-v2",), ("function-exists",),
           ("function-active",), ("function-updated",),
           ("published-version-active", "--qualifier", "1")]


@pytest.mark.parametrize("waiter", WAITERS, ids=[w[0] for w in WAITERS])
def test_the_waiters_of_the_cli_end_at_once_by_default(cli, lam, name, waiter):
    create(lam, name, Publish=True)
    done = cli("lambda", "wait", waiter[0], "--function-name", name, *waiter[1:])
    assert (done.code, done.err) == (0, "")


def test_the_cli_waits_on_the_real_clock(start_server, tmp_path, name):
    server = start_server("--settle", "700ms")
    lam = server.client("lambda")
    create(lam, name)

    def aws(*arguments):
        return subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", server.url, "lambda", *arguments,
             "--function-name", name], cwd=tmp_path, env=clean_environment(server.url),
            capture_output=True, text=True)

    done = aws("wait", "function-active-v2")
    assert (done.returncode, done.stderr) == (0, "")
    assert result(lam, name) == "hello"
    assert aws("update-function-configuration", "--timeout", "9").returncode == 0
    assert aws("wait", "function-updated-v2").returncode == 0
    assert lam.publish_version(FunctionName=name)["Version"] == "1"


def test_by_default_a_change_is_complete_when_its_answer_arrives(lam, name):
    created = create(lam, name)
    assert created["State"] == "Pending" and state(lam, name) == IS_ACTIVE
    first = revision(lam, name)
    answer = update_code(lam, name, "return 2", Publish=True)
    assert answer["State"] == "Pending" and state(lam, name, Qualifier="1") == IS_ACTIVE
    assert state(lam, name) == IS_ACTIVE and result(lam, name) == 2
    assert len({created["RevisionId"], first, answer["RevisionId"], revision(lam, name),
                revision(lam, name, Qualifier="1")}) == 5


def snap(lam, name, **qualifier):
    shown = lam.get_function_configuration(FunctionName=name, **qualifier)
    return shown["SnapStart"], shown["State"]


SNAPSHOTS = {"ApplyOn": "PublishedVersions"}
OFF = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
ON = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}


def test_a_version_with_a_snapshot_is_pending_until_that_is_made(slow, slow_lam, name):
    lam = slow_lam
    create(lam, name, node("return process.env.AWS_LAMBDA_INITIALIZATION_TYPE"),
           SnapStart=SNAPSHOTS)
    slow.settle()
    assert snap(lam, name) == (OFF, "Active")
    answer = lam.publish_version(FunctionName=name)
    assert (answer["SnapStart"], answer["State"], answer["StateReasonCode"]) == (
        OFF, "Pending", "Creating")
    assert snap(lam, name, Qualifier="1") == (OFF, "Pending")
    assert error_of(lam.invoke, FunctionName=name, Qualifier="1") == PENDING
    slow.settle()
    assert snap(lam, name, Qualifier="1") == (ON, "Active")
    assert (result(lam, f"{name}:1"), result(lam, name)) == ("snap-start", "on-demand")
    again = lam.publish_version(FunctionName=name)
    assert (again["Version"], again["State"], again["SnapStart"]) == ("1", "Active", ON)


def test_by_default_a_snapshot_is_made_when_the_answer_arrives(lam, name):
    create(lam, name)
    answer = lam.update_function_configuration(FunctionName=name, SnapStart=SNAPSHOTS)
    assert answer["SnapStart"] == OFF
    assert lam.publish_version(FunctionName=name)["State"] == "Pending"
    assert snap(lam, name, Qualifier="1") == (ON, "Active")
    lam.update_function_configuration(FunctionName=name, SnapStart={"ApplyOn": "None"})
    assert lam.publish_version(FunctionName=name)["State"] == "Active"
    assert snap(lam, name, Qualifier="2")[0] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert snap(lam, name, Qualifier="1")[0] == ON


def test_identical_code_published_again_is_the_same_active_version(lam, name):
    create(lam, name, Publish=True)
    before = revision(lam, name)
    answer = update_code(lam, name, "return 'hello'", Publish=True)
    assert (answer["Version"], answer["State"]) == ("1", "Active")
    assert answer["RevisionId"] == revision(lam, name, Qualifier="1")
    assert revision(lam, name) != before
