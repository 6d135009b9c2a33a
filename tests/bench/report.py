"""The bench's page: an introduction, the machine, and per heading a table that can be read as it is."""
import os
import platform
import time

from tests.bench.bench import Curve

INTRODUCTION = """# Performance

Written by `make performance`; `make bench` prints the same. The headings follow the list of what must
hold; the last column says whether it does. Ratios say more than figures, which differ from machine
to machine: the sides of a ratio were measured in turn, over several rounds, and the ratio is the
median of the rounds' ratios, the range their lowest and highest. Where the other side is an amount
(15 ms), the ratio is the part of it that was used. wrk makes the load, with one thread. One caller,
and costs that grow, are measured with everything on one processor.

- *node HTTP*: a bare node HTTP server that parses the event, runs the same handler and prints its
  result; no log, no metrics, nothing durable.
- *AWS's node client*: the same handler under aws-lambda-ric, as a custom runtime of Coalmine.
- *serverless-offline*: in-process, through its own Invoke endpoint.
- *libmicrohttpd*: the HTTP library's own limit, one thread, a fixed answer.
- *MHD and a pipe*: it hands each request to a child that does nothing, one after the other.
- *the Runtime API alone*: the same C bootstrap, asked by a loop with no HTTP in front of it.

`BENCH=--quick` takes a minute or two and goes less far, `BENCH="--quick invoke"` measures only what
has this in its name, `BENCH=--long` goes to a million of everything. What a change of the source
costs shows better in instructions, which repeat on any machine: `/usr/bin/python3 -m
tests.bench.instructions` counts those of the server per operation.

"""
ROW_HEADS = ("measure", "value", "ratio", "range", "compared with", "required", "")
CURVE_HEADS = ("operation, us", "of ever more", "ratio", "range", "required", "")


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(row):
    return f"{row.spread[0]:.2f}..{row.spread[1]:.2f}" if row.spread else ""


def verdict(row):
    return "" if not row.limit else "met" if row.is_good else "MISSED"


def layout(lines):
    """Markdown; the first line is the heads."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) +
                   " |\n" for line in lines)


def row_table(rows):
    return layout([ROW_HEADS] + [
        (row.measure, f"{number(row.value)} {row.unit}", f"{row.ratio:.2f}", spread(row),
         row.reference, row.limit, verdict(row)) for row in rows])


def curve_table(curves):
    """A column for each size that one of them reached."""
    sizes = sorted({size for curve in curves for size in curve.values})
    lines = [CURVE_HEADS[:2] + tuple(f"{size:,}" for size in sizes) + CURVE_HEADS[2:]]
    for curve in curves:
        values = tuple(number(curve.values[size]) if size in curve.values else "" for size in sizes)
        lines.append((curve.measure, curve.what) + values +
                     (f"{curve.ratio:.2f}", spread(curve), curve.limit, verdict(curve)))
    return layout(lines)


def section(heading, rows):
    curves = [row for row in rows if isinstance(row, Curve)]
    plain = [row for row in rows if row not in curves]
    tables = [table(some) for table, some in ((row_table, plain), (curve_table, curves)) if some]
    return f"## {heading}\n\n" + "\n".join(tables)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return (f"{os.cpu_count()} x {models[0] if models else platform.machine()}, "
            f"Linux {platform.release()}, {time.strftime('%Y-%m-%d')}")


def page(sections, loads, minutes):
    """`sections`: {heading: rows}; `loads`: the machine's load average before and after."""
    limited = [row for rows in sections.values() for row in rows if row.limit]
    met = sum(row.is_good for row in limited)
    return (f"{machine()}; {minutes:.0f} minutes, load average before and after: {loads[0]:.1f}, "
            f"{loads[1]:.1f}. Of {len(limited)} bounds {met} are met.\n\n" +
            "\n".join(section(heading, rows) for heading, rows in sections.items()))
