"""Completion of both programs in bash, from the scripts that they print."""
import os
import pty
import re
import select
import subprocess
import time

import pytest

from tests.conftest import CANARY, COALMINE
from tests.support.machine import PATIENCE_SECONDS

PROGRAMS = {"canary": CANARY, "coalmine": COALMINE}


def complete(line, cwd="."):
    """What bash offers at the line's end, asked as readline asks."""
    program = line.split()[0]
    words = line.replace("=", " = ").split(" ") if "=" in line else line.split(" ")
    words = [word for word in words[:-1] if word] + [words[-1]]
    script = subprocess.run([PROGRAMS[program], "completion", "bash"], capture_output=True,
                            text=True, check=True).stdout
    ask = """
        eval "$script"
        set -- $(complete -p "$program"); [ "$2 $3" = "-F _$program" ] || exit 9
        COMP_WORDS=("${@:0:0}")
        while IFS= read -r word; do COMP_WORDS+=("$word"); done <<< "$words"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        "_$program"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(["bash", "--norc", "-c", ask], capture_output=True, text=True, cwd=cwd,
                          env={**os.environ, "script": script, "program": program,
                               "words": "\n".join(words)})
    assert done.returncode == 0, done.stderr
    return [word.strip() for word in done.stdout.split("\n") if word.strip()]


@pytest.mark.parametrize("line, offered", [
    ("canary tra", ["traffic"]),
    ("canary re", ["report"]),
    ("canary traffic --pay", ["--payload", "--payload-file", "--payload-lines"]),
    ("canary traffic --arrivals ", ["constant", "poisson"]),
    ("canary traffic --arrivals p", ["poisson"]),
    ("canary traffic --arrivals=p", ["poisson"]),
    ("canary traffic --alias live --out", ["--output"]),
    ("canary report --format j", ["json", "junit"]),
    ("canary traffic --rate ", []),
    ("coalmine se", ["serve"]),
    ("coalmine serve --eph", ["--ephemeral"]),
])
def test_commands_options_and_values_are_offered(line, offered):
    found = complete(line)
    assert [word for word in found if word in offered] == offered
    assert set(found) == set(offered) or line == "canary re"


def test_files_are_offered_where_a_file_is_meant(tmp_path):
    (tmp_path / "lines.txt").write_text("{}")
    (tmp_path / "listing").mkdir()
    for line in ("canary traffic --payload-lines li", "canary report li", "canary report -o li",
                 "coalmine serve --data-dir li"):
        assert sorted(complete(line, tmp_path)) == ["lines.txt", "listing"], line


def test_after_two_dashes_stands_a_command():
    assert "bash" in complete("coalmine exec --ephemeral -- bas")


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_of_the_help_is_offered(program):
    commands = [word for word in complete(f"{program} ") if not word.startswith("-")]
    assert len(commands) >= 6
    for command in commands:
        shown = subprocess.run([PROGRAMS[program], command, "--help"], capture_output=True,
                               text=True).stdout
        options = re.findall(r"^  (?:-\w, )?(--\S+)", shown, re.M)
        if options:
            assert complete(f"{program} {command} --") == options, command


def test_an_interactive_shell_completes_a_word():
    master, slave = pty.openpty()
    shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=slave, stdout=slave,
                             stderr=slave, close_fds=True, start_new_session=True,
                             env={"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "ready> ",
                                  "HOME": "/nonexistent"})
    os.close(slave)
    seen = b""

    def read_until(word):
        nonlocal seen
        deadline = time.monotonic() + PATIENCE_SECONDS
        while word not in seen:
            assert select.select([master], [], [], deadline - time.monotonic())[0], seen
            seen += os.read(master, 4096)
        seen = seen.split(word, 1)[1]

    try:
        read_until(b"ready> ")
        os.write(master, f"eval \"$({CANARY} completion bash)\"; echo do''ne\n".encode())
        read_until(b"done\r\n")
        read_until(b"ready> ")
        os.write(master, b"canary traffic --arr\t")
        read_until(b"--arrivals ")
    finally:
        shell.kill()
        shell.wait()
        os.close(master)


def test_another_shell_is_refused_with_what_to_do():
    done = subprocess.run([CANARY, "completion", "tcsh"], capture_output=True, text=True)
    assert done.returncode == 2 and "completion bash|zsh" in done.stderr


@pytest.mark.parametrize("program, word, meant", [("canary", "trafic", "traffic"),
                                                  ("coalmine", "serv", "serve")])
def test_a_misspelt_command_is_told_what_was_meant(program, word, meant):
    done = subprocess.run([PROGRAMS[program], word], capture_output=True, text=True)
    assert done.returncode == 2 and f"did you mean '{meant}'?" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_tells_of_completion_and_completion_has_help(program):
    def ask(*words):
        return subprocess.run([PROGRAMS[program], *words], capture_output=True, text=True)

    assert f"{program} completion bash" in ask("--help").stdout
    for words in (("completion", "--help"), ("help", "completion")):
        done = ask(*words)
        assert (done.returncode, done.stderr) == (0, "") and "bash|zsh" in done.stdout
    assert ask("completion", "fish").returncode == 2
