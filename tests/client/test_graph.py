"""canary graph: the same metrics as letters and as a picture."""
import datetime
import json
import subprocess

import pytest

from tests.conftest import CANARY, Http, Result, clean_environment
from tests.support.png import Picture

START = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.timezone.utc)


@pytest.fixture
def graph(server, tmp_path):
    """canary graph at 11:00 of a morning, in a terminal that knows UTF-8 unless told otherwise."""
    Http(server.port).json("POST", "/_coalmine/clock",
                           {"mode": "frozen", "time": "2026-03-02T11:00:00Z"})

    def run(*arguments, **environment):
        return Result(subprocess.run(
            [CANARY, "graph", *arguments], cwd=tmp_path, capture_output=True, encoding="utf-8",
            env={**clean_environment(server.url), "LC_ALL": "C.UTF-8", "COLUMNS": "",
                 **environment}))
    return run


@pytest.fixture
def shop(server, graph, name):
    """A namespace: an hour of 60 requests and 6 errors a minute."""
    cw = server.client("cloudwatch")
    for metric, value in (("Requests", 60), ("Errors", 6)):
        cw.put_metric_data(Namespace=name, MetricData=[
            {"MetricName": metric, "Value": value, "Dimensions": [{"Name": "App", "Value": "a"}],
             "Timestamp": START + datetime.timedelta(minutes=i)} for i in range(60)])
    return name


def options(space, *more):
    return ("--namespace", space, "--dimensions", "App=a", "--metric", "Requests,Errors", *more)


def test_metrics_are_drawn_with_axes_and_numbers(graph, shop):
    done = graph(*options(shop, "--last", "1h", "--period", "1m"))
    assert done.code == 0, done.err
    assert "● Requests: last 60, min 60, max 60" in done.out
    assert "● Errors: last 6, min 6, max 6" in done.out
    assert "10:30" in done.out and "┤" in done.out
    assert any("\u2800" < c <= "\u28ff" for c in done.out)
    assert "\x1b" not in done.out  # no terminal: no colours


@pytest.mark.parametrize("last", ["0s", "1ms"])
def test_no_time_to_look_back_is_refused(graph, shop, last):
    done = graph(*options(shop, "--last", last))
    assert (done.code, done.err) == (2, "canary: --last is a second or more\n")


@pytest.mark.parametrize("period", ["500ms", "0s", "1500ms", "15s", "90s"])
def test_a_period_that_cloudwatch_has_not_is_refused(graph, shop, period):
    done = graph(*options(shop, "--period", period))
    assert done.code == 2
    assert f"--period: '{period}' is not 1, 5, 10, 20 or 30 seconds, or whole minutes" in done.err


def test_blanks_around_the_parts_of_a_list_are_no_part_of_them(graph, shop):
    done = graph("--namespace", shop, "--dimensions", "App = a", "--metric", "Requests, Errors ")
    assert done.code == 0, done.err
    assert "● Requests: last 60" in done.out and "● Errors: last 6" in done.out


def test_no_line_is_wider_than_asked(graph, shop):
    for width in ("40", "100"):
        lines = graph(*options(shop, "--width", width)).out.splitlines()
        plot = [line for line in lines if not line.startswith("●")]
        assert max(map(len, plot)) == int(width)


def test_a_terminal_without_utf8_gets_ascii(graph, shop):
    done = graph(*options(shop), LC_ALL="C")
    assert done.out.isascii() and "*" in done.out


def test_an_expression_of_the_metrics(graph, shop):
    done = graph(*options(shop, "--expression", "100 * m2 / m1"))
    assert "● 100 * m2 / m1: last 10, min 10, max 10" in done.out and "Requests" not in done.out


def test_the_picture_is_written(graph, shop, tmp_path):
    done = graph(*options(shop, "-o", "chart.png"))
    assert done.code == 0 and "chart.png" in done.out
    picture = Picture((tmp_path / "chart.png").read_bytes())
    assert (picture.width, picture.height) == (600, 400) and picture.places("#1f77b4")


def test_a_widget_of_the_users_own(graph, shop, tmp_path):
    (tmp_path / "w.json").write_text(json.dumps({
        "metrics": [[shop, "Requests", "App", "a", {"label": "mine", "color": "#ff0000"}]],
        "stat": "Sum", "period": 300, "width": 300, "height": 200,
        "annotations": {"horizontal": [{"value": 500, "color": "#00aa00"},
                                       {"value": 100, "visible": False}]}}))
    done = graph("--widget", "w.json", "--last", "1h", "-o", "w.png")
    assert "● mine: last 300, min 300, max 300" in done.out
    assert sum("╌" in line for line in done.out.splitlines()) == 1
    picture = Picture((tmp_path / "w.png").read_bytes())
    assert picture.width == 300 and picture.places("#ff0000") and picture.rows("#00aa00", 150)


def test_programs_get_numbers(graph, shop):
    done = graph(*options(shop, "--output", "json", "--last", "1h", "--period", "30m"))
    assert [(s["Label"], s["Values"]) for s in done.json["series"]] == [
        ("Requests", [1800, 1800]), ("Errors", [180, 180])]


def test_what_is_meant_where_nothing_is_said(server, graph, shop):
    """As many whole minutes as give a graph its points, and of concurrency the maximum."""
    done = graph(*options(shop, "--output", "json", "--last", "7h"))
    assert done.json["series"][0]["Values"] == [180] * 20
    for value in (2, 3):
        server.client("cloudwatch").put_metric_data(Namespace=shop, MetricData=[
            {"MetricName": "ConcurrentExecutions", "Value": value, "Timestamp": START,
             "Dimensions": [{"Name": "App", "Value": "a"}]}])
    assert "last 3, min 3, max 3" in graph("--namespace", shop, "--dimensions", "App=a", "--metric",
                                           "ConcurrentExecutions").out


@pytest.mark.parametrize("metrics", [
    [["m", {"label": "gap"}], ["Requests", "App", "a", {"period": 3600}]],
    [[{"expression": "m1 * 2", "label": "gap"}], ["m", {"id": "m1", "visible": False}]]])
def test_a_gap_is_longer_than_the_series_own_period(server, graph, shop, tmp_path, metrics):
    for minute in (10, 40):
        server.client("cloudwatch").put_metric_data(Namespace=shop, MetricData=[
            {"MetricName": "m", "Value": 1, "Timestamp": START + datetime.timedelta(minutes=minute)}])
    (tmp_path / "w.json").write_text(json.dumps({
        "metrics": [row if isinstance(row[0], dict) else [shop, *row] for row in metrics],
        "stat": "Sum", "period": 60}))
    done = graph("--widget", "w.json", "--last", "1h", LC_ALL="C")
    plot, legend, _ = done.out.partition("* gap: last")
    assert legend and plot.count("*") == 2, done.out


def test_a_function_by_its_alias(server, graph, name):
    server.client("cloudwatch").put_metric_data(Namespace="Mine", MetricData=[{
        "MetricName": "Invocations", "Value": 7, "Timestamp": START, "Dimensions": [
            {"Name": "FunctionName", "Value": name}, {"Name": "Resource", "Value": f"{name}:live"}]}])
    done = graph("--function", name, "--alias", "live", "--namespace", "Mine")
    assert "Invocations: last 7" in done.out and "Errors: no data" in done.out


@pytest.mark.parametrize("arguments, status, text", [
    ((), 2, "say what to draw"),
    (("--dimensions", "App"), 1, "--dimensions is Name=Value"),
    (("--widget", "nowhere.json"), 1, "nowhere.json"),
    (("--function", "f", "--expression", "m1 +"), 1, "Error in expression"),
    (("--function", "f", "-o", "no/such/folder.png"), 1, "cannot write no/such/folder.png"),
])
def test_what_cannot_be_drawn(graph, arguments, status, text):
    done = graph(*arguments)
    assert done.code == status and text in done.err
