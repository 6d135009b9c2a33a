"""Time per operation while functions, versions, aliases and alarms become ever more: each must cost
with the most what it costs with the fewest."""
import base64
import contextlib
import functools
import json
import threading

from tests.bench.bench import Connection, compare, data_directory, medians_us, running
from tests.bench.functions import EVENT, NODE
from tests.support.packages import ROLE, create

CALLS = 300
WRITERS = 4
LIMIT = "<= 1.5"
FUNCTIONS = "/2015-03-31/functions"
BODY = {"Role": ROLE, "Runtime": NODE["Runtime"], "Handler": NODE["Handler"],
        "Code": {"ZipFile": base64.b64encode(NODE["Code"]["ZipFile"]).decode()}}


def post(connection, path, body):
    connection.send("POST", path, json.dumps(body).encode())


def add_function(connection, number):
    post(connection, FUNCTIONS, {"FunctionName": f"f{number}", **BODY})


def add_version(connection, number):
    connection.send("PUT", f"{FUNCTIONS}/many/configuration",
                    json.dumps({"Description": str(number)}).encode())
    post(connection, f"{FUNCTIONS}/many/versions", {})


def add_alias(connection, number):
    post(connection, f"{FUNCTIONS}/many/aliases",
         {"Name": f"a{number}", "FunctionVersion": "$LATEST"})


def add_alarm(connection, number):
    connection.cloudwatch("PutMetricAlarm", {
        "AlarmName": f"a{number}", "Namespace": "Bench", "MetricName": f"m{number}",
        "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold"})


def invoke(connection):
    connection.send("POST", f"{FUNCTIONS}/many/invocations", EVENT.encode())


def update_alias(connection):
    connection.send("PUT", f"{FUNCTIONS}/many/aliases/live", b'{"Description": "again"}')


def put_data(connection):
    connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
        {"MetricName": "m1", "Value": 0.5}]})


# What grows: how one is added, in the order of their numbers or not, and what is measured then.
GROWING = {
    "functions": (add_function, WRITERS, {
        "GetFunction": lambda c: c.send("GET", f"{FUNCTIONS}/f1"),
        "ListFunctions of 50": lambda c: c.send("GET", f"{FUNCTIONS}?MaxItems=50"),
        "UpdateAlias": update_alias, "warm Invoke": invoke}),
    "versions of a function": (add_version, 1, {
        "GetFunction of version 1": lambda c: c.send("GET", f"{FUNCTIONS}/many?Qualifier=1"),
        "ListVersionsByFunction of 50": lambda c: c.send("GET",
                                                         f"{FUNCTIONS}/many/versions?MaxItems=50"),
        "UpdateAlias": update_alias, "warm Invoke": invoke}),
    "aliases of a function": (add_alias, WRITERS, {
        "GetAlias": lambda c: c.send("GET", f"{FUNCTIONS}/many/aliases/a1"),
        "ListAliases of 50": lambda c: c.send("GET", f"{FUNCTIONS}/many/aliases?MaxItems=50"),
        "UpdateAlias": update_alias, "warm Invoke": invoke}),
    "alarms": (add_alarm, WRITERS, {
        "DescribeAlarms of one": lambda c: c.cloudwatch("DescribeAlarms", {"AlarmNames": ["a1"]}),
        "PutMetricAlarm": lambda c: add_alarm(c, 1),
        "PutMetricData for an alarm": put_data, "warm Invoke": invoke}),
}


def add_all(server, add, writers, count):
    def write(numbers):
        connection = Connection(server)
        for number in numbers:
            add(connection, number)
        connection.close()
    threads = [threading.Thread(target=write, args=(range(i, count, writers),))
               for i in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def grown(name, size):
    """A server with so many of them; its connection."""
    add, writers, _ = GROWING[name]
    with data_directory() as data, running("--data-dir", data, ephemeral=False) as server:
        create(server.client("lambda"), "many", NODE)
        connection = Connection(server)
        post(connection, f"{FUNCTIONS}/many/versions", {})
        post(connection, f"{FUNCTIONS}/many/aliases", {"Name": "live", "FunctionVersion": "1"})
        add_all(server, add, writers, size)
        yield connection
        connection.close()


def measure_one(name, scale):
    """All sizes at once, each on a server of its own."""
    rows = []
    with contextlib.ExitStack() as stack:
        connections = {size: stack.enter_context(grown(name, size)) for size in scale.sizes}
        first, last = scale.sizes[0], scale.sizes[-1]
        for operation, call in GROWING[name][2].items():
            sides = {size: functools.partial(call, connection)
                     for size, connection in connections.items()}
            rounds = [medians_us(sides, CALLS) for _ in range(scale.rounds)]
            values = {size: [medians[size] for medians in rounds] for size in sides}
            rows += [compare(f"{operation}, {size:,} {name}", "us", values[size], values[first],
                             f"{first:,}", LIMIT if size == last else "") for size in sides]
    return rows


def measure(scale):
    rows = []
    for name in GROWING:
        rows += measure_one(name, scale)
    return rows
