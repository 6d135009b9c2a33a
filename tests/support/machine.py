"""What the machine says about the server and its children."""
import os
import time
from pathlib import Path

PATIENCE_SECONDS = 120  # a guard against hangs: nothing takes so long on a busy machine


def wait_for(condition, what=None):
    """The condition's first true value."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, f"in vain: {what or 'it never came true'}"
        time.sleep(0.01)
    return value


def status_of(pid):
    """/proc/PID/status as a dict; empty if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def open_files(pid):
    """What a process has open, as the kernel names it: paths, "socket:[N]", "anon_inode:[eventpoll]".
    What is closed between two looks is not."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield os.readlink(entry)
        except FileNotFoundError:
            pass


def ran_ms(pid):
    """Processor time of all threads of a process so far."""
    return sum(int(path.read_text().split()[0])
               for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def resident_mb(pid):
    return int(status_of(pid)["VmRSS"].split()[0]) / 1024


def forget_peak(pid):
    """The process's peak_mb() counts from now on; what it has resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return resident_mb(pid)


def peak_mb(pid):
    return int(status_of(pid)["VmHWM"].split()[0]) / 1024


def descendants(pid):
    """All processes below `pid`, those that are gone but not waited for included."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (status := status_of(entry)):
            children.setdefault(int(status["PPid"]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def processes_with(mark):
    """The pids of processes whose command line or environment has this text."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            text = Path(f"/proc/{entry}/cmdline").read_bytes() + \
                Path(f"/proc/{entry}/environ").read_bytes()
        except (OSError, ValueError):
            continue
        if entry.isdigit() and mark.encode() in text:
            found.append(int(entry))
    return found
