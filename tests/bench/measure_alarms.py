"""Alarms: a day of service time with a thousand of them, and a year in which nothing happens."""
import json
import time

from tests.bench.bench import Connection, Row, against, median_us, running

ALARMS = 1000
METRICS = 100
MINUTES = 1440
START = 1767225600  # 2026-01-01T00:00:00Z
DATA = 720          # in one call
YEAR_MS = 1000


def put_day(connection):
    """A value per minute for each metric; it is over when the data are put, as AWS wants it."""
    connection.send("POST", "/_coalmine/clock",
                    b'{"mode": "frozen", "time": "2026-01-02T00:00:00Z"}')
    for metric in range(METRICS):
        for first in range(0, MINUTES, DATA):
            connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
                {"MetricName": f"m{metric}", "Value": (metric + minute) % 7,
                 "Timestamp": START + minute * 60} for minute in range(first, first + DATA)]})
    connection.send("POST", "/_coalmine/clock", b'{"time": "2026-01-01T00:00:00Z"}')


def put_alarms(connection, count):
    """Thresholds that no value reaches after the first evaluation: what is measured is evaluating,
    not changing states."""
    for number in range(count):
        connection.cloudwatch("PutMetricAlarm", {
            "AlarmName": f"a{number}", "Namespace": "Bench", "MetricName": f"m{number % METRICS}",
            "Statistic": "Sum", "Period": (60, 300)[number % 2], "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2, "Threshold": 100,
            "ComparisonOperator": "GreaterThanThreshold"})


def advance_ms(connection, duration):
    start = time.perf_counter()
    connection.send("POST", "/_coalmine/clock", json.dumps({"advance": duration}).encode())
    return (time.perf_counter() - start) * 1e3


def put_hour(connection):
    """The last hour of 2026-01-01, and the clock behind it."""
    connection.send("POST", "/_coalmine/clock",
                    b'{"mode": "frozen", "time": "2026-01-02T00:00:00Z"}')
    for metric in range(METRICS):
        connection.cloudwatch("PutMetricData", {"Namespace": "Bench", "MetricData": [
            {"MetricName": f"m{metric}", "Value": (metric + minute) % 7,
             "Timestamp": START + (MINUTES - 60 + minute) * 60} for minute in range(60)]})


def measure_year():
    with running() as server:
        connection = Connection(server)
        put_hour(connection)
        put_alarms(connection, METRICS)
        year = advance_ms(connection, "365d")
        states = connection.cloudwatch("DescribeAlarms", {"MaxRecords": 100})
        assert states.count(b'"INSUFFICIENT_DATA"') == METRICS  # it was lived to its end
        connection.close()
    return against("a year of clock, 100 alarms, an hour of data", year, "ms", YEAR_MS)


def measure_day():
    with running() as server:
        connection = Connection(server)
        bare = median_us(lambda: connection.send("GET", "/_coalmine/clock"), 1000)
        put_day(connection)
        put_alarms(connection, ALARMS)
        day = advance_ms(connection, "24h")
        states = connection.cloudwatch("DescribeAlarms", {"StateValue": "OK", "MaxRecords": 100})
        assert states.count(b'"AlarmName"') == 100
        year = advance_ms(connection, "365d")
        connection.close()
    each = day * 1e3 / (ALARMS * MINUTES)
    return [Row("1,000 alarms over 24 h, a value each minute", day, "ms", "24 h real time",
                day / (24 * 3600 * 1e3)),
            Row("one evaluation of them", each, "us", "GET /_coalmine/clock", each / bare, "<= 1"),
            Row("the year after it, without data", year, "ms", "the day", year / day, "<= 1")]


def measure(scale):
    return [measure_year()] + measure_day()
