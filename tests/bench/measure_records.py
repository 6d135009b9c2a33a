"""Invocations, log events and values of metrics that become ever more: what is stored must not make
anything slower."""
import time

from tests.bench import growing
from tests.bench.functions import EVENT, native
from tests.bench.growing import Growing
from tests.bench.writers import cloudwatch, logs, request, write_all
from tests.support.packages import create

FUNCTION = "/2015-03-31/functions/f"
INVOKE = request("POST", f"{FUNCTION}/invocations", EVENT.encode())
GROUP, STREAM = "bench", "stream"
EVENTS_MAX = 1000     # in one call
LATE_MS = 3600 * 1000  # the first event is as old as this
PAGE = 50
HOUR_S = 3600
VALUES = 150          # in one datum
DATA = 600            # in one call
WRITERS = 4           # of large requests


def minute_ago(minutes):
    """A whole minute, so that a query's buckets are those of the data."""
    return (int(time.time()) // 60 - minutes) * 60


def statistics_of(namespace, metric, start, stat, dimensions=()):
    """60 points of a minute."""
    kind = "Statistics" if stat[0].isupper() else "ExtendedStatistics"
    return [cloudwatch("GetMetricStatistics", {
        "Namespace": namespace, "MetricName": metric, "Dimensions": dimensions, "StartTime": start,
        "EndTime": start + HOUR_S, "Period": 60, kind: [stat]})]


def pages_of(group, stream):
    """Of log events: the last ones, the first ones, and those of a filter that all of them pass,
    since one call looks at 10,000 at most."""
    return {
        f"GetLogEvents, the last {PAGE}": [logs("GetLogEvents", {
            "logGroupName": group, "logStreamName": stream, "limit": PAGE})],
        f"GetLogEvents, the first {PAGE}": [logs("GetLogEvents", {
            "logGroupName": group, "logStreamName": stream, "limit": PAGE, "startFromHead": True})],
        f"FilterLogEvents, {PAGE}": [logs("FilterLogEvents", {
            "logGroupName": group, "filterPattern": "RequestId", "limit": PAGE})]}


def prepare_function(server):
    """Its first environment has a page of log events before the others share the work: what is read
    is as long with few invocations as with many."""
    create(server.client("lambda"), "f", native())
    write_all(server.port, (INVOKE for _ in range(PAGE)), 1, 1)


def invoke(server, first, end):
    write_all(server.port, (INVOKE for _ in range(first, end)))


def invocations(server):
    """The stream is that of the function's oldest environment; the query ends with the minute of the
    first invocation, so that it has one datapoint however long invoking took."""
    group = "/aws/lambda/f"
    streams = server.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    stream = min(streams, key=lambda each: each["creationTime"])
    start = stream["creationTime"] // 60000 * 60 + 60 - HOUR_S
    query = statistics_of("AWS/Lambda", "Invocations", start, "Sum",
                          [{"Name": "FunctionName", "Value": "f"}])
    return {"GetMetricStatistics, a point of 60, Sum": query,
            **pages_of(group, stream["logStreamName"]), "warm Invoke": [INVOKE]}


def prepare_logs(server):
    client = server.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)


def put_events(first, end, start_ms):
    return logs("PutLogEvents", {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [
        {"timestamp": start_ms + number, "message": f"RequestId: {number} is one line of a log"}
        for number in range(first, end)]})


def add_events(server, first, end):
    """A millisecond apart as long as there are, in an hour, so many."""
    start = int(time.time() * 1000) - LATE_MS
    write_all(server.port, (put_events(some, min(some + EVENTS_MAX, end), start)
                            for some in range(first, end, EVENTS_MAX)), WRITERS, 1)


def log_events(_):
    return {**pages_of(GROUP, STREAM),
            "PutLogEvents of 10": [put_events(0, 10, int(time.time() * 1000))]}


def put_values(first, end, start):
    """Spread over all the minutes of an hour."""
    size = max(1, min(VALUES, (end - first) // 60))
    data = [{"MetricName": "hour", "Timestamp": start + i % 60 * 60,
             "Values": [(i * 31 + n) % 997 for n in range(min(size, end - first - i * size))]}
            for i in range(-(-(end - first) // size))]
    for some in range(0, len(data), DATA):
        yield cloudwatch("PutMetricData", {"Namespace": "Bench",
                                           "MetricData": data[some:some + DATA]})


def values_since(start):
    """The hour from `start` on."""
    def add(server, first, end):
        write_all(server.port, put_values(first, end, start), WRITERS, 1)

    def operations(_):
        return {
            "GetMetricStatistics, 60 points, Sum": statistics_of("Bench", "hour", start, "Sum"),
            "GetMetricStatistics, 60 points, p99": statistics_of("Bench", "hour", start, "p99"),
            "PutMetricData of 20 values": [cloudwatch("PutMetricData", {
                "Namespace": "Bench", "MetricData": [{"MetricName": f"put{i}", "Value": 1.5}
                                                     for i in range(20)]})]}
    return Growing("values of a metric", lambda _: None, add, operations,
                   ("GetMetricStatistics, 60 points, p99",))


def measure(scale):
    grown = ((Growing("invocations", prepare_function, invoke, invocations), scale.records),
             (Growing("log events", prepare_logs, add_events, log_events), scale.records),
             (values_since(minute_ago(70)), scale.values))
    return [curve for each, sizes in grown for curve in growing.measure(each, sizes, scale.rounds)]
