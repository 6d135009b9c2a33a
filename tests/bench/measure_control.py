"""Reads and writes of the control plane and of metrics, against a bare libmicrohttpd server with a
fixed answer, eight callers each; and what invocations pay while aliases move."""
import contextlib
import json
import time

from tests.bench import peers
from tests.bench.bench import (Connection, compare, data_directory, interleave, running)
from tests.bench.functions import EVENT, NODE, create_all
from tests.bench.load import Request
from tests.support.packages import create

CALLERS = 8
PEER = "libmicrohttpd"
JSON = "application/x-amz-json-1.0"
FUNCTION = "/2015-03-31/functions/node"
POINTS = 60
DATA = 20


def cloudwatch(port, operation, body):
    return Request(port, "/", "POST", json.dumps(body), {
        "Content-Type": JSON, "X-Amz-Target": f"GraniteServiceVersion20100801.{operation}"})


def requests_of(port, start):
    """What is sent, and the least that it may be of the bare server's rate."""
    alias = f"{FUNCTION}/aliases/live"
    return {
        "GetAlias": (Request(port, alias), ">= 0.5"),
        "GetFunction": (Request(port, FUNCTION), ">= 0.5"),
        "UpdateAlias": (Request(port, alias, "PUT", '{"FunctionVersion": "1"}'), ">= 0.2"),
        "GetMetricStatistics, 60 points": (cloudwatch(port, "GetMetricStatistics", {
            "Namespace": "Bench", "MetricName": "m0", "StartTime": start,
            "EndTime": start + POINTS * 60, "Period": 60, "Statistics": ["Sum"]}), ">= 0.3"),
        "PutMetricData, 20 values": (cloudwatch(port, "PutMetricData", {
            "Namespace": "Put", "MetricData": [
                {"MetricName": f"m{i}", "Value": i + 0.5} for i in range(DATA)]}), ">= 0.2"),
    }


def prepare(server, start):
    create_all(server)
    lam = server.client("lambda")
    lam.publish_version(FunctionName="node")
    lam.create_alias(FunctionName="node", Name="live", FunctionVersion="1")
    connection = Connection(server)
    connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
        {"MetricName": "m0", "Value": i, "Timestamp": start + i * 60} for i in range(POINTS)]})
    connection.close()


def while_aliases_move(server, scale):
    """Invoke with eight callers, alone and beside one client that updates another function's alias
    all the time; the bound is the share of the loop that an update takes."""
    invoking = Request(server.port, f"{FUNCTION}/invocations", "POST", EVENT)
    create(server.client("lambda"), "other", NODE)
    server.client("lambda").publish_version(FunctionName="other")
    server.client("lambda").create_alias(FunctionName="other", Name="live", FunctionVersion="1")
    updating = Request(server.port, "/2015-03-31/functions/other/aliases/live", "PUT",
                       '{"FunctionVersion": "1"}')
    reading = Request(server.port, "/2015-03-31/functions/other/aliases/live")

    def beside(other):
        with other.in_background(1):
            time.sleep(0.1)  # both under way
            return invoking.load(CALLERS, scale.seconds).rate
    rates = interleave(scale.rounds, {"write": lambda: beside(updating),
                                      "read": lambda: beside(reading)})
    return compare("warm Invoke, 8 callers, while another function's alias moves", "/s",
                   rates["write"], rates["read"], "while it is read", ">= 0.5")


def measure(scale):
    start = (int(time.time()) // 60 - 2 * POINTS) * 60
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(data_directory())
        bare = Request(stack.enter_context(peers.floor()).port, "/2015-03-31/functions/f")
        server = stack.enter_context(running("--data-dir", data, ephemeral=False))
        prepare(server, start)
        requests = requests_of(server.port, start)
        sides = {name: lambda request=request: request.load(CALLERS, scale.seconds).rate
                 for name, (request, _) in requests.items()}
        sides[PEER] = lambda: bare.load(CALLERS, scale.seconds).rate
        rates = interleave(scale.rounds, sides)
        rows = [compare(f"{name}, 8 callers", "/s", rates[name], rates[PEER], PEER, limit)
                for name, (_, limit) in requests.items()]
        return rows + [while_aliases_move(server, scale)]
