"""Time per operation while something becomes ever more: for each size a server with so many is asked
in turn with one that has the fewest, both new, so that what is measured leaves no trace in the next
size. Requests are bytes made beforehand, so that little of what is measured is the client's."""
import contextlib
import dataclasses
import statistics
import time
import typing

from tests.bench.bench import Curve, data_directory, interleave, median_us, running
from tests.bench.cpu import TICK_US, on_one, used_us
from tests.bench.writers import Writer

CALLS = 150
FLAT = "<= 1.5"
QUIET_SECONDS = 0.3  # of this long
QUIET_TICKS = 2      # a quiet server uses no more than this
PATIENCE_SECONDS = 60


@dataclasses.dataclass
class Growing:
    """Operations that add to what grows stand last: they are measured after the others."""
    what: str
    prepare: typing.Callable     # (server): what must be there first
    add: typing.Callable         # (server, first, end): those of these numbers
    operations: typing.Callable  # (server) -> {name: [request, ...]}, asked one after the other
    unlimited: tuple = ()        # operations that are only shown


def wait_until_quiet(server):
    """A checkpoint of what was stored may be under way."""
    end = time.monotonic() + PATIENCE_SECONDS
    used, before = used_us(server.process.pid), -1
    while used - before > QUIET_TICKS * TICK_US and time.monotonic() < end:
        time.sleep(QUIET_SECONDS)
        before, used = used, used_us(server.process.pid)


@contextlib.contextmanager
def grown(growing, size):
    with data_directory() as data, running("--data-dir", data, ephemeral=False) as server:
        growing.prepare(server)
        growing.add(server, 0, size)
        wait_until_quiet(server)
        yield server


def median_of(port, requests):
    """On a connection of its own: a server closes those that are idle while others are measured."""
    with contextlib.closing(Writer(port)) as writer:
        def ask():
            for request in requests:
                writer.send([request])
                writer.finish(1)
        return median_us(ask, CALLS)


def measure_at(growing, sizes, rounds):
    """{operation: {size: [median of each round, us]}}"""
    with contextlib.ExitStack() as stack:
        servers = {size: stack.enter_context(grown(growing, size)) for size in sizes}
        requests = {size: growing.operations(server) for size, server in servers.items()}
        stack.enter_context(on_one())
        return {name: interleave(rounds, {
            size: lambda size=size, name=name: median_of(servers[size].port, requests[size][name])
            for size in sizes}) for name in requests[sizes[0]]}


def curve(growing, name, sizes, times):
    """`times`: for each size but the fewest, what measure_at() gave for it beside the fewest."""
    fewest, most = sizes[0], sizes[-1]
    values = {size: statistics.median(found[name][size]) for size, found in times.items()}
    values[fewest] = statistics.median(times[most][name][fewest])
    ratios = [a / b for a, b in zip(times[most][name][most], times[most][name][fewest])]
    return Curve(name, values[most], "us", f"{fewest:,}", statistics.median(ratios),
                 "" if name in growing.unlimited else FLAT, (min(ratios), max(ratios)),
                 growing.what, values)


def measure(growing, sizes, rounds):
    """A curve for each operation."""
    times = {size: measure_at(growing, (sizes[0], size), rounds) for size in sizes[1:]}
    return [curve(growing, name, sizes, times) for name in times[sizes[-1]]]
