"""Calls of a program that fail when a test says so: tests/support/fault.c."""
import mmap
import re
import struct
import subprocess

from tests.conftest import COALMINE, ROOT

SHIM = ROOT / "build/normal/tests/fault.so"
KINDS = ["write", "sync", "open", "fork", "malloc", "where"]  # the order of tests/support/fault.c
PLACES = ["everywhere", "journal", "database", "telemetry", "pages", "code"]
SHORT, DEATH, WAIT = -1, -2, -3


def preload(program=COALMINE):
    """The shim; behind the sanitizer's library, which must be the first one."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return " ".join([*re.findall(r"/\S*libasan\S*", linked), str(SHIM)])


class Faults:
    def __init__(self, path):
        path.write_bytes(bytes(4 * len(KINDS)))
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def set(self, kind, value, where="everywhere"):
        struct.pack_into("i", self.map, 4 * KINDS.index("where"), PLACES.index(where))
        struct.pack_into("i", self.map, 4 * KINDS.index(kind), value)
