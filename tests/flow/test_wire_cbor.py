"""A large CBOR body as SDKs send it: whole, in chunks, compressed or not."""
import gzip
import http.client

import pytest

from tests.support import cbor
from tests.support.machine import PATIENCE_SECONDS

PATH = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
DATA = 500


@pytest.mark.parametrize("is_chunked", (False, True))
@pytest.mark.parametrize("is_compressed", (False, True))
def test_a_large_body_arrives_whole(server, cw, is_chunked, is_compressed):
    space = f"wire-{is_chunked}-{is_compressed}"
    body = cbor.encode({"Namespace": space, "MetricData": [
        {"MetricName": f"m{i}", "Value": i} for i in range(DATA)]})
    assert len(body) > 10240
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    if is_compressed:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    if is_chunked:
        headers["Transfer-Encoding"] = "chunked"
        body = iter([body[:100], body[100:]])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", PATH, body, headers, encode_chunked=is_chunked)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    pages = cw.get_paginator("list_metrics").paginate(Namespace=space)
    assert sum(len(page["Metrics"]) for page in pages) == DATA
