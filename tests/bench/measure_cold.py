"""Cold starts, from the request to the answer: a changed configuration retires the processes, so the
next invocation starts one, inside bubblewrap where that works."""
import statistics
import subprocess
import tempfile
import time

from tests.bench.bench import Connection, against, compare, interleave, running
from tests.bench.functions import EVENT, create_all

C_BOUND_MS = 10


def milliseconds(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def cold_invoke(server, connection, name):
    """A function that is new to the pool: nothing is warm, no spare knows it."""
    server.lam.update_function_configuration(FunctionName=name,
                                             Description=str(time.monotonic_ns()))
    return milliseconds(lambda: connection.send(
        "POST", f"/2015-03-31/functions/{name}/invocations", EVENT.encode()))


def start_of(*command):
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    return milliseconds(lambda: subprocess.run(command, check=True, env=environment))


def measure(scale):
    with running() as server, tempfile.NamedTemporaryFile("w", suffix=".mjs") as file:
        file.write("export const handler = async (event) => event;\n")
        file.flush()
        server.lam = server.client("lambda")
        create_all(server)
        connection = Connection(server)
        sides = {name: lambda name=name: cold_invoke(server, connection, name)
                 for name in ("node", "python", "C")}
        sides["node FILE.mjs"] = lambda: start_of("node", file.name)
        sides["python3 -c pass"] = lambda: start_of("/usr/bin/python3", "-c", "pass")
        times = interleave(scale.starts, sides)
        connection.close()
    median = statistics.median(times["C"])
    return [compare("cold start, node", "ms", times["node"], times["node FILE.mjs"],
                    "node FILE.mjs", "<= 1.3"),
            compare("cold start, Python", "ms", times["python"], times["python3 -c pass"],
                    "python3 -c pass", "<= 2"),
            against("cold start, C bootstrap", median, "ms", C_BOUND_MS,
                    (min(times["C"]), max(times["C"])))]
