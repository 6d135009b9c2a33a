"""Coalmine's own endpoints."""
import json
import socket
import threading

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.gate import Gate
from tests.support.machine import PATIENCE_SECONDS, processes_with, wait_for
from tests.support.packages import create, node
from tests.support.urls import Url


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
        listener.settimeout(PATIENCE_SECONDS)
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
        thread.join(PATIENCE_SECONDS)
    assert answers == [b'"late"']
    assert server.client("logs").describe_log_groups()["logGroups"] == []
    assert server.client("cloudwatch").list_metrics()["Metrics"] == []
    create(lam, name, node("return 'new'"))
    assert lam.invoke(FunctionName=name)["Payload"].read() == b'"new"'


def test_a_reset_ends_the_environments(start_server, name):
    server = start_server()
    lam = server.client("lambda")
    create(lam, name, node("return 1"))
    lam.invoke(FunctionName=name)
    assert processes_with(f"AWS_LAMBDA_FUNCTION_NAME={name}")
    assert post_reset(server) == 204
    wait_for(lambda: not processes_with(f"AWS_LAMBDA_FUNCTION_NAME={name}"), "its environment has ended")


def test_an_event_after_a_reset_does_not_wait_for_one_from_before(start_server, name):
    """Both have the first place in the queue."""
    server = start_server()
    lam, old, new = server.client("lambda"), Gate(), Gate()
    create(lam, name, old.package, Timeout=900)
    lam.invoke(FunctionName=name, InvocationType="Event")
    old.wait_until_inside()
    assert post_reset(server) == 204
    create(lam, name, new.package, Timeout=60)
    lam.invoke(FunctionName=name, InvocationType="Event")
    new.wait_until_inside()
    new.open()
    old.open()


def test_a_url_s_request_under_way_at_a_reset_is_not_counted_after_it(start_server, name):
    server = start_server()
    lam, gate, answers = server.client("lambda"), Gate("'late'"), []
    create(lam, name, gate.package, Timeout=30)
    lam.add_permission(FunctionName=name, StatementId="url", Principal="*",
                       Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    lam.add_permission(FunctionName=name, StatementId="function", Principal="*",
                       Action="lambda:InvokeFunction")
    url = Url(lam.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"])
    thread = threading.Thread(target=lambda: answers.append(url.send().body))
    thread.start()
    gate.wait_until_inside()
    assert post_reset(server) == 204
    gate.open()
    thread.join(PATIENCE_SECONDS)
    assert answers == [b"late"]
    assert server.client("cloudwatch").list_metrics()["Metrics"] == []


def test_the_clock_can_be_turned(start_server):
    http = Http(start_server().port)
    assert http.json("GET", "/_coalmine/clock")["mode"] == "real"
    frozen = http.json("POST", "/_coalmine/clock",
                       {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    assert (frozen["mode"], frozen["time"]) == ("frozen", "2026-01-01T00:00:00.000Z")
    assert http.json("POST", "/_coalmine/clock", {"advance": "90m"})["time"] == (
        "2026-01-01T01:30:00.000Z")
    assert http.json("GET", "/_coalmine/clock")["time"] == "2026-01-01T01:30:00.000Z"
    ahead = http.json("GET", "/_coalmine/clock")["offsetSeconds"]
    real = http.json("POST", "/_coalmine/clock", {"mode": "real", "advance": "1h"})
    assert abs(real["offsetSeconds"] - ahead - 3600) < 60  # real from where it stood
    scaled = http.json("POST", "/_coalmine/clock", {"mode": "scaled", "scale": 60})
    assert (scaled["mode"], scaled["scale"]) == ("scaled", 60)
    assert abs(http.json("POST", "/_coalmine/clock", {"mode": "real"})["offsetSeconds"]) < 1


@pytest.mark.parametrize("options, started", [
    ((), {"mode": "real", "scale": 1}),
    (("--clock", "2026-01-01T00:00:00Z"), {"mode": "frozen", "time": "2026-01-01T00:00:00.000Z"}),
    (("--clock", "frozen"), {"mode": "frozen", "scale": 0}),
    (("--clock", "scaled:60"), {"mode": "scaled", "scale": 60})])
def test_a_reset_sets_the_clock_as_at_the_start(start_server, options, started):
    """One test of a suite that has turned it is not to be the reason why the next one fails."""
    server = start_server(*options, "--workshop")
    http = Http(server.port)
    for turned in ({"mode": "frozen", "time": "2031-01-01T00:00:00Z"},
                   {"mode": "scaled", "scale": 1000, "time": "2021-01-01T00:00:00Z"}):
        http.json("POST", "/_coalmine/clock", turned)
        assert post_reset(server) == 204
        clock = http.json("GET", "/_coalmine/clock")
        assert {member: clock[member] for member in started} == started
        assert "time" in started or abs(clock["offsetSeconds"]) < 3600
        made = server.client("lambda").get_function_configuration(FunctionName="myfunction")
        assert made["LastModified"][:4] == clock["time"][:4]


def draws_of_an_alias(server, count=64):
    lam = server.client("lambda")
    create(lam, "drawn", node("return 1"), Publish=True)
    lam.update_function_code(FunctionName="drawn", **node("return 2")["Code"], Publish=True)
    lam.create_alias(FunctionName="drawn", Name="live", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    return [lam.invoke(FunctionName="drawn:live")["ExecutedVersion"] for _ in range(count)]


@pytest.mark.parametrize("options, repeats", [(("--seed", "7"), True), ((), False)])
def test_a_reset_lets_aliases_draw_as_at_the_start_where_a_seed_says_so(
        start_server, options, repeats):
    """Without a seed, a test that runs twice is to meet other draws: equal ones have a chance of
    2^-64."""
    server = start_server(*options)
    first = draws_of_an_alias(server)
    assert post_reset(server) == 204
    assert (draws_of_an_alias(server) == first) == repeats


def test_alarms_follow_a_clock_that_is_set_back(start_server):
    server = start_server()
    http, cw = Http(server.port), server.client("cloudwatch")
    http.json("POST", "/_coalmine/clock", {"mode": "frozen", "time": "2027-01-01T00:00:00Z"})
    cw.put_metric_alarm(AlarmName="a", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
                        EvaluationPeriods=1, Threshold=1, TreatMissingData="breaching",
                        ComparisonOperator="GreaterThanThreshold")
    http.json("POST", "/_coalmine/clock", {"advance": "2m"})
    cw.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="for now")
    http.json("POST", "/_coalmine/clock", {"time": "2026-01-01T00:00:00Z"})
    http.json("POST", "/_coalmine/clock", {"advance": "2m"})
    assert cw.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_a_wrong_clock_setting_changes_nothing(http):
    for body, problem in [({"advance": "5 parsecs"}, "advance must be a duration"),
                          ({"time": "tomorrow"}, "time must be a time"),
                          ({"advance": 300},
                           "advance: NUMBER_VALUE can not be converted to a String"),
                          ({"mode": "scaled"}, "go together"),
                          ({"mode": "frozen", "scale": 60}, "go together"),
                          ({"mode": "scaled", "scale": 2e6}, "less than or equal to 1000000"),
                          ({"mode": "backwards"}, "Member must satisfy enum value set"),
                          ({"mode": "frozen", "tiem": "2026-01-01T00:00:00Z"},
                           "no member of the body 'tiem' here; there are: mode, scale, time, advance")]:
        answer = http.send("POST", "/_coalmine/clock", json.dumps(body).encode())
        assert answer.status == 400 and problem in json.loads(answer.body)["message"]
    assert http.json("GET", "/_coalmine/clock")["mode"] == "real"


@pytest.mark.parametrize("method, path, body, problem", [
    ("POST", "clock?advance=5m", {}, "no query parameter 'advance' here; there is none at all"),
    ("GET", "clock", {"advance": "5m"}, "no member of the body 'advance' here; there is none"),
    ("POST", "reset", {"clock": True}, "no member of the body 'clock' here; there is none"),
    ("POST", "attachments", {"FunctionName": "f", "Lease": 5},
     "'Lease' here; there are: FunctionName, Qualifier, LeaseSeconds"),
    ("GET", "explain?alarm=a&regoin=eu-west-1", {},
     "no query parameter 'regoin' here; there are: alarm, namespace, metric, dimensions, region")])
def test_what_is_misspelled_is_refused_by_name(http, method, path, body, problem):
    answer = http.send(method, f"/_coalmine/{path}", json.dumps(body).encode())
    assert answer.status == 400 and problem in json.loads(answer.body)["message"]
    assert http.send("GET", "/_localstack/health?reload").status == 200


@pytest.mark.parametrize("method, path, status, text", [
    ("GET", "explain", 400, "say alarm=NAME, or namespace=NAME and metric=NAME"),
    ("GET", "explain?namespace=n", 400, "say alarm=NAME, or namespace=NAME and metric=NAME"),
    ("GET", "explain?namespace=n&metric=m&dimensions=A=1,B", 400,
     "dimensions must be up to 30 of Name=Value, with commas between them, not 'A=1,B'"),
    ("POST", "attachments/x", 404, "There is no attachment x"),
    ("DELETE", "attachments/x", 404, "There is no attachment x")])
def test_what_cannot_be_explained_or_is_not_attached(http, method, path, status, text):
    answer = http.send(method, f"/_coalmine/{path}", b"")
    assert answer.status == status and text in json.loads(answer.body).values()


@pytest.mark.parametrize("asked, taken", [
    ("GET /_coalmine/reset", "POST"), ("PUT /_coalmine/clock", "GET"),
    ("POST /_localstack/health", "GET"), ("GET /_coalmine/attachments/abc", "POST")])
def test_a_wrong_method_is_told_the_right_one(http, asked, taken):
    method, path = asked.split()
    answer = http.send(method, path)
    assert answer.status == 405
    assert json.loads(answer.body)["message"] == f"There is no {asked}; there is {taken} {path}"


@pytest.mark.parametrize("seconds", (0, 86401))
def test_a_lease_has_bounds(http, seconds):
    answer = http.send("POST", "/_coalmine/attachments", json.dumps(
        {"FunctionName": "f", "LeaseSeconds": seconds}).encode())
    assert answer.status == 400 and b"leaseSeconds" in answer.body
