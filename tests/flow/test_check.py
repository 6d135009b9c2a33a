"""coalmine check DIR: finds what is wrong with a data directory, and starting says so too."""
import contextlib
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COALMINE, STOP_SECONDS
from tests.support.inspection import check, start_fails
from tests.support.packages import create, node, zip_of


@pytest.fixture
def directory(start_server, tmp_path):
    """A data directory with a function, invocations and metrics in the journal."""
    path = tmp_path / "data"
    server = start_server("--data-dir", str(path), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "f", node("return 1"))
    for _ in range(20):
        lam.invoke(FunctionName="f")["Payload"].read()
    server.process.kill()  # the journal stays as the crash left it
    server.process.wait()
    return path


def damage(path, at, to=b"\xff\xff\xff\xff"):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(to)


def test_a_whole_directory_is_called_whole(directory):
    code, text = check(directory)
    assert code == 0 and text.endswith("is whole.\n"), text
    assert "sound records in the journal" in text


def test_a_running_server_is_told(directory, start_server):
    start_server("--data-dir", str(directory), ephemeral=False)
    code, text = check(directory)
    assert code == 1 and "a server runs on it" in text
    assert text.endswith("could not be looked over.\n")  # and nobody is told to restore it


def test_where_nothing_can_be_written_no_damage_is_told(directory):
    """As on a backup that is mounted for reading only; and a start says what is wrong with it."""
    shut = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--ro-bind", str(directory),
            str(directory), COALMINE]
    done = subprocess.run([*shut, "check", str(directory)], capture_output=True, text=True)
    assert done.returncode == 1 and "look over a copy" in done.stdout
    assert done.stdout.endswith("could not be looked over.\n"), done.stdout
    done = subprocess.run([*shut, "serve", "--port", "0", "--data-dir", str(directory)],
                          capture_output=True, text=True, timeout=STOP_SECONDS)
    assert done.returncode == 1 and "Read-only file system; --data-dir" in done.stderr


def test_damage_in_the_journal_is_found_and_stops_the_start(directory):
    [journal] = directory.glob("journal-*.log")
    damage(journal, 30)
    code, text = check(directory)
    assert code == 1 and "PROBLEM" in text and "is damaged at byte 0" in text
    assert "is damaged at byte 0" in start_fails(directory)


def test_a_torn_tail_is_only_noted(directory, start_server):
    [journal] = directory.glob("journal-*.log")
    size = journal.stat().st_size
    with open(journal, "r+b") as file:
        file.truncate(size - 3)
    code, text = check(directory)
    assert code == 0 and "a record that a crash tore" in text
    assert journal.stat().st_size == size - 3
    server = start_server("--data-dir", str(directory), ephemeral=False)
    assert re.search(f"the last \\d+ bytes of {journal} are a torn record; they were cut off",
                     server.read_log())


def test_a_journal_that_lacks_its_beginning_is_told(directory, start_server):
    [journal] = directory.glob("journal-*.log")
    journal.rename(journal.with_name("journal-00000000000000004096.log"))
    lacks = "the journal lacks the bytes from 0 to 4096"
    code, text = check(directory)
    assert code == 1 and lacks in text
    server = start_server("--data-dir", str(directory), ephemeral=False)
    assert lacks in server.read_log()
    assert server.stop() == 0
    assert check(directory)[0] == 0  # a checkpoint says where to begin now


def test_a_journal_that_lacks_what_is_in_the_checkpoint_is_whole(directory, start_server):
    assert start_server("--data-dir", str(directory), ephemeral=False).stop() == 0
    [journal] = directory.glob("journal-*.log")
    size = journal.stat().st_size
    journal.write_bytes(b"")
    (directory / f"journal-{size:020}.log").write_bytes(b"")
    code, text = check(directory)
    assert code == 0, text


def test_a_damaged_package_is_found(directory):
    [package] = directory.glob("code/*/package.zip")
    damage(package, 5)
    code, text = check(directory)
    assert code == 1 and "is damaged: its SHA-256" in text
    package.unlink()
    assert "No such file" in check(directory)[1]


def layer(lam, name):
    content = {"ZipFile": zip_of({f"{name}.txt": name})}
    return lam.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]


def test_layers_that_a_function_has_joined_are_its_code(start_server, tmp_path):
    path = tmp_path / "data"
    server = start_server("--data-dir", str(path), ephemeral=False)
    lam = server.client("lambda")
    create(lam, "f", node("return 1"), Layers=[layer(lam, "a"), layer(lam, "b")])
    assert server.stop() == 0
    code, text = check(path)
    assert code == 0 and "belongs to no function" not in text, text
    [joined] = [each for each in path.glob("code/*") if not (each / "package.zip").exists()]
    shutil.rmtree(joined)
    code, text = check(path)
    assert code == 1 and f"{joined}/files is gone" in text


def test_a_folder_that_is_run_where_it_is_lacks_no_package(start_server, tmp_path):
    path = tmp_path / "data"
    server = start_server("--data-dir", str(path), ephemeral=False)
    create(server.client("lambda"), "f", node("return 1"),
           Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path)})
    assert server.stop() == 0
    assert check(path)[0] == 0


def test_a_directory_of_the_first_version_is_whole(directory, start_server):
    assert start_server("--data-dir", str(directory), ephemeral=False).stop() == 0
    with contextlib.closing(sqlite3.connect(directory / "coalmine.db")) as database:
        database.execute("DROP TABLE lambda_layer_version")
        database.execute("PRAGMA user_version=1")
    code, text = check(directory)
    assert code == 0, text


def test_a_stranger_is_noted(directory):
    (directory / "code" / "new-abc").mkdir()
    code, text = check(directory)
    assert code == 0 and "belongs to no function" in text


@pytest.mark.parametrize("name", ["coalmine.db", "telemetry.db"])
def test_a_damaged_database_is_found_and_never_starts_empty(directory, name):
    for rest in directory.glob(name + "-*"):
        rest.unlink()
    Path(directory / name).write_bytes(b"this is no database, and long enough to be read as one" * 99)
    code, text = check(directory)
    assert code == 1 and "file is not a database" in text
    told = start_fails(directory)
    assert "file is not a database; `coalmine check` on its directory tells more" in told


@pytest.mark.parametrize("change", ["events = substr(events, 1, length(events) - 1)",
                                    "slot = slot + 1", "bytes = bytes + 1",
                                    "events = CAST(replace(events, 'START', X'5354ff5254') AS BLOB)"])
def test_log_events_that_are_not_whole_are_found(directory, start_server, change):
    assert start_server("--data-dir", str(directory), ephemeral=False).stop() == 0
    assert check(directory)[0] == 0
    with contextlib.closing(sqlite3.connect(directory / "telemetry.db")) as database:
        [[block]] = database.execute("SELECT min(id) FROM log_block")
        database.execute(f"UPDATE log_block SET {change} WHERE id = {block}")
        database.commit()
    code, text = check(directory)
    assert code == 1 and f"the log events of block {block} are not whole" in text


@pytest.mark.parametrize("changes, problem", [
    (["DELETE FROM logs_group"], "a row of logs_stream belongs to no row of logs_group"),
    (["PRAGMA writable_schema=ON", "UPDATE sqlite_master SET sql = replace(sql, 'kms_key_id TEXT', "
      "'kms_key_id TEXT NOT NULL')"], "NULL value in logs_group.kms_key_id"),
    (["UPDATE logs_group SET kms_key_id = CAST(X'61ff' AS TEXT)"],
     "a row of logs_group is damaged: its kms_key_id"),
    (["UPDATE logs_group SET kms_key_id = CAST(X'610061' AS TEXT)"],
     "a row of logs_group is damaged: its kms_key_id"),
    (["UPDATE lambda_function SET tags = '{]'"], "a row of lambda_function is damaged: its tags")])
def test_rows_that_do_not_fit_are_found(directory, changes, problem):
    with contextlib.closing(sqlite3.connect(directory / "coalmine.db")) as database:
        for change in changes:
            database.execute(change)
        database.commit()
    code, text = check(directory)
    assert code == 1 and f"PROBLEM {directory}/coalmine.db: {problem}" in text, text


@pytest.mark.parametrize("name", ["coalmine.db", "telemetry.db"])
def test_a_newer_database_is_refused(directory, name):
    with contextlib.closing(sqlite3.connect(directory / name)) as database:
        database.execute("PRAGMA user_version=999")
    code, text = check(directory)
    assert code == 1 and f"{name} was written by a newer coalmine (schema 999" in text
    assert "written by a newer coalmine" in start_fails(directory)


def test_a_database_from_between_two_versions_is_refused(directory):
    """As a state of development left it: a table came into the version later."""
    with contextlib.closing(sqlite3.connect(directory / "coalmine.db")) as database:
        database.executescript("DROP TABLE cloudwatch_dashboard; PRAGMA user_version = 3")
    code, text = check(directory)
    missing = "coalmine.db has no table cloudwatch_dashboard, which belongs to its schema 3"
    assert code == 1 and missing in text
    assert missing in start_fails(directory)
    with contextlib.closing(sqlite3.connect(directory / "coalmine.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (3,)


def test_a_lost_database_with_its_journal_left_is_told(directory):
    for file in directory.glob("coalmine.db*"):
        file.unlink()
    code, text = check(directory)
    assert code == 1 and "coalmine.db: No such file" in text
    assert "coalmine.db is gone" in start_fails(directory)


@pytest.mark.parametrize("lost, said", [("coalmine.db", "coalmine.db is gone or empty, but its"),
                                        ("coalmine.db-wal", "coalmine.db is empty, or its")])
def test_a_database_that_lost_what_was_in_it_does_not_start_empty(directory, lost, said):
    """All of a young database is in its log. What no row names would be swept away."""
    packages = list(directory.glob("code/*"))
    (directory / lost).write_bytes(b"")
    code, text = check(directory)
    assert code == 1 and said in text
    told = start_fails(directory)
    assert "coalmine.db is gone or empty" in told
    assert f"mv '{directory}' '{directory}.lost'" in told
    assert list(directory.glob("code/*")) == packages


def test_usage():
    assert subprocess.run([COALMINE, "check"], capture_output=True).returncode == 2
    assert subprocess.run([COALMINE, "check", "/nowhere"], capture_output=True).returncode == 1
