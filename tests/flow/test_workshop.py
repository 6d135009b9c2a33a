"""Every command of the canary workshop, as a reader types it, with Debian's AWS CLI.

A reader's `aws` is the wrapper that `coalmine env` defines. The two loops that run for five
minutes take three turns; the rest is as printed.
"""
import json
import os
import subprocess

import pytest

from tests.conftest import COALMINE, Server, clean_environment

TURNS = 3


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs bash as the reader does, in the reader's directory; answers standard output."""
    server = Server("--workshop")
    directory = tmp_path_factory.mktemp("workshop")
    aws = subprocess.run([COALMINE, "env", "--port", str(server.port)], text=True,
                         capture_output=True, check=True).stdout
    environment = directory / "environment.sh"
    environment.write_text(aws)

    def run(script):
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\nsource '{environment}'\n{script}"],
            cwd=directory, text=True, capture_output=True,
            env={**clean_environment(server.url), "PATH": "/usr/bin:" + os.environ["PATH"]})
        assert done.returncode == 0 and not done.stderr.count("rror"), done.stdout + done.stderr
        return done.stdout

    run.directory = directory
    yield run
    assert server.stop() == 0


def invoke(shell, name):
    """Payload and response. This AWS CLI takes the workshop's `-` for the name of a file."""
    response = json.loads(shell(f"aws lambda invoke --function-name {name} - | cat"))
    return json.loads((shell.directory / "-").read_text()), response


def hello(text):
    return {"statusCode": 200, "body": json.dumps(text)}


def test_the_first_version_and_its_alias(shell):
    version = json.loads(shell("aws lambda publish-version --function-name myfunction"))
    version = version.get("Configuration", version)
    assert version["Version"] == "1"
    assert version["FunctionArn"].endswith(":function:myfunction:1")
    assert (version["Runtime"], version["Handler"]) == ("nodejs22.x", "index.handler")
    assert (version["Timeout"], version["MemorySize"]) == (3, 128)
    assert version["State"] == "Active" and version["LastUpdateStatus"] == "Successful"
    alias = json.loads(shell("""
      aws lambda create-alias \\
        --function-name myfunction \\
        --function-version 1 \\
        --name myalias
    """))
    assert alias["AliasArn"].endswith(":function:myfunction:myalias")
    assert (alias["Name"], alias["FunctionVersion"]) == ("myalias", "1")
    assert alias["Description"] == "" and alias["RevisionId"]
    assert "RoutingConfig" not in alias


@pytest.mark.parametrize("name, version", (
    ("myfunction", "$LATEST"), ("myfunction:1", "1"), ("myfunction:myalias", "1")))
def test_function_version_and_alias_answer(shell, name, version):
    payload, response = invoke(shell, name)
    assert payload == hello("Hello from Lambda!")
    assert response == {"StatusCode": 200, "ExecutedVersion": version}


def test_the_package_is_downloaded_changed_and_zipped(shell):
    code = json.loads(shell("aws lambda get-function --function-name myfunction | jq .Code"))
    assert code["RepositoryType"] == "S3"
    shell("curl -O $(aws lambda get-function --function-name myfunction "
          "| jq .Code.Location --raw-output)")
    downloads = [f for f in os.listdir(shell.directory) if f.startswith("myfunction-")]
    assert len(downloads) == 1, downloads
    name = downloads[0].removeprefix("myfunction-")
    assert [len(part) for part in name.split("-")] == [8, 4, 4, 4, 12], downloads
    shell(f"unzip {downloads[0]}")
    source = shell.directory / "index.mjs"
    text = source.read_text()
    assert text.count("Hello from Lambda!") == 1
    source.write_text(text.replace("Hello from Lambda!", "Hello from Lambda! v2"))
    shell("ls -la; zip -r myfunction-v2.zip index.mjs")


def test_the_new_package_becomes_latest_and_version_two(shell):
    before = json.loads(shell("aws lambda get-function --function-name myfunction:1"))
    latest = json.loads(shell("aws lambda update-function-code --function-name myfunction "
                              "--zip-file fileb://myfunction-v2.zip"))
    assert latest["Version"] == "$LATEST"
    assert latest["CodeSha256"] != before["Configuration"]["CodeSha256"]
    version = json.loads(shell("aws lambda publish-version --function-name myfunction"))
    assert (version["Version"], version["CodeSha256"]) == ("2", latest["CodeSha256"])
    assert invoke(shell, "myfunction:2")[0] == hello("Hello from Lambda! v2")
    assert invoke(shell, "myfunction:1")[0] == hello("Hello from Lambda!")


def test_a_tenth_of_the_traffic_is_shifted(shell):
    alias = json.loads(shell("""
      aws lambda update-alias \\
        --function-name myfunction \\
        --name myalias \\
        --routing-config '{ "AdditionalVersionWeights" : {"2" : 0.10} }'
    """))
    assert alias["FunctionVersion"] == "1"
    assert alias["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.1}}


def loop(variable, value):
    """The body of the workshop's scripts, with a count in place of the clock."""
    return f"""#!/usr/bin/env bash
{variable}={value}
for turn in $(seq {TURNS}); do
  echo "Invoking Lambda function at $(date)"
  aws lambda invoke --function-name myfunction:${variable} --no-cli-pager output.json
  cat output.json
  echo -e "\\n"
done
"""


@pytest.mark.parametrize("script, variable, value, expected", (
    ("generate-traffic.sh", "ALIAS", "myalias", ("Hello from Lambda!", "Hello from Lambda! v2")),
    ("health-check.sh", "NEW_VERSION", "2", ("Hello from Lambda! v2",))))
def test_the_scripts_invoke(shell, script, variable, value, expected):
    (shell.directory / script).write_text(loop(variable, value))
    output = shell(f"chmod +x {script}; ./{script}")
    assert output.count("Invoking Lambda function") == TURNS
    bodies = [line for line in output.splitlines() if line.startswith('{"statusCode"')]
    assert len(bodies) == TURNS, output
    assert all(json.loads(body) in map(hello, expected) for body in bodies), output
    assert json.loads((shell.directory / "output.json").read_text())["statusCode"] == 200


def test_the_metrics_of_the_new_version_are_there(shell):
    data = json.loads(shell("""
      aws cloudwatch get-metric-statistics \\
        --namespace AWS/Lambda \\
        --metric-name Invocations \\
        --dimensions Name=FunctionName,Value=myfunction:2 \\
        --statistics Sum \\
        --start-time $(date -u -d '-30 minutes' +%Y-%m-%dT%H:%M:%SZ) \\
        --end-time $(date -u -d '+30 minutes' +%Y-%m-%dT%H:%M:%SZ) \\
        --period 300
    """))
    assert data["Label"] == "Invocations"
    # one by hand and the health check, and what the alias sent there of its turns
    assert 1 + TURNS <= sum(point["Sum"] for point in data["Datapoints"]) <= 1 + 2 * TURNS
    past = json.loads(shell("""
      aws cloudwatch get-metric-statistics \\
        --namespace AWS/Lambda \\
        --metric-name Invocations \\
        --dimensions Name=FunctionName,Value=myfunction:2 \\
        --statistics Sum \\
        --start-time 2025-06-04T03:00:00Z \\
        --end-time 2025-06-04T04:00:00Z \\
        --period 300
    """))
    assert past == {"Label": "Invocations", "Datapoints": []}


@pytest.mark.parametrize("version, text", (
    ("2", "Hello from Lambda! v2"), ("1", "Hello from Lambda!")))
def test_all_traffic_goes_forward_and_back(shell, version, text):
    alias = json.loads(shell("aws lambda update-alias --function-name myfunction --name myalias "
                             f"--function-version {version} --routing-config '{{}}'"))
    assert alias["FunctionVersion"] == version and "RoutingConfig" not in alias
    for _ in range(TURNS):
        payload, response = invoke(shell, "myfunction:myalias")
        assert payload == hello(text) and response["ExecutedVersion"] == version
