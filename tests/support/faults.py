"""Calls of a program that fail when a test says so: tests/support/fault.c."""
import mmap
import re
import struct
import subprocess

from tests.conftest import COALMINE, ROOT

SHIM = ROOT / "build/normal/tests/fault.so"
# The order of tests/support/fault.c, of these and of CALLS.
KINDS = ["write", "sync", "open", "fork", "malloc", "where",
         "nth kind", "nth number", "nth fault", "nth lasts", "nth seen", "bad closes",
         "ahead"]
PLACES = ["everywhere", "journal", "database", "telemetry", "pages", "code"]
CALLS = ["none", "open", "read", "write", "sync", "close", "rename", "mkdir", "unlink", "truncate",
         "pipe", "duplicate", "fork", "map", "mode", "link", "stat", "list", "socket"]
SHORT, DEATH, WAIT = -1, -2, -3


def preload(program=COALMINE):
    """The shim; behind the sanitizer's library, which must be the first one."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return " ".join([*re.findall(r"/\S*lib[at]san\S*", linked), str(SHIM)])


class Faults:
    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(4 * len(KINDS)))
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def environment(self, directory, program=COALMINE):
        """The variables of a server (of a canary) of which calls on files below the directory may fail."""
        return {"LD_PRELOAD": preload(program), "FAULT_CONTROL": str(self.path),
                "FAULT_DIRECTORY": str(directory)}

    def _put(self, kind, value):
        struct.pack_into("i", self.map, 4 * KINDS.index(kind), value)

    def _get(self, kind):
        return struct.unpack_from("i", self.map, 4 * KINDS.index(kind))[0]

    def set(self, kind, value, where="everywhere"):
        self._put("where", PLACES.index(where))
        self._put(kind, value)

    def set_nth(self, call, number, fault, lasts=False):
        """From now on the calls of this kind are counted, and that one fails; if it lasts, so do
        all behind it."""
        self._put("nth kind", 0)
        self._put("nth seen", 0)
        self._put("nth number", number)
        self._put("nth fault", fault)
        self._put("nth lasts", lasts)
        self._put("nth kind", CALLS.index(call))

    def clear_nth(self):
        """How many calls were counted."""
        self._put("nth kind", 0)
        return self._get("nth seen")

    def advance(self, seconds):
        """Turns the clock that times what waits; who sleeps sees it when he wakes."""
        self._put("ahead", self._get("ahead") + seconds)

    def bad_closes(self):
        """How often something was closed that was not open."""
        return self._get("bad closes")
