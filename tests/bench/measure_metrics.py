"""Queries of metrics: while functions run, and after ever more recorded values."""
import json
import multiprocessing
import time

from tests.bench.bench import Connection, Row, median_us, running
from tests.support.packages import create, node

DAY_S = 86400
HOUR_S = 3600
VALUES = 150         # in one datum
DATA = 600           # in one call


def minute_ago(minutes):
    """A whole minute, so that a query's buckets are those of the data."""
    return (int(time.time()) // 60 - minutes) * 60


def query(metric, start, end, stat="Sum"):
    kind = "Statistics" if stat[0].isupper() else "ExtendedStatistics"
    return json.dumps({"Namespace": "Bench", "MetricName": metric, "StartTime": start,
                       "EndTime": end, "Period": 60, kind: [stat]}).encode()


def invoke_until(server_port, name, stop):
    class Port:
        port = server_port
    connection = Connection(Port)
    while not stop.is_set():
        connection.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")


def while_invoking(server, function):
    """What `function` gives while two callers invoke a function all the time."""
    create(server.client("lambda"), "busy", node("return event"))
    stop = multiprocessing.Event()
    callers = [multiprocessing.Process(target=invoke_until, args=(server.port, "busy", stop))
               for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        return function()
    finally:
        stop.set()
        for caller in callers:
            caller.join()


def measure_day(server, connection):
    start = minute_ago(1440)
    for first in range(0, 1440, 720):
        connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
            {"MetricName": "day", "Value": i, "Timestamp": start + i * 60}
            for i in range(first, first + 720)]})
    body = query("day", start, start + DAY_S)
    assert connection.cloudwatch("GetMetricStatistics", body).count(b"Timestamp") == 1440

    def ask():
        connection.cloudwatch("GetMetricStatistics", body)
    bare = median_us(lambda: connection.send("GET", "/_coalmine/clock"), 1000)
    quiet = median_us(ask, 200)
    busy = while_invoking(server, lambda: median_us(ask, 200))
    return [Row("a day of minutes (1440 points), nothing else", quiet, "us", "GET /_coalmine/clock",
                quiet / bare),
            Row("the same while two callers invoke", busy, "us", "nothing else", busy / quiet,
                "<= 10")]


def record(connection, start, count):
    """`count` values, spread over all the minutes of an hour."""
    size = max(1, min(VALUES, count // 60))
    data = [{"MetricName": "hour", "Timestamp": start + i % 60 * 60,
             "Values": [(i * 31 + n) % 997 for n in range(min(size, count - i * size))]}
            for i in range(-(-count // size))]
    for first in range(0, len(data), DATA):
        connection.cloudwatch("PutMetricData", {"Namespace": "Bench",
                                                "MetricData": data[first:first + DATA]})


def measure_growth(connection, sizes):
    start = minute_ago(70)
    recorded, medians = 0, {}
    put = json.dumps({"Namespace": "Bench", "MetricData": [
        {"MetricName": f"put{i}", "Value": 1.5} for i in range(20)]}).encode()
    for size in sizes:
        record(connection, start, size - recorded)
        recorded = size
        for stat in ("Sum", "p99"):
            body = query("hour", start, start + HOUR_S, stat)
            medians[stat, size] = median_us(
                lambda: connection.cloudwatch("GetMetricStatistics", body), 300)
        medians["put", size] = median_us(lambda: connection.cloudwatch("PutMetricData", put), 300)
    rows = []
    for key, text, limit in (("Sum", "60 points, Sum", "<= 1.5"), ("p99", "60 points, p99", ""),
                             ("put", "PutMetricData of 20 values", "<= 1.5")):
        for size in sizes:
            is_last = size == sizes[-1]
            rows.append(Row(f"{text}, {size:,} values recorded", medians[key, size], "us",
                            "1,000 values", medians[key, size] / medians[key, sizes[0]],
                            limit if is_last else ""))
    return rows


def measure(scale):
    with running() as server:
        connection = Connection(server)
        rows = measure_day(server, connection) + measure_growth(connection, scale.values)
        connection.close()
    return rows
