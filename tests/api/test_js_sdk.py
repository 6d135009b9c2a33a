"""Runs tests/js (AWS SDK for JavaScript v3) against the server."""
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.packages import node
from tests.support.streams import node_stream

JS = Path(__file__).resolve().parent.parent / "js"


STREAM = """stream.write('first');
if (event.fail) { await pause(1); throw new Error(event.fail); }
await new Promise((resolve) => net.connect(event.port, '127.0.0.1').on('close', resolve).resume());
stream.end('second');"""


def node_major():
    version = subprocess.run(["node", "--version"], text=True, capture_output=True).stdout
    return int(version.lstrip("v").split(".")[0])


@pytest.mark.skipif(node_major() < 20, reason="this release of the SDK needs node 20")
def test_the_sdk_for_javascript(server, tmp_path):
    archive = tmp_path / "package.zip"
    archive.write_bytes(node("return event")["Code"]["ZipFile"])
    stream = tmp_path / "stream.zip"
    stream.write_bytes(node_stream(STREAM)["Code"]["ZipFile"])
    done = subprocess.run(
        ["node", "--test", *sorted(str(f) for f in JS.glob("*.test.mjs"))], cwd=JS, text=True,
        capture_output=True, timeout=300,
        env={**os.environ, "COALMINE_URL": server.url, "COALMINE_ZIP": str(archive),
             "COALMINE_STREAM_ZIP": str(stream)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 19" in done.stdout
