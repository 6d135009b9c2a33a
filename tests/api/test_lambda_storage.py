"""EphemeralStorage: /tmp has the size that was asked for, outlives a crash and nothing else."""
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests import conftest
from tests.support.machine import wait_for
from tests.support.packages import create, python

FILL = """import errno, os
    chunk, size = b'x' * (1 << 20), 0
    with open('/tmp/big', 'wb', buffering=0) as big:
        try:
            while size < 2048:
                size += big.write(chunk) / len(chunk)
        except OSError as error:
            why = errno.errorcode[error.errno]
        else:
            why = 'no end'
    os.unlink('/tmp/big')
    return [why, size]"""
SIZE = """import os
    disk = os.statvfs('/tmp')
    return [disk.f_blocks * disk.f_frsize >> 20, oct(os.stat('/tmp').st_mode & 0o7777)]"""


def result_of(lam, name, **event):
    return json.load(lam.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])


@pytest.mark.parametrize("settings, size", [({}, 512), ({"EphemeralStorage": {"Size": 700}}, 700)])
def test_a_function_that_writes_past_its_storage_gets_enospc(lam, name, settings, size):
    create(lam, name, python(FILL), Timeout=60, **settings)
    assert result_of(lam, name) == ["ENOSPC", size]


def test_tmp_has_the_size_that_was_asked_for(lam, name):
    create(lam, name, python(SIZE))
    assert result_of(lam, name) == [512, "0o1777"]
    answer = lam.update_function_configuration(FunctionName=name, EphemeralStorage={"Size": 10240})
    assert answer["EphemeralStorage"] == {"Size": 10240}
    assert result_of(lam, name) == [10240, "0o1777"]


def test_tmp_is_kept_between_invocations_and_over_a_crash_but_not_shared(lam, name):
    code = """import os
    if event.get('write'):
        open('/tmp/kept', 'w').write(event['write'])
    if event.get('crash'):
        os._exit(1)
    return os.path.exists('/tmp/kept') and open('/tmp/kept').read()"""
    create(lam, name, python(code))
    create(lam, name + "-other", python(code))
    assert result_of(lam, name, write="here") == "here"
    assert result_of(lam, name) == "here"
    assert "exit status 1" in result_of(lam, name, crash=1)["errorMessage"]
    assert result_of(lam, name) == "here"
    assert result_of(lam, name + "-other") is False
    lam.update_function_configuration(FunctionName=name, Description="a new environment")
    assert result_of(lam, name) is False


def test_what_functions_write_to_tmp_never_reaches_the_disk(start_server, tmp_path, name):
    server = start_server("--data-dir", str(tmp_path), ephemeral=False)
    lam = server.client("lambda")
    create(lam, name, python("open('/tmp/secret', 'w').write('x')\n    return 1"))
    assert result_of(lam, name) == 1
    homes = [home for home in (tmp_path / "sandboxes").iterdir() if home.name.isdigit()]
    assert homes and [os.listdir(home / "tmp") for home in homes] == [[] for _ in homes]


def test_an_environment_that_ends_leaves_no_directory(start_server, tmp_path, name):
    lam = start_server("--data-dir", str(tmp_path), ephemeral=False).client("lambda")
    create(lam, name)
    lam.invoke(FunctionName=name)["Payload"].read()
    assert len(list(tmp_path.glob("sandboxes/*/tmp"))) == 1
    lam.delete_function(FunctionName=name)
    wait_for(lambda: not list(tmp_path.glob("sandboxes/*/tmp")))


def test_without_a_sandbox_tmp_is_a_directory_of_the_environments_own(start_server, name):
    lam = start_server("--no-sandbox").client("lambda")
    create(lam, name, python("import os, tempfile\n    open(tempfile.gettempdir() + '/kept', 'a')"
                             ".write('x')\n    return os.listdir(tempfile.gettempdir())"))
    assert result_of(lam, name) == ["kept"]
    assert result_of(lam, name) == ["kept"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_storage_is_limited_for_those_who_are_not_root_too(monkeypatch, name):
    """A user namespace does then what root needs none for."""
    place = Path(tempfile.mkdtemp(prefix="coalmine-demoted-"))
    place.chmod(0o777)
    shutil.copy(conftest.COALMINE, place / "coalmine")
    demoted = place / "demoted"
    demoted.write_text(
        "#!/bin/sh\nexec setpriv --reuid nobody --regid nogroup --clear-groups "
        f"env TMPDIR={place} {place}/coalmine \"$@\"\n")
    demoted.chmod(0o755)
    monkeypatch.setattr(conftest, "COALMINE", str(demoted))
    server = conftest.Server()
    try:
        create(server.client("lambda"), name, python(FILL), Timeout=60)
        assert result_of(server.client("lambda"), name) == ["ENOSPC", 512], server.read_log()
    finally:
        assert server.stop() == 0
        shutil.rmtree(place)
