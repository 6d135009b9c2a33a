"""Functions that stop in the middle until the test lets them go on: no sleeps, no races."""
import socket

from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import node


class Gate:
    """Each invocation of `package` connects here, and ends when the test opens the gate, unless its
    event says `pass`. What goes back is `result`, an expression: the event. `wait` is the waiting
    alone, a statement for other node functions."""

    def __init__(self, result="event"):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE_SECONDS)
        self.inside = []
        self.port = self.listener.getsockname()[1]
        self.wait = (
            "{ const net = await import('net'); await new Promise((resolve, reject) => { "
            f"const s = net.connect({self.port}, '127.0.0.1'); s.on('error', reject); "
            "s.on('close', resolve); s.resume(); }); }")
        self.package = node(f"if (event.pass) return event; {self.wait} return {result}")

    def wait_until_inside(self, count=1):
        while len(self.inside) < count:
            self.inside.append(self.listener.accept()[0])

    def open(self):
        for connection in self.inside:
            connection.close()
        self.inside = []

