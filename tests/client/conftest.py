"""Fixtures of the client's tests: a function with an alias, a plan, a running canary, stand-ins."""
import json
import subprocess

import pytest

from tests.conftest import CANARY, clean_environment
from tests.support.faults import Faults
from tests.support.machine import wait_for
from tests.support.packages import NODE, create, node, zip_of
from tests.support.rollouts import GOOD, CloudWatch, Listener, Terminal, record_of


@pytest.fixture
def deployed(lam, name):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


@pytest.fixture
def package(tmp_path):
    def make(body=GOOD):
        path = tmp_path / "package.zip"
        path.write_bytes(zip_of({"index.mjs": NODE % body}))
        return str(path)
    return make


@pytest.fixture
def plan_file(tmp_path, deployed, package):
    def write(body=GOOD, **members):
        path = tmp_path / "canary.json"
        path.write_text(json.dumps({
            "function": deployed, "alias": "live", "package": package(body),
            "strategy": {"canary": {"weight": "50%", "for": "5m"}}, **members}))
        return path
    return write


@pytest.fixture
def terminal(server, tmp_path):
    terminals = []

    def start(*arguments, **environment):
        terminals.append(Terminal(server, tmp_path, *arguments, **environment))
        return terminals[-1]

    yield start
    for one in terminals:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.fixture
def hurried(tmp_path):
    """The clock by which a canary with this `environment` times what it waits for; a test turns it."""
    clock = Faults(tmp_path / "control")
    clock.environment = clock.environment(tmp_path / "no calls fail", CANARY)
    return clock


@pytest.fixture
def killed(deployed, terminal, plan_file):
    """A deployment whose client was killed with -9 while it watched its first step."""
    path = plan_file(strategy={"steps": [{"weight": "50%", "for": "20m"}, {"approve": True}]})
    first = terminal("deploy")
    first.wait_for("Sending")
    wait_for(lambda: record_of(deployed, "sample"))
    first.process.kill()
    first.end()
    return path


@pytest.fixture
def listener():
    running = Listener()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def cloudwatch(server):
    running = CloudWatch(server.url)
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def deploy_with_alarms(server, tmp_path, cloudwatch):
    def run(*arguments):
        return subprocess.run(
            [CANARY, "deploy", "--fast", *arguments], cwd=tmp_path, text=True, capture_output=True,
            env={**clean_environment(server.url),
                 "AWS_ENDPOINT_URL_CLOUDWATCH": f"http://127.0.0.1:{cloudwatch.server_port}"})
    return run
