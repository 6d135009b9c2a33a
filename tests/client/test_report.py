"""canary report: what a record says, in four forms."""
import html.parser
import json
import math
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from tests.conftest import CANARY, Result, clean_environment

START = 1_795_644_529_000
FUNCTION = "f<script>alert(1)</script>&\"'"
HOOK_OUTPUT = "line one\nline <two>\x07"
VOID = {"meta", "br", "hr", "img", "link", "input"}
SAMPLES = 60


def line(seconds, type_, **members):
    return {"t": START + int(seconds * 1000), "type": type_, **members}


def sample(seconds, step, base, canary, errors):
    def version(requests, failed, bucket):
        return {"requests": requests, "errors": failed, "throttles": 0,
                "latency": [[bucket, requests]] if requests else []}
    return line(seconds, "sample", step=step, throttled=0, failed=0,
                versions={"7": version(base, 0, 1500), "8": version(canary, errors, 1900)})


def verdict(seconds, step, name, word, sentence, is_dry_run=False, **numbers):
    return line(seconds, "verdict", step=step, check={"errors": 0, "split": 1, "latency": 2}[name],
                name=name, kind=name, verdict=word, isDryRun=is_dry_run, isFinal=True,
                sentence=sentence, numbers=numbers)


def deployment(outcome="rolled back"):
    """Two steps of a minute each: 10 %, then 50 %, where a quarter of the requests fail."""
    yield line(0, "notice", text="Published version 8")
    yield line(0, "plan", id="20261125T220849Z-f-live", function=FUNCTION, alias="live",
               baseVersion="7", newVersion="8", account="123456789012", region="eu-west-1",
               endpoint="https://lambda.eu-west-1.amazonaws.com", isFast=False, plan={})
    yield line(0, "hook", name="smoke", kind="command", when="before", outcome="ok",
               output=HOOK_OUTPUT, durationMs=1500)
    yield line(0, "alias", version="7", routedVersion="8", weight=0.1, revisionId="r")
    yield line(0, "step", index=0, kind="weight", weight=0.1, durationMs=60000)
    yield line(0, "alarm", name="too <many> errors", state="OK", reason="fine")
    for second in range(SAMPLES):
        yield sample(second + 1, 0, 18, 2, 0)
        if second % 20 == 0:
            for side, value in (("canary", 3.5), ("baseline", 2.5)):
                yield line(second + 1, "metric", name="Duration p90", side=side,
                           time=START + second * 1000, value=value)
    yield verdict(60, 0, "errors", "pass", "0 of 120 failed", requests=120, pValue=0.75)
    yield verdict(60, 0, "latency", "fail", "slow, but only a rehearsal", True, shiftMs=4)
    yield line(60, "decision", action="advance", reason="all well")
    yield line(60, "alias", version="7", routedVersion="8", weight=0.5, revisionId="s")
    yield line(60, "step", index=1, kind="weight", weight=0.5, durationMs=60000)
    for second in range(SAMPLES):
        yield sample(60 + second + 1, 1, 10, 10, 2 if second % 2 else 3)
        if second == SAMPLES // 2 - 1:
            yield line(90, "alarm", name="too <many> errors", state="ALARM", reason="threshold crossed")
    yield verdict(120, 1, "errors", "fail", "150 of 600 failed & that is <much>", pValue=1e-30)
    yield verdict(120, 1, "split", "continue", "judged at the end")
    if outcome:
        yield line(120, "decision", action="rollback", reason="150 of 600 failed")
        yield line(120, "alias", version="7", weight=0, revisionId="t")
        yield line(120, "end", outcome=outcome, reason="150 of 600 failed", exitCode=3)


def write_record(path, lines):
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return str(path)


@pytest.fixture
def report(tmp_path):
    def run(*arguments, **environment):
        keep = {**clean_environment("http://127.0.0.1:1"), "XDG_STATE_HOME": str(tmp_path),
                **environment}
        return Result(subprocess.run([CANARY, "report", *arguments], text=True, cwd=tmp_path,
                                     capture_output=True, env=keep))
    return run


@pytest.fixture
def record(tmp_path):
    return write_record(tmp_path / "record.jsonl", deployment())


class Page(html.parser.HTMLParser):
    """A page that must be well-formed; its text, and all attributes."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.attributes, self.tags, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def page_of(done):
    assert done.code == 0, done.err
    return Page(done.out)


def test_html_is_well_formed_and_needs_nothing_else(report, record):
    done = report(record, "--format", "html")
    page = page_of(done)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.tags)
    assert not {"src", "href", "srcset", "action", "xlink:href"} & {n for n, _ in page.attributes}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "url(" not in done.out and "@import" not in done.out
    assert "prefers-color-scheme:dark" in done.out


def test_html_shows_what_was_recorded(report, record):
    text = page_of(report(record, "--format", "html")).text
    assert FUNCTION + ":live" in text
    assert "rolled back" in text and "150 of 600 failed & that is <much>" in text
    assert "Took 2m" in text and "2026-11-25 22:08:49 UTC" in text
    assert "Step 1: 10 % for 1m" in text and "Step 2: 50 % for 1m" in text
    # 120 of 1200 requests, and 150 errors of 600; Clopper and Pearson's intervals.
    assert "version 8 120 10 % [8.36, 11.8] 0 0 % [0, 3.03]" in text
    assert "version 8 600 50 % [47.1, 52.9] 150 25 % [21.6, 28.7]" in text
    assert "Errors of the new version 20.8 % [" in text and "Errors of the old version 0 % [" in text
    assert [text.count(f"Step {number}:") for number in (1, 2)] == [2, 2]  # steps, and verdicts
    assert "pValue 1e-30" in text and "dry run" in text
    assert "decision advance all well" in text and "decision rollback 150 of 600 failed" in text
    assert "line one\nline <two>\ufffd" in report(record, "--format", "html").out.replace(
        "&lt;", "<").replace("&gt;", ">")


def test_html_tells_of_requests_without_a_good_answer(report, tmp_path):
    lines = [*deployment(None), {**sample(121, 1, 0, 0, 0), "failed": 3}]
    text = page_of(report(write_record(tmp_path / "open", lines), "--format", "html")).text
    assert "(0 throttled, 3 without a good answer)" in text and text.count("throttled") == 2


def figures(text):
    return re.findall(r"<figure>.*?</figure>", text, re.S)


def figure(text, title):
    found = [each for each in figures(text) if f"<b>{title}</b>" in each]
    assert len(found) == 1, title
    return found[0]


def coordinates(path):
    """The points of a path, with H taken from the point before."""
    points = []
    for letter, numbers in re.findall(r"([MLHh])([-0-9. ]+)", path):
        values = [float(value) for value in numbers.split()]
        if letter in "ML":
            points.append(tuple(values))
        elif letter == "H":
            points.append((values[0], points[-1][1]))
    return points


def line_of(figure_text, style):
    return coordinates(re.search(rf'class="line {style}" d="([^"]*)"', figure_text)[1])


def scale_of(figure_text):
    """What a height is worth, from the labels of the grid's lines."""
    ticks = [(float(y), float(value)) for y, value in re.findall(
        r'y1="([\d.]+)" y2="[\d.]+"/><text class="tick end"[^>]*>([\d.]+)', figure_text)]
    (y0, v0), (y1, v1) = ticks[0], ticks[-1]
    return lambda y: v0 + (y - y0) * (v1 - v0) / (y1 - y0)


def test_the_weights_are_drawn_where_they_were_set(report, record):
    share = figure(report(record, "--format", "html").out, "Share of the traffic")
    value = scale_of(share)
    weights = [(x, round(value(y), 1)) for x, y in line_of(share, "weight")]
    left, right = weights[0][0], weights[-1][0]
    middle = (left + right) / 2
    assert [weight for _, weight in weights] == [10, 10, 50, 50, 0, 0]
    axis = re.search(r'<line class="axis"[^>]* y1="([\d.]+)" y2="([\d.]+)"', share)
    assert [round(value(float(y)), 1) for y in axis.groups()] == [0, 0]
    assert weights[1][0] == weights[2][0] == pytest.approx(middle, abs=0.2)


def test_rates_are_drawn_as_they_were_seen(report, record):
    out = report(record, "--format", "html").out
    errors = figure(out, "Error rate")
    value = scale_of(errors)
    canary = [round(value(y), 1) for _, y in line_of(errors, "canary")]
    assert canary[:SAMPLES] == [0] * SAMPLES
    assert canary[-1] == 25 and canary[SAMPLES] == 30  # 3 of 10, then 150 of 600
    assert {round(value(y), 1) for _, y in line_of(errors, "base")} == {0}
    assert 'class="band canary"' in errors and 'class="band base"' in errors
    for style in ("base", "canary"):  # one line for each step, and no lone points
        path = re.search(rf'class="line {style}" d="([^"]*)"', errors)[1]
        assert path.count("M") == 2 and "h" not in path
    share = figure(out, "Share of the traffic")
    value = scale_of(share)
    observed = {round(value(y)) for _, y in line_of(share, "canary")}
    assert observed == {10, 50}


def test_alarms_metrics_and_decisions_are_marked(report, record):
    out = report(record, "--format", "html").out
    alarms = figure(out, "Alarms")
    bars = re.findall(r'class="bar (\w+)" x="([\d.]+)"[^>]*width="([\d.]+)"', alarms)
    assert [style for style, _, _ in bars] == ["good", "bad"]
    assert float(bars[0][2]) == pytest.approx(3 * float(bars[1][2]), rel=0.01)  # 90 s and 30 s
    assert "too &lt;many&gt; errors" in alarms
    metric = figure(out, "Duration p90")
    assert len(line_of(metric, "canary")) == len(line_of(metric, "base")) == 3
    for each in figures(out):
        assert each.count('class="mark') == 6, each[:200]  # hook, 2 alarms, 2 decisions, the end
    assert "Latency" in out and "1.5 ms" not in figure(out, "Error rate")


def test_a_first_deployment_has_no_timelines(report, tmp_path):
    first = write_record(tmp_path / "created.jsonl", [
        line(0, "plan", id="i", function="f", alias="live", newVersion="1", isFast=False, plan={}),
        line(1, "end", outcome="created", reason="alias live now points to version 1", exitCode=0)])
    out = report(first, "--format", "html").out
    assert re.findall("<h2>(.*)</h2>", out) == ["Events"]


def test_junit_has_a_case_for_each_check_and_step(report, record):
    done = report(record, "--format", "junit")
    root = ElementTree.fromstring(done.out)
    suite = root.find("testsuite")
    cases = {(case.get("classname").rsplit("live", 1)[1], case.get("name")): case
             for case in suite.findall("testcase")}
    assert set(cases) == {
        ("", "deployment"), ("", "hook smoke"),
        (", step 1: 10 %", "step"), (", step 1: 10 %", "errors"), (", step 1: 10 %", "latency"),
        (", step 2: 50 %", "step"), (", step 2: 50 %", "errors"), (", step 2: 50 %", "split")}
    failed = {key for key, case in cases.items() if case.find("failure") is not None}
    assert failed == {("", "deployment"), (", step 2: 50 %", "step"), (", step 2: 50 %", "errors")}
    failure = cases[", step 2: 50 %", "errors"].find("failure")
    assert failure.get("message") == failure.text == "150 of 600 failed & that is <much>"
    assert cases[", step 2: 50 %", "split"].find("skipped") is not None
    assert "dry run, fail" in cases[", step 1: 10 %", "latency"].find("system-out").text
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("8", "3", "1")
    assert cases["", "hook smoke"].get("time") == "1.500"
    assert cases["", "hook smoke"].find("system-out").text == "line one\nline <two>\ufffd"
    assert cases["", "deployment"].get("classname") == FUNCTION + ":live"


COLOURED = "\x1b[1;32mgood\x1b[0m \x1b]0;title\x07and \x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\\x01"


def test_what_colours_a_terminal_is_in_no_file(report, tmp_path):
    lines = [each for each in deployment() if each["type"] != "hook"]
    lines.insert(2, line(0, "hook", name="smoke", kind="command", when="before", outcome="failed",
                         output=COLOURED, durationMs=1500))
    lines[-1]["reason"] = "hook smoke failed: " + COLOURED
    record = write_record(tmp_path / "coloured", lines)
    junit = report(record, "--format", "junit").out
    assert "good and link\ufffd" in junit and "[1;32m" not in junit and "title" not in junit
    [case] = [case for case in ElementTree.fromstring(junit).iter("testcase") if case.get("name") == "hook smoke"]
    assert case.find("system-out").text == "good and link\ufffd"
    html = report(record, "--format", "html").out
    assert "good and link\ufffd" in html and "[1;32m" not in html
    document = json.loads(report(record, "--format", "json").out)
    assert document["reason"] == "hook smoke failed: good and link\x01"
    assert any("good and link" in event["text"] for event in document["events"])
    assert "\x1b" not in json.dumps(document, ensure_ascii=False)


def test_junit_of_a_promotion_has_no_failure(report, tmp_path):
    lines = [each for each in deployment(None)
             if each["t"] < START + 60000 or each.get("action") == "advance"]
    lines.append(line(61, "end", outcome="promoted", reason="good", exitCode=0))
    done = report(write_record(tmp_path / "good", lines), "--format", "junit")
    assert ElementTree.fromstring(done.out).find("testsuite").get("failures") == "0"


def test_junit_of_what_cannot_tell_and_has_not_ended(report, tmp_path):
    lines = [*deployment(None), verdict(121, 1, "errors", "inconclusive", "too few requests"),
             line(122, "hook", name="slow", outcome="timed out", durationMs=1)]
    done = report(write_record(tmp_path / "open", lines), "--format", "junit")
    suite = ElementTree.fromstring(done.out).find("testsuite")
    assert [(case.get("name"), case.find("failure").get("type")) for case in suite
            if case.find("failure") is not None] == [("hook slow", "hook"), ("errors", "inconclusive")]
    assert [case.get("name") for case in suite if case.find("skipped") is not None] == [
        "deployment", "step", "split"]


def set_back(lines, at, seconds):
    """The record of a machine whose clock is set back by so much at a time."""
    for each in lines:
        yield {**each, "t": each["t"] - 1000 * seconds} if each["t"] >= START + 1000 * at else each


def test_a_clock_that_was_set_back_makes_no_negative_times(report, record, tmp_path):
    path = write_record(tmp_path / "back", set_back(deployment(), 90, 3600))
    suite = ElementTree.fromstring(report(path, "--format", "junit").out).find("testsuite")
    times = {f"{case.get('classname').split(', ')[-1]}: {case.get('name')}": float(case.get("time"))
             for case in suite}
    assert times["step 2: 50 %: step"] == times["step 2: 50 %: errors"] == 59, times  # a second is lost
    assert float(suite.get("time")) == 119
    assert all(time >= 0 for time in times.values())
    assert report(path).out == report(record).out.replace("2m\n", "1m 59s\n").replace("took 2m", "took 1m 59s") \
        .replace("50 %, 1m\n", "50 %, 59 s\n").replace("+2m ", "+1m 59s ").replace("+1m 30s", "+1m 29s")


def test_json_has_the_numbers(report, record):
    facts = report(record, "--format", "json").json
    assert (facts["outcome"], facts["exitCode"], facts["durationMs"]) == ("rolled back", 3, 120000)
    first, second = facts["steps"]
    assert first["versions"]["8"]["requests"] == 120 and first["versions"]["7"]["requests"] == 1080
    assert second["versions"]["8"]["errorRate"]["value"] == 0.25
    low = second["versions"]["8"]["errorRate"]["low"]  # where 150 or more are as rare as 2.5 %
    assert sum(math.comb(600, k) * low ** k * (1 - low) ** (600 - k)
               for k in range(150, 601)) == pytest.approx(0.025, rel=1e-9)
    assert [each["verdict"] for each in second["verdicts"]] == ["fail", "continue"]
    assert second["verdicts"][0]["numbers"] == {"pValue": 1e-30}
    assert [each["type"] for each in facts["events"]] == [
        "notice", "hook", "alarm", "decision", "alarm", "decision", "end"]


def test_text_tells_a_long_reason_once_among_its_events(report, tmp_path):
    reason = "0 of 638 requests to the new version failed; the limit is 1 %"
    told = write_record(tmp_path / "promoted.jsonl", [
        line(0, "plan", id="i", function="f", alias="live", newVersion="1", isFast=False, plan={}),
        line(60, "decision", action="advance", reason=reason),
        line(61, "hook", name="h", kind="command", when="between", outcome="ok", output="", durationMs=1),
        line(62, "decision", action="promote", reason=reason),
        line(63, "notify", name="n", kind="command", event="promoted", outcome="ok", output="", durationMs=1),
        line(64, "end", outcome="promoted", reason=reason, exitCode=0)])
    lines = report(told).out.splitlines()
    assert lines[0] == "Deployment i of f:live, version - -> 1" and lines[1] == f"promoted: {reason}."
    assert [l.split("  ")[-1] for l in lines if "decision" in l or "end " in l] == [
        f"decision advance: {reason}", "decision promote: the same", "end promoted: the same"]


def test_a_reason_that_is_a_sentence_has_one_full_stop(report, tmp_path):
    told = write_record(tmp_path / "told", [
        line(0, "plan", id="i", function="f", alias="live", newVersion="1"),
        line(1, "end", outcome="rolled back", reason="alarm a fires: 7 was too much.", exitCode=3)])
    assert report(told).out.splitlines()[1] == "rolled back: alarm a fires: 7 was too much."


def test_text_is_for_people(report, record):
    out = report(record).out
    assert "rolled back: 150 of 600 failed.\n" in out
    assert "step 2: 50 %, 1m" in out and "errors: fail: 150 of 600 failed" in out
    second = out[out.index("step 2: 50 %, 1m\n"):].splitlines()
    assert second[1:4] == ["    version 7         600 requests  50 % [47.1, 52.9]",
                           "                        0 errors    0 % [0, 0.613]",
                           "                                    p50 1.5 ms  p99 1.5 ms"]


def test_a_deployment_that_has_not_ended_says_so(report, tmp_path):
    path = write_record(tmp_path / "half", deployment(None))
    assert "not over" in page_of(report(path, "--format", "html")).text
    root = ElementTree.fromstring(report(path, "--format", "junit").out)
    assert root.find("testsuite/testcase[@name='deployment']/skipped") is not None
    assert "exitCode" not in report(path, "--format", "json").json


def test_deployments_are_found_by_id_directory_or_as_the_latest(report, tmp_path):
    for name in ("20260101T000000Z-a-live", "20260101T000000Z-b-live-2", "aliases"):
        (tmp_path / "canary" / name).mkdir(parents=True)
    for name in ("a-live", "b-live-2"):
        folder = tmp_path / "canary" / f"20260101T000000Z-{name}"
        write_record(folder / "record.jsonl", [
            line(0, "plan", id=name, function=name, alias="live", baseVersion="1")])
    by_id = report("20260101T000000Z-a-live", "--format", "json")
    by_directory = report(str(tmp_path / "canary/20260101T000000Z-a-live"), "--format", "json")
    assert by_id.json["id"] == by_directory.json["id"] == "a-live"
    assert report("--format", "json").json["id"] == "b-live-2"
    elsewhere = report("--format", "json", "--state-dir", str(tmp_path / "canary"),
                       XDG_STATE_HOME="/nowhere")
    assert elsewhere.json["id"] == "b-live-2"


def test_metrics_below_zero_are_drawn_below_it(report, tmp_path):
    lines = [*deployment(None), *(line(120 + i, "metric", name="slack", side="canary", time=START + 1000 * i,
                                       value=value) for i, value in enumerate((-3, 0, 2)))]
    drawn = figure(report(write_record(tmp_path / "below", lines), "--format", "html").out, "slack")
    heights = [y for _, y in line_of(drawn, "canary")]
    assert heights[0] > heights[1] > heights[2], heights


@pytest.mark.parametrize("flag", ["-o", "--out"])
def test_a_report_goes_to_a_file(report, record, tmp_path, flag):
    done = report(record, "--format", "html", flag, "report.html")
    assert (done.code, done.out) == (0, "")
    assert Page((tmp_path / "report.html").read_text()).text


@pytest.mark.parametrize("arguments, code, word", [
    (("--format", "pdf"), 2, "text, json, junit or html"),
    (("nothing-of-that-name",), 1, "no deployment nothing-of-that-name"),
    ((), 1, "no deployment at all"),
    (("a", "b"), 2, "one deployment at a time"),
    (("--format", "text", "-o", "/nowhere/report"), 1, "cannot write /nowhere/report"),
])
def test_what_cannot_be_done_is_told(report, tmp_path, arguments, code, word):
    if "-o" in arguments:
        arguments = (write_record(tmp_path / "r", deployment()), *arguments)
    done = report(*arguments)
    assert done.code == code and word in done.err


def test_a_damaged_record_is_told_with_its_line(report, tmp_path):
    (tmp_path / "bad").write_text('{"t":1,"type":"plan"}\n{"t":2\n')
    done = report(str(tmp_path / "bad"))
    assert done.code == 1 and "line 2" in done.err and os.path.basename(str(tmp_path)) in done.err


@pytest.mark.parametrize("form", ["text", "json", "junit", "html"])
@pytest.mark.parametrize("text", ["", '{"t":1,"type":"notice","text":"x"}\n', '{"t":1,"type":"pl'])
def test_a_record_without_a_plan_has_no_report(report, tmp_path, form, text):
    """Its client was killed at once: neither question marks nor a test case of no name help anybody."""
    folder = tmp_path / "canary" / "20260101T000000Z-a-live"
    folder.mkdir(parents=True)
    (folder / "record.jsonl").write_text(text)
    done = report("--format", form)
    assert (done.code, done.out) == (1, "")
    assert "ended before its plan was written down" in done.err and "canary deploy begins anew" in done.err
    (tmp_path / "other.jsonl").write_text(text)
    done = report(str(tmp_path / "other.jsonl"), "--format", form)
    assert done.code == 1 and "other.jsonl: there is no plan in it: is it a record.jsonl?" in done.err


def test_the_latest_of_one_second_is_the_one_that_began_last(report, tmp_path):
    """Ids hold whole seconds; pipelines begin together."""
    for milliseconds, name in enumerate(("z-live", "a-live", "m-live", "a-live-2")):
        folder = tmp_path / "canary" / f"20260101T000000Z-{name}"
        folder.mkdir(parents=True)
        (folder / "deployment.json").write_text(json.dumps({"format": 1, "startedAt": START + milliseconds}))
        write_record(folder / "record.jsonl", [line(0, "plan", id=name, function=name, alias="live")])
        assert report("--format", "json").json["id"] == name
