#!/usr/bin/python3
"""Pages that are written from the source are up to date, and what pages name is there: links and
headings, files, tests, functions of the source, targets of the makefile, commands and their options."""
import difflib
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCE = ("emulator", "client", "include", "tests", "fixtures", "Makefile")
# What pages name and this repository does not have: AWS's, the system's, a reader's own, any one's.
OTHERS_FILES = {"canary.json", "deployment.json", "staging.json", "health-check.sh", "noun.c",
                "noun_handlers.c", "lambda-api.md", "cloudwatch-api.md", "index.mjs", "FILE.mjs"}
OTHERS_WORDS = {"no_new_privs"}
OTHERS_OPTIONS = {"--invoked-via-function-url", "--zip-file", "--code", "--cli-read-timeout", "--no-cli-pager",
                  "--since", "--size"}


def run(*command):
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True).stdout


def stale(page, target, *command):
    old, new = (ROOT / page).read_text(), run(*command)
    yield from difflib.unified_diff(old.splitlines(), new.splitlines(), page, "source", lineterm="", n=0)
    if old != new:
        yield f"{page} is stale: run make {target}"


def anchor(heading):
    """The name by which GitHub finds a heading."""
    bare = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", bare).replace(" ", "-")


def anchors(page):
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)", prose, re.M)}


def broken_links(page, text):
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        if "://" in link:
            continue
        if not target.exists():
            yield f"broken link {link}"
        elif heading and heading not in anchors(target):
            yield f"no heading {link}"


def spans(text):
    """What stands between backquotes, blocks of code left out."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith("    "))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def is_file(name, files):
    pattern = re.escape(name.removeprefix("./")).replace(r"\*", "[^/]*")
    return any(re.search(rf"(^|/){pattern}(/|$)", file) for file in files)


def missing_files(text, files):
    named = re.findall(r"[\w*./-]+\.(?:c|h|py|sh|md|cjs|mjs|json|suppressions|known)\b",
                       "\n".join(spans(text)))
    named += re.findall(r"(?<![\w/])docs/[\w./-]+\.(?:md|json)", text)
    named += re.findall(r"(?<![\w/])(?:emulator|client|tests|include)/[\w./-]*\w", "\n".join(spans(text)))
    for name in sorted(set(named)):
        if name not in OTHERS_FILES and not is_file(name, files):
            yield f"there is no file {name}"


def missing_words(text, words):
    for span in spans(text):
        name = re.match(r"[a-z]+(?:_[a-z0-9]+)+(?![\w.*/])", span)
        if name and name[0] not in words | OTHERS_WORDS:
            yield f"the source has no {name[0]}"


def missing_targets(text, targets):
    commands = spans(text) + re.findall(r"^    (make .*)", text, re.M)
    for line in commands:
        for call in re.findall(r"\bmake ((?:[a-z][a-z-]*(?: |$))+)", line.split("#")[0]):
            yield from (f"make has no {name}" for name in call.split() if name not in targets)


def options_of_programs():
    """{(program, command): its options}"""
    found = {}
    for program in ("coalmine", "canary"):
        for name in re.findall(r"^  (\w+)  ", run(f"build/{program}", "--help"), re.M):
            shown = run(f"build/{program}", name, "--help")
            found[program, name] = set(re.findall(r"--[a-z0-9-]+", shown)) | {"--help"}
        found[program, "completion"] = set()
    return found


def missing_options(text, programs):
    known = set().union(*programs.values(), OTHERS_OPTIONS)
    joined = text.replace("\\\n", " ")
    shown = spans(joined) + re.findall(r"^    (.*)", joined, re.M)
    for line in shown:
        call = re.match(r"(?:\$ )?(?:build/)?(coalmine|canary) ([a-z]+)\b(.*)", line)
        if call and (call[1], call[2]) not in programs:
            yield f"{call[1]} has no command {call[2]}"
        elif call and "|" not in call[3]:
            own = re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", re.split(r" -- |#|`|\$\(", call[3])[0])
            yield from (f"{call[1]} {call[2]} has no {option}" for option in own
                        if option not in programs[call[1], call[2]])
    for span in spans(text):
        if re.match(r"--[a-z]", span) and span.split()[0].split("=")[0] not in known:
            yield f"nobody has {span}"


def main():
    faults = [*stale("docs/operations.md", "operations", "build/coalmine", "operations"),
              *stale("docs/canary.schema.json", "schema", "build/canary", "schema")]
    files = run("git", "ls-files", "-co", "--exclude-standard").splitlines()
    source = "".join((ROOT / file).read_text(errors="replace") for file in files
                     if file.startswith(SOURCE) and (ROOT / file).is_file())
    faults += [f"a comment names {page}" for page in sorted(set(re.findall(r"docs/[\w-]+\.md", source)))
               if page not in files]
    words = set(re.findall(r"\w+", source))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    programs = options_of_programs()
    for page in PAGES:
        text = page.read_text()
        found = [*broken_links(page, text), *missing_files(text, files), *missing_words(text, words),
                 *missing_targets(text, targets), *missing_options(text, programs)]
        faults += [f"{page.relative_to(ROOT)}: {fault}" for fault in found]
    print("\n".join(faults), end="\n" if faults else "")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
