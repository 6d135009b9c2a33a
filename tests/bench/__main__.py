"""python3 -m tests.bench [--quick|--long] [--write] [WORD...]: runs the measurements in measure_*.py whose
name holds one of the words (all without words) and prints one table, --write into
docs/performance.md as well. Ends with 1 if a bound was missed or a measurement broke off."""
import argparse
import importlib
import os
import pathlib
import platform
import sys
import time
import traceback

from tests.bench.bench import FULL, LONG, QUICK
from tests.conftest import ROOT

HEADS = ("measure", "value", "ratio", "range", "compared with", "required", "")
PAGE = ROOT / "docs/performance.md"
INTRODUCTION = """# Performance

Written by `make performance`; `make bench` prints the same table (`BENCH="--quick invoke"`: only
what has this in its name, and briefly; `BENCH=--long`: 100,000 functions, 10,000,000 values).
Everything was measured in one run, the sides of a ratio in turn, over several rounds: a ratio is the
median of the rounds' ratios, the range their lowest and highest. Figures of different machines
cannot be compared; ratios mostly can. wrk makes the load, with one thread.

- *node HTTP*: a bare node HTTP server that parses the event, runs the same handler and prints its
  result; no log, no metrics, nothing durable.
- *serverless-offline*: in-process, through its own Invoke endpoint. *AWS's node client*:
  aws-lambda-ric as a custom runtime of Coalmine; left out where npm cannot compile it.
- *libmicrohttpd*: the library's own limit, one thread, a fixed answer. *MHD and a pipe*: it hands
  each request to a child that does nothing, as the server must at least. *bare Runtime API loop*:
  the C bootstrap at a Runtime API that always has a next event, and nothing else.
- Where the other side is an amount (15 ms), the ratio is the part of it that was used.

What a change of the source costs shows better in instructions, which repeat on any machine:
`/usr/bin/python3 -m tests.bench.instructions` counts those of the server per operation.

"""


def measurements(words):
    for path in sorted(pathlib.Path(__file__).parent.glob("measure_*.py")):
        if not words or any(word in path.stem for word in words):
            yield importlib.import_module(f"tests.bench.{path.stem}")


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(row):
    spread = f"{row.spread[0]:.2f}..{row.spread[1]:.2f}" if row.spread else ""
    verdict = "" if not row.limit else "met" if row.is_good else "MISSED"
    return (row.measure, f"{number(row.value)} {row.unit}", f"{row.ratio:.2f}", spread,
            row.reference, row.limit, verdict)


def table(rows):
    """Lines of Markdown that can be read as they are."""
    lines = [HEADS] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) +
                   " |\n" for line in lines)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return (f"{os.cpu_count()} x {models[0] if models else platform.machine()}, "
            f"Linux {platform.release()}, {time.strftime('%Y-%m-%d')}; load average before and "
            f"after: ")


def run(modules, scale):
    """The rows, and the names of measurements that broke off: one must not cost the others."""
    rows, broken = [], []
    for module in modules:
        name = module.__name__.split("measure_")[1]
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        start = time.monotonic()
        try:
            rows += module.measure(scale)
        except Exception:
            traceback.print_exc()
            broken.append(name)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return rows, broken


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_const", dest="scale", const=QUICK, default=FULL,
                        help="a minute instead of five")
    parser.add_argument("--long", action="store_const", dest="scale", const=LONG,
                        help="with the numbers of issue 6: up to 100,000 functions, 10,000,000 values")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md as well")
    parser.add_argument("words", nargs="*", help="measurements by a part of their name")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    rows, broken = run(measurements(arguments.words), arguments.scale)
    text = f"{machine()}{before:.1f}, {os.getloadavg()[0]:.1f}\n\n{table(rows)}"
    print(text)
    if broken:
        print(f"broke off: {', '.join(broken)}")
    elif arguments.write:
        PAGE.write_text(INTRODUCTION + text)
    return 0 if rows and not broken and all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
