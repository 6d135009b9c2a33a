"""Warm Invoke with metrics and logs durable, against a bare node HTTP server with the same handler,
serverless-offline, and, shown only, what libmicrohttpd with a pipe to a child and a Runtime API
without anything around it can do, and AWS's own node client in the place of our bootstrap."""
import contextlib

from tests.bench import peers
from tests.bench.bench import Connection, compare, data_directory, interleave, running
from tests.bench.cpu import per_request_us
from tests.bench.functions import EVENT, NODE, PYTHON, native
from tests.bench.load import Request
from tests.bench.ric import aws_client
from tests.support.packages import create

PEER = "node HTTP"
OFFLINE = "serverless-offline"
PIPE = "MHD and a pipe"
LOOP = "bare Runtime API loop"
AWS_CLIENT = "aws-client"
FUNCTIONS = ("node", "python", "C")
RATE_LIMITS = {"node": ">= 1", "python": ">= 1", "C": ">= 1.3"}
WARM_SECONDS = 1
WARM_CALLERS = 32
CPU_CALLERS = 8


def invoking(port, name):
    return Request(port, f"/2015-03-31/functions/{name}/invocations", "POST", EVENT)


def warm(requests):
    for request in requests.values():
        request.load(WARM_CALLERS, WARM_SECONDS)


def rows_of(callers, results):
    loaded = {name: values for name, values in results.items() if name != LOOP}
    rates = {name: [result.rate for result in values] for name, values in loaded.items()}
    medians = {name: [result.median_us for result in values] for name, values in loaded.items()}
    rows = []
    for name in FUNCTIONS:
        limit = RATE_LIMITS[name] if callers > 1 else ""
        rows.append(compare(f"warm Invoke, {name}, {callers} callers", "/s", rates[name],
                            rates[PEER], PEER, limit))
    if callers == 1:
        rows.append(compare("warm Invoke, node, one caller, median", "us", medians["node"],
                            medians[PEER], PEER, "<= 1.3"))
    if OFFLINE in rates:
        rows.append(compare(f"warm Invoke, node, {callers} callers", "/s", rates["node"],
                            rates[OFFLINE], OFFLINE,
                            ">= 10" if callers > 1 else ""))
    rows.append(compare(f"warm Invoke, node, {callers} callers", "/s", rates["node"], rates[PIPE],
                        PIPE))
    if LOOP in results:
        rows.append(compare(f"warm Invoke, C, {callers} callers", "/s", rates["C"], results[LOOP],
                            LOOP))
    if AWS_CLIENT in rates:
        rows.append(compare(f"warm Invoke, AWS's node client, {callers} callers", "/s",
                            rates[AWS_CLIENT], rates[PEER], PEER))
    return rows


def cpu_rows(pids, requests, scale):
    """Of server and function processes together; wherever they run, and whoever else does."""
    def used(name):
        return per_request_us(pids[name],
                              lambda: requests[name].load(CPU_CALLERS, scale.seconds).requests)
    times = interleave(scale.rounds, {name: lambda name=name: used(name) for name in pids})
    return [compare(f"processor time of a warm Invoke, {name}, {CPU_CALLERS} callers", "us",
                    times[name], times[peer], peer)
            for peer, names in ((PEER, FUNCTIONS), (PIPE, ("node",))) for name in names]


@contextlib.contextmanager
def serving(name, package):
    """A server for this function alone: with several, each would take the others' processes away,
    and no start would be warm."""
    with data_directory() as data, running("--data-dir", data, ephemeral=False) as server:
        create(server.client("lambda"), name, package)
        check(server, name)
        yield server


def check(server, name):
    """What is measured is the function's own answer."""
    connection = Connection(server)
    answer = connection.send("POST", f"/2015-03-31/functions/{name}/invocations", EVENT.encode())
    assert b'"canary"' in answer, answer
    connection.close()


def measure(scale):
    with contextlib.ExitStack() as stack:
        node = stack.enter_context(peers.node_server())
        offline = stack.enter_context(peers.serverless_offline())
        pipe = stack.enter_context(peers.pipe())
        requests = {PEER: Request(node.port, "/", "POST", EVENT),
                    PIPE: Request(pipe.port, "/", "POST", EVENT)}
        pids = {PEER: node.pid, PIPE: pipe.pid}
        packages = {"node": NODE, "python": PYTHON, "C": native(), AWS_CLIENT: aws_client()}
        for name, package in packages.items():
            if not package:
                continue
            server = stack.enter_context(serving(name, package))
            requests[name] = invoking(server.port, name)
            pids[name] = server.process.pid
        if offline:
            requests[OFFLINE] = invoking(offline, "bench-dev-f")
        warm(requests)
        rows = []
        for callers in scale.callers:
            sides = {name: lambda request=request: request.load(callers, scale.seconds)
                     for name, request in requests.items()}
            if callers > 1:  # there is always a next event
                sides[LOOP] = lambda: peers.runtime_loop(scale.seconds)
            rows += rows_of(callers, interleave(scale.rounds, sides))
        return rows + cpu_rows(pids, requests, scale)
