"""GetMetricWidgetImage: cloudwatch-api.md section 5.3. What must be where, not what it looks like."""
import base64
import concurrent.futures
import datetime
import json

import pytest

from tests.conftest import Http
from tests.support import cbor
from tests.support.errors import error_of
from tests.support.png import SIGNATURE, Picture

UTC = datetime.timezone.utc
START = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
RED, BLUE, GREEN = "#ff0000", "#1f77b4", "#00aa00"


@pytest.fixture(scope="module")
def morning(server):
    """All of this happens on one morning: the clock stands at 11:00."""
    Http(server.port).json("POST", "/_coalmine/clock",
                           {"mode": "frozen", "time": "2026-03-02T11:00:00Z"})
    return server.client("cloudwatch")


@pytest.fixture
def space(morning, name):
    """A namespace with an hour of m: 100 in each minute, but nothing from 10:20 to 10:40."""
    put(morning, name, "m", {i: 100 for i in range(60) if not 20 <= i < 40}, Unit="Milliseconds")
    return name


def put(cw, space, metric, values, **more):
    cw.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": metric, "Value": value, "Timestamp": START + datetime.timedelta(minutes=i),
         **more} for i, value in values.items()])


def draw(cw, *metrics, **more):
    widget = {"metrics": list(metrics), "start": "-PT1H", "period": 60, "stat": "Sum",
              "legend": {"position": "hidden"}, **more}
    return Picture(cw.get_metric_widget_image(MetricWidget=json.dumps(widget))["MetricWidgetImage"])


def refusal(cw, widget):
    text = widget if isinstance(widget, str) else json.dumps(widget)
    return error_of(cw.get_metric_widget_image, MetricWidget=text)


def test_a_picture_is_a_png_of_the_default_size(morning, space):
    data = morning.get_metric_widget_image(
        MetricWidget=json.dumps({"metrics": [[space, "m"]]}))["MetricWidgetImage"]
    picture = Picture(data)
    assert data[:8] == SIGNATURE and (picture.width, picture.height) == (600, 400)
    assert picture.at(0, 0) == (255, 255, 255) and picture.places(BLUE)


@pytest.mark.parametrize("width, height", [(1, 1), (37, 20), (300, 2000), (2000, 90)])
def test_a_picture_has_the_size_that_is_asked(morning, space, width, height):
    picture = draw(morning, [space, "m"], width=width, height=height, title="A title")
    assert (picture.width, picture.height) == (width, height)


def test_a_threshold_is_a_line_across_the_plot_at_its_value(morning, space):
    picture = draw(morning, [space, "m"], yAxis={"left": {"min": 0, "max": 200}},
                   annotations={"horizontal": [{"value": 150, "color": RED},
                                               {"value": 50, "color": GREEN}]})
    red, green, line = (picture.rows(c, 100) for c in (RED, GREEN, BLUE))
    assert len(red) == len(green) == 2  # pixels high
    assert red[0] < line[0] < green[0]
    assert abs((red[0] + green[0]) / 2 - line[0]) <= 2  # 100 lies in the middle
    xs = [x for x, y in picture.places(RED) if y == red[0]]
    assert len(xs) == max(xs) - min(xs) + 1 > 450


def test_a_threshold_outside_of_the_data_is_in_the_picture(morning, space):
    assert draw(morning, [space, "m"],
                annotations={"horizontal": [{"value": 5000, "color": RED}]}).rows(RED, 400)


def test_what_is_above_or_below_a_threshold_is_tinted(morning, space):
    for fill, above, below in (("above", True, False), ("below", False, True),
                               ("none", False, False)):
        picture = draw(morning, [space, "m"], yAxis={"left": {"min": 0, "max": 200}},
                       annotations={"horizontal": [{"value": 150, "color": RED, "fill": fill}]})
        row = picture.rows(RED, 400)[0]
        tinted = [picture.at(300, y) != (255, 255, 255) for y in (row - 9, row + 11)]
        assert tinted == [above, below], fill


def test_a_band_is_tinted_between_its_ends(morning, space):
    picture = draw(morning, [space, "m"], yAxis={"left": {"min": 0, "max": 200}}, annotations={
        "horizontal": [[{"value": 120, "color": RED}, {"value": 160}]]})
    top, bottom = picture.rows(RED, 400)[0], picture.rows(RED, 400)[-1]
    assert picture.at(300, (top + bottom) // 2) != (255, 255, 255)
    assert picture.at(300, top - 9) == (255, 255, 255)


@pytest.mark.parametrize("colour", [RED, "#000000"])
def test_a_moment_is_a_line_from_top_to_bottom(morning, space, colour):
    picture = draw(morning, [space, "m"], annotations={"vertical": [
        {"value": "2026-03-02T10:30:00Z", "color": colour, "fill": "after"}]})
    xs = {x for x, _ in picture.places(colour)}
    assert len(xs) == 1 and len(picture.places(colour)) > 250
    x = xs.pop()
    assert abs(x - 300) < 30  # half of the hour
    assert picture.at(x - 20, 100) == (255, 255, 255) != picture.at(x + 20, 100)


def test_periods_without_data_are_gaps(morning, space):
    picture = draw(morning, [space, "m", {"color": RED}])
    row = picture.rows(RED, 50)[0]
    xs = sorted(x for x, y in picture.places(RED) if y == row)
    gaps = [b - a for a, b in zip(xs, xs[1:]) if b - a > 5]
    assert len(gaps) == 1 and 160 < gaps[0] < 210  # 21 of 60 minutes of some 550 pixels


def test_stacked_areas_stand_on_each_other(morning, name):
    put(morning, name, "a", {i: 100 for i in range(60)})
    put(morning, name, "b", {i: 100 for i in range(60)})
    metrics = [name, "a", {"color": RED}], [name, "b", {"color": GREEN}]
    flat = draw(morning, *metrics, yAxis={"left": {"min": 0, "max": 400}})
    stacked = draw(morning, *metrics, yAxis={"left": {"min": 0, "max": 400}}, stacked=True)
    assert not flat.rows(RED, 100)  # green lies on it
    red, green = stacked.rows(RED, 100)[0], stacked.rows(GREEN, 100)[0]
    assert green < red
    assert stacked.at(300, red + 20) != (255, 255, 255) != stacked.at(300, green + 20)


def test_an_axis_on_the_right_has_a_scale_of_its_own(morning, name):
    put(morning, name, "big", {i: 1e6 for i in range(60)})
    put(morning, name, "small", {i: 3 for i in range(60)})
    picture = draw(morning, [name, "big", {"color": RED}],
                   [name, "small", {"color": GREEN, "yAxis": "right"}],
                   yAxis={"left": {"min": 0, "max": 4e6}, "right": {"min": 0, "max": 4}})
    assert picture.rows(GREEN, 100)[0] < picture.rows(RED, 100)[0]
    uneven = draw(morning, [name, "big"], [name, "small", {"yAxis": "right"}],
                  yAxis={"left": {"min": 0, "max": 4e6}, "right": {"min": 0, "max": 5}})
    assert len(uneven.rows("#e9ebed", 300)) <= 5  # the left's are the grid


def test_what_lies_outside_of_an_axis_is_cut(morning, space):
    picture = draw(morning, [space, "m", {"color": RED}], yAxis={"left": {"min": 0, "max": 50}})
    assert not picture.places(RED)


def test_expressions_and_hidden_metrics(morning, space):
    picture = draw(morning, [space, "m", {"id": "m1", "visible": False, "color": RED}],
                   [{"expression": "m1 / 2", "color": GREEN}])
    assert picture.rows(GREEN, 50) and not picture.places(RED)


def test_a_search_is_drawn_series_by_series(morning, name):
    for value in (1, 2, 3):
        put(morning, name, "m", {i: value for i in range(60)},
            Dimensions=[{"Name": "Fn", "Value": f"f{value}"}])
    picture = draw(morning, [{"expression": f"SEARCH('{{{name},Fn}}', 'Sum', 60)"}])
    assert all(picture.rows(c, 300) for c in (BLUE, "#ff7f0e", "#2ca02c"))


def test_the_period_under_way_is_drawn_with_live_data_only(server, morning, name):
    put(morning, name, "m", {60: 5})
    assert not draw(morning, [name, "m"], start="-PT10M", end="PT5M").places(BLUE)
    assert draw(morning, [name, "m"], start="-PT10M", end="PT5M", liveData=True).places(BLUE)


def test_a_metric_without_data_is_an_empty_plot(morning, name):
    picture = draw(morning, [name, "nothing"])
    assert not picture.places(BLUE) and picture.rows("#8d99a8", 400)  # the axis is there
    assert any(150 < x < 450 and 150 < y < 250 for x, y in picture.places("#5f6b7a"))  # says so


def test_the_legend_takes_room_where_it_stands(morning, space):
    def axis(position):
        picture = draw(morning, [space, "m", {"label": "some label"}],
                       legend={"position": position})
        return picture.rows("#8d99a8", 300)[-1], len(picture.places(BLUE))
    hidden, bottom, right = axis("hidden"), axis("bottom"), axis("right")
    assert bottom[0] < hidden[0] == right[0]
    assert bottom[1] >= hidden[1] + 100  # the swatch


def test_the_dark_theme_is_dark(morning, space):
    assert sum(draw(morning, [space, "m"], theme="dark").at(0, 0)) < 150


@pytest.mark.parametrize("view", ["bar", "pie", "singleValue", "gauge"])
def test_views_of_one_value_show_each_series(morning, name, view):
    put(morning, name, "a", {59: 30})
    put(morning, name, "b", {59: 10})
    picture = draw(morning, [name, "a", {"color": RED}], [name, "b", {"color": GREEN}], view=view,
                   yAxis={"left": {"min": 0, "max": 40}})
    red, green = len(picture.places(RED)), len(picture.places(GREEN))
    assert green >= 90
    assert red > 2 * green if view != "singleValue" else red == green


def test_a_period_can_be_the_whole_range(morning, name):
    """30 in each half of the hour: a bar of the last period is half as long as one of all."""
    put(morning, name, "m", {0: 30, 59: 30})
    def bar(**more):
        picture = draw(morning, [name, "m", {"color": RED}], view="bar",
                       yAxis={"left": {"min": 0, "max": 60}}, **more)
        return len(picture.places(RED))
    assert bar() * 2 == pytest.approx(bar(setPeriodToTimeRange=True), rel=0.02)


def test_the_time_zone_moves_the_ticks(morning, space):
    """With 45 minutes between, no tick stands where it stood."""
    def ticks(zone):
        picture = draw(morning, [space, "m"], timezone=zone, start="-PT3H")
        axis = picture.rows("#8d99a8", 300)[-1]
        return {x for x, y in picture.places("#8d99a8") if y == axis + 3}
    assert len(ticks("+0000")) >= 3 and not ticks("+0000") & ticks("+0545")


def test_a_picture_in_every_protocol(server, morning, space):
    http = Http(server.port)
    text = json.dumps({"metrics": [[space, "m"]], "width": 100, "height": 60})
    answer = http.target("GetMetricWidgetImage", json.dumps({"MetricWidget": text}))
    by_json = base64.b64decode(json.loads(answer.body)["MetricWidgetImage"])
    by_query = morning.get_metric_widget_image(MetricWidget=text)["MetricWidgetImage"]
    answer = http.cbor("GetMetricWidgetImage", cbor.encode({"MetricWidget": text}))
    by_cbor = cbor.decode(answer.body)["MetricWidgetImage"]
    assert Picture(by_json).width == 100 and by_json == by_query == by_cbor


def test_the_raw_picture(server, morning, space):
    answer = Http(server.port).target("GetMetricWidgetImage", json.dumps({
        "MetricWidget": json.dumps({"metrics": [[space, "m"]]}), "OutputFormat": "image/png"}))
    assert answer.status == 200 and answer.headers["Content-Type"] == "image/png"
    assert Picture(answer.body).width == 600


def test_a_format_that_is_none(morning):
    assert error_of(morning.get_metric_widget_image, MetricWidget="{}", OutputFormat="gif") == (
        400, "ValidationError", "1 validation error detected: Value 'gif' at 'outputFormat' failed "
        "to satisfy constraint: Member must satisfy enum value set: [png, image/png]")


def test_a_widget_must_be_given(morning):
    status, code, text = error_of(morning.get_metric_widget_image)
    assert (status, code) == (400, "MissingParameter") and "MetricWidget" in text


def test_a_wrong_widget_is_refused_with_all_that_is_wrong(morning):
    status, code, text = refusal(morning, {"metrics": [["N"]], "view": "x"})
    assert (status, code) == (400, "ValidationError")
    first, rest = text.split("\n", 1)
    assert first == "The metric widget is invalid, there are 2 validation errors:"
    assert json.loads(rest) == [
        {"dataPath": "/metrics/0", "message": "Should NOT have less than 2 items"},
        {"dataPath": "/view", "message": "Should be equal to one of the allowed values"}]


@pytest.mark.parametrize("widget, part", [
    ("no json", "not a JSON object"),
    ({"metrics": [["N", "m"]], "region": "eu-west-1"}, "region"),
    ({"metrics": [["N", "m", {"stat": "Median"}]]}, "Median"),
    ({"metrics": [[{"expression": "m1 +"}]]}, "Error in expression"),
    ({"metrics": [["N", "m", {"label": "${AVG}" * 7}]]}, "dynamic values"),
    pytest.param({"metrics": [["N", "m"]] * 501}, "more than 500 items", id="501 metrics"),
    pytest.param({"metrics": [["N", "m"]], "title": "x" * 102400}, "larger than", id="large"),
])
def test_bad_widgets(morning, widget, part):
    status, code, text = refusal(morning, widget)
    assert (status, code) == (400, "ValidationError") and part in text


def test_many_pictures_at_once(server, morning, space):
    """More than there are workers; none takes another's data."""
    def one(i):
        colour = f"#{i:02x}4080"
        picture = draw(server.client("cloudwatch"), [space, "m", {"color": colour}], width=200,
                       height=100 + i)
        return picture.height == 100 + i and bool(picture.places(colour))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(24)))


def test_the_cli_draws_too(cli, morning, space):
    done = cli("cloudwatch", "get-metric-widget-image", "--metric-widget",
               json.dumps({"metrics": [[space, "m"]]}), "--query", "MetricWidgetImage")
    assert done.code == 0 and base64.b64decode(done.json)[:8] == SIGNATURE
