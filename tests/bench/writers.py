"""Many requests as fast as one Python process can send them, for what must be stored before it is
measured: a wave of requests over several connections, then their answers."""
import itertools
import json
import re
import socket

CONNECTIONS = 32
DEPTH = 4  # requests of one connection under way
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNK = 1 << 16


def request(method, path, body=b"", headers=""):
    """The bytes of a request; `headers` are whole lines."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data


def target(service, operation, body, region):
    """A call of the awsJson protocol; nobody looks at the signature, only at where it is for."""
    return request("POST", "/", body, f"X-Amz-Target: {service}.{operation}\r\n"
                   "Content-Type: application/x-amz-json-1.0\r\n"
                   "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/"
                   f"{region}/any/aws4_request, SignedHeaders=host, Signature=0\r\n")


def cloudwatch(operation, body, region="us-east-1"):
    return target("GraniteServiceVersion20100801", operation, body, region)


def logs(operation, body, region="us-east-1"):
    return target("Logs_20140328", operation, body, region)


class Writer:
    """One connection that may have several requests under way: they are answered in order."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def send(self, requests):
        self.socket.sendall(b"".join(requests))
        return len(requests)

    def more(self):
        data = self.socket.recv(CHUNK)
        assert data, "the server hung up"
        self.read += data

    def close(self):
        self.socket.close()

    def finish(self, count):
        """Reads `count` answers, all of which must be a 2xx."""
        for _ in range(count):
            while (end := self.read.find(b"\r\n\r\n")) < 0:
                self.more()
            found = LENGTH.search(self.read, 0, end)
            whole = end + 4 + (int(found.group(1)) if found else 0)
            while len(self.read) < whole:
                self.more()
            assert self.read[9:10] == b"2", self.read[:500]
            self.read = self.read[whole:]


def write_all(port, requests, connections=CONNECTIONS, depth=DEPTH):
    """Sends all requests: those of one connection, `depth` at a time, are carried out in their
    order, those of several in any."""
    writers = [Writer(port) for _ in range(connections)]
    requests = iter(requests)
    while True:
        under_way = []
        for writer in writers:
            if block := list(itertools.islice(requests, depth)):
                under_way.append((writer, writer.send(block)))
        if not under_way:
            break
        for writer, count in under_way:
            writer.finish(count)
    for writer in writers:
        writer.close()
