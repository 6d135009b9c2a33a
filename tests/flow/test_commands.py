"""coalmine's commands as a shell sees them."""
import subprocess

import pytest

from tests.conftest import COALMINE


def run(*arguments):
    return subprocess.run([COALMINE, *arguments], text=True, capture_output=True, timeout=60)


def test_help_lists_every_option_row():
    text = run("serve", "--help").stdout
    for option in ("--port", "--data-dir", "--ephemeral", "--seed", "--workshop", "--strict"):
        assert option in text
    assert run("--help").returncode == 0 and run().returncode == 2
    assert run("serve", "--no-such").returncode == 2
    assert run("serve", "--port", "x").returncode == 2


@pytest.mark.parametrize("command", ["serve", "env", "runtimes", "operations"])
def test_what_is_no_option_is_refused(command):
    done = run(command, "http://127.0.0.1:4567")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"coalmine {command}: 'http://127.0.0.1:4567' is not an option "
                           "(see --help)\n")
    shown = run(command, "--help")
    assert shown.returncode == 0 and shown.stdout.startswith("Usage: ")


def test_runtimes_shows_the_mapping():
    lines = run("runtimes").stdout.splitlines()
    assert any(line.startswith("nodejs22.x") and "/node" in line for line in lines)
    assert any(line.startswith("python3.12") and "/python3" in line for line in lines)
    assert any(line.startswith("nodejs26.x") and "/node" in line for line in lines)


def test_a_port_in_use_is_said(start_server):
    server = start_server()
    done = run("serve", "--ephemeral", "--port", str(server.port))
    assert done.returncode == 1 and "cannot listen on 127.0.0.1" in done.stderr
