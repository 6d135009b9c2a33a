"""python3 -m tests.bench [--quick|--long] [--write] [WORD...]: runs the measurements in measure_*.py whose
name holds one of the words (all without words) and prints their tables, --write into
docs/performance.md as well. Ends with 1 if a bound was missed or a measurement broke off."""
import argparse
import importlib
import os
import sys
import time
import traceback

from tests.bench.bench import FULL, LONG, QUICK
from tests.bench.report import INTRODUCTION, page
from tests.conftest import ROOT

PAGE = ROOT / "docs/performance.md"
# Headings of the page, in the order of the list of what must hold, and what is measured for each.
HEADINGS = {
    "Warm Invoke": ("invoke",),
    "Cold starts": ("cold",),
    "Start and memory": ("start",),
    "Control plane and metrics": ("control", "metrics"),
    "Advanced clock": ("alarms",),
    "Traffic": ("traffic",),
    "Costs that grow": ("growth", "records"),
}


def run(name, scale):
    """Its rows; None if it broke off: one must not cost the others."""
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        return importlib.import_module(f"tests.bench.measure_{name}").measure(scale)
    except Exception:
        traceback.print_exc()
        return None
    finally:
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


def run_all(words, scale):
    """{heading: rows}, and the names of measurements that broke off."""
    sections, broken = {}, []
    for heading, names in HEADINGS.items():
        for name in names:
            if words and not any(word in name for word in words):
                continue
            rows = run(name, scale)
            if rows is None:
                broken.append(name)
            else:
                sections.setdefault(heading, []).extend(rows)
    return sections, broken


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_const", dest="scale", const=QUICK, default=FULL,
                        help="a minute or two instead of a quarter of an hour")
    parser.add_argument("--long", action="store_const", dest="scale", const=LONG,
                        help="an hour or more: up to a million of everything that grows")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md as well")
    parser.add_argument("words", nargs="*", help="measurements by a part of their name")
    arguments = parser.parse_args()
    before, start = os.getloadavg()[0], time.monotonic()
    sections, broken = run_all(arguments.words, arguments.scale)
    text = page(sections, (before, os.getloadavg()[0]), (time.monotonic() - start) / 60)
    print(text)
    if broken:
        print(f"broke off: {', '.join(broken)}")
    elif arguments.write:
        PAGE.write_text(INTRODUCTION + text)
    rows = [row for some in sections.values() for row in some]
    return 0 if rows and not broken and all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
