"""The programs that Coalmine is held against, each started for one measurement."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from tests.conftest import ROOT

HERE = pathlib.Path(__file__).parent
BUILT = ROOT / "build/bench"
PATIENCE_SECONDS = 60
NPM_SECONDS = 1200  # some packages compile a library or two
SERVERLESS = ("serverless@3.40.0", "serverless-offline@13.9.0")


def say(text):
    print(text, file=sys.stderr, flush=True)


@dataclasses.dataclass
class Peer:
    port: int
    pid: int


@contextlib.contextmanager
def printing_its_port(*command):
    """A peer that prints its port and ends with its standard input."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Peer(int(process.stdout.readline()), process.pid)
    finally:
        process.stdin.close()
        process.wait(PATIENCE_SECONDS)


def node_server():
    """A bare node HTTP server that runs the handler."""
    return printing_its_port("node", str(HERE / "peers/server.mjs"))


def floor():
    """A bare libmicrohttpd server with a fixed answer."""
    return printing_its_port(str(BUILT / "floor"))


def runtime_loop(processes, seconds):
    """Answers a second of the C bootstrap in so many processes, with nothing but the Runtime API."""
    done = subprocess.run([BUILT / "runtime_loop", BUILT / "bootstrap", str(processes), str(seconds)],
                          check=True, capture_output=True, text=True)
    return float(done.stdout)


def pipe():
    """libmicrohttpd that hands each request to a child through a pipe, and its answer back."""
    return printing_its_port(str(BUILT / "pipe"))


def npm_install(directory, *packages, **environment):
    """Installs once, with more in npm's environment; False, with a line, if that does not work.
    Either result is kept for these packages and settings: `make clean` forgets it."""
    result = directory / "result"
    wanted = " ".join([f"{name}={value}" for name, value in environment.items()] + [*packages])
    if not result.exists() or not result.read_text().endswith(wanted):
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "package.json").write_text('{"private": true}')
        say(f"installing {' '.join(packages)} into {directory} ...")
        is_good = run_npm(directory, environment, "install", "--no-audit", "--no-fund", *packages)
        result.write_text(("installed " if is_good else "failed ") + wanted)
    is_installed = result.read_text().startswith("installed")
    if not is_installed:
        say(f"left out: npm cannot install {' '.join(packages)} (see {directory}/npm.log)")
    return is_installed


def run_npm(directory, environment, *arguments):
    with open(directory / "npm.log", "w") as log:
        try:
            subprocess.run(["npm", *arguments], check=True, cwd=directory, stdout=log, stderr=log,
                           timeout=NPM_SECONDS, env={**os.environ, **environment})
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for_port(port, process):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        time.sleep(0.1)  # it says nothing that could be waited for
    return False


@contextlib.contextmanager
def serverless_offline():
    """The port of its Lambda endpoint, where the function is called `bench-dev-f`; None if it
    cannot be had."""
    home = BUILT / "serverless"
    if not npm_install(home, *SERVERLESS):
        yield None
        return
    for name in ("handler.mjs", "serverless.yml"):
        shutil.copy(HERE / "peers" / name, home / name)
    port = free_port()
    with open(home / "offline.log", "w") as log:
        process = subprocess.Popen(
            ["node_modules/.bin/serverless", "offline", "--lambdaPort", str(port), "--httpPort",
             str(free_port())], cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={**os.environ, "SLS_TELEMETRY_DISABLED": "1",
                                         "SLS_NOTIFICATIONS_MODE": "off"})
    try:
        is_up = wait_for_port(port, process)
        if not is_up:
            say(f"left out: serverless-offline does not start ({home}/offline.log)")
        yield port if is_up else None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
