"""Coalmine's own endpoints."""
import json
import socket
import threading

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.packages import create, node


def post_reset(server):
    answer = Http(server.port).send("POST", "/_coalmine/reset")
    assert answer.body == b""
    return answer.status


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
    assert post_reset(server) == 204
    assert lam.list_functions()["Functions"] == []
    assert cw.list_metrics()["Metrics"] == []
    assert iam.list_roles()["Roles"] == []
    assert error_of(lam.invoke, FunctionName=name)[0] == 404
    create(lam, name, Publish=True)
    assert lam.invoke(FunctionName=name, Qualifier="1")["ExecutedVersion"] == "1"
    assert len(cw.list_metrics(Namespace="AWS/Lambda", MetricName="Errors")["Metrics"]) == 3


def test_reset_while_an_invocation_runs(start_server, name):
    server = start_server()
    lam = server.client("lambda")
    answers = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        create(lam, name, node(
            f"const net = await import('net'); const c = net.connect({listener.getsockname()[1]}, "
            "'127.0.0.1'); await new Promise(r => c.on('data', r)); c.end(); return 'late'"),
            Timeout=30)
        thread = threading.Thread(
            target=lambda: answers.append(lam.invoke(FunctionName=name)["Payload"].read()))
        thread.start()
        connection = listener.accept()[0]
        assert post_reset(server) == 204
        connection.sendall(b"go on")
        thread.join(30)
    assert answers == [b'"late"']
    create(lam, name, node("return 'new'"))
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"new"'
