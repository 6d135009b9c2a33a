"""Functions that tell the test each time they run."""
import json
import socket
import threading

from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import node


class Sink:
    """Each run of a `package` sends its event and request id here before its body goes on."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.runs = []
        self.arrived = threading.Condition()
        threading.Thread(target=self._serve, daemon=True).start()

    def package(self, body=""):
        port = self.listener.getsockname()[1]
        return node(
            "const net = await import('net'); await new Promise((resolve, reject) => { "
            f"const s = net.connect({port}, '127.0.0.1'); s.on('error', reject); "
            "s.on('close', resolve); s.resume(); "
            "s.end(JSON.stringify({event, id: context.awsRequestId})); });" + body)

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            text = b""
            while part := connection.recv(65536):
                text += part
            with self.arrived:
                self.runs.append(json.loads(text))
                self.arrived.notify_all()
            connection.close()  # only now does the function go on

    def wait(self, count):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.runs) >= count, PATIENCE_SECONDS)

    def take(self):
        """The runs since the last call."""
        with self.arrived:
            runs, self.runs = self.runs, []
            return runs
