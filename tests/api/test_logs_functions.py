"""What functions print, in CloudWatch Logs: lambda-api.md sections 23 and 24."""
import base64
import json
import re
import socket

import pytest

from tests.conftest import Http
from tests.support.errors import error_of
from tests.support.logs import filter_all, messages_of
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import ROLE, create, node, python, zip_of
from tests.support.streams import Stream, node_stream

UUID = "[0-9a-f-]{36}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def create_logging(http, name, package, logging):
    """This boto3 is older than LoggingConfig."""
    code = base64.b64encode(package["Code"]["ZipFile"]).decode()
    answer = http.send("POST", "/2015-03-31/functions", json.dumps({
        "FunctionName": name, "Role": ROLE, "LoggingConfig": logging,
        **package, "Code": {"ZipFile": code}}))
    assert answer.status == 201, answer.body


def invoke(lam, name, event=None, **arguments):
    answer = lam.invoke(FunctionName=name, Payload=json.dumps(event or {}), **arguments)
    return answer["ResponseMetadata"]["RequestId"]


def events_of(logs, group):
    return filter_all(logs, logGroupName=group)


def lines_of(logs, group):
    return messages_of(events_of(logs, group))


def matches(lines, patterns):
    assert len(lines) == len(patterns), lines
    for line, pattern in zip(lines, patterns):
        assert re.fullmatch(pattern, line, re.DOTALL), (pattern, line)


def test_a_group_comes_with_the_first_line_and_a_stream_with_each_environment(lam, logs, name):
    create(lam, name, node("console.log('hello'); return 1"))
    group = f"/aws/lambda/{name}"
    assert error_of(logs.describe_log_streams, logGroupName=group)[1] == "ResourceNotFoundException"
    first = invoke(lam, name)
    second = invoke(lam, name)
    version = lam.publish_version(FunctionName=name)["Version"]
    invoke(lam, name, Qualifier=version)
    streams = [s["logStreamName"]
               for s in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    assert len(streams) == 2
    for stream, which in zip(streams, (r"\$LATEST", "1")):
        assert any(re.fullmatch(r"\d{4}/\d\d/\d\d/\[" + which + r"\][0-9a-f]{32}", each)
                   for each in streams), streams
    latest = next(stream for stream in streams if "$LATEST" in stream)
    events = logs.get_log_events(logGroupName=group, logStreamName=latest)["events"]
    report = r"\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t" \
             r"Max Memory Used: \d+ MB\t"
    matches(messages_of(events), [
        r"INIT_START Runtime Version: nodejs:22\.v\d+\tRuntime Version ARN: arn:.*\n",
        rf"START RequestId: {first} Version: \$LATEST\n",
        rf"{TIME}\t{first}\tINFO\thello\n",
        rf"END RequestId: {first}\n",
        rf"REPORT RequestId: {first}{report}Init Duration: [\d.]+ ms\t\n",
        rf"START RequestId: {second} Version: \$LATEST\n",
        rf"{TIME}\t{second}\tINFO\thello\n",
        rf"END RequestId: {second}\n",
        rf"REPORT RequestId: {second}{report}\n"])
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)


def test_a_record_of_several_lines_is_one_event_and_raw_lines_are_one_each(lam, logs, name):
    create(lam, name, node(r"console.log('a\nb'); process.stdout.write('c\nd\r!\n');"))
    invoke(lam, name)
    lines = lines_of(logs, f"/aws/lambda/{name}")[2:-2]
    assert lines[0].endswith("\tINFO\ta\nb\n") and lines[1:] == ["c\n", "d\r!\n"]


def test_pythons_records_and_tracebacks_are_one_event_each(lam, logs, name):
    create(lam, name, python(
        "import logging; print('a\\nb'); logging.error('c\\nd'); raise ValueError('no')"))
    request = invoke(lam, name)
    matches(lines_of(logs, f"/aws/lambda/{name}")[2:-2], [
        "a\n", "b\n", rf"\[ERROR\]\t{TIME}\t{request}\tc\nd\n",
        "\\[ERROR\\] ValueError: no\nTraceback \\(most recent call last\\):\n"
        "\u00a0\u00a0File \"/var/task/app.py\", line 2, in handler\n\u00a0{4}.*\\)"])


def test_the_tail_in_an_answer_has_plain_newlines(lam, name):
    create(lam, name, node(r"console.log('a\nb')"))
    answer = lam.invoke(FunctionName=name, LogType="Tail")
    assert b"\tINFO\ta\nb\nEND " in base64.b64decode(answer["LogResult"])


def test_a_crash_and_a_timeout_are_told(lam, logs, name):
    create(lam, name, node("if (event.hang) while (true); process.exit(3)"), Timeout=60)
    crash = invoke(lam, name)
    lam.update_function_configuration(FunctionName=name, Timeout=1)
    hang = invoke(lam, name, {"hang": 1})
    lines = lines_of(logs, f"/aws/lambda/{name}")
    assert f"RequestId: {crash} Error: Runtime exited with error: exit status 3\n" \
           "Runtime.ExitError\n" in lines
    matches([line for line in lines if "timed out" in line],
            [rf"{TIME} {hang} Task timed out after 1\.00 seconds\n\n"])
    reports = [line for line in lines if line.startswith("REPORT ")]
    matches(reports, [
        rf"REPORT RequestId: {crash}\t.*\tStatus: error\tError Type: Runtime\.ExitError\n",
        rf"REPORT RequestId: {hang}\tDuration: 1000\.00 ms\t.*\tStatus: timeout\n"])


def test_an_error_that_nobody_caught_is_the_functions_own(lam, logs, name):
    """The platform names no type for it, though the process ends over it."""
    create(lam, name, node("setTimeout(() => { throw new TypeError('x') }, 1);"
                           "await new Promise(() => setTimeout(() => {}, 60000))"))
    answer = lam.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read())["errorType"] == "TypeError"
    report = lines_of(logs, f"/aws/lambda/{name}")[-1]
    assert report.startswith("REPORT ") and "Error Type" not in report and "Status" not in report


def test_a_boot_that_fails_is_reported_ahead_of_the_invocation(http, lam, logs, name):
    """With all that it has printed, also in the tail."""
    package = {"Runtime": "nodejs22.x", "Handler": "index.handler",
               "Code": {"ZipFile": zip_of({"index.mjs": "process.stdout.write('booting\\n'); process.exit(3);"})}}
    create(lam, name, package)
    tail = base64.b64decode(lam.invoke(FunctionName=name, LogType="Tail")["LogResult"]).decode()
    lines = lines_of(logs, f"/aws/lambda/{name}")
    matches(lines, [
        "INIT_START .*", "booting\n",
        r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError\n",
        "START .*", "RequestId: .*\nRuntime.ExitError\n", "END .*",
        "REPORT .*\tStatus: error\tError Type: Runtime.ExitError\n"])
    assert tail == "".join(lines[1:])
    create_logging(http, name + "j", package, {"LogFormat": "JSON"})
    invoke(lam, name + "j")
    init, booting, *lines = lines_of(logs, f"/aws/lambda/{name}j")
    records = [json.loads(line) for line in (init, *lines)]
    assert booting == "booting\n" and [record["type"] for record in records] == [
        "platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start",
        "platform.runtimeDone", "platform.report"]
    assert records[1]["record"] == {"initializationType": "on-demand", "phase": "init",
                                    "status": "error", "errorType": "Runtime.ExitError"}


@pytest.mark.parametrize("runtime, file, code, error_type", [
    ("nodejs22.x", "index.js", "throw new Error('no')", "Runtime.Unknown"),
    ("nodejs22.x", "index.js", "require('absent')", "Runtime.ImportModuleError"),
    ("python3.12", "index.py", "raise ValueError('no')", "Runtime.Unknown"),
    ("python3.12", "index.py", "import absent", "Runtime.ImportModuleError"),
])
def test_a_boots_error_of_the_functions_own_is_unknown_to_the_platform(lam, logs, name, runtime, file,
                                                                       code, error_type):
    create(lam, name, {"Runtime": runtime, "Handler": "index.handler",
                       "Code": {"ZipFile": zip_of({file: code})}})
    invoke(lam, name)
    told = [line for line in lines_of(logs, f"/aws/lambda/{name}")
            if line.endswith(f"\tStatus: error\tError Type: {error_type}\n")]
    assert [line.split()[0] for line in told] == ["INIT_REPORT", "REPORT"]


def test_of_more_than_a_mebibyte_the_last_part_is_kept_and_the_rest_is_told(lam, logs, name):
    create(lam, name, node("console.log('first'); console.log('x'.repeat(700000)); "
                           "console.log('y'.repeat(700000)); console.log('last')"), MemorySize=512)
    invoke(lam, name)
    lines = lines_of(logs, f"/aws/lambda/{name}")[2:-2]
    assert [len(line) > 700000 for line in lines] == [False, True, False]
    assert re.fullmatch(r"Coalmine keeps the last 1048576 bytes that an invocation prints: 7\d{5} before "
                        r"the next line are missing\n", lines[0])
    assert lines[1].endswith("yyy\n") and lines[2].endswith("\tlast\n")


def test_much_that_is_printed_between_two_invocations_holds_up_no_later_one(lam, name):
    """It waits for the next one; so does all that this one prints behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        create(lam, name, python(f"""
    def call():
        socket.create_connection(("127.0.0.1", {listener.getsockname()[1]})).recv(1)
    def chatter():
        call()
        print("x" * 100000, flush=True)
        call()
    import socket, threading
    if event.get("last"):
        print("x" * 200000, flush=True)
        return "printed"
    threading.Thread(target=chatter).start()"""))
        listener.settimeout(PATIENCE_SECONDS)
        invoke(lam, name)
        for _ in range(2):  # before it prints, and when it has
            listener.accept()[0].close()
    answer = lam.invoke(FunctionName=name, Payload=b'{"last": true}')
    assert answer["Payload"].read() == b'"printed"'


def test_bytes_that_are_no_text_become_replacement_characters(lam, logs, name):
    create(lam, name, node(
        r"process.stdout.write(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x00, 0x62, 0x0a]));"))
    invoke(lam, name)
    assert "a\ufffd\ufffd(b\n" in lines_of(logs, f"/aws/lambda/{name}")


def test_functions_can_share_a_group_of_their_own(http, lam, logs, name):
    group = f"shared-{name}"
    for suffix in ("x", "y"):
        create_logging(http, name + suffix, node("return context.logGroupName"),
                       {"LogGroup": group})
        answer = lam.invoke(FunctionName=name + suffix)
        assert json.load(answer["Payload"]) == group
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    for suffix, stream in zip(("x", "y"), streams):
        assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{name}{suffix}\[\$LATEST\][0-9a-f]{{32}}",
                            stream["logStreamName"])


def test_a_group_deleted_under_a_warm_function_comes_back(lam, logs, name):
    create(lam, name)
    group = f"/aws/lambda/{name}"
    invoke(lam, name)
    logs.delete_log_group(logGroupName=group)
    request = invoke(lam, name)
    assert lines_of(logs, group)[0] == f"START RequestId: {request} Version: $LATEST\n"


def test_a_custom_runtimes_lines_are_events(lam, logs, name):
    bootstrap = """#!/bin/sh
echo booting
while true; do
  headers=$(mktemp)
  curl -sS -D "$headers" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" >/dev/null
  id=$(grep -i Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  echo "serving $AWS_LAMBDA_LOG_GROUP_NAME" >&2
  curl -sS "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d 1 >/dev/null
done
"""
    create(lam, name, {"Runtime": "provided.al2023", "Handler": "x", "Code": {
        "ZipFile": zip_of({"bootstrap": bootstrap}, {"bootstrap": 0o755})}}, Timeout=20)
    invoke(lam, name)
    lines = lines_of(logs, f"/aws/lambda/{name}")
    assert "booting\n" in lines and f"serving /aws/lambda/{name}\n" in lines


def records_of(logs, group):
    return [json.loads(line) for line in lines_of(logs, group)]


def test_json_logs_have_the_platforms_records_at_level_info(http, lam, logs, name):
    create_logging(http, name, node("if (event.bad) throw new Error('no')"),
                   {"LogFormat": "JSON"})
    good, bad = invoke(lam, name), invoke(lam, name, {"bad": 1})
    records = records_of(logs, f"/aws/lambda/{name}")
    assert [record.get("type") for record in records] == [
        "platform.initStart", "platform.start", "platform.report",
        "platform.start", None, "platform.runtimeDone", "platform.report"]
    init, start, report, _, error, done, last = records
    assert re.fullmatch(TIME, init["time"])
    arn = lam.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    assert start["record"] == {"requestId": good, "functionArn": arn, "version": "$LATEST"}
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/" + name + r"\[\$LATEST\][0-9a-f]{32}",
                        init["record"].pop("instanceId"))
    assert re.fullmatch(r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}",
                        init["record"].pop("runtimeVersionArn"))
    assert init["record"] == {
        "initializationType": "on-demand", "phase": "init", "runtimeVersion": "nodejs:22.v1",
        "functionName": name, "functionVersion": "$LATEST", "instanceMaxMemory": 128 << 20}
    metrics = report["record"].pop("metrics")
    assert metrics.keys() == {"durationMs", "billedDurationMs", "memorySizeMB",
                              "maxMemoryUsedMB", "initDurationMs"}
    assert report["record"] == {"requestId": good, "status": "success"}
    assert error["level"] == "ERROR" and error["requestId"] == bad
    assert error["message"]["errorType"] == "Error" and error["message"]["errorMessage"] == "no"
    assert done["record"]["status"] == last["record"]["status"] == "failure"
    assert "initDurationMs" not in last["record"]["metrics"]


def test_the_record_of_the_runtime_counts_what_the_function_answered(http, lam, logs, server, name):
    """As observed on Lambda: streamed or not; an error is no answer."""
    create_logging(http, name, node_stream(
        "if (event.bad) throw new Error('no'); if (event.die) process.exit(1); "
        "stream.end('x'.repeat(event.n))"),
        {"LogFormat": "JSON", "ApplicationLogLevel": "FATAL", "SystemLogLevel": "DEBUG"})
    assert Stream(server.port, name, b'{"n": 5}').all() == (b"xxxxx", {})
    for event in ({"n": 7}, {"bad": 1}, {"die": 1}):
        invoke(lam, name, event)
    done = [record["record"] for record in records_of(logs, f"/aws/lambda/{name}")
            if record["type"] == "platform.runtimeDone"]
    assert [(each["status"], each["metrics"]["producedBytes"]) for each in done] == [
        ("success", 5), ("success", 7), ("failure", 0), ("error", 0)]


def test_a_boot_ahead_of_invocations_reports_how_long_it_took(http, lam, logs, name):
    create_logging(http, name, node("return 1"), {"LogFormat": "JSON"})
    lam.publish_version(FunctionName=name)
    lam.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1",
                                           ProvisionedConcurrentExecutions=1)
    while lam.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")["Status"] != "READY":
        pass
    invoke(lam, name, Qualifier="1")
    start, report, *rest = records_of(logs, f"/aws/lambda/{name}")
    assert [record["type"] for record in (start, report, *rest)] == [
        "platform.initStart", "platform.initReport", "platform.start", "platform.report"]
    assert start["record"]["initializationType"] == "provisioned-concurrency"
    assert report["record"]["metrics"].pop("durationMs") > 0
    assert report["record"] == {"initializationType": "provisioned-concurrency", "phase": "init",
                                "status": "success", "metrics": {}}


@pytest.mark.parametrize("system, success, failure", [
    ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
     ["start", "runtimeDone", "report"]),
    ("INFO", ["initStart", "start", "report"], ["start", "runtimeDone", "report"]),
    ("WARN", [], ["runtimeDone", "report"]),
])
def test_the_system_level_decides_which_records_there_are(http, lam, logs, name, system, success,
                                                          failure):
    create_logging(http, name, node("if (event.bad) process.exit(1)"), {
        "LogFormat": "JSON", "ApplicationLogLevel": "FATAL", "SystemLogLevel": system})
    group = f"/aws/lambda/{name}"
    invoke(lam, name)
    invoke(lam, name, {"bad": 1})
    kinds = [record["type"][len("platform."):] for record in records_of(logs, group)]
    assert kinds == success + failure
    last = records_of(logs, group)[-1]["record"]
    assert (last["status"], last["errorType"]) == ("error", "Runtime.ExitError")


LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]


@pytest.mark.parametrize("level", LEVELS)
def test_the_application_level_decides_which_lines_of_node_there_are(http, lam, logs, name, level):
    create_logging(http, name, node(
        "for (const m of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) console[m](m); "
        "return process.env.AWS_LAMBDA_LOG_FORMAT + process.env.AWS_LAMBDA_LOG_LEVEL"),
        {"LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "WARN"})
    assert json.load(lam.invoke(FunctionName=name)["Payload"]) == f"JSON{level}"
    try:
        records = records_of(logs, f"/aws/lambda/{name}")
    except logs.exceptions.ResourceNotFoundException:
        records = []
    assert [record["level"] for record in records] == LEVELS[LEVELS.index(level):]
    assert [list(record) for record in records] == [
        ["timestamp", "level", "requestId", "message"]] * len(records)


def test_what_node_makes_of_values_and_errors(http, lam, logs, name):
    create_logging(http, name, node(
        "console.log({a: {b: 1}}); console.log('%d of', 5, [1]); const c = {}; c.c = c; "
        "console.log(c); console.log('x', Object.assign(new TypeError('y'), {code: 7})); "
        "console.log(Object.assign(new TypeError('y'), {code: 7}));"),
        {"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    invoke(lam, name)
    value, text, circle, both, error = records_of(logs, f"/aws/lambda/{name}")
    assert value["message"] == {"a": {"b": 1}} and text["message"] == "5 of [ 1 ]"
    assert circle["message"] == "<ref *1> { c: [Circular *1] }"
    assert both["message"].startswith("x TypeError: y\n    at ")
    assert (both["errorType"], both["errorMessage"]) == ("TypeError", "y")
    assert both["stackTrace"][0] == "TypeError: y"
    assert error["message"].pop("stackTrace")[0] == "TypeError: y"
    assert error["message"] == {"errorType": "TypeError", "errorMessage": "y", "code": 7}


def test_what_python_makes_of_records_and_errors(http, lam, logs, name):
    create_logging(http, name, python("""import logging
    log = logging.getLogger('mine')
    log.debug('dropped')
    log.info('ä %d', 1, extra={'order': 5})
    try:
        raise ValueError('no')
    except ValueError:
        log.exception('caught')
    raise KeyError('k')"""), {"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    request = invoke(lam, name)
    told, caught, failure, *_ = records_of(logs, f"/aws/lambda/{name}")
    assert all(re.fullmatch(TIME, line["timestamp"]) for line in (caught, failure))
    assert re.fullmatch(TIME, told.pop("timestamp"))
    assert list(told.items()) == [("level", "INFO"), ("message", "ä 1"), ("logger", "mine"),
                                  ("requestId", request), ("order", 5)]
    assert (caught["level"], caught["errorType"], caught["errorMessage"]) == (
        "ERROR", "ValueError", "no")
    assert caught["stackTrace"][0].startswith("  File \"/var/task/app.py\", line ")
    assert caught["location"].startswith("/var/task/app.py:handler:")
    assert (failure["level"], failure["errorType"], failure["errorMessage"],
            failure["requestId"]) == ("ERROR", "KeyError", "'k'", request)


def test_a_record_of_a_task_has_its_name_in_json(http, lam, logs, name):
    """Python's own records have it since 3.12."""
    create_logging(http, name, python(
        "import asyncio, logging, sys\n    async def task(): logging.warning('w')\n"
        "    asyncio.run(task())\n    logging.warning(sys.version_info >= (3, 12))"),
        {"LogFormat": "JSON"})
    invoke(lam, name)
    of_task, plain = map(json.loads, lines_of(logs, f"/aws/lambda/{name}")[2:-1])
    assert of_task.get("taskName") == ("Task-1" if plain["message"] == "True" else None)
    assert "taskName" not in plain


def test_a_record_in_json_has_an_empty_id_before_the_first_invocation(http, lam, logs, name):
    create_logging(http, name, {
        "Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": zip_of({
            "app.py": "import logging\nlogging.error('loading')\ndef handler(event, context): pass"})}},
        {"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    invoke(lam, name)
    loading, = records_of(logs, f"/aws/lambda/{name}")
    assert (loading["message"], loading["requestId"]) == ("loading", "")


@pytest.mark.parametrize("call, message", [
    ("log.error('x', extra={'when': {1}})", "Object of type set is not JSON serializable"),
    ("log.exception('nothing was thrown')", "'NoneType' object has no attribute '__name__'"),
])
def test_what_the_formatter_for_json_cannot_say_fails_the_handler(http, lam, name, call, message):
    """As there: a handler that never failed in text does so when its format is changed to JSON."""
    create_logging(http, name, python(f"import logging as log; {call}"), {"LogFormat": "JSON"})
    error = json.loads(lam.invoke(FunctionName=name)["Payload"].read())
    assert error["errorMessage"] == message


def test_json_lines_of_other_loggers_are_judged_by_their_level(http, lam, logs, name):
    lines = ["plain text", '{"level":"warn","timestamp":"2026-01-01T00:00:00Z","n":1}',
             '{"level":"info","timestamp":"2026-01-01T00:00:00Z","n":2}',
             '{"n":3,"log_level":"ERROR"}', "{broken"]
    create_logging(http, name, python("print(event['lines'])"),
                   {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "WARN"})
    create_logging(http, name + "i", python("print(event['lines'])"),
                   {"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    for each in (name, name + "i"):
        invoke(lam, each, {"lines": "\n".join(lines)})
    assert lines_of(logs, f"/aws/lambda/{name}") == [
        lines[0] + "\n", lines[1] + "\n", lines[4] + "\n"]
    kept = lines_of(logs, f"/aws/lambda/{name}i")
    assert [kept[n] for n in (0, 1, 2, 4)] == [lines[n] + "\n" for n in (0, 1, 2, 4)]
    completed = json.loads(kept[3])
    assert re.fullmatch(TIME, completed.pop("timestamp"))
    assert completed == {"n": 3, "log_level": "ERROR", "level": "INFO"}


def test_text_format_sets_no_variables_of_json(lam, name):
    create(lam, name, node("return [process.env.AWS_LAMBDA_LOG_FORMAT ?? null, "
                           "process.env.AWS_LAMBDA_LOG_LEVEL ?? null]"))
    assert json.load(lam.invoke(FunctionName=name)["Payload"]) == [None, None]


def test_times_are_the_service_clocks(start_server):
    server = start_server()
    Http(server.port).json("POST", "/_coalmine/clock",
                           {"mode": "frozen", "time": "2026-01-01T00:00:00Z"})
    lam, logs = server.client("lambda"), server.client("logs")
    create(lam, "works")
    create(lam, "dies", {"Runtime": "nodejs22.x", "Handler": "index.handler",
                         "Code": {"ZipFile": zip_of({"index.mjs": "process.exit(3)"})}})
    for name in ("works", "dies"):
        invoke(lam, name)
        events = events_of(logs, f"/aws/lambda/{name}")
        assert {event["timestamp"] for event in events} == {1767225600000}
        assert all(event["logStreamName"].startswith("2026/01/01/") for event in events)
    sums = server.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Errors", StartTime=1767225600, EndTime=1767225660,
        Dimensions=[{"Name": "FunctionName", "Value": "dies"}], Period=60, Statistics=["Sum"])
    assert [point["Sum"] for point in sums["Datapoints"]] == [1]
