"""A file of a data directory is damaged, lost, or one of another moment: check and start tell."""
import hashlib
import io
import os
import re
import shutil
import stat
import subprocess
import warnings
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.support.inspection import check, checkpoint_of, start_fails
from tests.support.machine import wait_for
from tests.support.packages import create, node

WAL_HEADER, FRAME = 32, 24 + 4096
DATABASES = ["coalmine.db", "telemetry.db"]


def content(directory):
    return {path.relative_to(directory): hashlib.sha256(path.read_bytes()).digest()
            for path in directory.rglob("*") if path.is_file() and "sandboxes" not in path.parts}


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        [byte] = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 4]))


def kill(server):
    server.process.kill()
    server.process.wait()


def put_events(logs, stream, count=200):
    logs.create_log_stream(logGroupName="g", logStreamName=stream)
    logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=[
        {"timestamp": 1_767_225_600_000 + i, "message": f"{stream} {i} " + "." * 1000}
        for i in range(count)])


@pytest.fixture(scope="module")
def crashed(tmp_path_factory):
    """What a SIGKILL left, with both databases' logs long and a checkpoint behind the journal's
    beginning."""
    path = tmp_path_factory.mktemp("crashed") / "data"
    server = Server("--data-dir", str(path), "--clock", "2026-01-01T00:00:00Z", ephemeral=False)
    lam, logs = server.client("lambda"), server.client("logs")
    logs.create_log_group(logGroupName="g")
    create(lam, "f", node("return 1"))
    for i in range(12):
        put_events(logs, f"s{i}")
        lam.create_alias(FunctionName="f", Name=f"a{i}", FunctionVersion="$LATEST")
    log = path / "telemetry.db-wal"
    wait_for(lambda: log.stat().st_size > 1 << 20 and checkpoint_of(path))  # and it is whole
    kill(server)
    return path


@pytest.fixture
def directory(crashed, tmp_path):
    return shutil.copytree(crashed, tmp_path / "data")


def test_check_changes_nothing(directory):
    before = content(directory)
    assert any(str(name).endswith("-wal") for name in before)
    code, text = check(directory)
    assert code == 0, text
    assert content(directory) == before


def test_check_leaves_no_logs_where_none_were(directory, start_server):
    assert start_server("--data-dir", str(directory), ephemeral=False).stop() == 0
    before = content(directory)
    assert not any(str(name).endswith("-wal") for name in before)
    code, text = check(directory)
    assert code == 0, text
    assert content(directory) == before


@pytest.mark.parametrize("name, frame", [("coalmine.db", 0), ("coalmine.db", 40),
                                         ("telemetry.db", 0), ("telemetry.db", 3)])
def test_a_damaged_log_of_a_database_does_not_cost_what_stands_behind(directory, name, frame):
    """SQLite takes a frame that is not sound for the end, and says nothing."""
    log = directory / f"{name}-wal"
    flip(log, WAL_HEADER + frame * FRAME + 1000)
    before = content(directory)
    code, text = check(directory)
    said = f"{log} is damaged at byte {WAL_HEADER + frame * FRAME}"
    assert code == 1 and f"PROBLEM {said}" in text, text
    assert content(directory) == before
    assert said in start_fails(directory)
    for file in (f"{name}-wal", name):
        assert content(directory)[Path(file)] == before[Path(file)]


@pytest.mark.parametrize("name, frame", [("coalmine.db", 60), ("telemetry.db", 3)])
def test_whoever_does_without_what_is_behind_the_damage_can_start(directory, name, frame,
                                                                  start_server):
    log = directory / f"{name}-wal"
    flip(log, WAL_HEADER + frame * FRAME + 1000)
    told = start_fails(directory)
    advice = re.search(r"truncate -s \d+ '[^']+'", told).group()
    subprocess.run(advice, shell=True, check=True)
    assert check(directory)[0] == 0
    start_server("--data-dir", str(directory), ephemeral=False)


@pytest.mark.parametrize("name", DATABASES)
def test_a_damaged_header_of_a_log_does_not_cost_all_of_it(directory, name):
    log = directory / f"{name}-wal"
    flip(log, 20)
    assert f"PROBLEM {log} is damaged at byte 0" in check(directory)[1]
    assert f"{log} is damaged at byte 0" in start_fails(directory)


@pytest.mark.parametrize("name", DATABASES)
def test_bytes_that_came_into_a_log_are_found(directory, name):
    """What is behind them stands at no frame's place any more."""
    log = directory / f"{name}-wal"
    data = log.read_bytes()
    at = WAL_HEADER + 3 * FRAME + 700
    log.write_bytes(data[:at] + b"x" + data[at:])
    assert f"{log} is damaged at byte {WAL_HEADER + 3 * FRAME}" in start_fails(directory)


@pytest.mark.parametrize("name", DATABASES)
def test_a_log_that_a_crash_tore_is_no_damage(directory, name, start_server):
    log = directory / f"{name}-wal"
    os.truncate(log, WAL_HEADER + 90 * FRAME - 7)
    code, text = check(directory)
    assert code == 0, text
    start_server("--data-dir", str(directory), ephemeral=False)


@pytest.mark.parametrize("name", DATABASES)
def test_a_log_whose_database_is_gone_is_not_removed(directory, name):
    (directory / name).write_bytes(b"")
    log = directory / f"{name}-wal"
    before = log.read_bytes()
    code, text = check(directory)
    assert code == 1 and f"{name} is gone or empty" in text
    assert f"{name} is gone or empty" in start_fails(directory)
    assert log.read_bytes() == before


def test_a_journal_that_ends_before_its_checkpoint_is_told(directory, start_server):
    [journal] = directory.glob("journal-*.log")
    journal.unlink()
    told = "the journal ends at byte 0, but the checkpoint has it up to"
    code, text = check(directory)
    assert code == 1 and told in text
    server = start_server("--data-dir", str(directory), ephemeral=False)
    assert told in server.read_log()
    assert server.stop() == 0
    assert check(directory)[0] == 0


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), lambda path: os.mkfifo(path),
                                 lambda path: path.symlink_to("/dev/null")])
def test_a_journal_that_is_no_file_is_refused(directory, put):
    [journal] = directory.glob("journal-*.log")
    journal.unlink()
    put(journal)
    assert f"{journal} is no file" in check(directory)[1]
    assert f"{journal} is no file" in start_fails(directory)


def test_an_index_that_is_no_file_is_found(directory, start_server):
    (directory / "telemetry.db-shm").unlink(missing_ok=True)
    (directory / "telemetry.db-shm").mkdir()
    code, text = check(directory)
    assert code == 1 and "telemetry.db-shm is no file: remove it" in text
    start_fails(directory)
    (directory / "telemetry.db-shm").rmdir()
    start_server("--data-dir", str(directory), ephemeral=False)


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_that_is_no_file_is_refused(directory, name):
    (directory / name).unlink()
    (directory / name).symlink_to("/dev/zero")
    assert f"{directory}/{name} is no file" in check(directory)[1]
    start_fails(directory)


@pytest.mark.parametrize("harm", [
    lambda path: flip(path, 3), lambda path: path.unlink(), lambda path: os.truncate(path, 5),
    lambda path: (path.unlink(), path.mkdir()), lambda path: (path.unlink(), path.symlink_to("f"))])
def test_code_that_is_not_as_in_its_package_is_found(directory, harm):
    [path] = directory.glob("code/*/files/index.mjs")
    harm(path)
    code, text = check(directory)
    assert code == 1 and f"{path} is gone, or not as it is in its package" in text


def test_code_that_python_and_zip_can_make_is_as_in_its_package(start_server, tmp_path):
    """Twice the same name, folders, a link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("lib/", "")
        archive.writestr("lib/a.txt", "first")
        archive.writestr("lib/a.txt", "second")
        link = zipfile.ZipInfo("./lib/link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "a.txt")
        archive.writestr("empty", "")
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    create(server.client("lambda"), "f", node("return 1"), Code={"ZipFile": buffer.getvalue()})
    assert server.stop() == 0
    code, text = check(tmp_path / "data")
    assert code == 0, text
    assert sorted(path.name for path in tmp_path.glob("data/code/*/files/lib/*")) == [
        "a.txt", "link"]
