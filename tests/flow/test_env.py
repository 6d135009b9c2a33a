"""`eval "$(coalmine env)"` in bash: variables for SDKs, a wrapper for Debian's AWS CLI."""
import os
import subprocess

from tests.conftest import COALMINE

# Debian's AWS CLI, whatever else the developer has.
ENV = {"PATH": "/usr/bin:" + os.environ["PATH"], "HOME": "/nonexistent", "AWS_PROFILE": "mine",
       "AWS_SESSION_TOKEN": "secret", "AWS_REGION": "mars-1",
       "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z", "AWS_USE_FIPS_ENDPOINT": "true",
       "HTTP_PROXY": "http://127.0.0.1:9"}


def bash(script, port=4566, options="", env=None):
    text = f'set -euo pipefail\neval "$({COALMINE} env --port {port} {options})"\n{script}'
    return subprocess.run(["bash", "-c", text], text=True, capture_output=True, env=env or ENV)


def test_the_variables_are_set_and_the_dangerous_ones_gone():
    done = bash("env", port=4999, options="--region eu-west-3")
    assert done.returncode == 0, done.stderr
    found = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "eu-west-3"
    assert found["AWS_ACCESS_KEY_ID"] and found["AWS_SECRET_ACCESS_KEY"]
    for gone in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
                 "AWS_USE_FIPS_ENDPOINT"):
        assert gone not in found


def test_a_proxy_is_not_asked_for_what_is_here():
    for name, given, wanted in ((None, "", "127.0.0.1,localhost"),
                                ("NO_PROXY", ".corp", "127.0.0.1,localhost,.corp"),
                                ("no_proxy", "127.0.0.1,localhost,.corp",
                                 "127.0.0.1,localhost,.corp"),
                                ("NO_PROXY", "it's;$(x)", "127.0.0.1,localhost,it's;$(x)"),
                                ("NO_PROXY", "*", "*")):
        done = bash('echo "$NO_PROXY $no_proxy"', env={**ENV, **({name: given} if name else {})})
        assert done.stdout == f"{wanted} {wanted}\n", done.stderr


def test_the_quotes_around_it_may_be_forgotten():
    done = subprocess.run(
        ["bash", "-c", f"set -eu; eval $({COALMINE} env); declare -F aws; env"], text=True,
        capture_output=True, env=ENV)
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in done.stdout, done.stderr
    assert done.stdout.startswith("aws\n")
    assert "AWS_PROFILE" not in done.stdout


def test_scripts_have_the_wrapper_too(server, tmp_path):
    script = tmp_path / "generate-traffic.sh"
    script.write_text("#!/usr/bin/env bash\naws lambda list-functions --query 'length(Functions)'\n")
    script.chmod(0o755)
    done = bash(f"'{script}'", port=server.port)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_an_alias_of_ones_own_is_no_hindrance(server):
    done = subprocess.run(
        ["bash", "-O", "expand_aliases", "-c", "set -eu\nalias aws='aws --profile mine'\n"
         f'eval "$({COALMINE} env --port {server.port})"\n'
         "aws lambda list-functions --query 'length(Functions)'"],
        text=True, capture_output=True, env=ENV)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_a_shell_that_is_not_bash_takes_it_too():
    done = subprocess.run(["sh", "-c", f'set -eu; eval "$({COALMINE} env)"; echo $AWS_REGION'],
                          text=True, capture_output=True, env=ENV)
    assert (done.returncode, done.stdout) == (0, "us-east-1\n"), done.stderr


def test_the_wrapper_reaches_the_server(server):
    done = bash("aws sts get-caller-identity --query Account --output text\n"
                "aws lambda list-functions --query 'length(Functions)'", port=server.port)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "000000000000\n0\n"


def test_the_wrapper_passes_arguments_and_status_on(server):
    done = bash("aws cloudwatch put-metric-data --namespace 'a b' --metric-name 'c d' --value 1\n"
                "aws cloudwatch list-metrics --namespace 'a b' --query 'Metrics[].MetricName' "
                "--output text\n"
                "aws lambda get-function --function-name none || echo status $?",
                port=server.port)
    assert done.stdout == "c d\nstatus 254\n", done.stderr


def test_a_region_cannot_smuggle_a_command_in(tmp_path):
    mark = tmp_path / "mark"
    for region in (f"x'; touch {mark}; '", f"$(touch {mark})", f"`touch {mark}`"):
        text = subprocess.run([COALMINE, "env", "--region", region], text=True,
                              capture_output=True, env=ENV).stdout
        subprocess.run(["bash", "-c", text], env=ENV, capture_output=True)
        assert not mark.exists()
