"""A canary deployment seen through its logs: a function behind a weighted alias, a metric filter
that counts errors per version, and a query over the platform's reports."""
import json
import re

import pytest

from tests.support.logs import Insights, filter_all
from tests.support.packages import create, node

INVOCATIONS = 40  # half of them go to version 2: one version gets none with a chance of 2**-39
START_MS = 1767225600000  # the frozen clock's time
GROUP = "/aws/lambda/shop"
LINE = ("process.stdout.write(JSON.stringify({level: %s, version: context.functionVersion, order: "
        "event.n}) + '\\n'); return context.functionVersion")


@pytest.fixture(name="world")
def canary_world(start_server):
    """`shop` logs JSON; version 2 logs an error for every order whose number is even."""
    server = start_server("--clock", "2026-01-01T00:00:00Z", "--seed", "4")
    lam, logs = server.client("lambda"), server.client("logs")
    create(lam, "shop", node(LINE % "'info'"), Publish=True)
    second = node(LINE % "event.n % 2 ? 'info' : 'error'")
    lam.update_function_code(FunctionName="shop", Publish=True, ZipFile=second["Code"]["ZipFile"])
    lam.create_alias(FunctionName="shop", Name="live", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    logs.create_log_group(logGroupName=GROUP)
    logs.put_metric_filter(
        logGroupName=GROUP, filterName="errors", filterPattern='{ $.level = "error" }',
        metricTransformations=[{"metricName": "Errors", "metricNamespace": "Shop",
                                "metricValue": "1", "dimensions": {"Version": "$.version"}}])
    return server


def invoke(server):
    """[(version, order)] of the invocations."""
    lam = server.client("lambda")
    runs = []
    for n in range(INVOCATIONS):
        answer = lam.invoke(FunctionName="shop", Qualifier="live", Payload=json.dumps({"n": n}))
        runs.append((json.load(answer["Payload"]), n))
    return runs


def errors_of(server, version):
    points = server.client("cloudwatch").get_metric_statistics(
        Namespace="Shop", MetricName="Errors", Period=60, Statistics=["Sum"],
        StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-01T00:05:00Z",
        Dimensions=[{"Name": "Version", "Value": version}])["Datapoints"]
    return sum(point["Sum"] for point in points)


def reports_by_stream(server):
    """What the events themselves say: {stream: [(duration, memory in MB)]}."""
    reports = {}
    for event in filter_all(server.client("logs"), logGroupName=GROUP, filterPattern="REPORT"):
        duration, memory = re.fullmatch(
            r"REPORT RequestId: \S+\tDuration: (\S+) ms\t.*\tMax Memory Used: (\d+) MB\t.*",
            event["message"], re.DOTALL).groups()
        reports.setdefault(event["logStreamName"], []).append((float(duration), int(memory)))
    return reports


def rows(server, query):
    return Insights(server.client("logs")).rows(query, logGroupName=GROUP, start_ms=START_MS,
                                                end_ms=START_MS + 60000)


def test_the_logs_of_a_canary_give_the_right_numbers(world):
    runs = invoke(world)
    assert {version for version, _ in runs} == {"1", "2"}
    failed = [n for version, n in runs if version == "2" and n % 2 == 0]
    assert failed and errors_of(world, "2") == len(failed) and errors_of(world, "1") == 0

    reports = reports_by_stream(world)
    assert sum(len(each) for each in reports.values()) == INVOCATIONS
    found = {row["@logStream"]: row for row in rows(
        world, 'filter @type = "REPORT" | stats count(*), avg(@duration), max(@maxMemoryUsed) '
        "by @logStream")}
    assert found.keys() == reports.keys()
    for stream, each in reports.items():
        durations = [duration for duration, _ in each]
        assert found[stream]["count(*)"] == str(len(each))
        assert float(found[stream]["avg(@duration)"]) == pytest.approx(
            sum(durations) / len(durations), abs=0.001)
        assert float(found[stream]["max(@maxMemoryUsed)"]) == 1e6 * max(m for _, m in each)
    for version in "12":
        count = sum(each == version for each, _ in runs)
        assert sum(len(each) for stream, each in reports.items() if f"[{version}]" in stream) == count


def test_a_query_reads_the_functions_own_json(world):
    runs = invoke(world)
    counted = rows(world, "filter ispresent(level) | stats count(*) as lines, sum(level = 'error') "
                   "as errors by version as v | sort v")
    assert counted == [
        {"v": version, "lines": str(sum(v == version for v, _ in runs)),
         "errors": str(sum(v == version == "2" and n % 2 == 0 for v, n in runs))}
        for version in "12"]
