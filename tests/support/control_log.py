"""The write-ahead log of coalmine.db, and what makes it grow."""
import json
import struct

from tests.support.machine import wait_for
from tests.support.wire import LAMBDA, Wire

CHECKPOINT_UPDATES = 1200  # a page each: more than a checkpoint waits for


class ControlLog:
    """Of a server that has a function f with an alias live."""

    def __init__(self, port, directory):
        self.wire, self.number = Wire(port), 0
        self.path = directory / "coalmine.db-wal"

    def update(self, times=1):
        for _ in range(times):
            self.number += 1
            self.wire.send("PUT", f"{LAMBDA}/f/aliases/live",
                           json.dumps({"Description": str(self.number)}))

    def starts(self):
        """How often it has started over, from its header."""
        return struct.unpack(">I", self.path.read_bytes()[12:16])[0]

    def wait_for_start(self, before):
        def has_started():
            self.update()
            return self.starts() > before
        wait_for(has_started, "the log starts over")
