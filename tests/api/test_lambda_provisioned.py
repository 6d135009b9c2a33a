"""Provisioned concurrency: lambda-api.md section 8.3."""
import concurrent.futures
import datetime
import json
import os

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.metrics import statistic
from tests.support.packages import NODE, arn, create, node, zip_of

WHOAMI = node("return [process.env.AWS_LAMBDA_INITIALIZATION_TYPE, "
              "process.env.AWS_LAMBDA_LOG_STREAM_NAME]")


def put(lam, name, qualifier, count):
    return lam.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count)


def get(lam, name, qualifier):
    answer = lam.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    answer.pop("ResponseMetadata")
    return answer


def counts(answer):
    return [answer[f"{kind}ProvisionedConcurrentExecutions"]
            for kind in ("Requested", "Available", "Allocated")] + [answer["Status"]]


def settled(lam, name, qualifier):
    """The config as it is when its environments have booted, or could not."""
    answer = get(lam, name, qualifier)
    while answer["Status"] == "IN_PROGRESS":
        answer = get(lam, name, qualifier)
    return answer


def whoami(lam, name):
    return json.load(lam.invoke(FunctionName=name)["Payload"])


def test_environments_are_booted_ahead_and_serve_invocations(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    before = lam.get_function_configuration(FunctionName=f"{name}:1")["RevisionId"]
    answer = put(lam, name, "1", 1)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert counts(answer) == [1, 0, 0, "IN_PROGRESS"] and "StatusReason" not in answer
    datetime.datetime.strptime(answer["LastModified"], "%Y-%m-%dT%H:%M:%S+0000")
    assert counts(settled(lam, name, "1")) == [1, 1, 1, "READY"]
    after = lam.get_function_configuration(FunctionName=f"{name}:1")["RevisionId"]
    assert after != before
    kind, stream = whoami(lam, f"{name}:1")
    assert kind == "provisioned-concurrency" and "[1]" in stream
    assert whoami(lam, f"{name}:1") == [kind, stream]
    assert whoami(lam, name)[0] == "on-demand"


def test_an_alias_serves_its_version_too_and_what_is_beyond_spills_over(lam, cw, name):
    gate = Gate()
    create(lam, name, gate.package, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put(lam, name, "live", 2)
    assert counts(settled(lam, name, "live")) == [2, 2, 2, "READY"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = [pool.submit(lam.invoke, FunctionName=f"{name}:{qualifier}", Payload="{}")
                   for qualifier in ("live", "1")]
        gate.wait_until_inside(2)
        running.append(pool.submit(lam.invoke, FunctionName=f"{name}:live", Payload="{}"))
        gate.wait_until_inside(3)
        gate.open()
        assert [r.result()["StatusCode"] for r in running] == [200] * 3
    live = {"FunctionName": name, "Resource": f"{name}:live"}
    assert statistic(cw, "ProvisionedConcurrencyInvocations", "Sum", FunctionName=name) == 2
    assert statistic(cw, "ProvisionedConcurrencySpilloverInvocations", "Sum",
                     FunctionName=name) == 1
    assert statistic(cw, "ProvisionedConcurrencySpilloverInvocations", "Sum", **live) == 1
    assert statistic(cw, "ProvisionedConcurrentExecutions", "Maximum", FunctionName=name) == 2
    assert statistic(cw, "ProvisionedConcurrencyUtilization", "Maximum", **live) == 1
    assert statistic(cw, "ProvisionedConcurrencyUtilization", "Maximum", FunctionName=name) is None


def test_spill_over_runs_in_an_environment_on_demand(lam, name):
    gate = Gate("process.env.AWS_LAMBDA_INITIALIZATION_TYPE")
    create(lam, name, gate.package, Publish=True)
    put(lam, name, "1", 1)
    settled(lam, name, "1")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(whoami, lam, f"{name}:1")
        gate.wait_until_inside()
        second = pool.submit(whoami, lam, f"{name}:1")
        gate.wait_until_inside(2)
        gate.open()
        assert (first.result(), second.result()) == ("provisioned-concurrency", "on-demand")


def test_the_config_of_an_alias_moves_with_it(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put(lam, name, "live", 1)
    settled(lam, name, "live")
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert counts(get(lam, name, "live"))[:3] == [1, 1, 1]
    assert counts(settled(lam, name, "live")) == [1, 1, 1, "READY"]
    assert whoami(lam, f"{name}:live")[0] == "provisioned-concurrency"
    assert whoami(lam, f"{name}:2")[0] == "provisioned-concurrency"
    assert whoami(lam, f"{name}:1")[0] == "on-demand"


def test_a_version_that_its_alias_has_left_is_on_demand_at_once(lam, name):
    gate = Gate()
    create(lam, name, WHOAMI, Publish=True)
    slow = zip_of({"index.mjs": gate.wait + NODE % "return 1"})
    lam.update_function_code(FunctionName=name, ZipFile=slow, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put(lam, name, "live", 1)
    settled(lam, name, "live")
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    gate.wait_until_inside()
    assert whoami(lam, f"{name}:1")[0] == "on-demand"
    gate.open()


def test_an_environment_that_ends_is_replaced(lam, name):
    create(lam, name, node("if (event.exit) process.exit(1); "
                           "return process.env.AWS_LAMBDA_INITIALIZATION_TYPE"), Publish=True)
    put(lam, name, "1", 1)
    settled(lam, name, "1")
    for _ in range(3):
        assert lam.invoke(FunctionName=f"{name}:1", Payload='{"exit": 1}')["FunctionError"]
        answer = lam.invoke(FunctionName=f"{name}:1", Payload="{}")
        assert answer["Payload"].read() == b'"provisioned-concurrency"'
    assert counts(get(lam, name, "1")) == [1, 1, 1, "READY"]


def test_a_function_that_cannot_boot_fails_it_until_the_next_put(lam, name):
    broken = node("return 1")
    broken["Handler"] = "index.nothing"
    create(lam, name, broken, Publish=True)
    put(lam, name, "1", 2)
    failed = settled(lam, name, "1")
    assert counts(failed) == [2, 0, 0, "FAILED"]
    assert failed["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    assert lam.invoke(FunctionName=f"{name}:1")["FunctionError"] == "Unhandled"
    assert put(lam, name, "1", 1)["Status"] == "IN_PROGRESS"
    assert settled(lam, name, "1")["Status"] == "FAILED"


def test_it_ends_with_its_deletion_its_alias_its_version_and_its_function(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put(lam, name, "1", 1)
    settled(lam, name, "1")
    gone = lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    again = lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 204
    none = (404, "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function")
    assert error_of(get, lam, name, "1") == none
    assert whoami(lam, f"{name}:1")[0] == "on-demand"
    put(lam, name, "live", 1)
    lam.delete_alias(FunctionName=name, Name="live")
    assert error_of(get, lam, name, "live") == (
        404, "ResourceNotFoundException", f"Cannot find alias arn: {arn(name)}:live")
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert error_of(get, lam, name, "live") == none
    lam.delete_alias(FunctionName=name, Name="live")
    put(lam, name, "1", 1)
    lam.delete_function(FunctionName=name, Qualifier="1")
    assert lam.list_provisioned_concurrency_configs(
        FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    lam.delete_function(FunctionName=name)
    assert error_of(get, lam, name, "1") == (
        404, "ResourceNotFoundException", f"Function not found: {arn(name)}:1")


def test_configs_are_listed_in_pages(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    put(lam, name, "live", 2)
    put(lam, name, "1", 1)
    pages = lam.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 1})
    listed = [page["ProvisionedConcurrencyConfigs"] for page in pages]
    assert [[(c["FunctionArn"], c["RequestedProvisionedConcurrentExecutions"]) for c in page]
            for page in listed] == [[(f"{arn(name)}:1", 1)], [(f"{arn(name)}:live", 2)]]
    assert error_of(lam.list_provisioned_concurrency_configs, FunctionName="none-" + name) == (
        404, "ResourceNotFoundException", f"Function not found: {arn('none-' + name)}")


INVALID = (400, "InvalidParameterValueException")
CONFLICT = (409, "ResourceConflictException")


def test_errors_of_names(lam, name):
    create(lam, name, Publish=True)
    unpublished = (*INVALID, "Provisioned Concurrency Configs cannot be applied to unpublished "
                             "function versions.")
    neither = (*INVALID, "The function resource provided must be an alias or a published version.")
    delete = lam.delete_provisioned_concurrency_config
    assert error_of(put, lam, name, "$LATEST", 1) == unpublished
    assert error_of(get, lam, name, "$LATEST") == neither
    assert error_of(delete, FunctionName=name, Qualifier="$LATEST") == neither
    for function in (name, "none-" + name):
        no_alias = (404, "ResourceNotFoundException",
                    f"Cannot find alias arn: {arn(function)}:live")
        no_version = (404, "ResourceNotFoundException", f"Function not found: {arn(function)}:7")
        assert error_of(put, lam, function, "live", 1) == no_alias
        assert error_of(get, lam, function, "live") == no_alias
        assert error_of(delete, FunctionName=function, Qualifier="live") == no_alias
        assert error_of(put, lam, function, "7", 1) == no_version
        assert error_of(get, lam, function, "7") == no_version
    lam.create_alias(FunctionName=name, Name="newest", FunctionVersion="$LATEST")
    assert error_of(put, lam, name, "newest", 1) == unpublished
    assert error_of(put, lam, name, "1", 0) == (
        400, "ValidationException",
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to "
        "satisfy constraint: Member must have value greater than or equal to 1")


def test_a_version_is_provisioned_by_one_name_only(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    for alias, version in (("live", "1"), ("other", "1"), ("next", "2")):
        lam.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    already = (*CONFLICT, "Alias can't be used for Provisioned Concurrency configuration on an "
                          "already Provisioned version")
    weights = (*INVALID, "Alias with weights can not be used with Provisioned Concurrency")
    put(lam, name, "1", 1)
    assert error_of(put, lam, name, "live", 1) == already
    lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    for _ in range(2):
        put(lam, name, "live", 1)
    assert error_of(put, lam, name, "other", 1) == already
    assert error_of(put, lam, name, "1", 1) == (
        *CONFLICT, "Version is pointed by a Provisioned Concurrency alias")
    put(lam, name, "next", 1)
    assert error_of(lam.update_alias, FunctionName=name, Name="live",
                    FunctionVersion="2") == already
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    assert error_of(lam.update_alias, FunctionName=name, Name="live",
                    RoutingConfig=routing) == weights
    lam.update_alias(FunctionName=name, Name="other", RoutingConfig=routing)
    lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert error_of(put, lam, name, "other", 1) == weights


def test_limits_of_the_account_and_of_the_reservation(start_server, name):
    server = start_server("--concurrency", "110")
    lam = server.client("lambda")
    create(lam, name, WHOAMI, Publish=True)
    assert error_of(put, lam, name, "1", 111) == (
        *INVALID, "Specified ConcurrentExecutions for function is greater than account's "
                  "unreserved concurrency [110].")
    assert error_of(put, lam, name, "1", 11) == (
        *INVALID, "Specified ConcurrentExecutions for function decreases account's "
                  "UnreservedConcurrentExecution below its minimum value of [100].")
    body = Http(server.port).json(
        "PUT", f"/2019-09-30/functions/{name}/provisioned-concurrency?Qualifier=1",
        {"ProvisionedConcurrentExecutions": 11})
    assert "Type" not in body
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    assert error_of(put, lam, name, "1", 3) == (
        *INVALID, "Requested Provisioned Concurrency should not be greater than the "
                  "reservedConcurrentExecution for function")
    put(lam, name, "1", 2)
    assert error_of(lam.put_function_concurrency, FunctionName=name,
                    ReservedConcurrentExecutions=1) == (
        *INVALID, " ReservedConcurrentExecutions  1 should not be lower than function's total "
                  "provisioned concurrency [2].")


def test_what_is_provisioned_is_counted_once(start_server):
    lam = start_server("--concurrency", "110").client("lambda")
    create(lam, "f", WHOAMI, Publish=True)
    create(lam, "g", WHOAMI)
    put(lam, "f", "1", 10)  # 100 are left, as many as must be
    assert error_of(lam.put_function_concurrency, FunctionName="g",
                    ReservedConcurrentExecutions=1)[:2] == INVALID[:2]
    lam.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=10)


def test_what_is_provisioned_is_no_room_for_others(start_server):
    lam = start_server("--concurrency", "2").client("lambda")
    gate = Gate()
    create(lam, "f", WHOAMI, Publish=True)
    create(lam, "g", gate.package, Timeout=60)
    put(lam, "f", "1", 1)
    settled(lam, "f", "1")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(lam.invoke, FunctionName="g")
        gate.wait_until_inside()
        assert error_of(lam.invoke, FunctionName="g", Payload='{"pass": true}')[:2] == (
            429, "TooManyRequestsException")
        gate.open()
        running.result()


def test_a_reservation_that_is_all_provisioned_leaves_nothing_to_others(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    put(lam, name, "1", 1)
    settled(lam, name, "1")
    status, code, text = error_of(lam.invoke, FunctionName=name)
    assert (status, code, text) == (429, "TooManyRequestsException", "Rate Exceeded.")
    assert whoami(lam, f"{name}:1")[0] == "provisioned-concurrency"


def test_it_is_warm_again_after_a_restart(start_server, tmp_path, name):
    options = ("--data-dir", str(tmp_path))
    server = start_server(*options, ephemeral=False)
    lam = server.client("lambda")
    create(lam, name, WHOAMI, Publish=True)
    put(lam, name, "1", 1)
    assert settled(lam, name, "1")["Status"] == "READY"
    assert server.stop() == 0
    lam = start_server(*options, ephemeral=False).client("lambda")
    assert counts(settled(lam, name, "1")) == [1, 1, 1, "READY"]
    assert whoami(lam, f"{name}:1")[0] == "provisioned-concurrency"


def test_more_than_the_machine_can_run_is_ready_too(start_server, name):
    lam = start_server("--max-processes", "4").client("lambda")
    create(lam, name, WHOAMI, Publish=True)
    put(lam, name, "1", 100)
    assert counts(settled(lam, name, "1")) == [100, 100, 100, "READY"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        kinds = list(pool.map(lambda _: whoami(lam, f"{name}:1")[0], range(16)))
    assert kinds == ["provisioned-concurrency"] * 16
    assert whoami(lam, name)[0] == "on-demand"


def test_snapshots_and_provisioned_concurrency_exclude_each_other(lam, name):
    create(lam, name, WHOAMI, Publish=True, SnapStart={"ApplyOn": "PublishedVersions"})
    assert error_of(put, lam, name, "1", 1)[:2] == INVALID


def test_the_cli_shows_it(cli, lam, name):
    create(lam, name, WHOAMI, Publish=True)
    options = ("--function-name", name, "--qualifier", "1")
    done = cli("lambda", "put-provisioned-concurrency-config", *options,
               "--provisioned-concurrent-executions", "1")
    assert done.json["Status"] == "IN_PROGRESS", done.err
    settled(lam, name, "1")
    shown = cli("lambda", "get-provisioned-concurrency-config", *options).json
    assert (shown["Status"], shown["AvailableProvisionedConcurrentExecutions"]) == ("READY", 1)


def test_fewer_are_kept_after_a_smaller_put(lam, name):
    create(lam, name, WHOAMI, Publish=True)
    put(lam, name, "1", 3)
    settled(lam, name, "1")
    put(lam, name, "1", 1)
    assert counts(settled(lam, name, "1")) == [1, 1, 1, "READY"]
    assert whoami(lam, f"{name}:1")[0] == "provisioned-concurrency"


def test_what_one_lets_go_is_room_for_another(start_server):
    """Four processes: three for the first, none for the second until the first is deleted."""
    server = start_server("--max-processes", "4", "--no-sandbox")
    lam = server.client("lambda")
    for function in ("first", "second"):
        create(lam, function, WHOAMI, Publish=True)
        put(lam, function, "1", 9)
        assert settled(lam, function, "1")["Status"] == "READY"
    assert functions_running(server) == ["first"] * 3
    lam.delete_provisioned_concurrency_config(FunctionName="first", Qualifier="1")
    while functions_running(server) != ["second"] * 3:
        assert counts(get(lam, "second", "1"))[1:3] == [9, 9]


def functions_running(server):
    """The functions of the server's children, by what the system says of those."""
    found = []
    for process in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open(f"/proc/{process}/stat") as stat, open(f"/proc/{process}/environ") as words:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                variables = dict(word.partition("=")[::2] for word in words.read().split("\0"))
        except OSError:
            continue
        name = variables.get("AWS_LAMBDA_FUNCTION_NAME")  # none yet of one that has just been forked
        if parent == server.process.pid and name:
            found.append(name)
    return sorted(found)
