"""Alarms and metrics of rollouts, also as AWS would have them."""

import pytest

from tests.support.rollouts import alias_of, latest_of, record_of


@pytest.mark.parametrize("members", [
    {"alarms": ["al", "nope"]},
    {"alarms": ["al"], "checks": [{"kind": "alarm", "alarm": "nope"}]},
    {"strategy": {"steps": [{"weight": "5%", "for": "1h"}, {"analysis": {
        "for": "1h", "checks": [{"kind": "alarm", "alarm": "nope"}]}}]}}])
def test_an_alarm_that_there_is_not_is_told_at_once(lam, deployed, plan_file, cloudwatch, deploy_with_alarms,
                                                    members):
    cloudwatch.alarms = {"al": "OK"}
    plan_file(**members)
    done = deploy_with_alarms()
    assert done.returncode == 1 and "there is no alarm nope" in done.stderr
    assert "Published" not in done.stdout and alias_of(lam, deployed) == ("1", None)


def test_a_dry_run_may_look_at_an_alarm_that_there_is_not(deployed, plan_file, cloudwatch, deploy_with_alarms):
    plan_file(checks=[{"kind": "alarm", "alarm": "nope", "dryRun": True}])
    assert deploy_with_alarms().returncode == 0


def test_an_alarm_that_fires_rolls_back(lam, deployed, plan_file, cloudwatch, deploy_with_alarms):
    cloudwatch.alarms = {"al": "OK", "other": "ALARM"}
    cloudwatch.changes = {5: {"al": "ALARM"}}
    plan_file(alarms=["al"])
    done = deploy_with_alarms()
    assert done.returncode == 3, done.stderr
    assert "Rolling back: alarm al is in state ALARM: Threshold Crossed." in done.stdout
    assert [(a["name"], a["state"]) for a in record_of(deployed, "alarm")] == [
        ("al", "OK"), ("al", "ALARM")]
    assert alias_of(lam, deployed) == ("1", None)


def test_an_alarm_without_data_stops_nothing(lam, deployed, plan_file, cloudwatch,
                                             deploy_with_alarms):
    cloudwatch.alarms = {"al": "INSUFFICIENT_DATA"}
    plan_file(alarms=["al"])
    assert deploy_with_alarms().returncode == 0
    assert alias_of(lam, deployed) == ("2", None)


def test_an_alarm_that_fires_already_refuses_or_is_ignored(lam, deployed, plan_file, cloudwatch,
                                                           deploy_with_alarms):
    cloudwatch.alarms = {"al": "ALARM"}
    plan_file(alarms=["al"])
    refused = deploy_with_alarms()
    assert refused.returncode == 1 and "fires already" in refused.stderr
    assert "--ignore-firing-alarms" in refused.stderr
    mended = deploy_with_alarms("--ignore-firing-alarms")
    assert mended.returncode == 0, mended.stderr
    assert alias_of(lam, deployed)[0] != "1"


def test_a_composite_alarm_that_fires_refuses_too(cw, deployed, canary, plan_file):
    cw.put_composite_alarm(AlarmName=deployed, AlarmRule="TRUE")
    plan_file(alarms=[deployed])
    refused = canary("deploy", "--fast")
    assert refused.code == 1 and f"alarm {deployed} fires already" in refused.err, refused.err


def test_an_alarm_that_is_not_there_is_said(deployed, plan_file, cloudwatch, deploy_with_alarms):
    plan_file(alarms=["nothing"])
    done = deploy_with_alarms()
    assert done.returncode == 1 and "there is no alarm nothing" in done.stderr


def test_metrics_come_into_the_record_by_the_plans_names(deployed, canary, plan_file):
    plan_file(metrics=[
        {"name": "errors", "metric": "Errors"},
        {"name": "all", "metric": "Invocations", "dimensions": {"FunctionName": "{function}"}}])
    done = canary("deploy", "--fast")
    assert done.code == 0, done.err
    seen = {(m["name"], m["side"]) for m in record_of(deployed, "metric")}
    assert seen == {("errors", "canary"), ("errors", "baseline"), ("all", "canary")}
    samples = record_of(deployed, "sample")
    answered = sum(v["requests"] for s in samples for v in s["versions"].values())
    last = {m["time"]: m["value"] for m in record_of(deployed, "metric") if m["name"] == "all"}
    assert sum(last.values()) >= answered  # health checks besides


def test_a_sum_is_judged_when_the_metrics_own_period_is_over(deployed, canary, plan_file):
    """Of five minutes, of which the first has too few."""
    plan_file(metrics=[{"name": "asked", "metric": "Invocations", "period": "5m"}],
              checks=[{"kind": "threshold", "metric": "asked", "min": 500}],
              strategy={"canary": {"weight": "50%", "for": "15m"}},
              traffic={"generate": {"rate": "5/s"}})
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out
    [plan] = record_of(deployed, "plan")[:1]
    assert plan["plan"]["checks"][0]["period"] == "5m"
    assert canary("analyze", latest_of(deployed)).code == 0


@pytest.mark.parametrize("missing, code, words", [
    ("remove", 4, "1 without enough data"), ("replace", 0, "missing values count as 0")])
def test_a_rate_that_has_no_values_is_scored_as_the_plan_says(deployed, canary, plan_file, cloudwatch,
                                                              deploy_with_alarms, missing, code, words):
    cloudwatch.values = []
    metric = {"name": "fails", "expression": "f", "metrics": {"f": {"metric": "Errors"}}, "period": "20s"}
    plan_file(metrics=[metric], checks=[{"kind": "score", "metrics": [{"metric": "fails", "missing": missing}]}])
    done = deploy_with_alarms()
    assert done.returncode == code, done.stderr
    [verdict] = [v for v in record_of(deployed, "verdict") if v["isFinal"]]
    assert words in verdict["sentence"] and verdict["numbers"].get("replaced", 0) in (0, 22, 24)
    [plan] = record_of(deployed, "plan")[:1]
    assert plan["plan"]["checks"][0]["metrics"][0].get("period") == ("20s" if missing == "replace" else None)
    analyzed = canary("analyze", latest_of(deployed))
    assert analyzed.code == 0, analyzed.out


def test_an_expression_is_asked_of_cloudwatch_for_both_versions(deployed, plan_file, cloudwatch,
                                                                deploy_with_alarms):
    plan_file(metrics=[
        {"name": "rate", "expression": "100*e/i", "period": "5m",
         "metrics": {"e": {"metric": "Errors"}, "i": {"metric": "Invocations", "stat": "Sum"}}}])
    assert deploy_with_alarms().returncode == 0
    assert {(m["name"], m["side"], m["value"]) for m in record_of(deployed, "metric")} == {
        ("rate", "canary", 12.5), ("rate", "baseline", 12.5)}
    asked = cloudwatch.expressions[0]
    assert [q["Id"] for q in asked] == ["e", "i", "canary_result"]
    assert asked[2]["Expression"] == "100*e/i" and asked[0]["ReturnData"] is False
    assert asked[0]["MetricStat"]["Period"] == 300
    versions = {d["Value"] for queries in cloudwatch.expressions
                for d in queries[0]["MetricStat"]["Metric"]["Dimensions"]
                if d["Name"] == "ExecutedVersion"}
    assert versions == {"1", "2"}


def test_what_is_no_number_is_no_value(lam, deployed, plan_file, cloudwatch, deploy_with_alarms):
    """JSON has no NaN: AWS spells it as a string. A rate of nothing is not 0 %."""
    cloudwatch.values = ["NaN"]
    plan_file(metrics=[{"name": "rate", "expression": "e", "metrics": {"e": {"metric": "Errors"}}}],
              checks=[{"kind": "threshold", "metric": "rate", "max": 100}])
    done = deploy_with_alarms()
    assert done.returncode == 4 and "metric rate has no values" in done.stdout, done.stdout + done.stderr
    assert record_of(deployed, "metric") == [] and alias_of(lam, deployed) == ("1", None)


@pytest.mark.parametrize("status", ["InternalError", "PartialData", "Forbidden"])
def test_a_metric_that_cloudwatch_failed_to_read_is_none_without_values(lam, deployed, plan_file, cloudwatch,
                                                                        deploy_with_alarms, status):
    cloudwatch.status = status
    plan_file(metrics=[{"name": "rate", "expression": "e", "metrics": {"e": {"metric": "Errors"}}}],
              checks=[{"kind": "threshold", "metric": "rate", "max": 100, "missing": "notBreaching"}])
    done = deploy_with_alarms()
    assert done.returncode == 1 and f"metric rate: CloudWatch has no answer to that: {status}" in done.stderr
    assert alias_of(lam, deployed) == ("1", None)


def test_a_metric_that_cloudwatch_refuses_ends_it_before_anything_is_shifted(lam, deployed, canary, plan_file):
    """Not after a step of an hour, for want of a value."""
    plan_file(metrics=[{"name": "slow", "metric": "Duration", "stat": "Averag"}],
              checks=[{"kind": "threshold", "metric": "slow", "max": 1}])
    done = canary("deploy")
    assert done.code == 1 and "The value Averag for parameter" in done.err
    assert alias_of(lam, deployed) == ("1", None) and "Shifted" not in done.out
    [end] = record_of(deployed, "end")
    assert end["outcome"] == "failed"


def test_times_are_averaged_and_who_runs_at_once_is_not_added_up_unless_the_plan_says_otherwise(deployed, canary, plan_file):
    """Some 20 ms each; the sum of a minute's 60 is beyond the limit for one."""
    plan_file("await new Promise((done) => setTimeout(done, 20)); return 'v2'",
              traffic={"generate": {"rate": "1/s"}},
              metrics=[{"name": "slow", "metric": "Duration", "period": "2m"}],
              strategy={"canary": {"weight": "100%", "for": "3m"}},
              checks=[{"kind": "threshold", "metric": "ConcurrentExecutions", "max": 9}] + [
                  {"kind": "threshold", "name": name, "metric": metric, "min": 10, "max": 1000}
                  for name, metric in [("by name", "Duration"), ("described", "slow")]])
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out + done.err
    values = {line["name"]: line["value"] for line in record_of(deployed, "metric")
              if line["side"] == "canary"}
    assert values.pop("ConcurrentExecutions") == 1  # the most; the sum is how many there were
    assert set(values) == {"Duration", "slow"} and all(10 < v < 1000 for v in values.values())
