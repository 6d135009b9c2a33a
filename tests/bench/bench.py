"""What a measurement needs: a server, a bare connection, and a row of the table."""
import contextlib
import dataclasses
import http.client
import json
import shutil
import statistics
import tempfile
import time

from tests.conftest import Server


@dataclasses.dataclass
class Row:
    measure: str
    value: float      # in `unit`
    unit: str
    reference: str    # what it is compared with
    ratio: float
    limit: str = ""   # "<= 1.5"; empty: shown only
    spread: tuple = ()  # lowest and highest ratio of the rounds

    @property
    def is_good(self):
        if not self.limit:
            return True
        sign, bound = self.limit.split()
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)


@dataclasses.dataclass
class Curve(Row):
    """The same operation after ever more of something; the value is that of the most."""
    what: str = ""     # of which there are ever more
    values: dict = dataclasses.field(default_factory=dict)  # by how many there were


@dataclasses.dataclass
class Scale:
    """How much is measured: `make bench` takes about a quarter of an hour, --quick a minute or two,
    --long an hour or more."""
    rounds: int
    seconds: int       # of load at a time
    callers: tuple     # of functions, at once
    starts: int        # of what is started
    invocations: int   # that are stored before a start
    functions: int
    things: tuple      # that are kept, be they functions or alarms: ever more of them
    records: tuple     # invocations and log events
    values: tuple      # of metrics


def powers(first, last):
    return tuple(10 ** exponent for exponent in range(first, last + 1))


QUICK = Scale(2, 1, (8,), 7, 5 * 10 ** 4, 10 ** 3, powers(2, 3), powers(2, 4), powers(3, 5))
FULL = Scale(5, 2, (1, 8, 32), 15, 10 ** 6, 10 ** 4, powers(2, 5), powers(2, 6), powers(3, 7))
LONG = Scale(9, 3, (1, 8, 32), 51, 10 ** 6, 10 ** 4, powers(2, 6), powers(2, 6), powers(3, 7))


def interleave(rounds, sides):
    """Calls each of {name: function} once per round, in turn, so that a neighbour's load meets all
    of them: {name: [value of each round]}."""
    values = {name: [] for name in sides}
    for _ in range(rounds):
        for name, function in sides.items():
            values[name].append(function())
    return values


def compare(measure, unit, values, others, reference, limit=""):
    """A row from the values of each round and what the other side had in the same round."""
    ratios = [value / other for value, other in zip(values, others)]
    return Row(measure, statistics.median(values), unit, reference, statistics.median(ratios),
               limit, (min(ratios), max(ratios)))


def against(measure, value, unit, bound, spread=()):
    """A row for a bound that is no peer: at most `bound`, in the same unit."""
    return Row(measure, value, unit, f"{bound:g} {unit}", value / bound, "<= 1",
               tuple(end / bound for end in spread))


class Connection:
    """One kept-alive connection, asked one thing after the other."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def send(self, method, path, body=b"", headers=None):
        self.http.request(method, path, body, headers or {})
        answer = self.http.getresponse()
        data = answer.read()
        assert answer.status // 100 == 2, (answer.status, data[:300])
        return data

    def cloudwatch(self, operation, body):
        return self.send("POST", "/", body if isinstance(body, bytes) else json.dumps(body).encode(),
                         {"X-Amz-Target": f"GraniteServiceVersion20100801.{operation}",
                          "Content-Type": "application/x-amz-json-1.0"})

    def close(self):
        self.http.close()


def median_us(function, count):
    """The median of `count` calls, in microseconds, after a tenth as many to warm up."""
    times = []
    for i in range(count + count // 10):
        start = time.perf_counter()
        function()
        if i >= count // 10:
            times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


@contextlib.contextmanager
def running(*options, **settings):
    """A server that is stopped whatever happens, and must stop well if nothing did."""
    server = Server("--quiet", *options, **settings)
    try:
        yield server
    except BaseException:
        server.process.kill()
        server.process.wait()
        raise
    assert server.stop() == 0, server.read_log()


@contextlib.contextmanager
def data_directory():
    """Removed at the end; what a killed server mounted there may be busy still."""
    path = tempfile.mkdtemp(prefix="coalmine-bench-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
