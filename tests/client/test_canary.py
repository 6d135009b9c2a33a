"""canary against the real server: decisions, exit statuses, what programs read."""
import os
import re
import signal
import subprocess
import time

import pytest

from tests.conftest import CANARY, clean_environment
from tests.support.http_handler import QuietHandler
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import NODE, create, node, zip_of
from tests.support.rollouts import open_terminal, read_terminal

GOOD = "return 'v2'"
# Well at first, then not: a health check passes, traffic finds it.
BREAKS = "globalThis.n = (globalThis.n || 0) + 1; if (globalThis.n > 6) throw new Error('broken')"
FAST = ("--rate", "200/s", "--duration", "2s")


@pytest.fixture
def deploy(canary, name):
    def run(*more):
        return canary("deploy", "--function", name, "--alias", "live", *more)
    return run


@pytest.fixture
def deployed(lam, name, deploy):
    create(lam, name, node("return 'v1'"))
    first = deploy()
    assert first.code == 0, first.err
    return name


def package(tmp_path, body):
    path = tmp_path / "package.zip"
    path.write_bytes(zip_of({"index.mjs": NODE % body}))
    return str(path)


def alias_of(lam, name):
    alias = lam.get_alias(FunctionName=name, Name="live")
    return alias["FunctionVersion"], alias.get("RoutingConfig")


def test_the_first_deployment_makes_the_alias(lam, deployed):
    assert alias_of(lam, deployed) == ("1", None)


def test_a_good_version_is_promoted_and_programs_read_why(lam, deployed, deploy, tmp_path):
    done = deploy("--package", package(tmp_path, GOOD), "--weight", "50%", *FAST,
                  "--fast", "--output", "json")
    assert done.code == 0, done.err
    facts = done.json
    assert (facts["decision"], facts["version"], facts["baseVersion"], facts["verdict"]) == (
        "promoted", "2", "1", "promote")
    versions = {v["version"]: v for v in facts["traffic"]["versions"]}
    assert sum(v["requests"] for v in versions.values()) == facts["traffic"]["answered"] == 400
    assert facts["cloudWatch"] == {"invocations": versions["2"]["requests"], "errors": 0}
    split = facts["traffic"]["split"]
    assert split["configured"] == 0.5 and split["low"] < split["observed"] < split["high"]
    assert alias_of(lam, deployed) == ("2", None)


def test_a_version_that_breaks_under_traffic_is_rolled_back(lam, deployed, deploy, tmp_path):
    done = deploy("--package", package(tmp_path, BREAKS), "--weight", "50%", "--rate", "200/s",
                  "--duration", "2m", "--output", "json")
    assert done.code == 3, done.err
    assert done.json["decision"] == "rolled back" and "failed" in done.json["reason"]
    assert done.json["traffic"]["elapsedMs"] < 120000  # stopped as soon as it was beyond doubt
    assert alias_of(lam, deployed) == ("1", None)


def test_a_version_that_fails_its_health_check_never_gets_traffic(lam, deployed, deploy, tmp_path):
    done = deploy("--package", package(tmp_path, "throw new Error('dead')"), *FAST)
    assert done.code == 3 and "dead" in done.out and "Shifted" not in done.out
    assert alias_of(lam, deployed) == ("1", None)


def test_too_little_traffic_is_no_verdict(lam, deployed, deploy, tmp_path):
    done = deploy("--package", package(tmp_path, GOOD), "--rate", "5/s", "--duration", "1s")
    assert done.code == 4 and "are needed to" in done.out
    assert alias_of(lam, deployed) == ("1", None)


def test_nothing_changed_is_nothing_to_do(lam, deployed, deploy):
    done = deploy()
    assert done.code == 0 and "Nothing has changed" in done.out


def test_a_folder_is_a_package(lam, deployed, deploy, tmp_path):
    folder = tmp_path / "source"
    (folder / "lib").mkdir(parents=True)
    (folder / "index.mjs").write_text("import { x } from './lib/x.mjs';\n" + NODE % "return x")
    (folder / "lib/x.mjs").write_text("export const x = 'from a folder';")
    assert deploy("--package", str(folder), "--weight", "50%", *FAST).code == 0
    assert lam.invoke(FunctionName=deployed, Qualifier="live")["Payload"].read() == (
        b'"from a folder"')


@pytest.fixture
def split(lam, deployed):
    lam.update_function_configuration(FunctionName=deployed, Description="two")
    lam.publish_version(FunctionName=deployed)
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    return deployed


def test_a_split_alias_is_not_deployed_over(lam, split, deploy):
    done = deploy()
    assert done.code == 1
    assert "canary: alias live is split already: version 2 gets 25 %. End that" in done.err
    assert done.err.count("split already") == 1
    assert alias_of(lam, split) == ("1", {"AdditionalVersionWeights": {"2": 0.25}})


@pytest.mark.parametrize("verb, version", [("promote", "2"), ("rollback", "1")])
def test_promote_and_rollback_end_a_split(lam, split, canary, verb, version):
    assert canary(verb, "--function", split, "--alias", "live").code == 0
    assert alias_of(lam, split) == (version, None)
    again = canary(verb, "--function", split, "--alias", "live")
    assert again.code == 0 and "not split" in again.out


def test_status_traffic_and_check(lam, split, canary):
    sent = canary("traffic", "--function", split, "--alias", "live", "--rate", "200/s",
                  "--duration", "1s", "--unpaced", "--output", "json")
    assert sent.code == 0 and sent.json["traffic"]["answered"] == 200
    status = canary("status", "--function", split, "--alias", "live", "--output", "json").json
    assert [(v["version"], v["weight"]) for v in status["versions"]] == [("1", 0.75), ("2", 0.25)]
    assert sum(v["invocations"] for v in status["versions"]) == 200
    checked = canary("check", "--function", split, "--alias", "live")
    assert checked.code == 0 and f"{split}:2 answered 5 of 5" in checked.out
    old = canary("check", "--function", split, "--version", "1", "--count", "2")
    assert old.code == 0 and f"{split}:1 answered 2 of 2" in old.out


def test_reading_needs_no_state_directory(deployed, canary):
    """As on a runner whose home cannot be written; what needs it says what to do."""
    target = ("--function", deployed, "--alias", "live", "--state-dir", "/proc/state")
    status = canary("status", *target)
    assert (status.code, status.err) == (0, "") and "points to one version" in status.out
    assert canary("history", "--state-dir", "/proc/state").code == 0
    for verb in ("deploy", "pause"):
        refused = canary(verb, *target)
        assert refused.code and "cannot make /proc/state" in refused.err
        assert "--state-dir DIR keeps deployments elsewhere" in refused.err


def test_check_fails_on_a_failing_version(lam, name, canary):
    create(lam, name, node("throw new Error('no')"), Publish=True)
    done = canary("check", "--function", name, "--qualifier", "1", "--count", "2")
    assert done.code == 1 and "0 of 2" in done.out
    assert done.out.count(f"{name}:1 failed: Error: no\n") == 2


def test_ctrl_c_takes_the_traffic_back(server, lam, deployed, tmp_path):
    process = subprocess.Popen(
        [CANARY, "deploy", "--function", deployed, "--alias", "live", "--package",
         package(tmp_path, GOOD), "--duration", "60s"], text=True, stdout=subprocess.PIPE,
        env=clean_environment(server.url))
    for line in process.stdout:
        if line.startswith("Sending"):
            break
    assert alias_of(lam, deployed)[1] == {"AdditionalVersionWeights": {"2": 0.1}}
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_SECONDS) == 3
    assert "you stopped the deployment" in process.stdout.read()
    assert alias_of(lam, deployed) == ("1", None)


def test_somebody_elses_change_is_never_overwritten(server, lam, deployed, tmp_path):
    process = subprocess.Popen(
        [CANARY, "deploy", "--function", deployed, "--alias", "live", "--package",
         package(tmp_path, GOOD), "--weight", "50%", "--rate", "100/s", "--duration", "6s"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=clean_environment(server.url))
    for line in process.stdout:
        if line.startswith("Sending"):
            break
    lam.update_alias(FunctionName=deployed, Name="live", Description="mine")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "somebody else has changed alias live" in err
    assert lam.get_alias(FunctionName=deployed, Name="live")["Description"] == "mine"


@pytest.mark.parametrize("verb", ["analyze", "check", "clock", "deploy", "graph", "report", "status"])
def test_help_tells_the_usage(canary, verb):
    done = canary(verb, "--help")
    assert done.code == 0 and f"\n\nUsage: canary {verb} " in done.out


@pytest.mark.parametrize("arguments, status, text", [
    ((), 2, "Usage"),
    (("nothing",), 2, "no command 'nothing'"),
    (("deploy", "--alias", "a"), 2, "--function must be given, or a plan (canary init"),
    (("status",), 2, "--function must be given, or a plan (canary init"),
    (("analyze", "--none"), 2, "canary: unknown option '--none' (see --help)"),
    (("report", "--none"), 2, "canary: unknown option '--none' (see --help)"),
    (("traffic",), 2, "canary: --function must be given (see --help)"),
    (("deploy", "f"), 2, "read f: No such file or directory (a plan, which canary init writes; a function is "),
    (("validate",), 1, "read canary.json: No such file or directory (a plan, which canary init"),
    (("clock", "advance", "five"), 2, "canary: clock advance: 'five' is not a duration"),
    (("explain", "alarm", "none-such"), 1, "canary: there is no alarm none-such"),
    (("deploy", "--function", "f", "--alias", "a", "--weight", "110%"), 2, "--weight"),
    (("deploy", "--function", "f", "--alias", "a", "--duration", "5"), 2, "--duration"),
    (("deploy", "--function", "f", "--alias", "a", "--output", "xml"), 2, "--output"),
    (("check", "--function", "f"), 2, "say one of --alias, --version and --qualifier"),
    (("check", "--function", "f", "--alias", "a", "--version", "1"), 2, "say one of"),
    (("check", "--function", "f", "--alias", "a", "--count", "0"), 2, "--count is 1 or more"),
    (("resume", "--on-interrupt", "wait"), 2, "--on-interrupt is rollback or pause, not 'wait'"),
    (("resume", "--full"), 2, "unknown option '--full'"),
    (("approve", "--full"), 2, "unknown option '--full'"),
    (("deploy", "--function", "no-such", "--alias", "a"), 1, "Function not found"),
    (("status", "--function", "f", "--alias", "a", "--endpoint-url",
      "https://lambda.us-east-1.amazonaws.com"), 2, "--aws"),
])
def test_bad_usage_and_refusals(canary, arguments, status, text):
    done = canary(*arguments)
    assert done.code == status and text in done.err


@pytest.mark.parametrize("arguments, error", [
    (("traffic",), "--function must be given (see --help)"),
    (("check", "--alias", "a"), "--function must be given (see --help)"),
    (("status", "a.json", "b.json"), "'b.json' is not an option (see --help)"),
    (("status", "--profile", "no-such"), "there is no profile 'no-such'"),
])
def test_programs_read_bad_usage_too(canary, arguments, error):
    done = canary(*arguments, "--output", "json")
    assert (done.code, done.json["exitCode"]) == (2, 2)
    assert done.json["error"].startswith(error)


def test_a_server_that_is_not_there_is_said(canary):
    began = time.monotonic()
    done = canary("status", "--function", "f", "--alias", "a", "--endpoint-url",
                  "http://127.0.0.1:9")
    assert done.code == 1 and "no answer" in done.err
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_help_of_every_command():
    for command in ("deploy", "status", "promote", "rollback", "traffic", "check"):
        done = subprocess.run([CANARY, command, "--help"], text=True, capture_output=True,
                              env=dict(os.environ))
        assert done.returncode == 0 and "--endpoint-url" in done.stdout


@pytest.mark.parametrize("command", ["deploy", "analyze", "graph", "promote"])
def test_on_a_terminal_help_is_broken_between_words(command):
    ours, theirs = open_terminal(80)
    process = subprocess.Popen([CANARY, command, "--help"], stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = read_terminal(ours)
    os.close(ours)
    assert process.wait() == 0 and max(map(len, text.splitlines())) <= 80, text
    plain = subprocess.run([CANARY, command, "--help"], capture_output=True, text=True).stdout
    assert re.sub(r"\n {28}", " ", text.replace("\r", "")) == plain
    assert max(map(len, plain.splitlines())) > 80


@pytest.fixture
def moody_server():
    """Answers the first calls with what the test says, and the rest with a good alias."""
    import http.server
    import threading
    answers, seen = [], []

    class Handler(QuietHandler):
        def do_GET(self):
            seen.append(self.path)
            status, body = answers.pop(0) if answers else (
                200, b'{"FunctionVersion": "1", "RevisionId": "r"}')
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("x-amzn-ErrorType", "TooManyRequestsException")
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.answers, server.seen = answers, seen
    yield server
    server.shutdown()


@pytest.mark.parametrize("refusals, tries, code", [
    ([429, 429], 3, 0), ([503], 2, 0), ([429] * 6, 7, 0), ([500] * 9, 5, 1), ([400], 1, 1)])
def test_throttling_is_retried_with_patience(canary, moody_server, refusals, tries, code):
    moody_server.answers += [(status, b'{"message": "Rate exceeded"}') for status in refusals]
    done = canary("promote", "--function", "f", "--alias", "a", "--endpoint-url",
                  f"http://127.0.0.1:{moody_server.server_port}")
    assert (done.code, len(moody_server.seen)) == (code, tries), done.err


def test_a_deployment_waits_for_updates_and_snapshots(start_server, tmp_path, name):
    server = start_server("--settle", "300ms")
    lam = server.client("lambda")

    def run(*more):
        return subprocess.run([CANARY, "deploy", "--function", name, "--alias", "live", *more],
                              cwd=tmp_path, env=clean_environment(server.url), text=True,
                              capture_output=True)

    create(lam, name, node("return 'v1'"), SnapStart={"ApplyOn": "PublishedVersions"})
    lam.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
    first = run()
    assert first.returncode == 0, first.stderr
    second = run("--package", package(tmp_path, GOOD), "--weight", "50%", *FAST)
    assert second.returncode == 0, second.stderr
    assert alias_of(lam, name) == ("2", None)
