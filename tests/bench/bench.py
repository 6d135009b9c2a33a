"""What a measurement needs: a server, a bare connection, and a row of the table."""
import dataclasses
import http.client
import json
import statistics
import time

from tests.conftest import ROOT, Server


@dataclasses.dataclass
class Row:
    measure: str
    value: float      # in `unit`
    unit: str
    reference: str    # what it is compared with
    ratio: float
    limit: str = ""   # "<= 1.5"; empty: shown only

    @property
    def is_good(self):
        if not self.limit:
            return True
        sign, bound = self.limit.split()
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)


class Connection:
    """One kept-alive connection, asked one thing after the other."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def send(self, method, path, body=b"", headers=None):
        self.http.request(method, path, body, headers or {})
        answer = self.http.getresponse()
        data = answer.read()
        assert answer.status == 200, (answer.status, data[:300])
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


def start_server(*options):
    return Server(*options)
