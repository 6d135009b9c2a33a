"""The manual pages: their option parts come from the programs, the rest must not fall behind."""
import re
import subprocess

import pytest

from tests.conftest import CANARY, COALMINE, ROOT

PROGRAMS = {"canary": CANARY, "coalmine": COALMINE}
MACROS = {".Ss", ".Bl", ".El", ".It", ".Pq"}
DEVELOPERS = {"HOME", "TERM", "LC_ALL", "LC_CTYPE", "LANG", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
              "AWS_DEFAULT_PROFILE"}


def run(program, *arguments):
    return subprocess.run([PROGRAMS[program], *arguments], capture_output=True, text=True).stdout


def sections(program):
    """{command: its part of the manual}"""
    parts = re.split(rf"^\.Ss {program} (\S+)\n", run(program, "manual"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_and_option_is_described(program):
    found = sections(program)
    commands = re.findall(r"^  (\S+)  +\S", run(program, "--help"), re.M)
    assert list(found) == commands and len(commands) >= 6
    for command in commands:
        options = re.findall(r"^  (?:-\w, )?--(\S+)", run(program, command, "--help"), re.M)
        described = re.findall(r"^\.It Fl (?:\w , Fl )?\\-(\S+)", found[command], re.M)
        assert described == options, command


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_options_part_is_well_formed_mdoc(program):
    for command, text in sections(program).items():
        lines = text.splitlines()
        assert {line.split()[0] for line in lines if line.startswith(".")} <= MACROS, command
        assert not [line for line in lines if line.startswith("'") or not line], command
        assert text.count("\n.Bl ") == text.count("\n.El"), command


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_page_has_a_place_for_its_options(program):
    page = (ROOT / f"docs/man/{program}.1.in").read_text()
    assert page.count("BEGIN OPTIONS") == page.count("END OPTIONS") == 1
    assert page.index(".Sh DESCRIPTION") < page.index("BEGIN OPTIONS") < page.index(".Sh EXAMPLES")


def test_every_variable_that_the_client_reads_is_described():
    source = "".join(path.read_text() for path in (ROOT / "client").rglob("*.c"))
    read = set(re.findall(r'\bgetenv\("([A-Z][A-Z0-9_]+)"', source))
    read |= set(re.findall(r'"(AWS_[A-Z0-9_]+)"', source))
    page = (ROOT / "docs/man/canary.1.in").read_text()
    assert len(read) >= 30
    assert not [name for name in read - DEVELOPERS if not re.search(rf"\b{name}\b", page)]


def test_the_librarys_page_describes_its_functions():
    page = (ROOT / "docs/man/canary.3").read_text()
    named = set(re.findall(r"^\.Nm (\w+)", page, re.M))
    shown = set(re.findall(r"^\.F[no] (\w+)", page, re.M))
    assert named <= shown and len(named) >= 10
    for header in (ROOT / "include").glob("canary.h"):  # all of them, once the library is there
        declared = set(re.findall(r"^CANARY_API[^;(]*?(\w+)\(", header.read_text(), re.M))
        assert named == declared
