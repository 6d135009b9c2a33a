"""
Load at length: a hundred thousand functions, versions and aliases; a million invocations in a row;
control operations while functions are busy. Times are printed, and asserted generously: machines
are shared. LOAD_FUNCTIONS and LOAD_SECONDS change how much is done.
"""
import json
import os
import statistics
import threading
import time

import pytest

from tests.support import pipeline
from tests.support.crash_writers import code
from tests.support.packages import ROLE, create, node
from tests.support.wire import LAMBDA, Wire

FUNCTIONS = int(os.environ.get("LOAD_FUNCTIONS", "20000"))
SECONDS = int(os.environ.get("LOAD_SECONDS", "180"))
ALIASES = 3
INVOCATIONS = 1000000
BUSY_SECONDS = 20
CALLS_MOST_SECONDS = 2  # for the slowest hundredth of control operations beside busy functions


def creations():
    """Requests that make the functions, each with version 1 and aliases; all have the same code."""
    package = code("the same")[0]
    for number in range(FUNCTIONS):
        yield pipeline.request("POST", LAMBDA, json.dumps({
            "FunctionName": f"f-{number:06}", "Role": ROLE, "Runtime": "nodejs22.x",
            "Handler": "index.handler", "Publish": True, "Code": {"ZipFile": package}}).encode())


def alias_creations():
    for number in range(FUNCTIONS):
        for name in ("live", "next", "last")[:ALIASES]:
            yield pipeline.request("POST", f"{LAMBDA}/f-{number:06}/aliases", json.dumps(
                {"Name": name, "FunctionVersion": "1"}).encode())


def compare_ends(title, latencies):
    """The last tenth of the operations is about as fast as the first was."""
    part = max(len(latencies) // 10, 1)
    first = pipeline.quantile(latencies[:part], 0.5) * 1e6
    last = pipeline.quantile(latencies[-part:], 0.5) * 1e6
    print(f"{title}: {len(latencies)} operations, median {first:.0f} us at first, {last:.0f} us "
          f"at last")
    assert last < 5 * first + 1000


def reads():
    for number in range(0, FUNCTIONS, max(FUNCTIONS // 2000, 1)):
        yield pipeline.request("GET", f"{LAMBDA}/f-{number:06}/aliases/live")
        yield pipeline.request("GET", f"{LAMBDA}/f-{number:06}")


def test_a_hundred_thousand_functions_versions_and_aliases(start_server, tmp_path):
    options = ("--data-dir", str(tmp_path / "data"))
    server = start_server(*options, ephemeral=False)
    before_kb = pipeline.memory_kb(server.process)
    compare_ends("CreateFunction, published", pipeline.run(server.port, creations()))
    compare_ends("CreateAlias", pipeline.run(server.port, alias_creations()))
    grown_kb = pipeline.memory_kb(server.process) - before_kb
    print(f"memory: {grown_kb / (FUNCTIONS / 1000):.0f} KiB per 1,000 functions with a version "
          f"and {ALIASES} aliases")
    compare_ends("GetAlias and GetFunction", pipeline.run(server.port, reads(), connections=1))
    wire = Wire(server.port)
    began = time.monotonic()
    listed = wire.pages(f"{LAMBDA}/?FunctionVersion=ALL", "Functions")
    print(f"ListFunctions of all versions: {len(listed)} in {time.monotonic() - began:.1f} s")
    assert len(listed) == 2 * FUNCTIONS
    assert len({(f["FunctionName"], f["Version"]) for f in listed}) == len(listed)
    last = f"f-{FUNCTIONS - 1:06}"
    assert len(wire.pages(f"{LAMBDA}/{last}/aliases", "Aliases")) == ALIASES
    assert server.stop() == 0
    began = time.monotonic()
    again = start_server(*options, ephemeral=False)
    print(f"start with all of them: {(time.monotonic() - began) * 1000:.0f} ms")
    assert Wire(again.port).json("POST", f"{LAMBDA}/{last}/invocations", {"n": 5}) == 5


def test_a_million_invocations_leave_memory_and_descriptors_where_they_were(start_server):
    server = start_server()
    create(server.client("lambda"), "f", node("return event"))
    end = time.monotonic() + SECONDS
    one = pipeline.request("POST", f"{LAMBDA}/f/invocations", b"{}")
    sent, samples = 0, []

    def invocations(count):
        nonlocal sent
        for _ in range(count):
            sent += 1
            yield one
    while sent < INVOCATIONS and time.monotonic() < end:
        pipeline.run(server.port, invocations(INVOCATIONS // 100), depth=16)
        samples.append((sent, pipeline.memory_kb(server.process),
                        pipeline.descriptors(server.process)))
    third = max(len(samples) // 3, 1)
    warm_kb = statistics.median(kb for _, kb, _ in samples[:third])
    last_kb = statistics.median(kb for _, kb, _ in samples[-third:])
    most_kb = max(kb for _, kb, _ in samples)
    print(f"{sent} invocations in {SECONDS - max(end - time.monotonic(), 0):.0f} s; memory: warm "
          f"{warm_kb} KiB, at last {last_kb} KiB, most {most_kb} KiB; descriptors: {samples[third - 1][2]}, "
          f"{samples[-1][2]}")
    step = max(len(samples) // 10, 1)
    print("memory on the way, MiB:", *(f"{kb / 1024:.1f}" for _, kb, _ in samples[::step]))
    assert last_kb <= warm_kb * 1.1
    assert most_kb <= warm_kb * 2  # what waits for a checkpoint, and what one is writing
    assert samples[-1][2] <= samples[third - 1][2] + 20  # connections that are not closed yet
    wire = Wire(server.port)
    assert wire.total("AWS/Lambda", "Invocations", int(time.time()) - SECONDS - 3600,
                      FunctionName="f") == sent


@pytest.fixture
def busy(start_server):
    """A server whose functions keep every core busy."""
    server = start_server()
    lam = server.client("lambda")
    create(lam, "busy", node("const end = Date.now() + 100; while (Date.now() < end); return 1"))
    create(lam, "f", node("return 1"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    server.is_over = False

    def invoke():
        wire = Wire(server.port)
        while not server.is_over:
            assert wire.json("POST", f"{LAMBDA}/busy/invocations", {}) == 1
    threads = [threading.Thread(target=invoke) for _ in range(8)]
    for thread in threads:
        thread.start()
    yield server
    server.is_over = True
    for thread in threads:
        thread.join()


def test_control_operations_are_quick_while_functions_are_busy(busy):
    wire = Wire(busy.port)
    alias = f"{LAMBDA}/f/aliases/live"
    calls = {
        "GetAlias": lambda: wire.send("GET", alias),
        "UpdateAlias": lambda: wire.send("PUT", alias, b'{"Description": "d"}'),
        "ListFunctions": lambda: wire.send("GET", f"{LAMBDA}/"),
        "PutMetricData": lambda: wire.cloudwatch("PutMetricData", Namespace="n", MetricData=[
            {"MetricName": "m", "Value": 1}]),
    }
    times = {name: [] for name in calls}
    end = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < end:
        for name, call in calls.items():
            began = time.monotonic()
            call()
            times[name].append(time.monotonic() - began)
    for name, all_of_them in times.items():
        median, slow = (pipeline.quantile(all_of_them, share) for share in (0.5, 0.99))
        print(f"{name} beside 8 busy callers: {len(all_of_them)} calls, median "
              f"{median * 1000:.1f} ms, 99 of 100 within {slow * 1000:.1f} ms")
        assert slow < CALLS_MOST_SECONDS
