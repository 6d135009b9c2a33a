"""What lies on the disk cannot be read: a call says so, and answers with nothing less than all."""
import errno
import json
import shutil

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Http
from tests.support.faults import Faults
from tests.support.logs import make_stream, now_ms, put
from tests.support.machine import wait_for
from tests.support.packages import create, python
from tests.support.wire import Wire

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


@pytest.fixture
def starts_anew(start_server, tmp_path):
    """Each call gives a server of which nothing is read yet, on the same function, with an alias and an
    event that has failed once and is to be tried again within two minutes."""
    faults = Faults(tmp_path / "control")
    template, directory = tmp_path / "template", tmp_path / "data"
    first = start_server("--data-dir", str(template), ephemeral=False)
    lam = first.client("lambda")
    first.client("logs").create_log_group(logGroupName="/aws/lambda/f")
    create(lam, "f", python("print('ran'); return 1 / 0"), Publish=True)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    lam.invoke(FunctionName="f", Qualifier="live", InvocationType="Event")
    wait_for(lambda: runs(first) == 1, "the event runs")
    assert first.stop() == 0

    def start():
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(template, directory, symlinks=True)
        server = start_server("--data-dir", str(directory), ephemeral=False,
                              environment=faults.environment(directory))
        advance(server, "1s")  # what a start leaves to do is done
        server.faults = faults
        return server
    return start


def runs(server):
    lines = Wire(server.port).events(logGroupName="/aws/lambda/f")
    return sum(line["message"].startswith("ran") for line in lines)


def advance(server, by):
    Http(server.port).send("POST", "/_coalmine/clock", json.dumps({"advance": by}))


def test_an_event_waits_while_its_function_cannot_be_read(starts_anew):
    """Whichever page it is."""
    number, seen = 1, 1
    while seen >= number:
        server = starts_anew()
        server.faults.set_nth("read", number, errno.EIO)
        advance(server, "2m")
        seen = server.faults.clear_nth()
        advance(server, "10s")
        assert runs(server) == 2, (number, server.read_log())
        assert server.stop() == 0
        number += 1
    assert number > 4  # the function's, its alias's and its version's are among them


def test_a_function_that_is_not_read_whole_does_not_run(starts_anew):
    server = starts_anew()
    lam = server.client("lambda")
    server.faults.set_nth("read", 1, errno.EIO)  # its own row: the loops it may make, its reservation
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="f", Qualifier="live")
    assert server.faults.clear_nth() > 0
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert lam.invoke(FunctionName="f", Qualifier="live")["FunctionError"] == "Unhandled"
