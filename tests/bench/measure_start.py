"""Start to "Ready." and memory: empty, and with functions and invocations stored. The data are made
once, through the API, by the server that is measured afterwards."""
import dataclasses
import os
import statistics
import time

from tests.bench.bench import Row, against, data_directory, interleave, running
from tests.bench.functions import EVENT, native
from tests.bench.growing import wait_until_quiet
from tests.bench.measure_growth import FUNCTIONS, create_function
from tests.bench.writers import request, write_all
from tests.support.packages import create

EMPTY_MS = 15
FULL_MS = 150
IDLE_MIB = 10
FUNCTIONS_KIB = 1024       # per 1,000
INVOCATIONS_KIB = 4 << 10  # per 10^6: what an allocator may keep; "nothing" cannot be measured
FUNCTIONS_ENOUGH, INVOCATIONS_ENOUGH = 10 ** 4, 10 ** 6
SLICES, WARM_UP_SLICES = 20, 2
INVOKE = request("POST", f"{FUNCTIONS}/C/invocations", EVENT.encode())


def resident_mib(server):
    """Of the server alone."""
    with open(f"/proc/{server.process.pid}/status") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024


def quiet_kib(server):
    """The same when it has nothing to do."""
    wait_until_quiet(server)
    return resident_mib(server) * 1024


def serving(data):
    return running("--data-dir", data, ephemeral=False)


def start_ms(data):
    start = time.perf_counter()
    with serving(data):
        ready = time.perf_counter()
    return (ready - start) * 1e3


def after_start_kib(data):
    with serving(data) as server:
        return quiet_kib(server)


def bounded_if(is_enough, row):
    """With fewer stored, what an allocator keeps anyhow would be multiplied: then it is only shown."""
    return row if is_enough else dataclasses.replace(row, limit="")


def growth_kib(server, first, rest):
    """What `rest` adds once `first` has made all that is made once."""
    write_all(server.port, first)
    before = quiet_kib(server)
    write_all(server.port, rest)
    return quiet_kib(server) - before


def created(first, end):
    return (create_function(f"f{i}") for i in range(first, end))


def measure_functions(data, count):
    tenth = count // 10
    with serving(data) as server:
        creating = growth_kib(server, created(0, tenth), created(tenth, count))
    with serving(data) as server:
        reading = growth_kib(server, (request("GET", f"{FUNCTIONS}/f0") for _ in range(tenth)),
                             (request("GET", f"{FUNCTIONS}/f{i}") for i in range(count)))
    return [bounded_if(count >= FUNCTIONS_ENOUGH,
                       against(f"memory per 1,000 functions, {text}", grown * 1000 / stored, "KiB",
                               FUNCTIONS_KIB))
            for text, grown, stored in (("while they are created", creating, count - tenth),
                                        ("stored, each read once", reading, count))]


def resident_while_invoking(server, count):
    """MiB after each slice of `count` invocations."""
    found = []
    for _ in range(SLICES):
        write_all(server.port, (INVOKE for _ in range(count // SLICES)))
        found.append(resident_mib(server))
    return found


def measure_invocations(data, count):
    before = after_start_kib(data)
    with serving(data) as server:
        create(server.client("lambda"), "C", native())
        found = resident_while_invoking(server, count)[WARM_UP_SLICES:]
    stored = (after_start_kib(data) - before) * 10 ** 6 / count
    earlier, later = (statistics.median(half) for half in (found[:len(found) // 2],
                                                           found[len(found) // 2:]))
    rows = (against("memory per 1,000,000 invocations, stored", stored, "KiB", INVOCATIONS_KIB),
            Row(f"memory, the second half of {count:,} invocations", later, "MiB", "the first half",
                later / earlier, "<= 1.1"))
    return [bounded_if(count >= INVOCATIONS_ENOUGH, row) for row in rows]


def measure_starts(empty, data, scale):
    os.sync()  # what was stored is still on its way to the disk
    times = interleave(scale.starts, {"empty": lambda: start_ms(empty),
                                      "full": lambda: start_ms(data)})
    text = f"{scale.functions:,} functions and {scale.invocations:,} invocations"
    return [against(f"start to Ready, {name}", statistics.median(times[side]), "ms", bound,
                    (min(times[side]), max(times[side])))
            for side, name, bound in (("empty", "empty", EMPTY_MS), ("full", text, FULL_MS))]


def measure(scale):
    with data_directory() as empty, data_directory() as data:
        idle = after_start_kib(empty) / 1024
        memory = [against("memory, idle", idle, "MiB", IDLE_MIB)]
        memory += measure_functions(data, scale.functions)
        memory += measure_invocations(data, scale.invocations)
        return measure_starts(empty, data, scale) + memory
