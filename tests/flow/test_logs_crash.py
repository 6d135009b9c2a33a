"""Log events across checkpoints and ends of the server: what was acknowledged is there, once."""
import re
import signal
import threading

import pytest

from tests.conftest import STOP_SECONDS, Http
from tests.support.logs import filter_all, make_stream, now_ms
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import create, node

BATCHES_AT_LEAST = 150  # of about 60 KB: several checkpoints (one per 4 MB)


class Writers:
    """Each fills a stream of its own, and invokes a function that prints, until the end."""

    def __init__(self, server):
        self.server, self.is_over, self.failures = server, False, []
        self.acknowledged = {"a": 0, "b": 0}
        self.invoked = []
        self.has_enough = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(stream,)) for stream in "ab"]
        for thread in self.threads:
            thread.start()

    def run(self, stream):
        logs, lam = self.server.client("logs"), self.server.client("lambda")
        try:
            while not self.is_over:
                batch = self.acknowledged[stream]
                logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=[
                    {"timestamp": now_ms(), "message": f"{stream} {batch}.{n} " + "x" * 600}
                    for n in range(100)])
                self.acknowledged[stream] += 1
                answer = lam.invoke(FunctionName="f")
                self.invoked.append(answer["ResponseMetadata"]["RequestId"])
                if sum(self.acknowledged.values()) >= BATCHES_AT_LEAST:
                    self.has_enough.set()
        except Exception as error:  # expected only once the server was told to stop
            if not self.is_over:
                self.failures.append(error)
                self.has_enough.set()


def check(server, acknowledged, invoked):
    logs = server.client("logs")
    found = [event["message"].split()[:2] for event in filter_all(logs, logGroupName="g")]
    for stream, batches in acknowledged.items():
        numbers = [number for name, number in found if name == stream]
        assert len(numbers) == len(set(numbers)), "an event came twice"
        wanted = {f"{batch}.{n}" for batch in range(batches) for n in range(100)}
        assert wanted <= set(numbers)
        # At most the one batch under way at the end is there beyond, and then all of it.
        assert len(numbers) - len(wanted) in (0, 100)
    lines = [event["message"] for event in filter_all(logs, logGroupName="/aws/lambda/f")]
    reports = [re.match("REPORT RequestId: (.{36})", line) for line in lines]
    reported = [match[1] for match in reports if match]
    assert len(reported) == len(set(reported)) and set(invoked) <= set(reported)
    assert sum(line.endswith("\tINFO\tprinted\n") for line in lines) == len(reported)
    return [event["eventId"] for event in filter_all(logs, logGroupName="g", limit=1000)]


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL))
def test_acknowledged_events_survive_once(start_server, tmp_path, number):
    options = ("--data-dir", str(tmp_path / "data"))
    server = start_server(*options, ephemeral=False)
    create(server.client("lambda"), "f", node("console.log('printed')"))
    for stream in "ab":
        make_stream(server.client("logs"), "g", stream)
    logs, invoked = server.client("logs"), []
    for _ in range(2):
        for stream in "ab":  # what a deleted stream had does not come back
            logs.delete_log_stream(logGroupName="g", logStreamName=stream)
            logs.create_log_stream(logGroupName="g", logStreamName=stream)
        writers = Writers(server)
        assert writers.has_enough.wait(PATIENCE_SECONDS)
        writers.is_over = True
        server.process.send_signal(number)
        server.process.wait(STOP_SECONDS)
        for thread in writers.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        assert writers.failures == []
        invoked += writers.invoked
        server = start_server(*options, ephemeral=False)
        logs = server.client("logs")
        ids = check(server, writers.acknowledged, invoked)
    assert server.stop() == 0
    again = start_server(*options, ephemeral=False)
    assert check(again, writers.acknowledged, invoked) == ids  # events are the same for good


def test_a_reset_under_a_flood_leaves_nothing(start_server):
    server = start_server()
    logs = server.client("logs")
    make_stream(logs, "g")
    for _ in range(10):  # beyond a checkpoint's worth, so that one is under way or done
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
            {"timestamp": now_ms(), "message": "x" * 900000}])
    assert Http(server.port).send("POST", "/_coalmine/reset").status == 204
    assert logs.describe_log_groups()["logGroups"] == []
    make_stream(logs, "g")
    assert logs.filter_log_events(logGroupName="g")["events"] == []
