"""A large CBOR body as SDKs send it: whole, in chunks, compressed or not."""
import gzip
import http.client

import pytest

PATH = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
DATA = 500


def head(kind, number):
    """A CBOR head of a number below 65536."""
    if number < 24:
        return bytes([kind << 5 | number])
    if number < 256:
        return bytes([kind << 5 | 24, number])
    return bytes([kind << 5 | 25]) + number.to_bytes(2, "big")


def cbor(value):
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(0, value) if isinstance(value, int) else head(3, len(value)) + value.encode()


@pytest.mark.parametrize("is_chunked", (False, True))
@pytest.mark.parametrize("is_compressed", (False, True))
def test_a_large_body_arrives_whole(server, cw, is_chunked, is_compressed):
    space = f"wire-{is_chunked}-{is_compressed}"
    body = cbor({"Namespace": space, "MetricData": [
        {"MetricName": f"m{i}", "Value": i} for i in range(DATA)]})
    assert len(body) > 10240
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    if is_compressed:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    if is_chunked:
        headers["Transfer-Encoding"] = "chunked"
        body = iter([body[:100], body[100:]])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", PATH, body, headers, encode_chunked=is_chunked)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    pages = cw.get_paginator("list_metrics").paginate(Namespace=space)
    assert sum(len(page["Metrics"]) for page in pages) == DATA
