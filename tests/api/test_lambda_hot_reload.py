"""Bucket "hot-reload": $LATEST runs from a developer's folder, versions from copies of it."""
import base64
import hashlib
import json
import os
import threading
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.machine import processes_with, wait_for
from tests.support.packages import create, zip_of


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "project with spaces"
    (place / "lib").mkdir(parents=True)
    write(place, "1")
    return place


def write(folder, text):
    (folder / "app.py").write_text("import lib.part, os\n"
                                   "def handler(event, context):\n"
                                   f"    return ['{text}', lib.part.TEXT, os.getcwd()]\n")
    if not (folder / "lib/part.py").exists():
        (folder / "lib/part.py").write_text("TEXT = 'part'\n")


def hot(folder):
    return {"Runtime": "python3.12", "Handler": "app.handler",
            "Code": {"S3Bucket": "hot-reload", "S3Key": str(folder)}}


def answer_of(lam, name, **settings):
    answer = json.load(lam.invoke(FunctionName=name, **settings)["Payload"])
    return answer[:2] if isinstance(answer, list) else answer


def started_cold(lam, name):
    log = lam.invoke(FunctionName=name, LogType="Tail")["LogResult"]
    return b"Init Duration" in base64.b64decode(log)


def test_every_edit_is_seen_by_the_next_invocation(lam, folder, name):
    create(lam, name, hot(folder))
    assert answer_of(lam, name) == ["1", "part"]
    for i in range(5):
        write(folder, i)
        assert answer_of(lam, name) == [str(i), "part"]
    (folder / "lib/part.py").write_text("TEXT = 'PART'\n")
    assert answer_of(lam, name) == ["4", "PART"]
    (folder / "new.py").write_text("TEXT = 'new'\n")
    (folder / "lib/part.py").write_text("from new import TEXT\n")
    assert answer_of(lam, name) == ["4", "new"]
    (folder / "new.py").unlink()
    assert "No module named 'new'" in answer_of(lam, name)["errorMessage"]


def test_what_waited_for_a_look_at_the_folder_lost_nothing(lam, folder, name):
    (folder / "app.py").write_text(
        "import os\n"
        "def handler(event, context):\n"
        "    return [event, context.aws_request_id, context.invoked_function_arn,\n"
        "            context.client_context.custom, os.environ['_X_AMZN_TRACE_ID'][:7]]\n")
    arn = create(lam, name, hot(folder))["FunctionArn"]
    context = base64.b64encode(b'{"custom": {"a": "b"}}').decode()
    answer = lam.invoke(FunctionName=name, Payload=b'{"c": 1}', ClientContext=context)
    assert json.load(answer["Payload"]) == [
        {"c": 1}, answer["ResponseMetadata"]["RequestId"], arn, {"a": "b"}, "Root=1-"]


def test_an_edit_ends_what_ran_before_it(lam, folder, name):
    mark = f"AWS_LAMBDA_FUNCTION_NAME={name}"
    create(lam, name, hot(folder))
    assert answer_of(lam, name) == ["1", "part"]
    first = set(processes_with(mark))
    write(folder, "2")
    assert answer_of(lam, name) == ["2", "part"]
    wait_for(lambda: not first.intersection(processes_with(mark)), "the first one has ended")


def test_an_edit_that_keeps_size_and_time_is_seen_too(lam, folder, name):
    create(lam, name, hot(folder))
    assert answer_of(lam, name) == ["1", "part"]
    old = (folder / "app.py").stat()
    write(folder, "2")
    os.utime(folder / "app.py", ns=(old.st_atime_ns, old.st_mtime_ns))
    assert answer_of(lam, name) == ["2", "part"]


def test_without_edits_the_environment_stays(lam, folder, name):
    create(lam, name, hot(folder))
    assert started_cold(lam, name)
    assert not started_cold(lam, name)
    (folder / "app.py").write_text((folder / "app.py").read_text())
    assert started_cold(lam, name)
    assert not started_cold(lam, name)


def test_a_published_version_is_a_copy_that_stays(lam, folder, name):
    create(lam, name, hot(folder))
    (folder / "empty").mkdir()
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link.py").symlink_to("app.py")
    version = lam.publish_version(FunctionName=name)
    write(folder, "2")
    assert answer_of(lam, name) == ["2", "part"]
    assert answer_of(lam, name, Qualifier="1") == ["1", "part"]
    got = lam.get_function(FunctionName=name, Qualifier="1")
    assert got["Code"]["RepositoryType"] == "S3"
    archive = urllib.request.urlopen(got["Code"]["Location"]).read()
    assert base64.b64encode(hashlib.sha256(archive).digest()).decode() == version["CodeSha256"]
    assert (len(archive), got["Configuration"]["CodeSha256"]) == (
        version["CodeSize"], version["CodeSha256"])
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        modes = {info.filename: oct(info.external_attr >> 16) for info in packed.infolist()}
        assert packed.read("link.py") == b"app.py"
    assert set(modes) == {"app.py", "empty/", "lib/", "lib/part.py", "link.py", "run.sh"}
    assert (modes["run.sh"], modes["link.py"][:4]) == ("0o100755", "0o12")


def test_what_was_not_edited_is_not_published_twice(lam, folder, name):
    create(lam, name, hot(folder))
    first = lam.publish_version(FunctionName=name)
    again = lam.publish_version(FunctionName=name)
    assert (first["Version"], again["Version"]) == ("1", "1")
    write(folder, "2")
    other = lam.publish_version(FunctionName=name)
    assert (other["Version"], other["CodeSha256"] == first["CodeSha256"]) == ("2", False)
    status, code, text = error_of(lam.publish_version, FunctionName=name,
                                  CodeSha256=first["CodeSha256"])
    assert (status, code) == (400, "InvalidParameterValueException")
    assert f"({other['CodeSha256']})" in text
    shown = lam.get_function_configuration(FunctionName=name)["CodeSha256"]
    for digest in (shown, other["CodeSha256"]):
        assert lam.publish_version(FunctionName=name, CodeSha256=digest)["Version"] == "2"


def test_publish_with_create_and_with_update_freezes_too(lam, folder, name):
    assert create(lam, name, hot(folder), Publish=True)["Version"] == "1"
    write(folder, "2")
    updated = lam.update_function_code(FunctionName=name, S3Bucket="hot-reload",
                                       S3Key=str(folder), Publish=True)
    assert updated["Version"] == "2"
    write(folder, "3")
    assert [answer_of(lam, name, Qualifier=q)[0] for q in ("1", "2", "$LATEST")] == ["1", "2", "3"]


def test_get_function_names_the_folder(lam, folder, name):
    made = create(lam, name, hot(folder))
    assert made["CodeSize"] == 0
    got = lam.get_function(FunctionName=name)
    assert got["Code"] == {"RepositoryType": "hot-reload", "Location": f"file://{folder}"}
    assert len(base64.b64decode(got["Configuration"]["CodeSha256"])) == 32
    listed = [f for f in lam.list_functions()["Functions"] if f["FunctionName"] == name]
    assert "HotReload" not in listed[0] and "HotReload" not in got["Configuration"]


def test_functions_move_between_folders_and_packages(lam, folder, name):
    create(lam, name, {"Runtime": "python3.12", "Handler": "app.handler", "Code": {
        "ZipFile": zip_of({"app.py": "def handler(e, c): return 'zip'"})}})
    assert answer_of(lam, name) == "zip"
    lam.update_function_code(FunctionName=name, S3Bucket="hot-reload", S3Key=str(folder))
    assert answer_of(lam, name) == ["1", "part"]
    lam.update_function_configuration(FunctionName=name, Description="still hot")
    write(folder, "2")
    assert answer_of(lam, name) == ["2", "part"]
    lam.update_function_code(FunctionName=name, ZipFile=zip_of(
        {"app.py": "def handler(e, c): return 'zip again'"}))
    write(folder, "3")
    assert answer_of(lam, name) == "zip again"
    assert lam.get_function(FunctionName=name)["Code"]["RepositoryType"] == "S3"


def test_layers_go_with_a_folder(lam, folder, name):
    layer = lam.publish_layer_version(LayerName=name, Content={
        "ZipFile": zip_of({"python/part.py": "TEXT = 'layer'"})})
    create(lam, name, hot(folder), Layers=[layer["LayerVersionArn"]])
    (folder / "lib/part.py").write_text("from part import TEXT\n")
    assert answer_of(lam, name) == ["1", "layer"]
    lam.publish_version(FunctionName=name)
    assert answer_of(lam, name, Qualifier="1") == ["1", "layer"]


def test_a_burst_sees_what_was_edited_before_it(lam, folder, name):
    create(lam, name, hot(folder), MemorySize=256, Timeout=60)
    for i in range(4):
        write(folder, i)
        with ThreadPoolExecutor(16) as callers:
            answers = list(callers.map(lambda _: answer_of(lam, name), range(32)))
        assert answers == [[str(i), "part"]] * 32


def test_an_edit_during_invocations_is_seen_after_it(lam, folder, name):
    """Whoever asks after a write has ended gets what was written, whoever else asks meanwhile."""
    create(lam, name, hot(folder), Timeout=60)
    is_over = threading.Event()

    def ask_all_the_time():
        while not is_over.is_set():
            answer_of(lam, name)

    with ThreadPoolExecutor(4) as callers:
        noise = [callers.submit(ask_all_the_time) for _ in range(3)]
        try:
            for i in range(10):
                replacement = folder / "app.new"
                (folder / "app.new").write_text(
                    f"def handler(event, context): return ['{i}', 'new', 'x']\n")
                os.rename(replacement, folder / "app.py")
                assert answer_of(lam, name) == [str(i), "new"]
        finally:
            is_over.set()
        for caller in noise:
            caller.result()


def test_an_event_runs_what_the_folder_holds_when_its_turn_comes(start_server, folder, name):
    server = start_server()
    lam, clock = server.client("lambda"), Http(server.port)
    clock.json("POST", "/_coalmine/clock", {"mode": "frozen"})
    (folder / "app.py").write_text("def handler(event, context): raise ValueError('first')\n")
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    create(lam, name, hot(folder), DeadLetterConfig={"TargetArn": queue})
    lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    clock.json("POST", "/_coalmine/clock", {"advance": "0s"})
    (folder / "app.py").write_text("def handler(event, context): raise ValueError('last')\n")
    clock.json("POST", "/_coalmine/clock", {"advance": "3m"})
    kept = clock.json("GET", "/_coalmine/destinations")["records"]
    assert len(kept) == 1 and "last" in json.dumps(kept) and "first" not in json.dumps(kept)


def test_stopping_the_server_ends_events_that_look_at_a_folder(start_server, folder, name):
    server = start_server()
    lam = server.client("lambda")
    create(lam, name, hot(folder))
    for i in range(2000):
        (folder / f"lib/data{i}").touch()
    for _ in range(20):
        lam.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    assert server.stop() == 0, server.read_log()


def test_a_restart_keeps_the_folder(start_server, folder, tmp_path, name):
    directory = str(tmp_path / "data")
    server = start_server("--data-dir", directory, ephemeral=False)
    create(server.client("lambda"), name, hot(folder))
    server.client("lambda").publish_version(FunctionName=name)
    assert server.stop() == 0
    write(folder, "2")
    lam = start_server("--data-dir", directory, ephemeral=False).client("lambda")
    assert answer_of(lam, name) == ["2", "part"]
    assert answer_of(lam, name, Qualifier="1") == ["1", "part"]
    write(folder, "3")
    assert answer_of(lam, name) == ["3", "part"]


def test_folders_that_cannot_be_used_are_refused(lam, folder, tmp_path, name):
    refused = (400, "InvalidParameterValueException")
    for wrong, why in (("relative/path", "needs the absolute path of a folder as S3Key"),
                       (tmp_path / "none", "No such file or directory"),
                       (folder / "app.py", "Not a directory")):
        answer = error_of(create, lam=lam, name=name, package=hot(wrong))
        assert answer[:2] == refused and why in answer[2] and str(wrong) in answer[2]
        assert error_of(lam.get_function, FunctionName=name)[0] == 404
    assert error_of(lam.publish_layer_version, LayerName=name, Content=hot(folder)["Code"]) == (
        *refused, "hot-reload is for the code of functions, not for layers")


def test_what_leads_out_of_the_folder_cannot_be_frozen(lam, folder, name):
    create(lam, name, hot(folder))
    (folder / "out").symlink_to("/etc/passwd")
    answer = error_of(lam.publish_version, FunctionName=name)
    assert answer[:2] == (400, "InvalidParameterValueException")
    assert answer[2] == (f"The folder {folder} cannot be made a version: a symbolic link leaves "
                         "the package: 'out'")
    assert lam.list_versions_by_function(FunctionName=name)["Versions"][1:] == []
    assert answer_of(lam, name) == ["1", "part"]


def test_a_folder_that_vanishes_fails_invocations_until_it_is_back(lam, folder, name):
    create(lam, name, hot(folder))
    assert answer_of(lam, name) == ["1", "part"]
    os.rename(folder, f"{folder}.away")
    assert answer_of(lam, name)["errorType"] == "Runtime.ExitError"
    os.rename(f"{folder}.away", folder)
    assert answer_of(lam, name) == ["1", "part"]


def test_edits_are_seen_though_not_all_of_the_folder_can_be(lam, server, folder, name):
    create(lam, name, hot(folder))
    (folder / "/".join(["deep"] * 101)).mkdir(parents=True)
    for text in ("1", "2", "3"):
        write(folder, text)
        assert answer_of(lam, name) == [text, "part"]
    assert "lies deeper than 100 directories" in server.read_log()


def test_a_function_cannot_write_to_the_developers_folder(lam, folder, name):
    (folder / "app.py").write_text("def handler(event, context):\n    open('made', 'w')\n")
    create(lam, name, hot(folder))
    assert "Read-only file system" in answer_of(lam, name)["errorMessage"]
    assert sorted(os.listdir(folder)) == ["app.py", "lib"]
