"""Warm Invoke with metrics and logs durable, against a bare node HTTP server with the same handler and
serverless-offline; shown beside it: AWS's own node client in the place of our bootstrap, and what
libmicrohttpd with a pipe to a child, and the Runtime API alone with the C bootstrap, can do."""
import contextlib

from tests.bench import peers
from tests.bench.bench import Connection, compare, data_directory, interleave, running
from tests.bench.cpu import on_one, per_request_us
from tests.bench.functions import EVENT, NODE, PYTHON, native
from tests.bench.load import Request, Result
from tests.bench.ric import aws_client
from tests.support.packages import create

PEER = "node HTTP"
OFFLINE = "serverless-offline"
PIPE = "MHD and a pipe"
AWS_CLIENT = "aws-client"
ALONE = "the Runtime API alone"
TEXTS = {"node": "node", AWS_CLIENT: "AWS's node client", "python": "Python", "C": "C"}
WARM_SECONDS = 1
WARM_CALLERS = 32
CPU_CALLERS = 8


def invoking(port, name):
    return Request(port, f"/2015-03-31/functions/{name}/invocations", "POST", EVENT)


def warm(requests):
    for request in requests.values():
        request.load(WARM_CALLERS, WARM_SECONDS)


def rows_of(callers, results):
    rates = {name: [result.rate for result in values] for name, values in results.items()}
    rows = []

    def add(name, text, reference, limit=""):
        if name in rates and reference in rates:
            rows.append(compare(f"warm Invoke, {text}, {count(callers)}", "/s", rates[name],
                                rates[reference], reference, limit if callers > 1 else ""))
    if callers == 1:
        medians = {name: [result.median_us for result in results[name]] for name in ("node", PEER)}
        rows.append(compare("warm Invoke, node, one caller, median", "us", medians["node"],
                            medians[PEER], PEER, "<= 1.3"))
    add("node", "node", PEER, ">= 1")
    add("node", "node", OFFLINE, ">= 10")
    add(AWS_CLIENT, "AWS's node client", PEER)
    add("node", "node", PIPE)
    add("python", "Python", PEER, ">= 1")
    add("C", "C", PEER, ">= 1.3")
    add("C", "C", ALONE)
    return rows


def count(callers):
    return "one caller" if callers == 1 else f"{callers} callers"


def cpu_rows(pids, requests, scale):
    """Of server and function processes together; wherever they run, and whoever else does."""
    def used(name):
        return per_request_us(pids[name],
                              lambda: requests[name].load(CPU_CALLERS, scale.seconds).requests)
    times = interleave(scale.rounds, {name: lambda name=name: used(name) for name in pids})
    return [compare(f"processor time of a warm Invoke, {TEXTS[name]}, {count(CPU_CALLERS)}", "us",
                    times[name], times[peer], peer)
            for peer, names in ((PEER, TEXTS), (PIPE, ("node",))) for name in names if name in times]


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
            sides[ALONE] = lambda: Result(peers.runtime_loop(callers, scale.seconds), 0, 0, 0)
            # One caller never has two things to do at once, and wake-ups would be all one sees.
            with on_one() if callers == 1 else contextlib.nullcontext():
                rows += rows_of(callers, interleave(scale.rounds, sides))
        return rows + cpu_rows(pids, requests, scale)
