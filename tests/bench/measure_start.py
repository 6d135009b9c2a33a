"""Start to "Ready." and memory: empty, and with functions and invocations stored. The data are made
once, through the API, by the server that is measured afterwards."""
import concurrent.futures
import statistics
import time

from tests.bench.bench import Row, against, data_directory, interleave, running
from tests.bench.functions import EVENT, NODE, create_all
from tests.bench.load import Request
from tests.support.packages import create

EMPTY_MS = 15
FULL_MS = 150
IDLE_MIB = 10
FUNCTION_MIB = 1  # per 1,000
INVOCATION_MIB = 4  # per 10^6: what an allocator may keep; "nothing" cannot be measured
WRITERS = 8
SLICE_SECONDS = 5
SETTLE_SECONDS = 3


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024


def start_ms(data):
    start = time.perf_counter()
    with running("--data-dir", data, ephemeral=False):
        ready = time.perf_counter()
    return (ready - start) * 1e3


def after_start_mib(data):
    with running("--data-dir", data, ephemeral=False) as server:
        return resident_mib(server)


def create_functions(server, count):
    """Microseconds per function: the first tenth, and the last."""
    lam = server.client("lambda")

    def make(number):
        create(lam, f"f{number}", NODE)

    def timed(first, end):
        start = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(make, range(first, end)))
        return (time.perf_counter() - start) / (end - first) * 1e6
    tenth = count // 10
    first = timed(0, tenth)
    timed(tenth, count - tenth)
    return first, timed(count - tenth, count)


def invoke_until(server, count):
    """Invokes until `count` are stored: how many a second the first time, and the last."""
    request = Request(server.port, "/2015-03-31/functions/C/invocations", "POST", EVENT)
    done, rates = 0, []
    while done < count:
        result = request.load(WRITERS, SLICE_SECONDS)
        done += result.requests
        rates.append(result.rate)
    return rates[0], rates[-1]


def measure_functions(data, scale, base):
    with running("--data-dir", data, ephemeral=False) as server:
        first, last = create_functions(server, scale.functions)
    grown = (after_start_mib(data) - base) / scale.functions * 1000
    return [Row(f"CreateFunction, {scale.functions:,} stored", last, "us", "the first tenth",
                last / first, "<= 1.5"),
            against("memory per 1,000 functions", max(grown, 0), "MiB", FUNCTION_MIB)]


def measure_invocations(data, scale):
    before = after_start_mib(data)
    with running("--data-dir", data, ephemeral=False) as server:
        create_all(server)
        first, last = invoke_until(server, scale.invocations)
    time.sleep(SETTLE_SECONDS)  # the disk's own queue
    grown = max(after_start_mib(data) - before, 0) * 1e6 / scale.invocations
    return [Row(f"warm Invoke, {scale.invocations:,} stored", last, "/s", "none stored",
                last / first, ">= 0.67"),
            against("memory per 1,000,000 invocations", grown, "MiB", INVOCATION_MIB)]


def measure_starts(empty, data, scale):
    times = interleave(scale.starts, {"empty": lambda: start_ms(empty),
                                      "full": lambda: start_ms(data)})
    text = f"{scale.functions:,} functions and {scale.invocations:,} invocations"
    return [against(f"start to Ready, {name}", statistics.median(times[side]), "ms", bound,
                    (min(times[side]), max(times[side])))
            for side, name, bound in (("empty", "empty", EMPTY_MS), ("full", text, FULL_MS))]


def measure(scale):
    with data_directory() as empty, data_directory() as data:
        idle = after_start_mib(empty)
        rows = [against("memory, idle", idle, "MiB", IDLE_MIB)]
        rows += measure_functions(data, scale, idle)
        rows += measure_invocations(data, scale)
        return rows + measure_starts(empty, data, scale)
