"""What is in a data directory, and what the programs say of it."""
import contextlib
import sqlite3
import subprocess

from tests.conftest import COALMINE, STOP_SECONDS


def checkpoint_of(directory):
    """How many bytes of the journal the last checkpoint that is whole has taken in."""
    with contextlib.closing(sqlite3.connect(directory / "telemetry.db")) as telemetry:
        return telemetry.execute("SELECT max(at) FROM position").fetchone()[0] or 0


def check(directory):
    """The exit status of `coalmine check`, and what it prints."""
    done = subprocess.run([COALMINE, "check", str(directory)], capture_output=True, text=True)
    return done.returncode, done.stdout


def start_fails(directory):
    """Why the server does not start on it."""
    done = subprocess.run([COALMINE, "serve", "--port", "0", "--data-dir", str(directory)],
                          capture_output=True, text=True, timeout=STOP_SECONDS)
    assert done.returncode == 1, done.stdout
    return done.stderr
