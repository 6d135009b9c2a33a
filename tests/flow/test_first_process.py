"""The server as process 1, as in a container: it inherits what functions leave behind."""
import os
import shutil
import signal
import subprocess

import pytest

from tests.conftest import COALMINE, STOP_SECONDS, Server
from tests.support.machine import descendants, status_of, wait_for
from tests.support.packages import create, python

NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
DAEMONISE = """import os, time
    for i in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
    return 'daemonised'"""


def can_unshare():
    return os.geteuid() == 0 and shutil.which("unshare") and \
        subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


class FirstProcess(Server):
    """`self.process` is unshare; the server is its child."""

    command = [*NAMESPACE, COALMINE]

    def server_pid(self):
        return next(pid for pid in descendants(self.process.pid)
                    if status_of(pid)["Name"] == "coalmine")

    def stop(self, number=signal.SIGTERM):
        os.kill(self.server_pid(), number)
        return self.process.wait(STOP_SECONDS)


@pytest.mark.skipif(not can_unshare(), reason="needs a process namespace of its own")
@pytest.mark.parametrize("options", [(), ("--no-sandbox",)], ids=["isolated", "plain"])
def test_no_zombie_is_left(options, name):
    server = FirstProcess(*options)
    try:
        pid = server.server_pid()
        lam = server.client("lambda")
        create(lam, name, python(DAEMONISE), MemorySize=256)
        for i in range(3):
            answer = lam.invoke(FunctionName=name)
            assert answer["Payload"].read() == b'"daemonised"'
            lam.update_function_configuration(FunctionName=name, Description=str(i))
            wait_for(lambda: not descendants(pid), "all of the environment has ended")
    finally:
        assert server.stop() == 0, server.read_log()
