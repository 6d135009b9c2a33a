"""The disk fills, calls fail: callers are told, the server lives, and works when the fault goes."""
import errno
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from tests.conftest import COALMINE, STOP_SECONDS, Http
from tests.support import cbor, pipeline
from tests.support.control_log import CHECKPOINT_UPDATES, ControlLog
from tests.support.faults import DEATH, PLACES, SHORT, WAIT, Faults
from tests.support.gate import Gate
from tests.support.inspection import checkpoint_of
from tests.support.logs import make_stream, now_ms
from tests.support.machine import PATIENCE_SECONDS, descendants, open_files, wait_for
from tests.support.packages import create, node, python
from tests.support.wire import Refused, Wire

PATH = "/2015-03-31/functions/%s/invocations"


@pytest.fixture
def faulty(start_server, tmp_path):
    """A server whose calls can be made to fail, with a function, a version and an alias."""
    faults = Faults(tmp_path / "control")
    directory = tmp_path / "data"

    def start(*options):
        server = start_server("--data-dir", str(directory), *options, ephemeral=False,
                              environment=faults.environment(directory))
        server.faults, server.restart = faults, start
        server.lam, server.cw = server.client("lambda"), server.client("cloudwatch")
        return server
    server = start()
    create(server.lam, "f", node("return 1"), Publish=True)
    server.lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1", Description="old")
    return server


def put(cw):
    cw.put_metric_data(Namespace="faults", MetricData=[{"MetricName": "m", "Value": 1}])


def invoke(lam):
    return lam.invoke(FunctionName="f", Qualifier="live")["Payload"].read()


def writers(server):
    """Every kind of write, by name."""
    lam = server.lam
    return {
        "create": lambda: create(lam, "new", node("return 'new'")),
        "update": lambda: lam.update_alias(FunctionName="f", Name="live", Description="changed"),
        "publish": lambda: lam.update_function_code(FunctionName="f", Publish=True,
                                                    ZipFile=node("return 2")["Code"]["ZipFile"]),
        "invoke": lambda: invoke(lam),
        "event": lambda: lam.invoke(FunctionName="f", InvocationType="Event"),
        "metric": lambda: put(server.cw),
    }


def kill(server):
    """After a fault, which has gone when the next server starts."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.faults.set("write", 0)


def total(server, space, metric, **dimensions):
    return Wire(server.port).total(space, metric, int(time.time()) - 3600, **dimensions)


def reports(server, function):
    """The REPORT lines of a function."""
    try:
        events = Wire(server.port).events(logGroupName=f"/aws/lambda/{function}")
    except Refused:
        return []
    return [event for event in events if event["message"].startswith("REPORT ")]


def status_of(call):
    with pytest.raises(ClientError) as failure:
        call()
    return failure.value.response["ResponseMetadata"]["HTTPStatusCode"]


def description(server):
    return server.lam.get_alias(FunctionName="f", Name="live")["Description"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_when_the_disk_refuses_every_writer_is_told_and_readers_go_on(faulty, number):
    faulty.faults.set("write", number)
    statuses = {name: status_of(call) for name, call in writers(faulty).items()}
    assert statuses == dict.fromkeys(statuses, 500)
    assert description(faulty) == "old"
    assert [f["FunctionName"] for f in faulty.lam.list_functions()["Functions"]] == ["f"]
    faulty.faults.set("write", 0)
    for call in writers(faulty).values():
        call()
    assert description(faulty) == "changed"


def test_walls_that_cannot_be_looked_for_are_not_taken_for_missing(faulty):
    """What a passing error hides is there at the next start of a process."""
    create(faulty.lam, "walled", python("return __import__('os').path.exists(event)"))
    faulty.faults.set_nth("stat", 1, errno.EIO, lasts=True)
    answer = faulty.lam.invoke(FunctionName="walled", Payload=json.dumps(COALMINE))
    said = json.loads(answer["Payload"].read())
    assert said["errorMessage"].endswith("cannot try bubblewrap: Input/output error"), said
    faulty.faults.clear_nth()
    answer = faulty.lam.invoke(FunctionName="walled", Payload=json.dumps(COALMINE))
    assert answer["Payload"].read() == b"false"
    assert "not installed" not in faulty.read_log()


def test_the_refusal_is_spelled_in_the_callers_protocol(faulty):
    http = Http(faulty.port)
    faulty.faults.set("write", errno.ENOSPC)
    data = {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]}
    answer = http.target("PutMetricData", json.dumps(data))
    assert answer.status == 500
    assert json.loads(answer.body) == {
        "__type": "com.amazonaws.cloudwatch.v2010_08_01#InternalServiceFault",
        "Message": "The change could not be saved; see the log."}
    answer = http.cbor("PutMetricData", cbor.encode(data))
    assert (answer.status, answer.headers["smithy-protocol"]) == (500, "rpc-v2-cbor")
    assert cbor.decode(answer.body)["__type"].endswith("#InternalServiceFault")
    answer = http.send("PUT", "/2015-03-31/functions/f/aliases/live", b"{}")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (500, "ServiceException")
    assert json.loads(answer.body)["Type"] == "Service"
    answer = http.send("POST", "/", b"Action=PutMetricData&Version=2010-08-01&Namespace=n&"
                       b"MetricData.member.1.MetricName=m&MetricData.member.1.Value=1")
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/xml")
    assert b"<Code>InternalServiceError</Code>" in answer.body


def test_what_was_acknowledged_around_a_fault_is_there_after_a_crash(faulty):
    invoke(faulty.lam)
    faulty.faults.set("write", errno.ENOSPC)
    for call in writers(faulty).values():
        status_of(call)
    faulty.faults.set("write", 0)
    invoke(faulty.lam)
    put(faulty.cw)
    kill(faulty)
    again = faulty.restart()
    assert description(again) == "old"
    assert total(again, "AWS/Lambda", "Invocations", FunctionName="f") == 2
    assert total(again, "faults", "m") == 1


@pytest.mark.parametrize("where", PLACES)
def test_short_writes_are_finished(faulty, where):
    faulty.faults.set("write", SHORT, where)
    for call in writers(faulty).values():
        call()
    kill(faulty)
    again = faulty.restart()
    assert description(again) == "changed"
    assert total(again, "faults", "m") == 1


@pytest.mark.parametrize("where", ["journal", "database"])
def test_what_is_in_two_files_is_in_both_or_in_none(faulty, where):
    """A call that creates a log group with its first line, and one that has to do with one only."""
    create(faulty.lam, "other", node("return 1"))
    faulty.faults.set("write", errno.ENOSPC, where)
    assert status_of(lambda: faulty.lam.invoke(FunctionName="other")) == 500
    faulty.faults.set("write", 0)
    groups = faulty.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == []
    assert faulty.lam.invoke(FunctionName="other")["Payload"].read() == b"1"
    kill(faulty)
    again = faulty.restart()
    assert len(reports(again, "other")) == 1


@pytest.mark.parametrize("where, runs", [("journal", 2), ("database", 3)])
def test_an_event_that_ran_is_in_the_log_wherever_the_server_dies(faulty, where, runs):
    """It may run twice, but never go without a trace. (The first run makes the log stream.)"""
    gate = Gate()
    create(faulty.lam, "slow", gate.package, Timeout=60)
    faulty.lam.invoke(FunctionName="slow", Payload='{"pass": true}')
    faulty.lam.invoke(FunctionName="slow", InvocationType="Event")
    gate.wait_until_inside()
    faulty.faults.set("write", DEATH, where)
    gate.open()
    assert faulty.process.wait(STOP_SECONDS) == -signal.SIGKILL
    faulty.faults.set("write", 0)
    again = faulty.restart()
    gate.wait_until_inside()
    gate.open()
    wait_for(lambda: len(reports(again, "slow")) == runs, "every run is in the log")
    assert total(again, "AWS/Lambda", "Invocations", FunctionName="slow") == runs


def test_a_checkpoint_that_the_disk_refuses_is_made_up_for(faulty, tmp_path):
    logs = faulty.client("logs")
    make_stream(logs, "g")

    def fill(first):
        for number in range(first, first + 3):
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
                {"timestamp": now_ms(), "message": f"{number}.{i} " + "x" * 900}
                for i in range(1000)])

    def position():
        return checkpoint_of(tmp_path / "data")

    def numbers(server):
        events = Wire(server.port).events(logGroupName="g")
        return [event["message"].split()[0] for event in events]
    faulty.faults.set("write", errno.ENOSPC, "telemetry")
    fill(0)
    wait_for(lambda: "telemetry.db: " in faulty.read_log(), "a checkpoint fails")
    assert position() == 0 and len(numbers(faulty)) == 3000
    fill(3)
    faulty.faults.set("write", 0)
    wait_for(lambda: position() > 5 << 20, "the checkpoint is made up for")
    kill(faulty)
    found = numbers(faulty.restart())
    assert len(found) == len(set(found)) == 6000


def test_callers_do_not_wait_for_a_checkpoint_of_the_database(faulty, tmp_path):
    log = ControlLog(faulty.port, tmp_path / "data")
    faulty.faults.set("sync", WAIT, "pages")
    before = log.starts()
    log.update(2 * CHECKPOINT_UPDATES)
    assert log.starts() == before
    faulty.faults.set("sync", 0)
    log.make_start(before)
    assert faulty.stop() == 0
    assert description(faulty.restart()) == str(log.number)


def test_what_was_written_during_a_checkpoint_survives_a_crash(faulty, tmp_path):
    log = ControlLog(faulty.port, tmp_path / "data")
    faulty.faults.set("sync", WAIT, "pages")
    log.update(2 * CHECKPOINT_UPDATES)
    faulty.process.send_signal(signal.SIGKILL)
    faulty.process.wait()
    faulty.faults.set("sync", 0)
    assert description(faulty.restart()) == str(log.number)


@pytest.mark.parametrize("kind, number", [("write", errno.ENOSPC), ("sync", errno.EIO)])
def test_a_checkpoint_of_the_database_that_fails_is_tried_again(faulty, tmp_path, kind, number):
    log = ControlLog(faulty.port, tmp_path / "data")
    faulty.faults.set(kind, number, "pages")
    before = log.starts()
    log.update(CHECKPOINT_UPDATES)
    wait_for(lambda: "cannot checkpoint" in faulty.read_log(), "a checkpoint fails")
    faulty.faults.set(kind, 0)
    log.make_start(before)
    kill(faulty)
    assert description(faulty.restart()) == str(log.number)


def test_a_retention_that_the_disk_refused_removes_nothing(faulty):
    logs = faulty.client("logs")
    make_stream(logs, "g")
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
        {"timestamp": now_ms() - 2 * 86400 * 1000, "message": "two days old"}])
    faulty.faults.set("write", errno.ENOSPC, "database")
    assert status_of(lambda: logs.put_retention_policy(logGroupName="g", retentionInDays=1)) == 500
    faulty.faults.set("write", 0)
    assert len(Wire(faulty.port).events(logGroupName="g")) == 1
    assert faulty.stop() == 0
    assert len(Wire(faulty.restart().port).events(logGroupName="g")) == 1


def logs_call(operation, **body):
    return pipeline.request("POST", "/", json.dumps(body).encode(), (
        f"X-Amz-Target: Logs_20140328.{operation}\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"))


def test_a_checkpoint_takes_nothing_of_what_came_with_the_answers_of_the_turn_before(faulty):
    """What is taken up while answers leave belongs to the next turn, which the disk may refuse."""
    make_stream(faulty.client("logs"), "g")
    faulty.faults.set("write", errno.ENOSPC, "database")
    with socket.create_connection(("127.0.0.1", faulty.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            logs_call("PutLogEvents", logGroupName="g", logStreamName="s", logEvents=[
                {"timestamp": now_ms() - 2 * 86400 * 1000, "message": "two days old"}])
            + logs_call("PutRetentionPolicy", logGroupName="g", retentionInDays=1))
        answers = b""
        while answers.count(b"HTTP/1.1 ") < 2:
            answers += connection.recv(65536)
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"500"]
    faulty.faults.set("write", 0)
    assert faulty.stop() == 0
    assert len(Wire(faulty.restart().port).events(logGroupName="g")) == 1


def test_nor_does_the_last_one_of_what_comes_with_the_last_answers(faulty):
    """A server that is stopped at once saves what it answers those whose functions it kills. The rest of a
    request that comes meanwhile is taken up, but neither saved nor answered."""
    assert faulty.stop() == 0
    server, gate = faulty.restart("--durable"), Gate()
    logs = server.client("logs")
    make_stream(logs, "g")
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
        {"timestamp": now_ms() - 2 * 86400 * 1000, "message": "two days old"}])
    create(server.lam, "slow", gate.package, Timeout=60)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as held, \
            socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as half:
        held.sendall(pipeline.request("POST", PATH % "slow", b"{}"))
        gate.wait_until_inside()
        call = logs_call("PutRetentionPolicy", logGroupName="g", retentionInDays=1)
        half.sendall(call[:-5])
        server.client("lambda").list_functions()  # so that it has read what came before
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.read_log())
        server.faults.set("sync", WAIT, "journal")
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not descendants(server.process.pid), "its function is killed")
        half.sendall(call[-5:])
        server.faults.set("sync", 0)
        assert server.process.wait(STOP_SECONDS) == 0
        assert half.recv(1) == b""
    assert len(Wire(faulty.restart().port).events(logGroupName="g")) == 1


def test_a_disk_that_does_not_sync_is_told_when_that_was_asked_for(faulty):
    assert faulty.stop() == 0
    durable = faulty.restart("--durable")
    durable.faults.set("sync", errno.EIO)
    assert status_of(writers(durable)["update"]) == 500
    assert status_of(writers(durable)["invoke"]) == 500
    durable.faults.set("sync", 0)
    writers(durable)["update"]()
    assert invoke(durable.lam) == b"1"


def test_code_is_on_the_disk_before_it_is_acknowledged_when_that_was_asked_for(faulty):
    faulty.faults.set("sync", errno.EIO, "code")
    writers(faulty)["publish"]()
    assert faulty.stop() == 0
    durable = faulty.restart("--durable")
    assert status_of(writers(durable)["create"]) == 500
    assert "cannot sync" in durable.read_log()
    durable.faults.set("sync", 0)
    writers(durable)["create"]()
    assert durable.lam.invoke(FunctionName="new")["Payload"].read() == b'"new"'


def test_a_new_data_directory_has_its_name_on_the_disk_when_that_was_asked_for(tmp_path):
    faults = Faults(tmp_path / "control")
    faults.set_nth("sync", 1, errno.EIO)
    server = subprocess.Popen(
        [COALMINE, "serve", "--port", "0", "--durable", "--data-dir", str(tmp_path / "new/data")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **faults.environment(tmp_path)})
    _, said = server.communicate(timeout=STOP_SECONDS)
    assert server.returncode == 1
    assert f"cannot use {tmp_path}/new/data: Input/output error" in said


def test_files_that_do_not_open(faulty):
    faulty.faults.set("open", errno.EMFILE)
    assert status_of(writers(faulty)["create"]) == 500
    faulty.faults.set("open", 0)
    writers(faulty)["create"]()


def test_no_process_can_be_made(faulty):
    faulty.faults.set("fork", errno.EAGAIN)
    answer = faulty.lam.invoke(FunctionName="f")
    assert answer["FunctionError"] == "Unhandled", answer
    faulty.faults.set("fork", 0)
    assert faulty.lam.invoke(FunctionName="f")["Payload"].read() == b"1"


def has_a_loop(process):
    return any("eventpoll" in name for name in open_files(process.pid))


def test_a_second_signal_does_not_break_off_what_the_first_has_saved(faulty):
    """It comes when nothing but the last checkpoint is left to do, and no loop to hear it."""
    writers(faulty)["update"]()
    faulty.faults.set("sync", WAIT, "pages")
    faulty.process.send_signal(signal.SIGTERM)
    wait_for(lambda: not has_a_loop(faulty.process), "its loop has ended")
    faulty.process.send_signal(signal.SIGTERM)
    faulty.faults.set("sync", 0)
    assert faulty.process.wait(STOP_SECONDS) == 0, faulty.read_log()


def invoke_on_thread(lam, **event):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        lam.invoke(FunctionName="slow", Payload=json.dumps(event))["Payload"].read()))
    thread.answers = answers
    thread.start()
    return thread


def test_without_a_further_process_invocations_wait_for_those_there_are(faulty):
    gate = Gate()
    create(faulty.lam, "slow", gate.package, Timeout=60)
    first = invoke_on_thread(faulty.lam, number=1)
    gate.wait_until_inside()
    faulty.faults.set("fork", errno.EAGAIN)
    others = [invoke_on_thread(faulty.lam, number=n, **{"pass": True}) for n in (2, 3)]
    wait_for(lambda: "no room for one more process" in faulty.read_log(), "a process is refused")
    gate.open()
    for thread, number in zip([first, *others], (1, 2, 3)):
        thread.join(STOP_SECONDS)
        assert json.loads(thread.answers[0])["number"] == number


def test_an_invocation_that_waits_is_run_as_soon_as_a_process_can_be_made(faulty):
    gate = Gate()
    create(faulty.lam, "slow", gate.package, Timeout=60)
    first = invoke_on_thread(faulty.lam, number=1)
    gate.wait_until_inside()
    faulty.faults.set("fork", errno.EAGAIN)
    second = invoke_on_thread(faulty.lam, number=2, **{"pass": True})
    wait_for(lambda: "no room for one more process" in faulty.read_log(), "a process is refused")
    faulty.faults.set("fork", 0)
    second.join(STOP_SECONDS)
    assert json.loads(second.answers[0])["number"] == 2 and first.is_alive()
    gate.open()
    first.join(STOP_SECONDS)
    assert json.loads(first.answers[0])["number"] == 1


def test_descriptors_run_out(faulty):
    """Whoever gets in is served; when there is room again, everybody is."""
    old = resource.prlimit(faulty.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(faulty.process.pid, resource.RLIMIT_NOFILE, (24, old[1]))
    refused = 0
    for _ in range(20):
        try:
            writers(faulty)["create"]()
            faulty.lam.delete_function(FunctionName="new")
            faulty.client("lambda").list_functions()
        except (ClientError, HTTPClientError):
            refused += 1
    assert faulty.process.poll() is None
    resource.prlimit(faulty.process.pid, resource.RLIMIT_NOFILE, old)
    for _ in range(3):
        assert len(faulty.client("lambda").list_functions()["Functions"]) >= 1
    assert faulty.lam.invoke(FunctionName="f")["Payload"].read() == b"1"


@pytest.mark.skipif("asan" in COALMINE, reason="the sanitizer has an allocator of its own")
def test_out_of_memory_ends_with_a_message_and_loses_nothing(faulty):
    writers(faulty)["update"]()
    faulty.faults.set("malloc", 1)
    with pytest.raises((ClientError, HTTPClientError)):
        writers(faulty)["create"]()
    assert faulty.process.wait(STOP_SECONDS) == -signal.SIGABRT
    assert "memory" in faulty.read_log()
    faulty.faults.set("malloc", 0)
    assert description(faulty.restart()) == "changed"


def test_a_function_settles_when_the_disk_takes_it_again(faulty):
    assert faulty.stop() == 0
    server = faulty.restart("--settle", "1h")
    server.lam.update_function_configuration(FunctionName="f", Description="new")
    server.faults.set("write", errno.ENOSPC)
    Http(server.port).send("POST", "/_coalmine/clock", json.dumps({"advance": "1h"}))
    status = server.lam.get_function_configuration(FunctionName="f")["LastUpdateStatus"]
    assert status == "InProgress"
    server.faults.set("write", 0)
    Http(server.port).send("POST", "/_coalmine/clock", json.dumps({"advance": "2s"}))
    status = server.lam.get_function_configuration(FunctionName="f")["LastUpdateStatus"]
    assert status == "Successful"


def test_a_throttled_event_that_cannot_be_put_off_does_not_keep_the_server_busy(faulty):
    """The clock stands still but for the test: what is tried again at once is tried for ever."""
    lam, http, gate = faulty.lam, Http(faulty.port), Gate()
    clock = lambda **change: http.send("POST", "/_coalmine/clock", json.dumps(change)).status
    assert clock(mode="frozen") == 200
    create(lam, "slow", gate.package)
    lam.put_function_concurrency(FunctionName="slow", ReservedConcurrentExecutions=1)
    busy = threading.Thread(target=http.send, args=("POST", PATH % "slow", b"{}"))
    busy.start()
    gate.wait_until_inside()
    lam.invoke(FunctionName="slow", InvocationType="Event")  # throttled, and put off for a second
    clock(advance="0s")
    faulty.faults.set("write", errno.ENOSPC)
    refusals = lambda: faulty.read_log().count("the callers were told")
    before = refusals()
    assert clock(advance="3s") == 200
    for _ in range(20):  # turns of the loop
        assert http.send("GET", "/_coalmine/health").status == 200
    assert 1 <= refusals() - before <= 12  # a try per second; each is told in a few turns
    faulty.faults.set("write", 0)
    gate.open()
    busy.join()
    passed = threading.Thread(target=lambda: (gate.wait_until_inside(), gate.open()))
    passed.start()
    clock(advance="10m")
    passed.join(STOP_SECONDS)
    assert not passed.is_alive()


def test_a_reset_that_fails_on_the_way_leaves_no_ghosts(faulty):
    http = Http(faulty.port)
    invoke(faulty.lam)
    faulty.faults.set("open", errno.EMFILE, "journal")
    assert http.send("POST", "/_coalmine/reset").status == 500
    faulty.faults.set("open", 0)
    assert faulty.lam.list_functions()["Functions"] == []
    assert status_of(lambda: invoke(faulty.lam)) == 404
    assert http.send("POST", "/_coalmine/reset").status == 204
    create(faulty.lam, "f", node("return 1"))
    faulty.lam.invoke(FunctionName="f")
    assert total(faulty, "AWS/Lambda", "Invocations", FunctionName="f") == 1


def test_an_event_that_was_refused_neither_runs_nor_costs_another(faulty):
    """The next event gets its row; it would not run before the refused one has ended, nor then."""
    gate = Gate()
    create(faulty.lam, "slow", gate.package, Timeout=60)
    send = lambda **event: faulty.lam.invoke(
        FunctionName="slow", InvocationType="Event", Payload=json.dumps(event))
    faulty.lam.invoke(FunctionName="slow", Payload='{"pass": true}')
    faulty.faults.set("write", errno.ENOSPC, "database")
    assert status_of(send) == 500
    faulty.faults.set("write", 0)
    accepted = send(**{"pass": True})["ResponseMetadata"]["RequestId"]
    wait_for(lambda: len(reports(faulty, "slow")) == 2, "the event runs")
    assert accepted in reports(faulty, "slow")[1]["message"]
    gate.listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        gate.listener.accept()
