"""A server whose clock stands, and what tests of alarms do with it."""
import json

from tests.conftest import Http

START = "2026-01-01T00:00:00Z"
SNS = "arn:aws:sns:us-east-1:000000000000:topic"


class World:
    """A stopped clock, CloudWatch, and short words for both."""

    def __init__(self, server, start=START):
        self.server, self.http = server, Http(server.port)
        self.cw, self.lam = server.client("cloudwatch"), server.client("lambda")
        self.http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": start})

    def advance(self, duration):
        return self.http.json("POST", "/_coalmine/clock", {"advance": duration})["time"]

    def call(self, operation, **members):
        """For what the SDK at hand does not know yet."""
        body = self.http.target(operation, json.dumps(members)).body
        return json.loads(body or b"{}")

    def alarm(self, name, **settings):
        """A metric alarm: Sum of ns/m over a minute >= 1, unless told otherwise."""
        self.cw.put_metric_alarm(**{
            "AlarmName": name, "Namespace": "ns", "MetricName": "m", "Statistic": "Sum",
            "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", **settings})

    def put(self, value, metric="m", **settings):
        self.cw.put_metric_data(Namespace="ns", MetricData=[
            {"MetricName": metric, "Value": value, **settings}])

    def describe(self, name):
        answer = self.cw.describe_alarms(AlarmNames=[name],
                                         AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return (answer["MetricAlarms"] + answer["CompositeAlarms"])[0]

    def state(self, name):
        return self.describe(name)["StateValue"]

    def history(self, name, kind="StateUpdate", **settings):
        """Oldest first."""
        return self.cw.describe_alarm_history(
            AlarmName=name, HistoryItemType=kind, ScanBy="TimestampAscending",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"], **settings)["AlarmHistoryItems"]

    def changes(self, name):
        """[("00:05:00", "ALARM"), ...]: every change of state."""
        return [(item["Timestamp"].strftime("%H:%M:%S"),
                 json.loads(item["HistoryData"])["newState"]["stateValue"])
                for item in self.history(name)]

    def notifications(self):
        return self.http.json("GET", "/_coalmine/notifications")["notifications"]

    def explain(self, **question):
        query = "&".join(f"{name}={value}" for name, value in question.items())
        return self.http.json("GET", f"/_coalmine/explain?{query}")
