"""Requests many at a time over few connections, without a client that costs more than the server."""
import asyncio
import os
import time


def request(method, path, body=b"", headers=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            f"{headers}\r\n").encode() + body


async def read_answer(reader):
    """(status, body)"""
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length"))
    return int(head.split(None, 2)[1]), await reader.readexactly(size)


async def _work(port, take, depth, latencies, statuses):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    while batch := take(depth):
        began = time.monotonic()
        writer.write(b"".join(batch))
        for _ in batch:
            status, body = await read_answer(reader)
            if statuses is not None:
                statuses.append((status, body))
            assert status < 300, (status, body[:300])
        latencies.append((time.monotonic() - began) / len(batch))
    writer.close()


def run(port, requests, connections=8, depth=1, statuses=None):
    """Sends what the iterator gives; the time of each request (of a batch: its share), in the
    order of their ends."""
    latencies = []

    def take(count):
        return [item for _, item in zip(range(count), requests)]

    async def all_of_them():
        await asyncio.gather(*(_work(port, take, depth, latencies, statuses)
                               for _ in range(connections)))
    asyncio.run(all_of_them())
    return latencies


def memory_kb(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def quantile(values, share):
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
