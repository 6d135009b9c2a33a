"""What docs/canary.md and docs/record.md say is what canary takes and writes."""
import json
import re

import pytest

from tests.conftest import ROOT

GUIDE = (ROOT / "docs/canary.md").read_text()
RECORD = (ROOT / "docs/record.md").read_text()
ELLIPSES = (('"checks": [...]', '"checks": [{"kind": "errors"}]'),
            ('"hook": {...}', '"hook": {"command": "true"}'))


def section(page, heading):
    return re.split(r"^#+ ", page.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def examples(text):
    """JSON objects between backquotes, and in blocks of code, a line each."""
    found = re.findall(r"`(\{.*?\})`", text) + re.findall(r"^    (\{.*\})$", text, re.M)
    for short, whole in ELLIPSES:
        found = [example.replace(short, whole) for example in found]
    return [json.loads(example) for example in found if "..." not in example]


def strategies():
    for example in examples(section(GUIDE, "Strategies")):
        is_whole = example.keys() & {"canary", "linear", "steps"}
        yield {"strategy": example if is_whole else {"steps": [example]}}
    for name in re.findall(r'`"(\w+)"`', section(GUIDE, "Strategies")):
        yield {"strategy": name}


def plans():
    yield from strategies()
    for hook in examples(section(GUIDE, "Hooks").split("\n\nA command")[0]):
        yield {"hooks": {when: [hook] for when in ("before", "between", "after")}}
    block = re.search(r'^    ("metrics": \[.*?\}\])$', section(GUIDE, "Metrics"), re.S | re.M)
    yield json.loads("{" + block[1] + "}")
    for kind in re.findall(r"^### ([a-z-]+):", (ROOT / "docs/judgement.md").read_text(), re.M):
        needed = {"threshold": {"metric": "Errors", "max": 1}, "alarm": {"alarm": "a"},
                  "score": {"metrics": ["Errors"]}}
        yield {"checks": [{"kind": kind, **needed.get(kind, {})}]}


@pytest.mark.parametrize("members", plans(), ids=json.dumps)
def test_an_example_of_the_guide_is_a_good_plan(canary, tmp_path, members):
    (tmp_path / "canary.json").write_text(json.dumps({"function": "f", "alias": "a", **members}))
    done = canary("validate")
    assert (done.code, done.out) == (0, "canary.json is a good plan.\n"), done.err


def test_the_guide_names_every_member_and_its_default(canary):
    schema = json.loads(canary("schema").out)
    rows = dict(re.findall(r"^\| (`.*?) \|.*\|(.*?)\|$", section(GUIDE, "The plan"), re.M))
    named = {name: default for names, default in rows.items() for name in re.findall(r"`(\w+)`", names)}
    assert set(named) == set(schema["properties"]) - {"$schema"}
    for name, member in schema["properties"].items():
        if "default" in member:
            assert str(member["default"]) == named[name].strip(" `"), name


def documented(part):
    """{type: the words in its row's backquotes}"""
    return {names[0]: set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", rest))))
            for names, rest in ((re.findall(r"`(\w+)`", first), rest) for first, rest in
                                re.findall(r"^\| (`\w+`) \| (.*) \|$", part, re.M))}


def test_the_record_has_only_members_that_its_page_names(canary, plan_file, tmp_path):
    log = {"command": "cat > /dev/null; echo told"}
    path = plan_file(
        strategy={"steps": [{"weight": "50%", "for": "2m"}, {"approve": True}, {"hook": log}]},
        checks=[{"kind": "errors"}, {"kind": "threshold", "metric": "slow", "max": 60e3}],
        metrics=[{"name": "slow", "metric": "Duration", "stat": "p99"}],
        hooks={"before": [log], "between": [log], "after": [log]}, notify=[log])
    state = ("--state-dir", str(tmp_path / "state"))
    assert canary("deploy", path, "--fast", "--no-wait", *state).code == 5
    assert canary("approve", path, *state).code == 0
    kept = next((tmp_path / "state").glob("*/deployment.json"))
    page = RECORD.split("## record.jsonl")
    assert set(json.loads(kept.read_text())) <= set(re.findall(r"`(\w+)`", page[0]))
    types = documented(page[1])
    lines = [json.loads(line) for line in (kept.parent / "record.jsonl").read_text().splitlines()]
    assert {"plan", "step", "sample", "metric", "verdict", "decision", "alias", "hook", "notify", "pause",
            "control", "resume", "notice", "end"} == {line["type"] for line in lines}
    for line in lines:
        assert set(line) <= types[line["type"]] | {"t", "type"}, line
