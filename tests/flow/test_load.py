"""Many connections, and clients that are slow, rude or gone: others are served, nothing leaks."""
import asyncio
import contextlib
import json
import os
import resource
import select
import signal
import socket
import time

import pytest

from tests.conftest import COALMINE, STOP_SECONDS
from tests.support.faults import Faults
from tests.support.machine import PATIENCE_SECONDS, open_files
from tests.support.packages import create, node
from tests.support.pipeline import memory_kb, read_answer

CONNECTIONS = 1000
BIG = 5 * 1024 * 1024
GET = b"GET /2015-03-31/functions/f/aliases/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def fill(server):
    """Functions f and echo, and the alias live of f's version."""
    lam = server.client("lambda")
    create(lam, "f", node("return 'well'"), Publish=True)
    create(lam, "echo", node("return event"), Timeout=60)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    lam.invoke(FunctionName="f")["Payload"].read()
    server.lam = lam


@pytest.fixture(scope="module")
def loaded():
    """It is patient: on a busy machine the first of a thousand connections waits long for the
    last."""
    from tests.conftest import Server
    server = Server()
    fill(server)
    yield server
    assert server.stop() == 0, server.read_log()


def descriptors(server):
    """The server's connections; the pipes of function processes come and go by themselves."""
    return sum(name.startswith("socket:") for name in open_files(server.process.pid))


def invoke_request(function, body):
    return (f"POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def settles(server, count):
    """Descriptors of connections that clients closed go away; true once at most `count` are left."""
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        server.lam.get_alias(FunctionName="f", Name="live")
        if descriptors(server) <= count:
            return True
    return False


def test_a_thousand_connections_at_once_are_all_served(loaded):
    before = descriptors(loaded)

    async def one(start):
        reader, writer = await asyncio.open_connection("127.0.0.1", loaded.port, limit=1 << 24)
        await start.wait()
        answers = []
        for request in (GET, invoke_request("f", b"{}"), GET):
            writer.write(request)
            answers.append(await read_answer(reader))
        writer.close()
        return answers

    async def all_of_them():
        start = asyncio.Barrier(CONNECTIONS) if hasattr(asyncio, "Barrier") else None
        return await asyncio.gather(*(one(start) for _ in range(CONNECTIONS)))

    for first, second, third in asyncio.run(all_of_them()):
        assert (first[0], second, third[0]) == (200, (200, b'"well"'), 200)
    assert settles(loaded, before + 5)


def test_pipelined_requests_are_answered_in_order(loaded):
    async def pipeline():
        reader, writer = await asyncio.open_connection("127.0.0.1", loaded.port, limit=1 << 24)
        writer.write(b"".join(invoke_request("echo", json.dumps(i).encode()) for i in range(50)))
        answers = [await read_answer(reader) for _ in range(50)]
        writer.close()
        return answers

    assert asyncio.run(pipeline()) == [(200, str(i).encode()) for i in range(50)]


def test_slow_readers_and_writers_hold_nobody_up(loaded):
    """Twenty clients that take, and twenty that give, five megabytes byte by byte."""
    body = json.dumps("x" * BIG).encode()
    rude = []
    for i in range(20):
        reader = socket.create_connection(("127.0.0.1", loaded.port))
        reader.sendall(invoke_request("echo", body))
        writer = socket.create_connection(("127.0.0.1", loaded.port))
        writer.sendall(invoke_request("echo", body)[:200 + i])
        rude += [reader, writer]
    for _ in range(50):
        assert loaded.lam.invoke(FunctionName="f")["Payload"].read() == b'"well"'
        loaded.lam.get_alias(FunctionName="f", Name="live")
    for connection in rude:
        connection.close()
    assert loaded.lam.invoke(FunctionName="f")["Payload"].read() == b'"well"'


def many(form, separator, count=5000):
    return separator.join(form % i for i in range(count)).encode()


@pytest.mark.parametrize("request_of", [
    lambda count: b"GET /?" + many("a%d=b", "&", count) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    lambda count: (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + many("a%d: b", "\r\n", count)
                   + b"\r\n\r\n"),
    lambda count: (b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + many("a%d=b", "; ", count)
                   + b"\r\n\r\n"),
    lambda count: (b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
                   + many("a%d: b", "\r\n", count) + b"\r\n\r\n"),
], ids=["query members", "headers", "a long header", "trailers"])
@pytest.mark.parametrize("count", [850, 900, 940, 960, 1000, 1500, 5000, 20000])
def test_a_request_that_is_too_large_is_refused_at_once(server, request_of, count):
    """Not after the idle timeout, which is a minute here: the connection's memory is full."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        try:
            connection.sendall(request_of(count))
            answer = connection.recv(12)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""  # closed before all of it was sent
    assert answer in (b"", b"HTTP/1.1 431", b"HTTP/1.1 414") or count < 1000, answer


def test_a_chunk_whose_first_line_has_no_end_is_refused_at_once(loaded):
    """libmicrohttpd would say for ever that it has more to do, and the loop would do nothing else."""
    before = descriptors(loaded)
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", loaded.port), timeout=PATIENCE_SECONDS) as connection:
            try:
                connection.sendall(b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\n"
                                   b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   b"2;" + b"a" * 200000)
                answer = connection.recv(1)
            except (BrokenPipeError, ConnectionResetError):
                answer = b""  # closed before all of it was sent
        assert answer == b""
    assert loaded.lam.invoke(FunctionName="f")["Payload"].read() == b'"well"'
    assert settles(loaded, before + 5)


def test_half_open_and_broken_connections_leave_nothing(start_server):
    server = start_server("--idle-timeout", "1s")
    fill(server)
    before = descriptors(server)
    for rest in (b"", b"G", b"GET / HTTP", GET[:-2], invoke_request("f", b"{}")[:-1],
                 b"\x16\x03\x01\x02\x00", b"\r\n\r\n\r\n",
                 b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        for connection in connections:
            if rest:
                connection.sendall(rest)
        for connection in connections:
            connection.close()
    assert settles(server, before + 5)


HALVES = (b"", b"G", GET[:-2], invoke_request("f", b"{}")[:-1], GET + GET[:-2],
          b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")


@pytest.fixture(scope="module")
def unhurried():
    """It closes no idle connection by itself."""
    from tests.conftest import Server
    server = Server("--idle-timeout", "1h")
    fill(server)
    yield server
    assert server.stop() == 0, server.read_log()


@pytest.mark.parametrize("leave", [socket.socket.close, lambda one: one.shutdown(socket.SHUT_WR)])
@pytest.mark.parametrize("half", HALVES)
def test_who_ends_behind_half_a_request_holds_no_connection(unhurried, half, leave):
    """The server finds the last bytes and their end at once."""
    before = descriptors(unhurried)
    unhurried.process.send_signal(signal.SIGSTOP)
    connections = [socket.create_connection(("127.0.0.1", unhurried.port)) for _ in range(40)]
    for connection in connections:
        connection.sendall(half)
        leave(connection)
    unhurried.process.send_signal(signal.SIGCONT)
    assert settles(unhurried, before + 5)
    for connection in connections:
        connection.close()


def test_who_has_said_all_is_answered_and_let_go(unhurried):
    requests = invoke_request("f", b"{}") + GET
    with socket.create_connection(("127.0.0.1", unhurried.port)) as connection:
        connection.sendall(requests)
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2


def is_open(connection):
    """Has the other side not closed it so far?"""
    return not select.select([connection], [], [], 0)[0]


def test_an_idle_connection_is_closed_when_its_time_is_over(start_server, tmp_path):
    """Not later: a request that the server finds on it then is lost."""
    faults = Faults(tmp_path / "control")
    server = start_server("--idle-timeout", "1000s", environment=faults.environment(tmp_path))
    lam = server.client("lambda")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(GET)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404")
        lam.list_functions()  # so it has done with the other
        faults.advance(800)
        lam.list_functions()  # so it has looked at its clock
        assert is_open(connection)
        faults.advance(300)  # libmicrohttpd would close it after 1,500
        lam.list_functions()
        assert connection.recv(1) == b""


def test_a_request_that_came_in_time_is_answered_by_a_server_that_is_late(start_server, tmp_path):
    faults = Faults(tmp_path / "control")
    server = start_server("--idle-timeout", "8s", environment=faults.environment(tmp_path))
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(GET)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404")
        server.client("lambda").list_functions()  # so it has done with the other
        server.process.send_signal(signal.SIGSTOP)
        connection.sendall(GET)
        faults.advance(9)  # its time is over; libmicrohttpd's own, which keeps nothing, is after 12
        server.process.send_signal(signal.SIGCONT)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404")


def test_a_slow_reader_is_not_an_idle_one(start_server):
    """What it has not taken waits in the socket, so the server sends nothing for longer than --idle-timeout."""
    server = start_server("--idle-timeout", "3s")
    create(server.client("lambda"), "large", node("return 'x'.repeat(6e6)"), Timeout=60)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(invoke_request("large", b"{}").replace(b"Host", b"Connection: close\r\nHost"))
        answer = b""
        for _ in range(30):
            answer += connection.recv(1 << 14)
            time.sleep(0.2)  # slow is what it is
        while piece := connection.recv(1 << 20):
            answer += piece
    assert answer.count(b"x") >= 6e6


def test_a_reader_that_takes_nothing_is_an_idle_one(start_server):
    server = start_server("--idle-timeout", "3s")
    before = descriptors(server)
    create(server.client("lambda"), "large", node("return 'x'.repeat(6e6)"), Timeout=60)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(invoke_request("large", b"{}"))
        assert connection.recv(1) == b"H"
        deadline = time.monotonic() + STOP_SECONDS
        while descriptors(server) > before:
            assert time.monotonic() < deadline


def test_a_client_comes_in_when_there_are_descriptors_again(start_server, tmp_path):
    """Without one leaving: others than connections need them too, and give them back. With --ephemeral
    a worker that looks for what killed servers left would need some for a while."""
    server = start_server("--idle-timeout", "300s", "--data-dir", str(tmp_path / "data"),
                          ephemeral=False)
    with contextlib.ExitStack() as connections:
        def ask():
            connection = connections.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS))
            connection.sendall(GET)
            return connection

        assert ask().recv(12) == b"HTTP/1.1 404"
        soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        open_files = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (open_files, hard))
        late = ask()
        while select.select([late], [], [], 0.5)[0]:  # something else has given one back
            assert late.recv(12) == b"HTTP/1.1 404"
            late = ask()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert late.recv(12) == b"HTTP/1.1 404"


def test_clients_that_leave_before_the_answer_leave_nothing(loaded):
    before = descriptors(loaded)
    for _ in range(100):
        connection = socket.create_connection(("127.0.0.1", loaded.port))
        connection.sendall(invoke_request("f", b"{}"))
        connection.close()
    assert settles(loaded, before + 5)
    assert loaded.lam.invoke(FunctionName="f")["Payload"].read() == b'"well"'


@pytest.mark.skipif("asan" in COALMINE, reason="the sanitizer keeps what was freed for a while")
def test_memory_stays_where_it_was(loaded):
    """After warm-up ten times the work must not grow the server by more than a tenth."""
    async def work(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", loaded.port, limit=1 << 24)
        for _ in range(count):
            writer.write(invoke_request("f", b"{}"))
            assert (await read_answer(reader))[0] == 200
            writer.write(GET)
            assert (await read_answer(reader))[0] == 200
        writer.close()

    asyncio.run(work(1500))
    before = memory_kb(loaded.process)
    asyncio.run(work(8000))
    assert memory_kb(loaded.process) < before * 1.1 + 1024
