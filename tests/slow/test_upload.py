"""A package over a slow line: it takes longer than an answer may."""
import random
import socket
import subprocess
import time

from tests.conftest import CANARY, clean_environment
from tests.support.packages import NODE, create, node, zip_of
from tests.support.proxy import Proxy

SECONDS = 75  # an answer may take a minute
PARTS = 150


class Slow(Proxy):
    def read(self, file, size):
        if size < 1 << 20:
            return file.read(size)
        body = b""
        for part in range(PARTS):
            body += file.read((size - len(body)) // (PARTS - part))
            time.sleep(SECONDS / PARTS)
        return body


def test_a_package_may_take_longer_than_an_answer(server, lam, name, tmp_path):
    create(lam, name, node("return 1"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    (tmp_path / "package.zip").write_bytes(zip_of({
        "index.mjs": NODE % "return 2", "data": random.Random(1).randbytes(16 << 20)}))
    proxy = Slow(server.url)
    proxy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    done = subprocess.run(
        [CANARY, "deploy", "--function", name, "--alias", "live", "--package", "package.zip",
         "--strategy", "AllAtOnce"], cwd=tmp_path, text=True, capture_output=True,
        env=clean_environment(proxy.url))
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lam.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    assert sum(path.endswith("/code") for path, _ in proxy.seen) == 1
