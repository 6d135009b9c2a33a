"""Requests that wait for their reply: clients that leave meanwhile, many at once, slow ones beside
them, and that waiting costs nothing."""
import contextlib
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

from tests.support.gate import Gate
from tests.support.machine import PATIENCE_SECONDS, ran_ms, status_of, wait_for
from tests.support.packages import create, node

RESET = struct.pack("ii", 1, 0)
LOOK_MS = 50
INVOKE = "/2015-03-31/functions/%s/invocations"
STREAM = "/2021-11-15/functions/%s/response-streaming-invocations"


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)


def head(path, name, size):
    return f"POST {path % name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode()


def ask(server, name, path=INVOKE, body=b"{}"):
    connection = connect(server)
    connection.sendall(head(path, name, len(body)) + body)
    return connection


def status(connection):
    with contextlib.closing(connection):
        return connection.recv(65536).split(b" ", 2)[1]


def leave(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def url_path(lam, name):
    """Of a function URL that everyone may call."""
    url = lam.create_function_url_config(FunctionName=name, AuthType="NONE",
                                         Cors={"AllowOrigins": ["http://page.example"]})
    lam.add_permission(FunctionName=name, StatementId="u", Principal="*",
                       Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    lam.add_permission(FunctionName=name, StatementId="i", Principal="*",
                       Action="lambda:InvokeFunction")
    return b"/_coalmine/url/" + urlsplit(url["FunctionUrl"]).netloc.split(".")[0].encode() + b"/"


def sleeper(lam, name, ms):
    create(lam, name, node(f"await new Promise(r => setTimeout(r, event.ms ?? {ms})); return 1"),
           Timeout=30)
    lam.invoke(FunctionName=name, Payload=b'{"ms": 0}')


def test_clients_that_leave_while_they_wait_harm_nobody(server, lam, name):
    """At once, when the connection is watched still, and later, when it is not."""
    sleeper(lam, name, 20)
    for path in (INVOKE, STREAM):
        for patience in (0, 0, 0, 0.001, 0.015):
            connections = [ask(server, name, path) for _ in range(6)]
            time.sleep(patience)  # no condition: what is tested is any moment
            for at, connection in enumerate(connections):
                if at % 3:
                    leave(connection)
                connection.close()
            assert status(ask(server, name, path)) == b"200"
    assert status(ask(server, name)) == b"200"


def test_what_a_client_said_outlives_it(start_server):
    """The reply names the page's origin again; under ASan this finds what was not kept."""
    server = start_server("--allow-origin", "http://page.example")
    sleeper(server.client("lambda"), "f", 20)
    for _ in range(20):
        leaving = connect(server)
        leaving.sendall(head(INVOKE, "f", 2).replace(
            b"\r\n\r\n", b"\r\nOrigin: http://page.example\r\n\r\n") + b"{}")
        time.sleep(0.002)  # no condition: what is tested is any moment
        leave(leaving)
    assert status(ask(server, "f")) == b"200"


def test_what_a_visitor_of_a_url_said_outlives_it(start_server):
    """The URL's answer repeats the trace and looks at the page's origin."""
    server = start_server()
    lam = server.client("lambda")
    sleeper(lam, "f", 20)
    path = url_path(lam, "f")
    for _ in range(20):
        leaving = connect(server)
        leaving.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n"
                        b"Origin: http://page.example\r\n\r\n" % path)
        time.sleep(0.002)  # no condition: what is tested is any moment
        leave(leaving)
    assert status(ask(server, "f")) == b"200"


def test_a_client_that_has_said_all_is_answered(start_server):
    server = start_server()
    sleeper(server.client("lambda"), "f", 0)
    for ms in (0, 5, 30):  # at once, while it lingers, when it is suspended
        connection = ask(server, "f", body=b'{"ms": %d}' % ms)
        connection.shutdown(socket.SHUT_WR)
        assert status(connection) == b"200"


def test_many_clients_that_have_said_all_are_answered(start_server):
    """Most of them cannot linger: few may at once."""
    server = start_server()
    sleeper(server.client("lambda"), "f", 30)
    connections = [ask(server, "f", path) for path in (INVOKE, STREAM) for _ in range(20)]
    for connection in connections:
        connection.shutdown(socket.SHUT_WR)
    assert [status(connection) for connection in connections] == [b"200"] * 40


def test_many_wait_at_once(server, lam, name):
    sleeper(lam, name, 30)
    connections = [ask(server, name) for _ in range(40)]
    assert [status(connection) for connection in connections] == [b"200"] * 40


def test_requests_one_behind_the_other_are_answered_in_order(server, lam, name):
    create(lam, name, node("return event"))
    with contextlib.closing(connect(server)) as connection:
        bodies = [b'{"at": %d}' % i for i in range(20)]
        connection.sendall(b"".join(head(INVOKE, name, len(body)) + body for body in bodies))
        text = b""
        while text.count(b'{"at":') < len(bodies):
            text += connection.recv(65536)
    places = [text.index(b'{"at":%d}' % i) for i in range(20)]
    assert places == sorted(places)


def is_asleep(server):
    """It does not want to run, and hardly has for a while (it measures its functions): a loop that never
    sleeps would all the time, or would want to."""
    before = ran_ms(server.process.pid)
    time.sleep(LOOK_MS / 1000)  # no condition: what is tested is that nothing happens
    is_waiting = status_of(server.process.pid)["State"].startswith("S")
    return is_waiting and ran_ms(server.process.pid) - before < LOOK_MS / 10


def test_waiting_costs_nothing(server, lam, name):
    """Not even beside a request whose body is slow and a reply that nobody takes."""
    gate = Gate()
    create(lam, name, gate.package, Timeout=900)
    create(lam, name + "-large", node("return 'x'.repeat(5e6)"))
    waiting = ask(server, name)
    gate.wait_until_inside()
    wait_for(lambda: is_asleep(server), "beside nothing")
    slow = connect(server)
    slow.sendall(head(INVOKE, name, 100) + b" " * 50)
    wait_for(lambda: is_asleep(server), "beside a slow request")
    untaken = ask(server, name + "-large")
    assert untaken.recv(1) == b"H"
    wait_for(lambda: is_asleep(server), "beside a reply that nobody takes")
    slow.sendall(b'{"pass": true}'.rjust(50))
    assert status(slow) == b"200"
    gate.open()
    assert status(waiting) == b"200"
    untaken.close()


def test_others_are_answered_beside_slow_ones(server, lam, name):
    sleeper(lam, name, 0)
    slow = [connect(server) for _ in range(3)]
    for connection in slow:
        connection.sendall(head(INVOKE, name, 3) + b"{")
    waiting = [ask(server, name, body=b'{"ms": 50}') for _ in range(10)]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(status(ask(server, name))))
               for _ in range(30)]
    for thread in threads:
        thread.start()
    for connection in slow:
        connection.sendall(b" }")
    for thread in threads:
        thread.join()
    assert answers == [b"200"] * 30
    assert [status(connection) for connection in slow + waiting] == [b"200"] * 13


def test_a_server_that_stops_answers_those_who_wait(start_server, tmp_path):
    server = start_server("--data-dir", str(tmp_path / "data"), ephemeral=False)
    lam = server.client("lambda")
    sleeper(lam, "f", 300)
    connections = [ask(server, "f") for _ in range(4)]
    leave(ask(server, "f"))
    assert status(ask(server, "f", body=b'{"ms": 0}')) == b"200"  # so it has read the others
    assert server.stop() == 0
    assert [status(connection) for connection in connections] == [b"200"] * 4
