"""What functions see of /etc, on a machine of the test's own whose /etc can be changed."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COALMINE, Server
from tests.support.packages import create, python

ETC = ("group", "hosts", "ld.so.cache", "nsswitch.conf", "passwd")
SEE = "return [open('/etc/hosts').read(), sorted(__import__('os').listdir('/etc'))]"


def can_unshare():
    return os.geteuid() == 0 and shutil.which("unshare") and shutil.which("bwrap") and \
        subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not can_unshare(), reason="needs mounts of its own")


@pytest.fixture
def etc(tmp_path):
    for name in ETC:
        shutil.copy(Path("/etc") / name, tmp_path)
    (tmp_path / "hosts").write_text("first")
    (tmp_path / "shadow").write_text("nobody's business")
    return tmp_path


@pytest.fixture
def lam(etc, tmp_path_factory):
    class OwnEtc(Server):
        command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"',
                   str(etc), COALMINE]
    directory = tmp_path_factory.mktemp("data")
    server = OwnEtc("--data-dir", str(directory), ephemeral=False)
    client = server.client("lambda")
    client.sandboxes = directory / "sandboxes"
    yield client
    assert server.stop() == 0, server.read_log()


def replace(path, text):
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def see(lam, name):
    answer = lam.invoke(FunctionName=name)
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result


def start_anew(lam, name, text):
    lam.update_function_configuration(FunctionName=name, Description=text)


def test_an_environment_has_the_files_of_its_start(lam, etc, name):
    create(lam, name, python(SEE))
    assert see(lam, name) == ["first", sorted(ETC)]
    for text in ("replaced", "replaced again", "and again"):
        replace(etc / "hosts", text)
        start_anew(lam, name, text)
        assert see(lam, name) == [text, sorted(ETC)]
    (etc / "hosts").write_text("edited")
    (etc / "nsswitch.conf").unlink()
    (etc / "host.conf").write_text("")
    (etc / "ssl").mkdir()
    start_anew(lam, name, "other files")
    assert see(lam, name) == ["edited", sorted({*ETC, "host.conf", "ssl"} - {"nsswitch.conf"})]
    assert len(list(lam.sandboxes.glob("root-*"))) <= 2
