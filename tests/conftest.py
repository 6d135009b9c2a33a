"""Fixtures: a server per test module, and real clients that talk to it."""
import contextlib
import http.client
import itertools
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import boto3
import botocore.config
import pytest

ROOT = Path(__file__).resolve().parent.parent
COALMINE = os.environ.get("COALMINE", str(ROOT / "build/coalmine"))
CANARY = os.environ.get("CANARY", str(ROOT / "build/canary"))
ROLE = "arn:aws:iam::000000000000:role/r"
# A guard against hangs. ASan and TSan look at every byte that SQLite copies when it compares rows: with
# large log events the last checkpoint takes them half a minute and more.
STOP_SECONDS = 150
# `make check-slow` sets it; a file that is named is run in any case.
collect_ignore_glob = [] if "SLOW" in os.environ else ["slow/*"]


# Under nohup a hangup is ignored, and in a shell's background an interrupt, also by what is started:
# here they are to be as in a terminal.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


# Nothing of the developer's own AWS settings reaches a test.
for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")


class Server:
    """A running `coalmine serve`; its log is kept and shown when a test fails."""

    command = [COALMINE]

    def __init__(self, *options, ephemeral=True, environment=None):
        self.log = tempfile.TemporaryFile("w+")
        command = [*self.command, "serve", "--port", "0", *options]
        self.process = subprocess.Popen(
            command + (["--ephemeral"] if ephemeral else []),
            stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, **(environment or {})})
        first = self.process.stdout.readline()
        assert first.startswith("Listening on "), first + self.read_log()
        assert self.process.stdout.readline() == "Ready.\n"
        self.url = first.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def client(self, service, region="us-east-1", key="test"):
        """A client that asks once, and leaves the judging of arguments to the server."""
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=key,
            aws_secret_access_key="test",
            config=botocore.config.Config(parameter_validation=False, retries={"max_attempts": 0},
                                          max_pool_connections=40, read_timeout=120))


@pytest.fixture
def start_server():
    """A factory of servers that are stopped, and must stop well, at the test's end."""
    servers = []

    def start(*options, **settings):
        servers.append(Server(*options, **settings))
        return servers[-1]

    yield start
    running = [server for server in servers if server.process.poll() is None]
    with contextlib.ExitStack() as stopping:  # all of them, whatever becomes of one
        for server in running:
            stopping.callback(server.stop)
    for server in running:
        assert server.process.returncode == 0, server.read_log()


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    status = running.stop()
    print(running.read_log())
    assert status == 0


@pytest.fixture(scope="module")
def lam(server):
    return server.client("lambda")


@pytest.fixture(scope="module")
def cw(server):
    return server.client("cloudwatch")


@pytest.fixture(scope="module")
def logs(server):
    return server.client("logs")


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


class Http:
    """Bare HTTP, for what no SDK sends."""

    def __init__(self, port):
        self.port = port

    def send(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def json(self, method, path, body=None):
        answer = self.send(method, path, json.dumps(body) if body is not None else b"")
        return json.loads(answer.body)

    def target(self, operation, body, **headers):
        """An awsJson call to CloudWatch."""
        return self.send("POST", "/", body, {
            "X-Amz-Target": f"GraniteServiceVersion20100801.{operation}",
            "Content-Type": "application/x-amz-json-1.0", **headers})

    def cbor(self, operation, body, **headers):
        return self.send(
            "POST", f"/service/GraniteServiceVersion20100801/operation/{operation}", body,
            {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", **headers})


@pytest.fixture(scope="module", name="http")
def http_client(server):
    return Http(server.port)


_numbers = itertools.count()


@pytest.fixture
def name():
    """A function name that no other test has."""
    return f"f{next(_numbers)}-{os.getpid()}"


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)


# Deployments of tests are kept apart from the developer's own.
STATE = tempfile.TemporaryDirectory(prefix="canary-state-")


def clean_environment(url):
    """Of the programs that ask the server."""
    return {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "XDG_STATE_HOME": STATE.name, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": url}


@pytest.fixture
def cli(server, tmp_path):
    """Debian's AWS CLI 2.9 against the server, in a directory of its own."""
    def run(*arguments):
        return Result(subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", server.url, *arguments], cwd=tmp_path, text=True,
            env=clean_environment(server.url), capture_output=True))
    return run


@pytest.fixture
def canary(server, tmp_path):
    def run(*arguments, cwd=tmp_path):
        return Result(subprocess.run([CANARY, *arguments], cwd=cwd, text=True,
                                     env=clean_environment(server.url), capture_output=True))
    return run
