"""canary clock and canary explain: Coalmine's own endpoints in the terminal."""
import socket
import subprocess
import threading

import pytest

from tests.conftest import CANARY, COALMINE, Http, Result, clean_environment


@pytest.fixture(name="canary")
def canary_on_a_stopped_clock(start_server, tmp_path):
    server = start_server("--clock", "frozen@2026-01-01T00:00:00Z")
    def run(*arguments, **environment):
        return Result(subprocess.run(
            [CANARY, *arguments], cwd=tmp_path, text=True, capture_output=True,
            env={**clean_environment(server.url), **environment}))
    run.server = server
    return run


@pytest.mark.parametrize("operands, said", [
    ([], "2026-01-01T00:00:00.000Z, standing still."),
    (["advance", "5m"], "2026-01-01T00:05:00.000Z, standing still."),
    (["set", "2026-03-01T12:00:00Z"], "2026-03-01T12:00:00.000Z, standing still."),
    (["freeze", "2026-03-01T12:00:00Z"], "2026-03-01T12:00:00.000Z, standing still."),
])
def test_the_clock_is_shown_and_turned(canary, operands, said):
    done = canary("clock", *operands)
    assert (done.code, done.out.strip()) == (0, said), done.err
    assert canary("clock", "--output", "json").json["clock"]["time"] == said.split(",")[0]


def test_the_clock_runs_fast_and_is_the_machine_s_again(canary):
    assert canary("clock", "scale", "60").out.endswith("running 60 times as fast.\n")
    done = canary("clock", "real", "--output", "json").json["clock"]
    assert done["mode"] == "real" and abs(done["offsetSeconds"]) < 60


@pytest.mark.parametrize("operands, sentence", [
    (["advance"], "clock advance needs a duration such as 90s, 5m or 2h"),
    (["advance", "soon"], "clock advance: 'soon' is not a duration such as 90s, 5m or 2h"),
    (["stop"], "'stop' is not something to do with the clock"),
    (["scale", "x"], "clock scale: 'x' is not a number above 0"),
    (["scale", "0"], "clock scale: '0' is not a number above 0"),
    (["advance", "5m", "6m"], "'6m' is not an option"),
    (["set", "tomorrow"], "clock set: 'tomorrow' is not a time such as 2026-01-01T00:00:00Z"),
    (["freeze", "now"], "clock freeze: 'now' is not a time"),
    (["real", "x"], "clock real needs no 'x'"),
])
def test_what_is_no_wish_is_refused(canary, operands, sentence):
    done = canary("clock", *operands)
    assert done.code == 2 and done.err.startswith("canary: " + sentence)


def test_an_alarm_and_a_metric_are_explained_in_a_sentence(canary):
    cw = canary.server.client("cloudwatch")
    cw.put_metric_alarm(
        AlarmName="a", Namespace="ns", MetricName="m", Statistic="Sum", Period=60, Threshold=1,
        EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "F", "Value": "f,2"}])
    cw.put_metric_data(Namespace="ns", MetricData=[
        {"MetricName": "m", "Value": 2, "Dimensions": [{"Name": "F", "Value": "f,1"}]}])
    sentence = canary("explain", "alarm", "a").out
    assert sentence.startswith("Alarm a is INSUFFICIENT_DATA since 2026-01-01T00:00:00Z")
    assert "The nearest metric is ns m with F=f,1: F is f,1 there, not f,2." in sentence
    # Another value of the same dimension says more than the metric that has none.
    cw.put_metric_data(Namespace="ns", MetricData=[{"MetricName": "m", "Value": 2}])
    assert "F is f,1 there, not g" in canary("explain", "metric", "ns", "m", "F=g").out
    found = canary("explain", "metric", "ns", "m", "F=f,1", "--output", "json").json
    assert found["explanation"]["found"] is True
    lost = canary("explain", "metric", "ns", "M", "F=f,1").out
    assert "the metric name is m there, not M" in lost
    # A name that was misspelt leads to the one that was meant, not to the first of the namespace.
    for metric in ("Invocations", "Errors"):
        cw.put_metric_data(Namespace="ns", MetricData=[{"MetricName": metric, "Value": 1}])
    assert "the metric name is Errors there, not Error." in canary("explain", "metric", "ns", "Error").out
    assert "nothing near it exists" in canary("explain", "metric", "other", "thing").out
    assert canary("explain", "alarm").code == 2
    assert canary("explain", "alarm", "none").code == 1


@pytest.mark.parametrize("how, mode, time", [
    ("2026-01-01T00:00:00Z", "frozen", "2026-01-01T00:00:00.000Z"),
    ("frozen@2026-01-01", "frozen", "2026-01-01T00:00:00.000Z"),
    ("scaled:60@2026-01-01T00:00:00Z", "scaled", "2026-01-01T00"),
    ("real@2026-01-01T00:00:00Z", "real", "2026-01-01T00"),
    ("frozen", "frozen", "20"),
])
def test_the_server_starts_with_the_clock_it_is_told(start_server, how, mode, time):
    clock = Http(start_server("--clock", how).port).json("GET", "/_coalmine/clock")
    assert clock["mode"] == mode and clock["time"].startswith(time)


@pytest.mark.parametrize("how", ["noon", "scaled:0", "scaled:x", "frozen@noon", "real@", ""])
def test_a_clock_that_is_none_stops_the_start(how):
    done = subprocess.run([COALMINE, "serve", "--ephemeral", "--port", "0", "--clock", how],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--clock is real, frozen or scaled:60" in done.stderr


def test_a_turn_of_the_clock_whose_answer_is_lost_is_not_made_again(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    turns = []

    def serve():
        while True:
            connection, _ = listener.accept()
            turns.append(connection.recv(65536).partition(b" ")[0])
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    done = Result(subprocess.run(
        [CANARY, "clock", "advance", "5m"], cwd=tmp_path, text=True, capture_output=True,
        env=clean_environment(f"http://127.0.0.1:{listener.getsockname()[1]}")))
    assert done.code == 1 and turns == [b"POST"]
