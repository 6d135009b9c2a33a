"""libcanary as a C program sees it: installed, found by pkg-config, run against a real coalmine."""
import json
import os
import shlex
import subprocess

import pytest

from tests.conftest import ROOT, clean_environment
from tests.support.packages import NODE, create, node, zip_of

BAD = ("globalThis.n = (globalThis.n || 0) + 1; "
       "if (globalThis.n > 5 && globalThis.n % 2) throw new Error('broken')")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """`make install` into a directory of its own, with blanks in its path as in a home of macOS."""
    root = tmp_path_factory.mktemp("installed") / "a root"
    where = [f"DESTDIR={root}", "PREFIX=/opt/my canary"]
    subprocess.run(["make", "-s", "install", *where], cwd=ROOT, check=True, capture_output=True)
    yield root / "opt/my canary"
    subprocess.run(["make", "-s", "uninstall", *where], cwd=ROOT, check=True, capture_output=True)
    assert [path for path in root.rglob("*") if not path.is_dir()] == []


@pytest.fixture(scope="module", params=["shared", "static"])
def build(request, installed):
    """Compiles a program with the flags that pkg-config gives."""
    static = ["--static"] if request.param == "static" else []
    flags = subprocess.run(
        ["pkg-config", f"--define-variable=prefix={installed}", "--cflags", "--libs", *static,
         "canary"], env={**os.environ, "PKG_CONFIG_PATH": str(installed / "lib/pkgconfig")},
        check=True, capture_output=True, text=True).stdout
    flags = shlex.split(flags)
    if static:  # of both libraries that -lcanary finds, the archive
        flags = ["-l:libcanary.a" if flag == "-lcanary" else flag for flag in flags]

    def compile_to(program, source):
        subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o",
                        program, source, *flags], check=True)
        return program, {"LD_LIBRARY_PATH": str(installed / "lib")}
    return compile_to


@pytest.fixture(scope="module")
def sample(build, tmp_path_factory):
    """The sample program, as (command, environment)."""
    return build(tmp_path_factory.mktemp("sample") / "sample",
                 ROOT / "tests/client/library/sample.c")


@pytest.fixture
def run(sample, server):
    program, environment = sample

    def start(plan, *more):
        text = plan if isinstance(plan, str) else json.dumps(plan)
        done = subprocess.run([program, text, *more], text=True, capture_output=True, timeout=120,
                              env={**clean_environment(server.url), **environment})
        assert done.stderr == "", done.stderr  # it never prints by itself
        return done.returncode, done.stdout
    return start


@pytest.fixture
def plan(lam, name, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def make(body, **more):
        path = tmp_path / "package.zip"
        path.write_bytes(zip_of({"index.mjs": NODE % body}))
        return {"function": name, "alias": "live", "package": str(path),
                "strategy": {"canary": {"weight": "50%", "for": "5m"}}, **more}
    return make


def alias_of(lam, name):
    alias = lam.get_alias(FunctionName=name, Name="live")
    return alias["FunctionVersion"], alias.get("RoutingConfig")


def test_a_good_version_is_promoted(lam, name, run, plan):
    code, out = run(plan("return 'v2'"))
    verdict, requests, errors, status = out.split("\n")[0].split()
    assert (code, verdict, errors, status) == (0, "promoted", "0", "0"), out
    assert 1000 < int(requests) < 2000  # half of 5 minutes at 10/s
    assert alias_of(lam, name) == ("2", None)


def test_a_bad_version_is_rolled_back(lam, name, run, plan):
    code, out = run(plan(BAD))
    assert code == 0 and out.startswith("rolled back ") and "limit is 1 %" in out
    assert int(out.split()[2]) < 100  # it did not take long
    assert alias_of(lam, name) == ("1", None)


def test_the_caller_may_stop_it(lam, name, run, plan):
    code, out = run(plan("return 'v2'"), "stop")
    assert code == 0 and out.startswith("rolled back "), out
    assert alias_of(lam, name) == ("1", None)


def test_nobody_need_look_on(lam, name, run, plan):
    code, out = run(plan("return 'v2'", strategy="AllAtOnce"), "unseen")
    assert code == 0 and out.startswith("promoted "), out
    assert alias_of(lam, name) == ("2", None)


def test_failures_are_values(run, plan):
    assert run('{"function": "f",\n"alia": "a"}') == (
        2, "2 alia: there is no member 'alia'; did you mean 'alias'?\n"
           "1 alias: alias is missing: the alias that users call\n")
    code, out = run(plan("return 1", package="/no/such"))
    assert code == 1 and "cannot find the package /no/such" in out


def test_nothing_but_the_header_is_seen_from_outside(installed):
    for library, option in (("libcanary.so", "-D"), ("libcanary.a", "-g")):
        names = subprocess.run(["nm", option, "--defined-only", installed / "lib" / library],
                               check=True, capture_output=True, text=True).stdout.split("\n")
        symbols = {line.split()[-1] for line in names if len(line.split()) == 3}
        assert symbols and all(symbol.startswith("canary_") for symbol in symbols), symbols


def test_the_example_of_the_manual_page_is_a_whole_program(build, lam, server, tmp_path):
    page = (ROOT / "docs/man/canary.3").read_text()
    example = page.split(".Bd -literal\n")[1].split(".Ed\n")[0]
    source = tmp_path / "example.c"
    source.write_text(example.replace(r"\(dq", '"').replace(r"\e", "\\"))
    program, environment = build(tmp_path / "example", source)
    package = tmp_path / "dist"
    package.mkdir()
    (package / "index.mjs").write_text(NODE % "return 'v2'")
    create(lam, "f", node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    try:
        subprocess.run([program], cwd=tmp_path, timeout=120, check=True,
                       env={**clean_environment(server.url), **environment})
        assert alias_of(lam, "f") == ("2", None)
    finally:
        lam.delete_function(FunctionName="f")
