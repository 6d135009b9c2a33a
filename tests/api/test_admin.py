"""Coalmine's own endpoints."""
import json

from tests.support.errors import error_of
from tests.support.packages import create


def test_health(http):
    for path in ("/_coalmine/health", "/_localstack/health"):
        answer = http.send("GET", path)
        health = json.loads(answer.body)
        assert (answer.status, health["status"]) == (200, "ok")
        assert {"lambda", "cloudwatch", "sts", "iam"} <= set(health["services"])


def test_reset_empties_everything(start_server, name):
    server = start_server()
    lam, cw, iam = (server.client(s) for s in ("lambda", "cloudwatch", "iam"))
    create(lam, name, Publish=True)
    lam.invoke(FunctionName=name)
    cw.put_metric_data(Namespace=name, MetricData=[{"MetricName": "m", "Value": 1}])
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/_coalmine/reset")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert lam.list_functions()["Functions"] == []
    assert cw.list_metrics()["Metrics"] == []
    assert iam.list_roles()["Roles"] == []
    assert error_of(lam.invoke, FunctionName=name)[0] == 404
    create(lam, name, Publish=True)
    assert lam.invoke(FunctionName=name, Qualifier="1")["ExecutedVersion"] == "1"
    assert len(cw.list_metrics(Namespace="AWS/Lambda", MetricName="Errors")["Metrics"]) == 3
