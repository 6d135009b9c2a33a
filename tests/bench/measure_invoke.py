"""Warm Invoke with metrics and logs durable, against a bare node HTTP server with the same handler,
serverless-offline, and (shown only) AWS's own node client in the place of our bootstrap."""
import contextlib

from tests.bench import peers
from tests.bench.bench import Connection, compare, data_directory, interleave, running
from tests.bench.functions import EVENT, create_all
from tests.bench.load import Request
from tests.bench.ric import create_with_aws_client

CALLERS = (1, 8, 32)
PEER = "node HTTP"
RATE_LIMITS = {"node": ">= 1", "python": ">= 1", "C": ">= 1.3"}
WARM_SECONDS = 1
WARM_CALLERS = 32


def invoking(port, name):
    return Request(port, f"/2015-03-31/functions/{name}/invocations", "POST", EVENT)


def warm(requests):
    for request in requests.values():
        request.load(WARM_CALLERS, WARM_SECONDS)


def rows_of(callers, results, has_offline):
    rates = {name: [result.rate for result in values] for name, values in results.items()}
    medians = {name: [result.median_us for result in values] for name, values in results.items()}
    rows = []
    for name in ("node", "python", "C"):
        limit = RATE_LIMITS[name] if callers > 1 else ""
        rows.append(compare(f"warm Invoke, {name}, {callers} callers", "/s", rates[name],
                            rates[PEER], PEER, limit))
    if callers == 1:
        rows.append(compare("warm Invoke, node, one caller, median", "us", medians["node"],
                            medians[PEER], PEER, "<= 1.3"))
    if has_offline:
        rows.append(compare(f"warm Invoke, node, {callers} callers", "/s", rates["node"],
                            rates["serverless-offline"], "serverless-offline",
                            ">= 10" if callers > 1 else ""))
    if "AWS client" in rates:
        rows.append(compare(f"warm Invoke, AWS's node client, {callers} callers", "/s",
                            rates["AWS client"], rates[PEER], PEER))
    return rows


def measure_with(server, ports, scale):
    requests = {name: invoking(server.port, name) for name in ("node", "python", "C")}
    requests[PEER] = Request(ports["node"], "/", "POST", EVENT)
    if ports["offline"]:
        requests["serverless-offline"] = invoking(ports["offline"], "bench-dev-f")
    if create_with_aws_client(server, "aws"):
        requests["AWS client"] = invoking(server.port, "aws")
    warm(requests)
    rows = []
    for callers in CALLERS:
        results = interleave(scale.rounds, {
            name: lambda request=request: request.load(callers, scale.seconds)
            for name, request in requests.items()})
        rows += rows_of(callers, results, bool(ports["offline"]))
    return rows


def check(server):
    """What is measured is the function's own answer."""
    connection = Connection(server)
    for name in ("node", "python", "C"):
        answer = connection.send("POST", f"/2015-03-31/functions/{name}/invocations",
                                 EVENT.encode())
        assert b'"canary"' in answer, answer
    connection.close()


def measure(scale):
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(data_directory())
        ports = {"node": stack.enter_context(peers.node_server()),
                 "offline": stack.enter_context(peers.serverless_offline())}
        server = stack.enter_context(running("--data-dir", data, ephemeral=False))
        create_all(server)
        check(server)
        return measure_with(server, ports, scale)
