"""Quick functions under many callers: events stand in the pipe of a process at work. Whatever becomes of
one, each is run once, has its own answer, and its lines stand between its START and END."""
import collections
import json
import re

import pytest

from tests.support import pipeline
from tests.support.packages import create, zip_of

REQUESTS = 2000
SLOW_EVERY, EXIT_EVERY, FAIL_EVERY, PRINT_EVERY = 500, 211, 7, 3

NODE = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of({
    "index.js": """
exports.handler = (event, ...[context, done]) => { // a third parameter would be warned of
  if (event.does === 'print')
    console.log('n', event.n);
  if (event.does === 'slow')
    for (const end = Date.now() + 40; Date.now() < end;);
  if (event.does === 'exit')
    process.exit(1);
  if (event.does === 'fail')
    throw new Error('failed ' + event.n);
  done(null, { n: event.n, id: context.awsRequestId });
};"""})}}
PYTHON = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": zip_of({
    "app.py": """
import os, time

def handler(event, context):
    does = event["does"]
    if does == "print":
        print("n", event["n"], context.aws_request_id)
    if does == "slow":
        time.sleep(0.04)
    if does == "exit":
        os._exit(1)
    if does == "fail":
        raise ValueError("failed %d" % event["n"])
    return {"n": event["n"], "id": context.aws_request_id}
"""})}}


def deed(n):
    for every, does in ((SLOW_EVERY, "slow"), (EXIT_EVERY, "exit"), (FAIL_EVERY, "fail"),
                        (PRINT_EVERY, "print")):
        if n % every == 0:
            return does
    return "nothing"


def lines_of_each(logs, group):
    """{request id: the lines between START and END}, for all streams."""
    found = {}
    streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
    for stream in streams.build_full_result()["logStreams"]:
        current, token = None, None
        while True:
            page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"],
                                       startFromHead=True, **({"nextToken": token} if token else {}))
            for event in page["events"]:
                kind, _, rest = event["message"].partition(" ")
                if kind == "START":
                    assert current is None, (current, rest)
                    current = rest.split()[1]
                    assert current not in found
                    found[current] = []
                elif kind == "END":
                    assert rest.split()[1] == current
                    current = None
                elif kind not in ("REPORT", "INIT_START"):
                    found[current].append(event["message"])
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        assert current is None
    return found


@pytest.mark.parametrize("package", [NODE, PYTHON], ids=["node", "python"])
def test_each_event_has_its_own_answer_and_lines(start_server, package):
    server = start_server()
    create(server.client("lambda"), "f", package)
    path = "/2015-03-31/functions/f/invocations"
    bodies = [json.dumps({"n": n, "does": deed(n)}).encode() for n in range(REQUESTS)]
    answers = []
    pipeline.run(server.port, iter([pipeline.request("POST", path, b'{"n":0,"does":"nothing"}')] * 50))
    pipeline.run(server.port, (pipeline.request("POST", path, body) for body in bodies),
                 connections=24, depth=10, statuses=answers)
    answers = [json.loads(body) for _, body in answers]
    answered = {answer["n"]: answer["id"] for answer in answers if "n" in answer}
    deeds = collections.Counter(deed(n) for n in range(REQUESTS))
    assert sorted(answered) == [n for n in range(REQUESTS) if deed(n) not in ("exit", "fail")]
    errors = collections.Counter(answer["errorType"] for answer in answers if "n" not in answer)
    assert sum(errors.values()) == deeds["exit"] + deeds["fail"]
    assert errors["Runtime.ExitError"] == deeds["exit"]

    lines = lines_of_each(server.client("logs"), "/aws/lambda/f")
    assert len(lines) == REQUESTS + 50
    for n, request_id in answered.items():
        expected = 1 if deed(n) == "print" else 0
        assert len(lines[request_id]) == expected, (n, deed(n), lines[request_id])
        assert all(f"n {n}" in line and request_id in line for line in lines[request_id])
    failed = sorted(int(re.search(r"failed (\d+)", line).group(1))
                    for own in lines.values() for line in own if "failed" in line)
    assert sorted(set(failed)) == [n for n in range(REQUESTS) if deed(n) == "fail"]


FORGETFUL = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of({
    "index.js": """
exports.handler = async (event, context) => {
  if (event.rejects)
    (async () => { throw new Error('left alone'); })();
  return { n: event.n, id: context.awsRequestId };
};"""})}}


def test_an_answer_before_the_end_takes_no_event_along(start_server):
    """A rejection that nobody handles ends the process: after its answer, and before the next event."""
    server = start_server()
    create(server.client("lambda"), "f", FORGETFUL)
    path = "/2015-03-31/functions/f/invocations"
    bodies = [json.dumps({"n": n, "rejects": n % 37 == 5}).encode() for n in range(REQUESTS)]
    answers = []
    pipeline.run(server.port, (pipeline.request("POST", path, body) for body in bodies),
                 connections=24, depth=10, statuses=answers)
    answered = {answer["n"]: answer["id"] for answer in (json.loads(body) for _, body in answers)}
    assert sorted(answered) == list(range(REQUESTS))
    lines = lines_of_each(server.client("logs"), "/aws/lambda/f")
    for n, request_id in answered.items():
        assert len(lines[request_id]) == (n % 37 == 5), (n, lines[request_id])
        assert all(request_id in line and "left alone" in line for line in lines[request_id])
