"""InvokeWithResponseStream over bare HTTP: Debian's boto3 does not know the operation. Each event is
decoded as it arrives (botocore checks its checksums)."""
import http.client
import json

from botocore.eventstream import EventStreamBuffer

from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import zip_of

PATH = "/2021-11-15/functions/%s/response-streaming-invocations"


class Stream:
    """One invocation. Iterating gives ("PayloadChunk", bytes) and ("InvokeComplete", dict)."""

    def __init__(self, port, name, event=b"{}", **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self.connection.request("POST", PATH % name, event,
                                {k.replace("_", "-"): v for k, v in headers.items()})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers

    def __iter__(self):
        events = EventStreamBuffer()
        while data := self.answer.read1(65536):
            events.add_data(data)
            for event in events:
                kind = event.headers[":event-type"]
                assert event.headers[":message-type"] == "event"
                yield kind, json.loads(event.payload) if kind == "InvokeComplete" else event.payload

    def all(self):
        """The whole payload and what InvokeComplete says."""
        events = list(self)
        assert [kind for kind, _ in events].count("InvokeComplete") == 1
        assert events[-1][0] == "InvokeComplete"
        return b"".join(payload for _, payload in events[:-1]), events[-1][1]

    def leave(self):
        self.answer.close()
        self.connection.close()


def node_stream(body, wrap="awslambda.streamifyResponse"):
    """A node function whose handler is async (event, stream, context) => { body }."""
    return {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of({
        "index.mjs": "import net from 'net'; import { setTimeout as pause } from 'timers/promises';"
                     f"export const handler = {wrap}(async (event, stream, context) => {{ {body} }});"
    })}}
