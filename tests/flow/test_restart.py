"""A kept --data-dir: what was acknowledged before SIGTERM or SIGKILL under load is there after."""
import errno
import os
import signal
import subprocess
import threading
import time

import pytest

from tests.conftest import COALMINE, STOP_SECONDS
from tests.support.control_log import ControlLog
from tests.support.faults import Faults
from tests.support.inspection import checkpoint_of
from tests.support.machine import PATIENCE_SECONDS, wait_for
from tests.support.metrics import statistic
from tests.support.packages import create, node
from tests.support.wire import LAMBDA, Wire

UPDATES = 3000
LOG_MOST = 5 << 20  # bytes


class Load:
    """Writers that note what the server acknowledged and what they asked for at most."""

    def __init__(self, server):
        self.server, self.is_over, self.failures = server, False, []
        self.versions, self.aliases = {}, {}
        self.invoked = self.invoke_tries = self.put = self.put_tries = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(work,))
                        for work in (self.invoke, self.put_data, self.publish, self.invoke)]
        for thread in self.threads:
            thread.start()

    def run(self, work):
        lam, cw = self.server.client("lambda"), self.server.client("cloudwatch")
        turn = 0
        while not self.is_over:
            turn += 1
            try:
                work(lam, cw, turn)
            except Exception as error:  # expected only once the server was told to stop
                if not self.is_over:
                    self.failures.append(error)
                return

    def invoke(self, lam, _, turn):
        with self.lock:
            self.invoke_tries += 1
        lam.invoke(FunctionName="loaded", Qualifier="live")["Payload"].read()
        with self.lock:
            self.invoked += 1

    def put_data(self, _, cw, turn):
        self.put_tries += 1
        cw.put_metric_data(Namespace="load", MetricData=[{"MetricName": "m", "Value": 1}])
        self.put += 1

    def publish(self, lam, _, turn):
        name = f"made-{turn}"
        create(lam, name, node(f"return {turn}"))
        self.versions[name] = []
        lam.update_function_configuration(FunctionName=name, Description=f"d{turn}")
        version = lam.publish_version(FunctionName=name)["Version"]
        self.versions[name].append(version)
        alias = lam.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        self.aliases[name] = alias["RevisionId"]

    def wait_until_busy(self):
        """Until every kind of writer has had a good number of acknowledgements."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and not self.failures:
            if min(self.invoked, self.put) > 300 and len(self.aliases) > 20:
                return
        raise AssertionError(f"the load did not come up: {self.failures}")

    def end(self):
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


def check(load, server):
    lam, cw = server.client("lambda"), server.client("cloudwatch")
    for name, versions in load.versions.items():
        assert lam.get_function(FunctionName=name)["Configuration"]["State"] == "Active"
        found = [v["Version"] for v in lam.list_versions_by_function(FunctionName=name)["Versions"]]
        assert set(versions) <= set(found)
    for name, revision in load.aliases.items():
        assert lam.get_alias(FunctionName=name, Name="live")["RevisionId"] == revision
    invocations = statistic(cw, "Invocations", FunctionName="loaded")
    assert load.invoked <= invocations <= load.invoke_tries
    assert load.put <= statistic(cw, "m", space="load") <= load.put_tries
    for name in list(load.aliases)[-1:]:  # the code is there too
        turn = name.split("-")[1].encode()
        assert lam.invoke(FunctionName=name, Qualifier="live")["Payload"].read() == turn


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL))
def test_what_was_acknowledged_survives(start_server, tmp_path, number):
    options = ("--data-dir", str(tmp_path / "data"))
    server = start_server(*options, ephemeral=False)
    lam = server.client("lambda")
    create(lam, "loaded")
    lam.publish_version(FunctionName="loaded")
    lam.create_alias(FunctionName="loaded", Name="live", FunctionVersion="1")
    load = Load(server)
    load.wait_until_busy()
    load.is_over = True
    server.process.send_signal(number)
    status = server.process.wait(STOP_SECONDS)
    assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL), server.read_log()
    load.end()
    assert load.failures == []
    assert load.invoked and load.put and load.aliases
    again = start_server(*options, ephemeral=False)
    check(load, again)
    assert again.stop() == 0
    check(load, start_server(*options, ephemeral=False))  # and a third time


def test_nobody_else_reads_what_lies_in_an_open_directory(start_server, tmp_path):
    """Whoever made it lets others in; the environment variables of functions are secrets."""
    directory = tmp_path / "data"
    directory.mkdir(0o755)
    server = start_server("--data-dir", str(directory), ephemeral=False)
    create(server.client("lambda"), "f", node("return 1"))
    server.client("lambda").invoke(FunctionName="f")["Payload"].read()
    modes = {entry.name: oct(entry.stat().st_mode & 0o077) for entry in directory.iterdir()}
    assert {"coalmine.db", "coalmine.db-wal", "telemetry.db", "sandboxes", "code"} <= set(modes)
    assert set(modes.values()) == {"0o0"}, modes


def test_files_that_others_can_read_are_told_of(start_server, tmp_path):
    directory = tmp_path / "data"
    directory.mkdir(0o755)

    def said():
        server = start_server("--data-dir", str(directory), ephemeral=False)
        assert server.stop() == 0
        return f"chmod go-rwx {directory}" in server.read_log()
    assert not said()
    (directory / "telemetry.db").chmod(0o644)  # as an older server made it
    assert said()
    directory.chmod(0o700)
    assert not said()


@pytest.mark.parametrize("name", ["coalmine.db", "telemetry.db"])
def test_a_database_that_cannot_be_made_is_said(tmp_path, name):
    """SQLite would make it for everybody to read."""
    faults = Faults(tmp_path / "control")
    directory = tmp_path / "data"
    directory.mkdir()
    if name == "telemetry.db":
        (directory / "coalmine.db").touch(0o600)
    faults.set("open", errno.EACCES)
    environment = {**os.environ, **faults.environment(directory / name)}
    done = subprocess.run([COALMINE, "serve", "--port", "0", "--data-dir", str(directory)],
                          env=environment, capture_output=True, text=True, timeout=STOP_SECONDS)
    assert done.returncode == 1
    assert f"cannot make {directory}/{name}: Permission denied" in done.stderr, done.stderr
    assert not (directory / name).exists()


@pytest.mark.parametrize("folder", ["code", "sandboxes", "removed"])
def test_a_folder_of_somebody_elses_is_not_swept(tmp_path, folder):
    """As with `--data-dir .` in a project."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "mine").write_text("work")
    done = subprocess.run([COALMINE, "serve", "--port", "0", "--data-dir", str(tmp_path)],
                          capture_output=True, text=True, timeout=STOP_SECONDS)
    assert done.returncode == 1 and f"{tmp_path}/{folder}" in done.stderr, done.stderr
    assert [entry.name for entry in tmp_path.rglob("*")] == [folder, "mine"]


def test_what_is_no_package_is_left_where_packages_are(start_server, tmp_path):
    server = start_server("--data-dir", str(tmp_path), ephemeral=False)
    (tmp_path / "code" / "mine").mkdir()
    (tmp_path / "code" / ("0" * 64)).mkdir()
    assert server.stop() == 0
    server = start_server("--data-dir", str(tmp_path), ephemeral=False)
    assert [entry.name for entry in (tmp_path / "code").iterdir()] == ["mine"]


def test_with_a_seed_no_id_is_given_again(start_server, tmp_path):
    """An id that is there already is somebody else's: his function URL would be gone."""
    def run(directory, function):
        server = start_server("--seed", "7", "--data-dir", str(directory), ephemeral=False)
        lam = server.client("lambda")
        revision = create(lam, function)["RevisionId"]
        lam.create_function_url_config(FunctionName=function, AuthType="NONE")
        urls = [lam.get_function_url_config(FunctionName=each["FunctionName"])["FunctionUrl"]
                for each in lam.list_functions()["Functions"]]
        assert server.stop() == 0
        return revision, [url.split(".")[0] for url in urls]
    [first, [url]] = run(tmp_path / "one", "f")
    [second, urls] = run(tmp_path / "one", "g")
    assert second != first and url in urls and len(set(urls)) == 2
    assert run(tmp_path / "other", "f")[0] == first
    assert run(tmp_path / "other", "g") == (second, urls)


def test_two_servers_do_not_share_a_directory(start_server, tmp_path):
    options = ("--data-dir", str(tmp_path / "data"))
    start_server(*options, ephemeral=False)
    with pytest.raises(AssertionError):
        start_server(*options, ephemeral=False)


def journal_end(directory):
    last = max(directory.glob("journal-*.log"))
    return int(last.stem.split("-")[1]) + last.stat().st_size


def is_short(directory):
    """Is little in the journal that is not in telemetry.db?"""
    return journal_end(directory) < checkpoint_of(directory) + LOG_MOST


def test_a_start_after_a_crash_has_little_to_read(start_server, tmp_path):
    """Both logs start over when they are long, whatever was read and written meanwhile."""
    server = start_server("--data-dir", str(tmp_path), ephemeral=False)
    create(server.client("lambda"), "f", node("return 1"), Publish=True)
    wire = Wire(server.port)
    wire.json("POST", f"{LAMBDA}/f/aliases", {"Name": "live", "FunctionVersion": "1"})
    wire.logs("CreateLogGroup", logGroupName="g")
    wire.logs("CreateLogStream", logGroupName="g", logStreamName="s")
    log = ControlLog(server.port, tmp_path)
    before = log.starts()
    for _ in range(UPDATES):
        log.update()
        wire.logs("PutLogEvents", logGroupName="g", logStreamName="s", logEvents=[
            {"timestamp": int(time.time() * 1000), "message": "x" * 2000}])
    log.make_start(before)
    wait_for(lambda: is_short(tmp_path), "the last checkpoint has ended")  # however slow the disk is
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    assert journal_end(tmp_path) > UPDATES * 2000 and is_short(tmp_path)
