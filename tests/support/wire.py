"""Bare calls of the services over one kept connection: many times faster than an SDK."""
import http.client
import json

LAMBDA = "/2015-03-31/functions"
CLOUDWATCH = "GraniteServiceVersion20100801"
LOGS = "Logs_20140328"


class Refused(Exception):
    """The server answered, and not with a success."""


class Wire:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def send(self, method, path, body=None, headers=None):
        """The answer with its whole body in `.body`; whoever gets it knows that it is a success."""
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        answer.body = answer.read()
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {answer.body[:300]}")
        return answer

    def json(self, method, path, body=None, **headers):
        answer = self.send(method, path, json.dumps(body) if body is not None else None, headers)
        return json.loads(answer.body) if answer.body else None

    def _target(self, service, operation, body):
        answer = self.send("POST", "/", json.dumps(body), {
            "X-Amz-Target": f"{service}.{operation}",
            "Content-Type": "application/x-amz-json-1.1"})
        return json.loads(answer.body) if answer.body else None

    def cloudwatch(self, operation, **body):
        return self._target(CLOUDWATCH, operation, body)

    def logs(self, operation, **body):
        return self._target(LOGS, operation, body)

    def pages(self, path, member, marker="NextMarker"):
        """Every item of a Lambda list."""
        found, place = [], ""
        while True:
            separator = "&" if "?" in path else "?"
            page = self.json("GET", f"{path}{separator}MaxItems=50{place}")
            found += page[member]
            if not page.get(marker):
                return found
            place = f"&Marker={page[marker]}"

    def events(self, **arguments):
        """Every event of FilterLogEvents."""
        found, token = [], {}
        while True:
            page = self.logs("FilterLogEvents", **arguments, **token)
            found += page["events"]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

    def total(self, space, metric, since, **dimensions):
        """The Sum of a metric since then (seconds); points may come an hour later."""
        hour = 3600
        points = self.cloudwatch(
            "GetMetricStatistics", Namespace=space, MetricName=metric, Statistics=["Sum"],
            StartTime=since // hour * hour, EndTime=(since // hour + 24) * hour, Period=hour,
            Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()])["Datapoints"]
        return int(sum(point["Sum"] for point in points))
