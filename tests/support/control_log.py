"""The write-ahead log of coalmine.db, and what makes it grow."""
import json
import struct
import time

from tests.support.machine import PATIENCE_SECONDS
from tests.support.wire import LAMBDA, Wire

CHECKPOINT_UPDATES = 1200  # a page each: more than a checkpoint waits for
LENGTH_MOST = 10 * CHECKPOINT_UPDATES  # the log starts over long before; see checkpointer.c


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
        with self.path.open("rb") as log:
            return struct.unpack(">I", log.read(16)[12:])[0]

    def make_start(self, before):
        """Writes until it has: in vain only if neither enough writes nor enough time help. A busy
        machine needs the time for the writes, a checkpoint that failed is tried again later."""
        end = time.monotonic() + PATIENCE_SECONDS
        last = self.number + LENGTH_MOST
        while self.starts() <= before:
            assert self.number < last or time.monotonic() < end, "the log never starts over"
            self.update()
