"""A stand-in for Lambda that a test can make slow, rude or wrong."""
import http.server
import json
import threading

from tests.support.http_handler import QuietHandler
from tests.support.machine import PATIENCE_SECONDS
from tests.support.tls import serve_tls


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512  # a burst of connections finds room


class Stub:
    """Answers GetAlias and Invoke. `answer(number, body)` gives what an Invoke gets: a dict with
    status, version, headers, body; or None to hang up without a word."""

    def __init__(self, answer=None, alias=None, certificate=None):
        self.answer = answer or (lambda number, body: {})
        self.alias = alias or {"FunctionVersion": "1"}
        self.bodies = []
        self.heads = []
        self.connections = 0
        self.lock = threading.Lock()
        self.seen = threading.Condition(self.lock)
        self.server = Listener(("127.0.0.1", 0), self.make_handler())
        scheme = "http"
        if certificate:
            serve_tls(self.server, certificate)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def make_handler(stub):
        class Handler(QuietHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with stub.lock:
                    stub.connections += 1

            def reply(self, status=200, version="1", headers=(), body=b"{}", is_closed=False):
                head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}",
                        f"X-Amz-Executed-Version: {version}",
                        *(f"{name}: {value}" for name, value in dict(headers).items())]
                self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
                self.close_connection = is_closed

            def do_GET(self):
                self.reply(body=json.dumps(stub.alias).encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with stub.lock:
                    number = len(stub.bodies)
                    stub.bodies.append(body.decode())
                    stub.heads.append(dict(self.headers))
                    stub.seen.notify_all()
                answer = stub.answer(number, body)
                if answer is None:
                    self.close_connection = True
                else:
                    self.reply(**answer)

        return Handler

    def wait_for(self, count, timeout=PATIENCE_SECONDS):
        """Until that many requests have come."""
        with self.lock:
            assert self.seen.wait_for(lambda: len(self.bodies) >= count, timeout)

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
