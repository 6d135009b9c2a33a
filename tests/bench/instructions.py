"""python3 -m tests.bench.instructions [OPERATION...]: instructions of the server per operation, as
callgrind counts them. They repeat within a percent whatever else the machine does, so a change can
be judged by them. The files for callgrind_annotate go to build/bench/callgrind.OPERATION."""
import subprocess
import sys
import tempfile
import threading
import time

from tests.bench.bench import Connection
from tests.conftest import COALMINE, ROOT, Server
from tests.support.packages import create, node

CALLERS = 8
CALLS = 2000  # of all callers
WARM_UP = 400
RESULTS = ROOT / "build/bench"
POINTS = 60
START = (int(time.time()) // 60 - 2 * POINTS) * 60
DATUM = [{"MetricName": f"put{i}", "Value": 1.5} for i in range(20)]


class Valgrind(Server):
    """The server under callgrind, which counts only when told. Functions set a limit of 1,024 files,
    which valgrind allows only if it is what it left of the limit it found."""

    def __init__(self, result, data):
        self.command = ["prlimit", "--nofile=1024:1036", "valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no",
                        f"--callgrind-out-file={result}", COALMINE]
        # Callgrind counts "rep stosb", as memset() clears large areas, once per byte.
        super().__init__("--quiet", "--data-dir", data, ephemeral=False, environment={
            "GLIBC_TUNABLES": "glibc.cpu.x86_rep_stosb_threshold=1000000000"})

    def control(self, *words):
        subprocess.run(["callgrind_control", *words, str(self.process.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def invoke(connection):
    connection.send("POST", "/2015-03-31/functions/f/invocations", b"{}")


def get_alias(connection):
    connection.send("GET", "/2015-03-31/functions/f/aliases/live")


def get_function(connection):
    connection.send("GET", "/2015-03-31/functions/f")


def update_alias(connection):
    connection.send("PUT", "/2015-03-31/functions/f/aliases/live",
                    b'{"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}}')


def get_metric_statistics(connection):
    connection.cloudwatch("GetMetricStatistics", {
        "Namespace": "Bench", "MetricName": "m0", "StartTime": START,
        "EndTime": START + POINTS * 60, "Period": 60, "Statistics": ["Sum"]})


def put_metric_data(connection):
    connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": DATUM})


OPERATIONS = {function.__name__: function for function in
              (invoke, get_alias, get_function, update_alias, get_metric_statistics,
               put_metric_data)}


def repeat(server, operation, count):
    """`count` calls by CALLERS at once."""
    def call():
        connection = Connection(server)
        for _ in range(count // CALLERS):
            operation(connection)
        connection.close()
    callers = [threading.Thread(target=call) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def prepare(server):
    lam = server.client("lambda")
    create(lam, "f", node("return event"))
    lam.publish_version(FunctionName="f")
    lam.update_function_code(FunctionName="f", **{"ZipFile": node("return 2")["Code"]["ZipFile"]})
    lam.publish_version(FunctionName="f")
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    connection = Connection(server)
    connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
        {"MetricName": "m0", "Value": i, "Timestamp": START + i * 60} for i in range(POINTS)]})
    connection.close()


def count(name, data):
    result = RESULTS / f"callgrind.{name}"
    server = Valgrind(result, data)
    prepare(server)
    repeat(server, OPERATIONS[name], WARM_UP)
    server.control("--instr=on")
    repeat(server, OPERATIONS[name], CALLS)
    server.control("--instr=off")
    assert server.stop() == 0, server.read_log()
    totals = [line for line in result.read_text().splitlines() if line.startswith("totals:")]
    return int(totals[0].split()[1]) / CALLS


def main():
    names = sys.argv[1:] or OPERATIONS
    if not set(names) <= set(OPERATIONS):
        sys.exit(f"instructions: the operations are {', '.join(OPERATIONS)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in names:
        with tempfile.TemporaryDirectory() as data:
            print(f"{name:24} {count(name, data):10,.0f} instructions", flush=True)


if __name__ == "__main__":
    main()
