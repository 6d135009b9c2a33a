"""python3 -m tests.bench [WORD...]: runs the measurements in measure_*.py whose name holds one of
the words (all without words) and prints one table. Fails if a limit is missed."""
import importlib
import os
import pathlib
import platform
import sys


def measurements(words):
    for path in sorted(pathlib.Path(__file__).parent.glob("measure_*.py")):
        if not words or any(word in path.stem for word in words):
            yield importlib.import_module(f"tests.bench.{path.stem}")


def print_table(rows):
    heads = ("measure", "value", "ratio", "compared with", "limit", "")
    lines = [heads] + [
        (row.measure, f"{row.value:.0f} {row.unit}", f"{row.ratio:.2f}", row.reference, row.limit,
         "" if row.is_good else "missed") for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    lines.insert(1, tuple("-" * width for width in widths))
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    rows = []
    for module in measurements(sys.argv[1:]):
        print(f"measuring {module.__name__.split('measure_')[1]} ...", file=sys.stderr)
        rows += module.measure()
    print(f"{os.cpu_count()} x {platform.processor() or platform.machine()}, load "
          f"{os.getloadavg()[0]:.1f}\n")
    print_table(rows)
    return 0 if rows and all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
