"""The bench's own tools: what it stores is stored, and what it prints says what was measured."""
import os

import pytest

from tests.bench import growing
from tests.bench.bench import Curve, Row, against, compare
from tests.bench.cpu import on_one
from tests.bench.measure_growth import FUNCTIONS, create_function
from tests.bench.report import page
from tests.bench.writers import Writer, cloudwatch, logs, request, write_all


@pytest.mark.parametrize("connections, depth", [(1, 1), (1, 16), (7, 1), (7, 3)])
def test_everything_is_written_once(start_server, connections, depth):
    server = start_server()
    write_all(server.port, (create_function(f"f{i}") for i in range(100)), connections, depth)
    found = server.client("lambda").get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in found for function in page["Functions"]]
    assert sorted(names) == sorted(f"f{i}" for i in range(100))


def test_one_connection_keeps_the_order(start_server):
    server = start_server()
    steps = [create_function("f"), request("DELETE", f"{FUNCTIONS}/f")] * 20
    write_all(server.port, steps, 1, 8)
    assert server.client("lambda").list_functions()["Functions"] == []


def test_a_refusal_is_no_answer(server):
    with pytest.raises(AssertionError, match="404"):
        write_all(server.port, [request("GET", f"{FUNCTIONS}/nobody")])


def test_targets_reach_their_service_and_region(server):
    writer = Writer(server.port)
    writer.send([logs("CreateLogGroup", {"logGroupName": "g"}, "eu-west-1"),
                 cloudwatch("PutMetricData", {"Namespace": "N", "MetricData": [
                     {"MetricName": "m", "Value": 1}]}, "eu-west-1")])
    writer.finish(2)
    writer.close()
    groups = server.client("logs", "eu-west-1").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["g"]
    assert len(server.client("cloudwatch", "eu-west-1").list_metrics()["Metrics"]) == 1
    assert not server.client("cloudwatch").list_metrics()["Metrics"]


def test_each_size_has_its_own_server_beside_the_fewest():
    added = []

    def add(server, first, end):
        added.append((first, end))
        write_all(server.port, (create_function(f"f{i}") for i in range(first, end)))
    found = growing.measure(growing.Growing("functions", lambda _: None, add, lambda _: {
        "last": [request("GET", f"{FUNCTIONS}?MaxItems=50")]}, ("last",)), (2, 4, 8), 2)
    assert added == [(0, 2), (0, 4), (0, 2), (0, 8)]
    curve, = found
    assert list(sorted(curve.values)) == [2, 4, 8] and curve.value == curve.values[8]
    assert curve.spread[0] <= curve.ratio <= curve.spread[1] and curve.is_good


def test_a_ratio_is_the_median_of_the_rounds():
    row = compare("m", "/s", [10, 30, 20], [10, 10, 10], "peer", ">= 2")
    assert (row.value, row.ratio, row.spread, row.is_good) == (20, 2, (1, 3), True)
    assert not against("m", 16, "ms", 15).is_good


def test_the_page_groups_rows_and_counts_bounds():
    text = page({"Speed": [Row("shown", 1, "us", "peer", 1.0), Row("slow", 2, "us", "peer", 2.0, "<= 1")],
                 "Growth": [Curve("read", 3, "us", "10", 1.1, "<= 1.5", (1, 1.2), "things",
                                  {10: 2.5, 1000: 3})]}, (0.5, 1.5), 2)
    lines = text.splitlines()
    assert "Of 2 bounds 1 are met." in lines[0] and "0.5, 1.5" in lines[0]
    assert lines.index("## Speed") < lines.index("## Growth")
    assert [cell.strip() for cell in lines[-1].split("|")[1:-1]] == [
        "read", "things", "2.5", "3", "1.10", "1.00..1.20", "<= 1.5", "met"]
    assert sum("MISSED" in line for line in lines) == 1


def test_what_keeps_to_one_processor_is_freed_again(server):
    before = os.sched_getaffinity(0)
    with on_one():
        assert os.sched_getaffinity(0) == os.sched_getaffinity(server.process.pid) == {max(before)}
    assert os.sched_getaffinity(0) == os.sched_getaffinity(server.process.pid) == before
