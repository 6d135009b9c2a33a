"""A custom runtime that answers in pieces, as a test plans it."""
import base64
import json
import socket

from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import zip_of

BOOTSTRAP = r'''#!/usr/bin/python3
import base64, http.client, json, os, socket

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PLAN = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "plan.json")))
BASE = "/2018-06-01/runtime/invocation/"


def wait_at_gate():
    gate = socket.create_connection(("127.0.0.1", PLAN["port"]))
    gate.recv(1)


def answer(request_id):
    host, port = API.split(":")
    api = socket.create_connection((host, int(port)))
    head = [f"POST {BASE}{request_id}/response HTTP/1.1", f"Host: {API}",
            "Lambda-Runtime-Function-Response-Mode: streaming", "Transfer-Encoding: chunked"]
    if PLAN["type"]:
        head.append(f"Content-Type: {PLAN['type']}")
    api.sendall("\r\n".join(head + ["", ""]).encode())
    trailers = b""
    for step in PLAN["steps"]:
        if step == "gate":
            wait_at_gate()
        elif step == "fail":
            body = base64.b64encode(b'{"errorType":"Oops"}')
            trailers = b"Lambda-Runtime-Function-Error-Type: Runtime.Oops\r\n" \
                b"Lambda-Runtime-Function-Error-Body: " + body + b"\r\n"
        elif step == "exit":
            os._exit(1)
        else:
            piece = base64.b64decode(step)
            api.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    api.sendall(b"0\r\n" + trailers + b"\r\n")
    api.recv(1000)
    api.close()


while True:
    api = http.client.HTTPConnection(API)
    api.request("GET", BASE + "next")
    event = api.getresponse()
    event.read()
    answer(event.headers["Lambda-Runtime-Aws-Request-Id"])
'''


class Streamer:
    """Its package sends the steps: bytes are a piece; "gate" waits for open(), "fail" ends with an
    error, "exit" kills the process."""

    def __init__(self, *steps, type=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE_SECONDS)
        steps = [base64.b64encode(s).decode() if isinstance(s, bytes) else s for s in steps]
        plan = {"port": self.listener.getsockname()[1], "type": type, "steps": steps}
        self.package = {"Runtime": "provided.al2023", "Handler": "h", "Code": {"ZipFile": zip_of(
            {"bootstrap": BOOTSTRAP, "plan.json": json.dumps(plan)}, {"bootstrap": 0o755})}}

    def open(self):
        """Waits until the function stands at the gate, and lets it through."""
        self.listener.accept()[0].close()
