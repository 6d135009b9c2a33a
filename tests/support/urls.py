"""Function URLs: a server whose functions everyone may call, and bare HTTP to them."""
import contextlib
import http.client
import itertools
import json
import sqlite3
import tempfile
from urllib.parse import urlsplit

COUNT = 300
EVERYONE = [{"Sid": "url", "Effect": "Allow", "Principal": "*",
             "Action": "lambda:InvokeFunctionUrl", "Resource": "*",
             "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}},
            {"Sid": "function", "Effect": "Allow", "Principal": "*",
             "Action": "lambda:InvokeFunction", "Resource": "*",
             "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}]

_numbers = itertools.count()


def open_name():
    """A function name whose URL, and whose alias live's URL, lets everyone in."""
    number = next(_numbers)
    assert number < COUNT
    return f"open{number}"


@contextlib.contextmanager
def open_server(make_server, *options):
    """The server keeps policies as AddPermission leaves them for all open names: they are written
    while it is down, so that these tests do not lean on another resource's operations."""
    with tempfile.TemporaryDirectory() as directory:
        first = make_server("--data-dir", directory, ephemeral=False)
        assert first.stop() == 0
        with contextlib.closing(sqlite3.connect(f"{directory}/coalmine.db")) as database:
            for number in range(COUNT):
                for end in ("", ":live"):
                    database.execute(
                        "INSERT INTO lambda_policy VALUES (?, ?, ?, ?, ?)",
                        ("000000000000", "us-east-1", f"function:open{number}{end}",
                         json.dumps(EVERYONE), "r"))
            database.commit()
        running = make_server("--data-dir", directory, *options, ephemeral=False)
        try:
            yield running
        finally:
            status = running.stop()
            print(running.read_log())
            assert status == 0


class Url:
    """A function URL. Its name is sent as Host; the connection goes to this machine."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.port = parts.netloc, parts.port
        self.id = parts.netloc.split(".")[0]

    def open(self, method, target="/", body=None, headers=(), host=None):
        """Sends a request, header by header; the answer's body is still to be read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or self.host)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.connection = connection
        return answer

    def send(self, method="GET", target="/", body=None, headers=(), host=None):
        answer = self.open(method, target, body, headers, host)
        answer.body = answer.read()
        answer.connection.close()
        return answer

    def event(self, *arguments, **options):
        """The event that a function made by echo() saw."""
        answer = self.send(*arguments, **options)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)
