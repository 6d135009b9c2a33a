"""What the programs say of a data directory."""
import subprocess

from tests.conftest import COALMINE, STOP_SECONDS


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
