"""README's commands, one after the other, as a newcomer types them: with Debian's AWS CLI, in bash."""
import os
import re
import subprocess

from tests.conftest import COALMINE, ROOT, clean_environment

PAGE = (ROOT / "README.md").read_text()


def commands(heading):
    """The lines of code below a heading, without what starts or points to a server: exec does that."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^    (.*)", section, re.M)
    assert lines, heading
    return [line for line in lines if not re.match(r"build/coalmine serve|eval |build/canary clock", line)]


def test_the_commands_do_what_the_page_says(tmp_path):
    (tmp_path / "build").symlink_to(os.path.dirname(COALMINE))
    script = "\n".join(["set -euo pipefail", *commands("With the AWS CLI"), "cat output.json",
                        *commands("With canary")])
    done = subprocess.run([COALMINE, "exec", "--workshop", "--seed", "7", "--", "bash", "-c", script],
                          cwd=tmp_path, text=True, capture_output=True, timeout=300,
                          env={**clean_environment(""), "PATH": "/usr/bin:" + os.environ["PATH"]})
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout + done.stderr
    for sentence in ('"ExecutedVersion": "1"', "Hello from Lambda!", "Wrote canary.json",
                     "weight 10 %, watched for 5m", "Promoted: alias myalias sends all traffic to version 2"):
        assert sentence in told, told
    assert (tmp_path / "release.html").read_text().startswith("<!DOCTYPE html>")


def test_a_clock_that_stands_passes_when_it_is_told(tmp_path):
    start = re.search(r"^    build/coalmine serve --ephemeral (--clock \S+)$", PAGE, re.M)
    turn = re.search(r"^    (build/canary clock advance 5m)$", PAGE, re.M)
    (tmp_path / "build").symlink_to(os.path.dirname(COALMINE))
    done = subprocess.run([COALMINE, "exec", *start[1].split(), "--", *turn[1].split()], cwd=tmp_path,
                          text=True, capture_output=True, timeout=60, env=clean_environment(""))
    assert (done.returncode, done.stdout) == (0, "2026-01-01T00:05:00.000Z, standing still.\n")
