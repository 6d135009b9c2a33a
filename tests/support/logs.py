"""Log groups and events for tests."""
import json
import socket
import time

from botocore.eventstream import EventStreamBuffer

from tests.support.machine import PATIENCE_SECONDS, wait_for


def make_stream(logs, group, stream="s"):
    """The group may be there already."""
    try:
        logs.create_log_group(logGroupName=group)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    logs.create_log_stream(logGroupName=group, logStreamName=stream)


def call_logs(http, operation, body):
    """A bare awsJson call, for members that this boto3 does not know: status, and the members of the
    answer (None: it had no body)."""
    answer = http.send("POST", "/", json.dumps(body), {
        "X-Amz-Target": f"Logs_20140328.{operation}",
        "Content-Type": "application/x-amz-json-1.1"})
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    return answer.status, json.loads(answer.body) if answer.body else None


def now_ms():
    return int(time.time() * 1000)


def put(logs, group, messages, stream="s", start=None):
    """Events a millisecond apart; the times."""
    start = start if start is not None else now_ms()
    times = [start + n for n in range(len(messages))]
    answer = logs.put_log_events(
        logGroupName=group, logStreamName=stream,
        logEvents=[{"timestamp": t, "message": m} for t, m in zip(times, messages)])
    assert "rejectedLogEventsInfo" not in answer
    return times


def messages_of(events):
    return [event["message"] for event in events]


def filter_all(logs, **arguments):
    """Every page of FilterLogEvents."""
    found, token = [], {}
    while True:
        answer = logs.filter_log_events(**arguments, **token)
        found += answer["events"]
        if "nextToken" not in answer:
            return found
        token = {"nextToken": answer["nextToken"]}


class LiveTail:
    """A session of StartLiveTail, which boto3 1.26 does not know."""

    def __init__(self, port, **request):
        body = json.dumps(request)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.sendall((
            "POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nX-Amz-Target: Logs_20140328.StartLiveTail\r\n"
            "Content-Type: application/x-amz-json-1.1\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(": ", 1)
            self.headers[name.lower()] = value
        self.buffer = EventStreamBuffer()

    def body(self):
        return json.loads(self.file.read())

    def next(self):
        """(type, payload) of the next event or exception; None at the end."""
        while True:
            for event in self.buffer:
                kind = event.headers.get(":event-type") or event.headers[":exception-type"]
                return kind, json.loads(event.payload)
            part = self.file.read1(65536)
            if not part:
                return None
            self.buffer.add_data(part)

    def results(self):
        """Those of the next update that has any."""
        while True:
            kind, payload = self.next()
            assert kind == "sessionUpdate"
            if payload["sessionResults"]:
                return payload["sessionResults"]

    def close(self):
        self.file.close()
        self.socket.close()


class Insights:
    """Queries of CloudWatch Logs Insights, waited for."""

    def __init__(self, logs):
        self.logs = logs

    def start(self, query, start_ms=None, end_ms=None, **arguments):
        """A query over the last hour and the next minute, unless told otherwise; its id."""
        start = (start_ms if start_ms is not None else now_ms() - 3600000) // 1000
        end = (end_ms if end_ms is not None else now_ms() + 60000) // 1000
        return self.logs.start_query(queryString=query, startTime=start, endTime=end,
                                     **arguments)["queryId"]

    def finish(self, query_id):
        """The answer when the query has ended."""
        def ended():
            answer = self.logs.get_query_results(queryId=query_id)
            return answer if answer["status"] not in ("Scheduled", "Running") else None
        return wait_for(ended)

    def rows(self, query, **arguments):
        """Rows as {field: value}, without @ptr."""
        answer = self.finish(self.start(query, **arguments))
        assert answer["status"] == "Complete"
        return [{item["field"]: item["value"] for item in row if item["field"] != "@ptr"}
                for row in answer["results"]]
