"""What lies on the disk cannot be read: a call says so, and answers with nothing less than all."""
import errno

import pytest
from botocore.exceptions import ClientError

from tests.support.faults import Faults
from tests.support.logs import make_stream, now_ms, put
from tests.support.machine import wait_for

EVENTS, AT_ONCE = 600, 100
FILLER = "x" * 8000  # more than SQLite keeps in memory: each read is the disk's again


@pytest.fixture
def logs(start_server, tmp_path):
    """The client of a server whose log events are in its database alone."""
    faults = Faults(tmp_path / "control")
    directory = tmp_path / "data"

    def start():
        return start_server("--data-dir", str(directory), ephemeral=False,
                            environment=faults.environment(directory))
    first = start()
    client = first.client("logs")
    make_stream(client, "g")
    begin = now_ms() - EVENTS
    for n in range(0, EVENTS, AT_ONCE):
        put(client, "g", [f"{i} {FILLER}" for i in range(n, n + AT_ONCE)], start=begin + n)
    assert first.stop() == 0  # which brings them there
    client = start().client("logs")
    client.faults, client.begin = faults, begin
    return client


def messages(logs, operation, **more):
    """Of all pages, the numbers of the events."""
    found, token = [], {}
    while True:
        answer = getattr(logs, operation)(logGroupName="g", **more, **token)
        found += [int(event["message"].split()[0]) for event in answer["events"]]
        name = "nextToken" if operation == "filter_log_events" else "nextForwardToken"
        following = {"nextToken": answer[name]} if name in answer else {}
        if not following or following == token:
            return found
        token = following


def query(logs):
    """A query's end, and how many events it has seen by then."""
    started = logs.start_query(logGroupName="g", startTime=logs.begin // 1000,
                               endTime=logs.begin // 1000 + 60, queryString="stats count(*) as n")
    answers = []

    def has_ended():
        answers.append(logs.get_query_results(queryId=started["queryId"]))
        return answers[-1]["status"] not in ("Scheduled", "Running")
    wait_for(has_ended, "the query ends")
    results = answers[-1]["results"]
    return answers[-1]["status"], int(results[0][0]["value"]) if results else 0


def reads_of(logs, call):
    """How many there are of a call that nothing is in the way of."""
    logs.faults.set_nth("read", 0, errno.EIO)
    call()
    return logs.faults.clear_nth()


@pytest.mark.parametrize("operation, more", [
    ("get_log_events", {"logStreamName": "s", "startFromHead": True}), ("filter_log_events", {})])
def test_a_list_is_whole_or_refused(logs, operation, more):
    everything = list(range(EVENTS))
    assert messages(logs, operation, **more) == everything
    count = reads_of(logs, lambda: messages(logs, operation, **more))
    assert count > EVENTS  # each event is two pages
    for number in (1, 2, 3, count // 2, count // 2 + 1, count * 9 // 10):
        logs.faults.set_nth("read", number, errno.EIO, lasts=True)
        with pytest.raises(ClientError) as refused:
            messages(logs, operation, **more)
        logs.faults.clear_nth()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500, number
    assert messages(logs, operation, **more) == everything


def test_a_query_is_complete_or_failed(logs):
    assert query(logs) == ("Complete", EVENTS)
    count = reads_of(logs, lambda: query(logs))
    for number in (1, count // 2, count * 9 // 10):
        logs.faults.set_nth("read", number, errno.EIO, lasts=True)
        status, _ = query(logs)
        logs.faults.clear_nth()
        assert status == "Failed", number
    assert query(logs) == ("Complete", EVENTS)
