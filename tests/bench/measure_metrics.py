"""A large query of metrics while functions run."""
import json
import multiprocessing
import time

from tests.bench.bench import Connection, Row, median_us, running
from tests.support.packages import create, node

DAY_S = 86400


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
    start = (int(time.time()) // 60 - 1440) * 60  # a whole minute, as the query's buckets
    for first in range(0, 1440, 720):
        connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
            {"MetricName": "day", "Value": i, "Timestamp": start + i * 60}
            for i in range(first, first + 720)]})
    body = json.dumps({"Namespace": "Bench", "MetricName": "day", "StartTime": start,
                       "EndTime": start + DAY_S, "Period": 60, "Statistics": ["Sum"]}).encode()
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


def measure(_):
    with running() as server:
        connection = Connection(server)
        rows = measure_day(server, connection)
        connection.close()
    return rows
