"""`coalmine exec -- COMMAND`: one command against a server of its own, then nothing is left."""
import os
import signal
import subprocess
import sys

import pytest

from tests.conftest import COALMINE, STOP_SECONDS, clean_environment
from tests.support.faults import WAIT, Faults, preload
from tests.support.machine import wait_for

ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_PROFILE": "mine",
       "AWS_DEFAULT_PROFILE": "mine", "AWS_SESSION_TOKEN": "secret",
       "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "REAL",
       "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z", "HTTP_PROXY": "http://127.0.0.1:9"}


def run(tmp_path, *command, options=(), env=None, **settings):
    return subprocess.run(
        [COALMINE, "exec", *options, "--", *command], text=True, capture_output=True,
        env={**(env or ENV), "TMPDIR": str(tmp_path)}, timeout=STOP_SECONDS, **settings)


def test_the_environment_points_to_the_server_and_to_nothing_else(tmp_path):
    done = run(tmp_path, "env")
    assert done.returncode == 0, done.stderr
    found = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert found["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["AWS_ACCESS_KEY_ID"] and found["AWS_ACCESS_KEY_ID"] != "REAL"
    assert found["AWS_SECRET_ACCESS_KEY"]
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert found["NO_PROXY"] == found["no_proxy"] == "127.0.0.1,localhost"
    for gone in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN",
                 "AWS_ENDPOINT_URL_LAMBDA", "AWS_CREDENTIAL_EXPIRATION"):
        assert gone not in found


def test_debians_aws_reaches_it_from_a_script_as_it_is(tmp_path):
    script = tmp_path / "deploy.sh"
    script.write_text("#!/bin/bash\naws lambda list-functions --query 'length(Functions)'\n")
    script.chmod(0o755)
    done = run(tmp_path, str(script), env={**ENV, "PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_the_region_is_the_one_asked_for(tmp_path):
    done = run(tmp_path, "sh", "-c", "echo $AWS_REGION $AWS_DEFAULT_REGION",
               options=("--region", "eu-west-3"))
    assert done.stdout == "eu-west-3 eu-west-3\n"


def test_the_exit_status_is_the_commands(tmp_path):
    assert run(tmp_path, "sh", "-c", "exit 0").returncode == 0
    assert run(tmp_path, "sh", "-c", "exit 37").returncode == 37
    assert run(tmp_path, "sh", "-c", "kill -TERM $$").returncode in (128 + signal.SIGTERM,
                                                                     -signal.SIGTERM)
    absent = run(tmp_path, "/nonexistent/command")
    assert absent.returncode == 127 and "/nonexistent/command" in absent.stderr


def test_under_nohup_the_command_lives_when_the_terminal_is_closed(tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = run(tmp_path, "sh", "-c", "kill -HUP $$; echo lives")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (done.returncode, done.stdout) == (0, "lives\n")


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP))
def test_a_signal_is_the_commands_and_nothing_stays(tmp_path, number):
    """SIGHUP, too: the terminal was closed, or CI's job ended."""
    process = subprocess.Popen(
        [COALMINE, "exec", "--", "sh", "-c", "ulimit -c 0; echo runs; exec sleep 60"],
        stdout=subprocess.PIPE, env={**ENV, "TMPDIR": str(tmp_path)})
    with process.stdout:
        assert process.stdout.readline() == b"runs\n"
        process.send_signal(number)
        assert process.wait(STOP_SECONDS) == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_a_terminal_comes_to_the_command_once(tmp_path):
    """It sends SIGINT to both: a second one would break off what a test-suite does at its end."""
    script = tmp_path / "count.py"
    script.write_text(
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])\n"
        "print('runs', flush=True)\n"
        "first = signal.sigwait([signal.SIGINT])\n"
        "print('first', flush=True)\n"
        "print('then', signal.sigwait([signal.SIGINT, signal.SIGTERM]).name, flush=True)\n")
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execve(COALMINE, [COALMINE, "exec", "--", sys.executable, str(script)],
                  {**ENV, "TMPDIR": str(tmp_path)})
    with os.fdopen(terminal, "r+b", buffering=0) as stream, os.fdopen(os.dup(terminal)) as lines:
        assert lines.readline() == "runs\n"
        stream.write(b"\x03")
        assert lines.readline() == "^Cfirst\n"
        os.kill(pid, signal.SIGTERM)  # comes to the command behind whatever came before it
        assert lines.readline() == "then SIGTERM\n"
        assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize("command", (["exec", "--durable", "--", "touch", "ran"],
                                     ["serve", "--port", "0", "--ephemeral", "--durable"]))
@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
def test_a_signal_during_the_start_leaves_nothing_either(tmp_path, command, number):
    """The start waits for the disk until the signal was sent."""
    root = tmp_path / "tmp"
    root.mkdir()
    faults = Faults(tmp_path / "faults")
    faults.set("sync", WAIT)
    process = subprocess.Popen(
        [COALMINE, *command], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**ENV, "TMPDIR": str(root), "LD_PRELOAD": preload(), "FAULT_DIRECTORY": str(root),
             "FAULT_CONTROL": str(tmp_path / "faults")})
    wait_for(lambda: list(root.glob("*/coalmine.db")), "the start has come to the disk")
    process.send_signal(number)
    faults.set("sync", 0)
    assert process.wait(STOP_SECONDS) == (128 + number if command[0] == "exec" else 0)
    assert list(root.iterdir()) == [] and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("closed", ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"))
def test_streams_may_be_closed(tmp_path, closed):
    script = f'"{COALMINE}" exec --workshop -- sh -c "exit 3" {closed}'
    done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, timeout=STOP_SECONDS,
                          env={**ENV, "TMPDIR": str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    assert list(tmp_path.iterdir()) == []


def test_its_arguments_and_standard_streams_are_the_commands(tmp_path):
    done = run(tmp_path, "sh", "-c", 'cat; echo "$0 $1"', "--port", "a b", input="given\n")
    assert done.stdout == "given\n--port a b\n"


def test_nothing_is_left_behind(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import boto3, os\n"
        "from tests.support.packages import create\n"
        "client = boto3.client('lambda', endpoint_url=os.environ['AWS_ENDPOINT_URL'])\n"
        "create(client, 'f')\n"
        "print(client.invoke(FunctionName='f')['Payload'].read().decode())\n")
    directory = tmp_path / "tmp"
    directory.mkdir()
    env = {**clean_environment("http://127.0.0.1:1"), "PYTHONPATH": os.getcwd()}
    done = run(directory, sys.executable, str(script), env=env)
    assert (done.returncode, done.stdout) == (0, '"hello"\n'), done.stderr
    assert list(directory.iterdir()) == []


def test_state_is_kept_where_one_says_and_only_then(tmp_path):
    kept = tmp_path / "kept"
    assert run(tmp_path, "true", options=("--data-dir", str(kept))).returncode == 0
    assert (kept / "coalmine.db").exists()
    told = {**ENV, "COALMINE_DATA_DIR": str(tmp_path / "told")}
    assert run(tmp_path, "true", options=("--ephemeral",), env=told).returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]


def test_the_workshop_is_preloaded_on_request(tmp_path):
    command = ("sh", "-c", "/usr/bin/aws --endpoint-url $AWS_ENDPOINT_URL "
                           "lambda list-functions --query 'Functions[].FunctionName'")
    assert run(tmp_path, *command).stdout == "[]\n"
    assert "myfunction" in run(tmp_path, *command, options=("--workshop",)).stdout


def test_bad_usage_runs_nothing(tmp_path):
    for arguments in (["exec"], ["exec", "--"], ["exec", "--nope", "--", "touch", "ran"]):
        done = subprocess.run([COALMINE, *arguments], cwd=tmp_path, text=True,
                              capture_output=True, env=ENV)
        assert done.returncode == 2 and done.stderr
        assert not (tmp_path / "ran").exists()
