"""Processor time of a process and all below it: what others run on the machine hardly moves it."""
import contextlib
import os

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


def tree(pid):
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{parent}/children") as file:
            found += [int(child) for child in file.read().split()]
    return found


def used_us(pid):
    """Since they started, their reaped children included."""
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError), open(f"/proc/{each}/stat") as file:
            ticks += sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:15])
    return ticks * TICK_US


def per_request_us(pid, load):
    """Of `load()`, which gives the number of its requests."""
    before = used_us(pid)
    requests = load()
    return (used_us(pid) - before) / requests
