"""canary analyze: recorded deployments judged again; no server is needed."""
import json

import pytest

START = 1767225600000
CHECKS = [{"kind": "errors", "maxRate": "1%"}, {"kind": "split"}]


def line(t, what, **members):
    return json.dumps({"t": START + t, "type": what, **members}) + "\n"


def side(requests, errors, milliseconds=20):
    # In the histogram's buckets: 1024 to a doubling above 2047 us.
    shift = (milliseconds * 1000).bit_length() - 11
    bucket = shift * 1024 + (milliseconds * 1000 >> shift)
    return {"requests": requests, "errors": errors, "latency": [[bucket, requests]]}


def write_record(path, canary_errors, verdicts=()):
    """A step of ten seconds: 10 requests to the new version each, 90 to the old one."""
    text = "".join(line(0, "plan", plan={"checks": CHECKS}, function="f", alias="live",
                        baseVersion="1", **known) for known in ({}, {"newVersion": "2"}))
    text += line(0, "step", index=0, kind="weight", weight=0.1, durationMs=10000)
    for second in range(1, 11):
        text += line(second * 1000, "sample", step=0, throttled=0, failed=0, versions={
            "1": side(90, 0), "2": side(10, canary_errors, 35)})
    for verdict in verdicts:
        text += line(10000, "verdict", step=0, isFinal=True, isDryRun=False, **verdict)
    path.write_text(text + line(10001, "end", outcome="promoted", exitCode=0))
    return str(path)


@pytest.fixture
def record(tmp_path):
    return lambda *arguments: write_record(tmp_path / "record.jsonl", *arguments)


def test_other_checks_are_judged_on_recorded_data(canary, record, tmp_path):
    checks = tmp_path / "checks.json"
    checks.write_text(json.dumps([{"kind": "errors"}, {"kind": "latency"}]))
    done = canary("analyze", "--from", record(1), "--checks", str(checks), "--output", "json")
    assert done.code == 1, done.err
    verdicts = {(v["name"], v["isFinal"]): v for v in done.json["verdicts"]}
    # One error in ten, ten times over: found before the end.
    assert verdicts["errors", False]["verdict"] == "fail"
    assert verdicts["errors", False]["t"] < START + 10000
    # 35 ms against 20.
    assert verdicts["latency", True]["verdict"] == "fail"
    assert 14.9 < verdicts["latency", True]["numbers"]["medianMs"] - 20 < 15.1
    assert done.json["samples"] == 10
    checks.write_text(json.dumps([{"kind": "errors", "dryRun": True}]))
    done = canary("analyze", "--from", record(1), "--checks", str(checks))
    assert done.code == 0 and " fail " in done.out and "(dry run)" in done.out


def test_a_plan_that_has_checks_will_do_and_a_directory_too(canary, record, tmp_path):
    plan = tmp_path / "canary.json"
    plan.write_text(json.dumps({"function": "f", "checks": [{"kind": "errors"}]}))
    record(0)
    done = canary("analyze", "--from", str(tmp_path), "--checks", str(plan))
    assert done.code == 0, done.err
    assert "0 of 100 requests to the new version failed" in done.out


def test_a_plan_as_init_writes_it_will_do(canary, record, tmp_path):
    """It has comments."""
    assert canary("init").code == 0
    done = canary("analyze", record(0), "--checks", str(tmp_path / "canary.json"))
    assert done.code == 0, done.err
    assert "0 of 100 requests to the new version failed" in done.out


def test_checks_that_are_no_list_are_refused(canary, record, tmp_path):
    checks = tmp_path / "checks.json"
    checks.write_text('{"kind": "errors"}')
    done = canary("analyze", record(0), "--checks", str(checks))
    assert done.code == 2
    assert "neither a JSON list of checks nor a plan" in done.err


def test_a_threshold_has_the_period_of_the_recorded_plans_metric(canary, tmp_path):
    """Five minutes without a value are one bad period of five minutes, not four of one."""
    path = tmp_path / "record.jsonl"
    metrics = [{"name": "orders", "metric": "Orders", "period": "5m"}]
    path.write_text(
        line(0, "plan", plan={"checks": [], "metrics": metrics}, function="f", alias="live",
             baseVersion="1", newVersion="2") +
        line(0, "step", index=0, kind="weight", weight=0.1, durationMs=400000) +
        line(400000, "sample", step=0, throttled=0, failed=0,
             versions={"1": side(9, 0), "2": side(1, 0)}) +
        line(400001, "end", outcome="promoted", exitCode=0))
    checks = tmp_path / "checks.json"
    checks.write_text(json.dumps([{"kind": "threshold", "metric": "orders", "min": 1,
                                   "missing": "breaching", "periods": 2, "datapoints": 2}]))
    done = canary("analyze", str(path), "--checks", str(checks))
    assert done.code == 0, done.out


def test_what_is_not_enough_is_inconclusive(canary, record, tmp_path):
    checks = tmp_path / "checks.json"
    checks.write_text(json.dumps([{"kind": "errors", "badRate": "1.5%"}]))
    done = canary("analyze", "--from", record(0), "--checks", str(checks))
    assert done.code == 4, done.out
    assert "that takes 153 requests" in done.out


def test_recorded_verdicts_that_come_out_again_are_all_the_same(canary, record):
    path = record(0)
    first = canary("analyze", "--from", path, "--output", "json")
    assert first.json["verdicts"] == []
    verdicts = [{"check": 0, "name": "errors", "verdict": "pass", "sentence": "as it was"},
                {"check": 1, "name": "split", "verdict": "pass", "sentence": "as it was"}]
    path = record(0, [dict(v, numbers={}) for v in verdicts])
    found = canary("analyze", "--from", path, "--output", "json").json["verdicts"]
    path = record(0, [dict(v, numbers=f["numbers"]) for v, f in zip(verdicts, found)])
    again = canary("analyze", "--from", path)
    assert again.code == 0, again.out
    assert again.out.startswith("f:live, 10 samples; times count from the deployment's start.\n")
    assert all(line.startswith("      10.0 s  step 1  ") for line in again.out.splitlines()[1:3])
    assert "All 2 verdicts are the recorded ones" in again.out


def test_a_record_that_says_something_else_is_noticed(canary, record):
    path = record(0, [{"check": 0, "name": "errors", "verdict": "fail", "sentence": "not so",
                       "numbers": {}}])
    done = canary("analyze", "--from", path)
    assert done.code == 1
    assert "RECORDED DIFFERENTLY: fail: not so" in done.out
    assert "1 of 1 verdicts are NOT the recorded ones" in done.out


@pytest.mark.parametrize("record, sentence", [
    ("", None), ('{"t":1,"type":"notice","text":"x"}\n', None), ('{"t":1,"type":"pl', None),
    ('{"t":1,"type":"sample"}\n', "line 1: sample: there is no plan before it")])
@pytest.mark.parametrize("more", [(), ("--checks", "checks.json")])
def test_a_deployment_that_was_killed_before_its_plan_was_written_is_no_bad_usage(canary, tmp_path, record, sentence,
                                                                                  more):
    """There is nothing wrong with how it was asked for."""
    (tmp_path / "checks.json").write_text('[{"kind": "errors"}]')
    folder = tmp_path / "state" / "20261127T000000Z-f-live"
    folder.mkdir(parents=True)
    (folder / "record.jsonl").write_text(record)
    for named in ((), (folder.name,)):
        done = canary("analyze", *named, "--state-dir", str(folder.parent), "--output", "json", *more)
        assert done.code == done.json["exitCode"] == (2 if sentence else 1)
        assert (sentence or "the deployment ended before its plan was written down") in done.err
        assert (sentence or "canary deploy begins anew") in done.json["error"]


@pytest.mark.parametrize("arguments, sentence", [
    (("--state-dir", "none"), "there is no deployment at all"),
    (("20260101T000000Z-none-live",), "there is no deployment 20260101T000000Z-none-live"),
    (("--from", "/nowhere/record.jsonl"), "/nowhere/record.jsonl"),
    (("--from", "/dev/null"), "there is no plan in it"),
    (("--from", "/dev/null", "--checks", "/dev/null"), "/dev/null:1: is no JSON in column 1: it is empty"),
    (("--from", "/dev/null", "--output", "xml"), "--output is text or json"),
    (("--from", "/dev/null", "more"), "one deployment at a time, not 'more' too"),
    (("one", "more"), "one deployment at a time, not 'more' too"),
])
def test_bad_usage_is_told(canary, arguments, sentence):
    done = canary("analyze", *arguments)
    assert done.code == 2
    assert sentence in done.err


def test_a_fault_in_a_list_of_checks_is_told_with_its_line_and_path(canary, tmp_path):
    (tmp_path / "checks.json").write_text('[{"kind": "errors"},\n {"kind": "split", "alpha": "1%", "alpha": "2%"}]')
    done = canary("analyze", "--from", "/dev/null", "--checks", "checks.json")
    assert done.code == 2 and "checks.json:2: [1].alpha: is there more than once, first in this line" in done.err
