"""Plan files: init, validate, schema, plan, and flags laid over a file."""
import json
import subprocess

import jsonschema
import pytest

from tests.conftest import CANARY, ROOT
from tests.support.packages import create, node


def write(tmp_path, text, name="canary.json"):
    path = tmp_path / name
    path.write_text(text if isinstance(text, str) else json.dumps(text, indent=1))
    return path


def test_init_writes_a_commented_plan_that_is_valid(canary, tmp_path):
    done = canary("init", "--function", "fn", "--alias", "al")
    assert done.code == 0 and "canary validate" in done.out
    text = (tmp_path / "canary.json").read_text()
    assert "// " in text and '"function": "fn"' in text
    assert canary("validate").out == "canary.json is a good plan.\n"
    again = canary("init")
    assert again.code == 1 and "--force" in again.err
    assert canary("init", "--force").code == 0


@pytest.mark.parametrize("function, alias", [
    ('say "hi"', "al"), ("back\\slash\\", '\\"al'), ("tab\tand\nline", "\x01"), ("%s %d", "// no")])
def test_init_writes_any_name_so_that_it_is_read_again(canary, tmp_path, function, alias):
    assert canary("init", "--function", function, "--alias", alias).code == 0
    lines = (tmp_path / "canary.json").read_text().splitlines()
    written = [json.loads(line.split(": ", 1)[1].rstrip(",")) for line in lines
               if line.startswith(('    "function": ', '    "alias": '))]
    assert written == [function, alias]
    refused = canary("validate")  # as a plan it is read; as names they are none
    assert refused.code == 1 and "no JSON" not in refused.err
    assert "canary.json:4: function: must be a function's name" in refused.err
    assert "canary.json:5: alias: must be an alias's name" in refused.err or alias == "al"


def test_init_writes_no_bytes_that_are_no_utf_8(canary, tmp_path):
    assert canary("init", "--function", b"f\xff").code == 0
    refused = canary("validate")
    assert refused.code == 1 and "no JSON" not in refused.err


ARN = "arn:aws:lambda:us-east-1:123456789012:function:fn"


@pytest.mark.parametrize("function, alias, sentence", [
    (ARN, "live", "function: must be the function's name alone"),
    ("123456789012:function:fn", "live", "function: must be the function's name alone"),
    ("fn:live", "live", "function: must be the function's name alone"),
    ("f" * 65, "live", "function: must be a function's name: letters"),
    ("fn", "7", "alias: must be an alias's name"),
    ("fn", "$LATEST", "alias: must be an alias's name")])
def test_names_are_names_alone(canary, tmp_path, function, alias, sentence):
    """Metrics have no ARN among their dimensions, so nothing would be found under it."""
    write(tmp_path, {"function": function, "alias": alias})
    done = canary("validate")
    assert done.code == 1 and sentence in done.err
    for verb in (["deploy"], ["status"], ["rollback"]):
        done = canary(*verb, "--function", function, "--alias", alias)
        assert done.code == 2 and sentence.split(": ", 1)[1] in done.err, done.err


def test_validate_tells_every_fault_with_file_line_and_path(canary, tmp_path):
    write(tmp_path, '{\n  "function": "f",\n  // a comment\n  "alias": "a",\n  "onFailur": "x",\n'
                    '  "strategy": {"canary": {"weight": "10",\n    "for": "5m"}}\n}\n')
    done = canary("validate")
    assert done.code == 1
    assert done.err.splitlines() == [
        "canary: canary.json:5: onFailur: there is no member 'onFailur'; did you mean 'onFailure'?",
        'canary: canary.json:6: strategy.canary.weight: "10" is not a share such as "10%" or 0.1']
    document = canary("validate", "--output", "json").json
    assert document["isValid"] is False
    assert document["problems"] == [
        {"line": 5, "path": "onFailur", "message": "there is no member 'onFailur'; did you mean 'onFailure'?"},
        {"line": 6, "path": "strategy.canary.weight", "message": '"10" is not a share such as "10%" or 0.1'}]
    assert "problems" not in canary("validate", "--output", "json", "missing.json").json


def test_no_fault_hides_another(canary, tmp_path):
    write(tmp_path, '{"function": "f", "alias": "a", "alarms": [1, "x", ""], "version": "x",\n'
                    '"alias": "b", "hooks": {"before": [{"command": 1}]}}')
    problems = canary("validate", "--output", "json").json["problems"]
    assert sorted(problem["path"] for problem in problems) == [
        "alarms[0]", "alarms[2]", "alias", "hooks.before[0].command", "version"]


def test_no_json_is_told_with_its_place(canary, tmp_path):
    write(tmp_path, '{"function": "f",\n "alias": }')
    done = canary("validate", "--output", "json")
    assert done.code == 1 and "canary.json:2: is no JSON in column 11" in done.err
    assert [(problem["line"], problem["path"]) for problem in done.json["problems"]] == [(2, "")]


def test_a_plan_that_is_not_there(canary):
    done = canary("validate", "other.json")
    assert done.code == 1 and "other.json" in done.err


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / "docs/canary.schema.json").read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


PLAN = {"function": "f", "alias": "a"}


@pytest.mark.parametrize("more, is_good", [
    ({}, True),
    ({"strategy": "LambdaLinear10PercentEvery1Minute"}, True),
    ({"strategy": "CodeDeployDefault.LambdaAllAtOnce"}, True),
    ({"strategy": "LambdaLinear10PercentEvery1Minutes"}, False),
    ({"strategy": {"canary": {"weight": "10%", "for": "5m"}}}, True),
    ({"strategy": {"canary": {"weight": "10%"}}}, False),
    ({"strategy": {"linear": {"weight": 0.1, "every": "1m", "promoteEarly": True}}}, True),
    ({"strategy": {"linear": {"weight": 0.1, "every": "1m"}, "steps": []}}, False),
    ({"strategy": {"steps": [{"weight": "5%", "for": "1m"}, {"pause": "1m"}, {"approve": True},
                             {"analysis": {"for": "1m", "checks": [{"kind": "errors"}]}},
                             {"hook": {"command": "true"}}]}}, True),
    ({"strategy": {"steps": [{"wait": "1m"}]}}, False),
    ({"strategy": {"steps": []}}, False),
    ({"checks": [{"kind": "errors", "maxRate": "1%"}, {"kind": "split"}]}, True),
    ({"checks": [{"kind": "nonsense"}]}, False),
    ({"checks": [{"kind": "score", "metrics": ["Errors", {"metric": "Duration", "group": "slow",
                                                          "critical": True, "allowedIncrease": 1.2}]}]}, True),
    ({"checks": [{"kind": "score", "metrics": [{"metric": "Errors", "critcal": True}]}]}, False),
    ({"checks": [{"kind": "score", "metrics": [{"metric": "Errors", "direction": "up"}]}]}, False),
    ({"checks": [{"kind": "score", "metrics": [{"critical": True}]}]}, False),
    ({"traffic": {"live": {}}}, True),
    ({"traffic": {"generate": {"rate": "5/s", "payload": {"a": [1]}}}}, True),
    ({"traffic": {"generate": {}, "live": {}}}, False),
    ({"hooks": {"before": [{"lambda": "f:1"}], "after": [{"http": "http://x", "timeout": "5s"}]}},
     True),
    ({"hooks": {"before": [{"command": "x", "retries": 2}]}}, True),
    ({"hooks": {"before": [{"command": "x", "retries": -1}]}}, False),
    ({"hooks": {"befor": []}}, False),
    ({"alarms": ["x"], "onFailure": "pause", "onInconclusive": "extend"}, True),
    ({"onFailure": "explode"}, False),
    ({"metrics": [{"name": "m", "expression": "e/i", "metrics": {"e": {"metric": "Errors"}}}]},
     True),
    ({"notify": [{"command": "cat"}], "healthChecks": 0}, True),
    ({"healthChecks": -1}, False),
    ({"functoin": "x"}, False),
    ({"function": "f" * 64}, True),
    ({"function": "f" * 65}, False),
    ({"function": "f:live"}, False),
    ({"alias": "7th_of-May"}, True),
    ({"alias": "7"}, False),
    ({"alias": "$LATEST"}, False),
    ({"version": "7"}, True),
    ({"version": "$LATEST"}, False),
    ({"alarms": [""]}, False),
    ({"metrics": [{"name": "m", "metric": "Errors", "period": "10s"}]}, True),
    ({"metrics": [{"name": "m", "metric": "Errors", "period": "120s"}]}, True),
    ({"metrics": [{"name": "m", "metric": "Errors", "period": "15s"}]}, False),
    ({"metrics": [{"name": "m", "metric": "Errors", "period": "90s"}]}, False),
    ({"$schema": 7}, False),
    ({"traffic": {"live": False}}, False),
    ({"traffic": {"live": {"rate": "1/s"}}}, False),
    ({"traffic": {"generate": {"payload": None}}}, True),
    ({"traffic": {"generate": {"rate": "0/s"}}}, False),
    ({"traffic": {"generate": {"rate": 1000001}}}, False),
    ({"strategy": {"steps": [{"weight": "5%", "name": 7}]}}, False),
    ({"strategy": {"steps": [{"weight": "101%"}]}}, False),
    ({"strategy": {"steps": [{"weight": ".5%"}, {"weight": "99.9%"}, {"weight": "1.0"}, {"weight": 0}]}}, True),
    ({"strategy": {"steps": [{"weight": "5%", "for": "1..5s"}]}}, False),
    ({"strategy": {"steps": [{"pause": "1..5s"}]}}, False),
    ({"strategy": {"steps": [{"hook": {"command": "x"}, "for": "1m"}]}}, False),
    ({"strategy": {"steps": [{"analysis": {"for": "1m"}, "weight": "5%"}]}}, False),
    ({"strategy": {"steps": [{"analysis": {"for": "1m"}, "checks": []}]}}, False),
    ({"strategy": {"canary": {"weight": 0, "for": "5m"}}}, False),
    ({"checks": [{"kind": "score", "metrics": ["Errors"], "groups": 7}]}, False),
    ({"checks": [{"kind": "errors", "power": 1}]}, False),
    ({"metrics": [{"name": "m", "metric": "Errors", "dimensions": "x"}]}, False),
    ({"metrics": [{"name": "m", "metric": "Errors", "dimensions": {"QueueName": 7}}]}, False),
    ({"metrics": [{"name": "m"}]}, False),
    ({"metrics": [{"name": "m", "expression": "e"}]}, False),
    ({"metrics": [{"name": "m", "expression": "e", "metrics": "e"}]}, False),
    ({"metrics": [{"name": "m", "expression": "e", "metrics": {"e": {}}}]}, False),
    ({"metrics": [{"name": "m", "expression": "e", "metrics": {"e": {"metric": "E", "dimensions": {"A": 1}}}}]},
     False),
    ({"hooks": {"before": [{"name": "x"}]}}, False),
    ({"hooks": {"before": [{"command": "x", "lambda": "y"}]}}, False),
    ({"hooks": {"before": [{"lambda": "y", "payload": None}]}}, True),
    ({"notify": [{}]}, False),
])
def test_the_schema_and_validate_agree(canary, tmp_path, validator, more, is_good):
    plan = {**PLAN, **more}
    write(tmp_path, plan)
    assert (canary("validate").code == 0) == is_good
    assert validator.is_valid(plan) == is_good


FULL = [
    {"package": "p.zip", "strategy": {"canary": {"weight": "10%", "for": "5m", "promoteEarly": True}},
     "alarms": ["a"], "alarmsAlreadyFiring": "ignore", "healthChecks": 3, "onFailure": "pause",
     "onInconclusive": "extend", "lostAfter": "60s", "$schema": "x", "notify": [{"command": "x"}],
     "traffic": {"generate": {"rate": "10/s", "arrivals": "poisson", "concurrency": 10, "ramp": "10s"}},
     "hooks": {"before": [{"command": "x", "name": "n", "timeout": "2m", "retries": 3}]}},
    {"version": "7", "metrics": [
        {"name": "slow", "metric": "Duration", "stat": "p99", "namespace": "N", "dimensions": {"A": "b"},
         "period": "60s"},
        {"name": "rate", "expression": "e", "metrics": {"e": {"metric": "Errors", "stat": "Sum"}}}],
     "strategy": {"steps": [{"weight": "10%", "for": "1m", "name": "n"},
                            {"analysis": {"for": "1m", "checks": [{"kind": "errors", "maxRate": "1%"}]}}]},
     "checks": [{"kind": "score", "metrics": [{"metric": "Errors", "group": "g"}], "groups": {"g": 100}}]}]


def nulled(plan, part):
    """Copies of a plan, each with another member of an object that is null, and its path."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        if isinstance(part, dict):
            part[key] = None
            yield key, json.loads(json.dumps(plan))
            part[key] = value
        yield from nulled(plan, value)


def test_null_is_no_way_to_leave_a_member_out(canary, tmp_path, validator):
    for more in FULL:
        whole = json.loads(json.dumps({**PLAN, **more}))
        write(tmp_path, whole)
        assert canary("validate").code == 0 and validator.is_valid(whole)
        for name, plan in nulled(whole, whole):
            write(tmp_path, plan)
            assert canary("validate").code == 1 and not validator.is_valid(plan), (name, plan)


def test_the_schema_is_json_in_either_form(canary, validator):
    for arguments in ((), ("--output", "json")):
        done = canary("schema", *arguments)
        assert (done.code, done.json, done.err) == (0, validator.schema, "")


def test_what_the_schema_offers_as_a_default_is_valid(validator):
    """Editors write it down when a member's name is chosen."""
    wrong = []

    def look(schema, path):
        if isinstance(schema, dict):
            if "default" in schema and not validator.evolve(schema=schema).is_valid(schema["default"]):
                wrong.append((path, schema["default"]))
            for key, part in schema.items():
                look(part, f"{path}.{key}")
        elif isinstance(schema, list):
            for index, part in enumerate(schema):
                look(part, f"{path}[{index}]")
    look(validator.schema, "")
    assert wrong == []


@pytest.mark.parametrize("version", ["$LATEST", "live", "", "1x", "-1"])
def test_a_version_that_no_alias_can_be_split_with_is_no_plan(canary, tmp_path, version):
    write(tmp_path, {**PLAN, "version": version})
    done = canary("validate")
    assert done.code == 1
    assert "version: a published version is a number, such as \"7\"" in done.err
    write(tmp_path, {**PLAN, "version": 7})
    assert ': version: 7 is not a text: write "7"' in canary("validate").err
    write(tmp_path, {**PLAN, "version": "7"})
    assert canary("validate").code == 0


@pytest.mark.parametrize("more, flags, given, gone", [
    ({"package": "dist"}, ("--version", "1"), {"version": "1"}, "package"),
    ({"version": "1"}, ("--package", "dist"), {"package": "dist"}, "version"),
    ({"traffic": {"generate": {"payloadFile": "f"}}}, ("--payload", "[1]"), {"payload": [1]}, "payloadFile"),
    ({"traffic": {"generate": {"payload": [1]}}}, ("--payload-file", "f"), {"payloadFile": "f"}, "payload"),
    ({"traffic": {"generate": {"payloadLines": "f"}}}, ("--payload", "1"), {"payload": 1}, "payloadLines"),
    ({"traffic": {"live": {}}}, ("--rate", "5/s"), {"rate": "5/s"}, "live"),
])
def test_a_flag_takes_the_place_of_what_it_excludes(canary, lam, name, tmp_path, more, flags, given,
                                                    gone):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/index.mjs").write_text("")
    (tmp_path / "f").write_text("{}")
    write(tmp_path, {"function": name, "alias": "live", **more})
    done = canary("plan", "canary.json", *flags, "--output", "json")
    assert done.code == 0, done.err
    plan = done.json["plan"]
    members = {**plan, **plan.get("traffic", {}), **plan.get("traffic", {}).get("generate", {})}
    assert gone not in members and {name: members[name] for name in given} == given


@pytest.mark.parametrize("more, fault", [
    ({"strategy": {"canary": {"weight": "5%", "for": "1m", "duration": "1m"}}},
     "strategy.canary.duration: there is no member 'duration'; there are: weight, for, promoteEarly"),
    ({"hooks": {"pre": []}}, "hooks.pre: there is no member 'pre'; there are: before, between, after"),
    ({"stages": []}, "stages: there is no member 'stages'"),
])
def test_a_member_that_is_none_is_told_with_those_that_there_are(canary, tmp_path, more, fault):
    write(tmp_path, {**PLAN, **more})
    done = canary("validate")
    assert done.code == 1 and f": {fault}\n" in done.err, done.err


@pytest.mark.parametrize("metric, fault", [
    ("errorRate", None), ("Errors", None), ("NewOfAws", None),
    ("errorrate", "the plan has no metric 'errorrate'; did you mean 'errorRate'?"),
    ("queue", "the plan has no metric 'queue' among its metrics"),
    ("errors", "the plan has no metric 'errors'; did you mean 'Errors'?"),
    ("Erors", "the plan has no metric 'Erors'; did you mean 'Errors'? (else describe it among the plan's metrics)"),
    ("Durations", "the plan has no metric 'Durations'; did you mean 'Duration'? (else describe it among the plan's "
     "metrics)"),
    ("UrlRequestLatency", None),
])
def test_a_threshold_on_a_metric_that_nobody_has_is_found_before_the_deployment(canary, tmp_path, metric, fault):
    check = {"kind": "threshold", "metric": metric, "max": 1}
    write(tmp_path, {**PLAN, "metrics": [{"name": "errorRate", "metric": "Errors"}], "checks": [check],
                     "strategy": {"steps": [{"weight": "5%"},
                                            {"analysis": {"for": "1m", "checks": [check]}}]}})
    done = canary("validate")
    assert done.code == (1 if fault else 0), done.err
    for path in ("checks[0].metric", "strategy.steps[1].analysis.checks[0].metric") if fault else ():
        assert f"{path}: {fault}\n" in done.err


@pytest.mark.parametrize("metric, path, fault", [
    ("errorRate", None, None), ({"metric": "Errors"}, None, None),
    ("errorrate", "[1]", "the plan has no metric 'errorrate'; did you mean 'errorRate'?"),
    ({"metric": "baskets"}, "[1]", "the plan has no metric 'baskets' among its metrics"),
    ({"metric": "queue"}, "[1]", "metric 'queue' is the same for both versions, as none of its dimensions has "
     "{version}: there is nothing to compare"),
    ({"metric": "errorRate", "missing": "zero"}, "[1].missing", '"zero" is not one of remove, replace'),
])
def test_so_is_one_in_a_score(canary, tmp_path, metric, path, fault):
    write(tmp_path, {**PLAN, "checks": [{"kind": "score", "metrics": ["Errors", metric]}], "metrics": [
        {"name": "errorRate", "metric": "Errors"},
        {"name": "queue", "namespace": "AWS/SQS", "metric": "Age", "dimensions": {"QueueName": "q"}}]})
    done = canary("validate")
    assert done.code == (1 if fault else 0), done.err
    assert not fault or f"checks[0].metrics{path}: {fault}" in done.err, done.err


def test_two_metrics_of_one_name_are_told_apart_by_nobody(canary, tmp_path):
    write(tmp_path, {**PLAN, "metrics": [{"name": "m", "metric": "Errors"},
                                         {"name": "m", "metric": "Duration"}]})
    done = canary("validate")
    assert done.code == 1 and "metrics[1].name: there is a metric 'm' already" in done.err


@pytest.mark.parametrize("period, is_good", [
    ("10s", True), ("60s", True), ("5m", True), ("90s", False), ("15s", False), ("1500ms", False)])
def test_periods_are_those_that_cloudwatch_has(canary, tmp_path, period, is_good):
    write(tmp_path, {**PLAN, "metrics": [{"name": "m", "metric": "Errors", "period": period}]})
    done = canary("validate")
    assert (done.code == 0) == is_good
    assert is_good or "metrics[0].period: must be 1, 5, 10, 20 or 30 seconds, or" in done.err


def test_plan_says_where_there_will_be_too_few_requests(canary, lam, name, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    write(tmp_path, {"function": name, "alias": "live", "traffic": {"generate": {"rate": "1/s"}},
                     "checks": [{"kind": "errors", "minRequests": 50}, {"kind": "split"}],
                     "strategy": {"steps": [{"weight": "10%", "for": "5m"}, {"weight": "50%", "for": "5m"}]}})
    done = canary("plan")
    assert done.code == 0
    [few, enough] = [line for line in done.out.splitlines() if "gives the new version" in line]
    assert "about 30 requests: too few for errors, which wants 50" in few and "few" not in enough


def test_the_published_schema_is_the_programs(canary):
    assert canary("schema").out == (ROOT / "docs/canary.schema.json").read_text()


def test_a_full_disk_is_no_success(tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([CANARY, "schema"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left on device" in done.stderr


def test_plan_tells_what_would_happen_and_changes_nothing(canary, lam, cw, name, tmp_path):
    alarm(cw, "al")
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    before = lam.get_alias(FunctionName=name, Name="live")["RevisionId"]
    write(tmp_path, {"function": name, "alias": "live", "alarms": ["al"],
                     "strategy": {"linear": {"weight": "40%", "every": "1m"}}})
    done = canary("plan")
    assert done.code == 0, done.err
    for words in ("sends all traffic to version 1", "1. weight 40 %, watched for 1m",
                  "2. weight 80 %", "3. promote", "alarm that ends it: al",
                  "about 240 requests", "2m at least", "Nothing was changed"):
        assert words in done.out
    assert lam.get_alias(FunctionName=name, Name="live")["RevisionId"] == before
    assert [v["Version"] for v in lam.list_versions_by_function(FunctionName=name)["Versions"]] == [
        "$LATEST", "1"]


def alarm(cw, name):
    cw.put_metric_alarm(AlarmName=name, MetricName="Errors", Namespace="AWS/Lambda", Statistic="Sum",
                        Period=60, EvaluationPeriods=1, Threshold=0,
                        ComparisonOperator="GreaterThanThreshold")


@pytest.mark.parametrize("members, code, words", [
    ({"version": "2"}, 0, "would take version 2, ask it 3 times alone, then:"),
    ({"version": "2", "healthChecks": 0}, 0, "would take version 2, then:"),
    ({"version": "1"}, 0, "Version 1 has all the traffic already: canary deploy would have nothing to do"),
    ({"version": "9"}, 1, "Function not found"),
    ({"healthChecks": 1}, 0, "publish $LATEST as a new version, ask it once alone"),
    ({"package": "nowhere.zip"}, 1, "cannot find the package nowhere.zip"),
    ({"traffic": {"generate": {"payloadFile": "nowhere"}}}, 1, "cannot read nowhere"),
    ({"traffic": {"generate": {"payloadLines": "/dev/null"}}}, 1, "has no line to send"),
    ({"alarms": ["nope"]}, 1, "there is no alarm nope: canary deploy would refuse"),
    ({"checks": [{"kind": "alarm", "alarm": "nope"}]}, 1, "there is no alarm nope: canary deploy would"),
    ({"checks": [{"kind": "alarm", "alarm": "nope", "dryRun": True}]}, 0, "Nothing was changed"),
    ({"checks": [{"kind": "alarm", "alarm": "firing"}]}, 0, "Nothing was changed"),
    ({"strategy": {"steps": [{"weight": "5%"}, {"analysis": {"for": "1m", "checks": [
        {"kind": "alarm", "alarm": "nope"}]}}]}}, 1, "there is no alarm nope: canary deploy would refuse"),
    ({"alarms": ["firing"]}, 1, "alarm firing fires already: canary deploy would refuse"),
    ({"alarms": ["firing"], "alarmsAlreadyFiring": "ignore"}, 0,
     "alarm that ends it: firing, which fires already")])
def test_plan_finds_what_deploy_would_find_first(canary, lam, cw, name, tmp_path, members, code, words):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    alarm(cw, "firing")
    cw.set_alarm_state(AlarmName="firing", StateValue="ALARM", StateReason="for the test")
    write(tmp_path, {"function": name, "alias": "live", **members})
    done = canary("plan")
    assert (done.code, words in done.out + done.err) == (code, True), done.out + done.err


def test_files_that_are_not_here_are_told_before_anything_is_done(canary, lam, name, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName=name, Description="two")
    done = canary("deploy", "--function", name, "--alias", "live", "--payload-file", "nowhere")
    assert done.code == 1 and "cannot read nowhere: No such file" in done.err
    assert len(lam.list_versions_by_function(FunctionName=name)["Versions"]) == 2  # and $LATEST


@pytest.mark.parametrize("more", [
    {"package": "dist"}, {"package": "./dist"}, {"package": "../release/dist"},
    {"traffic": {"generate": {"payloadFile": "dist/p.json"}}},
    {"traffic": {"generate": {"payloadLines": "dist/p.json"}}}])
def test_paths_in_a_plan_are_meant_from_its_folder(canary, lam, name, tmp_path, more):
    create(lam, name, node("return 'v1'"), Publish=True)
    (tmp_path / "release/dist").mkdir(parents=True)
    (tmp_path / "release/dist/p.json").write_text("{}")
    write(tmp_path, {"function": name, "alias": "live", **more}, "release/canary.json")
    for plan in ("release/canary.json", tmp_path / "release/canary.json"):
        done = canary("plan", plan)
        assert done.code == 0, done.err
    (tmp_path / "elsewhere").mkdir()
    done = canary("plan", tmp_path / "release/canary.json", cwd=tmp_path / "elsewhere")
    assert done.code == 0, done.err


def test_paths_among_the_flags_are_meant_from_here(canary, lam, name, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    (tmp_path / "release").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "here/index.mjs").write_text("export const handler = async () => 1")
    (tmp_path / "p.json").write_text("{}")
    write(tmp_path, {"function": name, "alias": "live", "package": "nowhere"}, "release/canary.json")
    done = canary("plan", "release/canary.json", "--package", "here", "--payload-file", "p.json")
    assert done.code == 0 and "publish here as a new version" in done.out, done.err


def test_flags_are_laid_over_the_file(canary, lam, name, tmp_path):
    create(lam, name, node("return 'v1'"))
    write(tmp_path, {"function": "other", "alias": "live", "onFailure": "pause",
                     "traffic": {"generate": {"rate": "1/s", "payload": {"k": 1}}}})
    plan = canary("plan", "canary.json", "--function", name, "--steps", "5%:2m,approve,50%",
                  "--rate", "7/s", "--max-error-rate", "3%", "--before", "true",
                  "--output", "json").json["plan"]
    assert (plan["function"], plan["onFailure"]) == (name, "pause")
    assert plan["strategy"] == {"steps": [{"weight": "5%", "for": "2m"}, {"approve": True},
                                          {"weight": "50%"}]}
    assert plan["traffic"] == {"generate": {"rate": "7/s", "payload": {"k": 1}}}
    assert plan["hooks"] == {"before": [{"command": "true"}]}
    assert plan["checks"][0]["maxRate"] == "3%"


def test_blanks_around_the_parts_of_a_list_are_no_part_of_them(canary, lam, name):
    create(lam, name, node("return 'v1'"))
    plan = canary("plan", "--function", name, "--alias", "live", "--alarms", "slow, too many errors ",
                  "--steps", " 5%:2m, approve ,50%", "--output", "json").json["plan"]
    assert plan["alarms"] == ["slow", "too many errors"]
    assert plan["strategy"]["steps"] == [{"weight": "5%", "for": "2m"}, {"approve": True}, {"weight": "50%"}]


@pytest.mark.parametrize("arguments, text", [
    (("--weight", "10%", "--strategy", "AllAtOnce"), "one of --strategy"),
    (("--live", "--rate", "1/s"), "--live sends nothing"),
    (("--steps", "5%:x"), "strategy.steps[0].for"),
    (("--payload", "{"), "--payload"),
    (("--payload", "{}", "--payload-file", "f"), "give one of payload"),
    (("--version", "7", "--package", "x"), "give one of package and version"),
    (("--on-failure", "explode"), "onFailure"),
    (("--on-interrupt", "explode"), "--on-interrupt"),
    (("--unfinished", "explode"), "--unfinished"),
])
def test_bad_flags_are_usage(canary, arguments, text):
    done = canary("deploy", "--function", "f", "--alias", "a", *arguments)
    assert done.code == 2 and text in done.err


def test_validate_needs_no_aws(tmp_path):
    write(tmp_path, PLAN)
    done = subprocess.run([CANARY, "validate"], cwd=tmp_path, env={"HOME": str(tmp_path)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
