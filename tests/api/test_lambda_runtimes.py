"""What each kind of runtime is told of an invocation, and how much it may answer: lambda-api.md
sections 5.5, 18 and 19."""
import errno
import io
import json
import os
import re
import struct
import subprocess
import zipfile

import pytest

from tests.support.bootstraps import serving
from tests.support.packages import create, node, python, zip_of

LIMIT = 6291556
ROOT = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
PARENT = "9a9197af755a6419"


def invoke(lam, name, event=None, **headers):
    def add_headers(request, **_):
        for key, value in headers.items():
            request.headers[key.replace("_", "-")] = value
    lam.meta.events.register("before-send.lambda.Invoke", add_headers, unique_id="headers")
    try:
        answer = lam.invoke(FunctionName=name, Payload=json.dumps(event or {}))
    finally:
        lam.meta.events.unregister("before-send.lambda.Invoke", unique_id="headers")
    return answer, json.loads(answer["Payload"].read())


# The trace.

NODE_TRACE = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of({
    "index.js": "const atInit = process.env._X_AMZN_TRACE_ID; exports.handler = async () => "
                "[atInit === undefined, process.env._X_AMZN_TRACE_ID];"})}}
PYTHON_TRACE = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": zip_of({
    "app.py": "import os\nat_init = os.environ.get('_X_AMZN_TRACE_ID')\ndef handler(e, c):\n"
              "    return [at_init is None, os.environ['_X_AMZN_TRACE_ID']]\n"})}}
CUSTOM_TRACE = serving("    respond(request_id, ['_X_AMZN_TRACE_ID' not in os.environ, "
                       "headers['Lambda-Runtime-Trace-Id']])\n")
KINDS = pytest.mark.parametrize("package", [NODE_TRACE, PYTHON_TRACE, CUSTOM_TRACE],
                                ids=["node", "python", "custom"])


@KINDS
def test_the_callers_trace_reaches_the_function(lam, name, package):
    create(lam, name, package)
    given = f"Root={ROOT};Parent={PARENT};Sampled=1"
    is_absent_at_init, trace = invoke(lam, name, X_Amzn_Trace_Id=given)[1]
    assert is_absent_at_init
    assert re.fullmatch(rf"{given};Lineage=1:[0-9a-f]{{8}}:0", trace)


@KINDS
def test_without_a_trace_each_invocation_begins_one(lam, name, package):
    create(lam, name, package)
    traces = [invoke(lam, name)[1][1] for _ in range(2)]
    roots = [re.fullmatch(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=[0-9a-f]{16};Sampled=0;"
                          r"Lineage=1:[0-9a-f]{8}:0", trace)[1] for trace in traces]
    assert roots[0] != roots[1]


NODE_VIEWS = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": zip_of({
    "index.js": """
const { execFileSync } = require('child_process');
const NAME = '_X_AMZN_TRACE_ID';
const inherited = (env) => execFileSync('/bin/sh', ['-c', 'printf %s "$' + NAME + '"'], { env })
    .toString();
exports.handler = async (event) => {
    const env = process.env;
    if (event.own !== undefined)
        env[NAME] = event.own;
    if (event.deletes)
        delete env[NAME];
    env.OTHER = 1;
    return { views: [env[NAME], structuredClone(env)[NAME], { ...env }[NAME],
                     JSON.parse(JSON.stringify(env))[NAME], inherited(undefined)],
             isThere: [NAME in env, Object.keys(env).includes(NAME), Object.hasOwn(env, NAME)],
             other: env.OTHER };
};
"""})}}
PYTHON_VIEWS = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": zip_of({
    "app.py": """
import os, subprocess
NAME = "_X_AMZN_TRACE_ID"
PRINT = 'printf %s "$' + NAME + '"'
def handler(event, context):
    if "own" in event:
        os.environ[NAME] = event["own"]
    if "deletes" in event:
        del os.environ[NAME]
    os.environ["OTHER"] = "1"
    return {"views": [os.environ.get(NAME), os.getenv(NAME), {**os.environ}.get(NAME),
                      subprocess.check_output(PRINT, shell=True).decode(),
                      os.popen(PRINT).read()],
            "isThere": [NAME in os.environ, NAME in list(os.environ)],
            "other": os.environ["OTHER"]}
"""})}}


@pytest.mark.parametrize("package", [NODE_VIEWS, PYTHON_VIEWS], ids=["node", "python"])
def test_the_trace_is_in_the_environment_however_that_is_looked_at(lam, name, package):
    create(lam, name, package)
    for root in ("1-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272794"):
        answer = invoke(lam, name, X_Amzn_Trace_Id=f"Root={root};Parent={PARENT};Sampled=1")[1]
        assert [view.split(";")[0] for view in answer["views"]] == [f"Root={root}"] * 5
        assert all(answer["isThere"])
        assert answer["other"] == "1"
    answer = invoke(lam, name, {"own": "mine"})[1]
    assert answer["views"] == ["mine"] * 5
    answer = invoke(lam, name, {"deletes": True})[1]
    assert {view or None for view in answer["views"]} == {None}
    assert not any(answer["isThere"])
    assert invoke(lam, name)[1]["views"][4].startswith("Root=1-")


def test_python_does_not_give_libc_every_trace_to_keep(lam, name):
    create(lam, name, python("import ctypes\n    return ctypes.CDLL(None).getenv(b'_X_AMZN_TRACE_ID')"))
    assert [invoke(lam, name)[1] for _ in range(2)] == [0, 0]


def test_node_gives_libc_the_first_thousand_traces_to_keep(lam, name):
    """Behind them process.env has them by its prototype."""
    create(lam, name, node("""
        const env = process.env, name = '_X_AMZN_TRACE_ID';
        if (event.own) env[name] = event.own;
        if (event.deletes) delete env[name];
        if (event.replaces) process.env = { ...env };
        const { execSync } = await import('node:child_process');
        return [env[name], Object.hasOwn(env, name), structuredClone(env)[name] ?? null,
                event.inherits ? execSync('printf %s $' + name).toString() : env[name]]"""))

    def look(root, **event):
        found, is_own, cloned, inherited = invoke(
            lam, name, event, X_Amzn_Trace_Id=f"Root={root};Parent={PARENT};Sampled=1")[1]
        assert found == inherited and cloned == (found if is_own else None)
        return found.split(";")[0], is_own
    first, second = (f"1-5759e988-bd862e3fe1be46a99427279{n}" for n in (3, 4))
    assert look(first) == (f"Root={first}", True)
    for _ in range(998):
        invoke(lam, name)
    assert look(second, inherits=True) == (f"Root={second}", True)
    assert look(first, inherits=True) == (f"Root={first}", False)
    assert look(second, own="mine", inherits=True) == ("mine", True)
    assert look(second, deletes=True) == (f"Root={second}", False)
    assert look(second, replaces=True) == (f"Root={second}", False)
    assert look(first, inherits=True) == (f"Root={first}", True)


# How much may be answered. A JSON string has two quotes.

@pytest.mark.parametrize("package", [
    node("return 'x'.repeat(event.n)"), python("return 'x' * event['n']"),
    serving("    respond(request_id, 'x' * event['n'])\n"),
], ids=["node", "python", "custom"])
def test_an_answer_past_the_limit_is_an_error_that_keeps_the_environment(lam, name, package):
    create(lam, name, package, MemorySize=512, Timeout=60)
    answer, result = invoke(lam, name, {"n": LIMIT - 2})
    assert len(result) == LIMIT - 2 and "FunctionError" not in answer
    answer, error = invoke(lam, name, {"n": LIMIT - 1})
    assert answer["FunctionError"] == "Unhandled"
    assert error == {"errorMessage": "Response payload size exceeded maximum allowed payload size "
                                     f"({LIMIT} bytes).",
                     "errorType": "Function.ResponseSizeTooLarge"}
    answer, error = invoke(lam, name, {"n": 50_000_000})
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(invoke(lam, name, {"n": 1})[1]) == 1


def test_a_custom_runtime_hears_that_its_answer_was_too_large(lam, name):
    create(lam, name, serving("""
    if event.get("large"):
        told = ask("POST", "invocation/%s/response" % request_id, "x" * 6291557)
        pid = os.getpid()
    else:
        respond(request_id, [told[0], json.loads(told[2]), pid == os.getpid()])
"""))
    assert invoke(lam, name, {"large": 1})[1]["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke(lam, name)[1] == [413, {
        "errorMessage": f"Exceeded maximum allowed payload size ({LIMIT} bytes).",
        "errorType": "RequestEntityTooLarge"}, True]


def test_a_custom_runtime_is_told_all_of_its_event(lam, name):
    create(lam, name, serving("    respond(request_id, [request_id, dict(headers), event])\n"))
    answer, (request_id, headers, event) = invoke(lam, name, {"a": "\u00e4"})
    assert request_id == answer["ResponseMetadata"]["RequestId"] and event == {"a": "\u00e4"}
    assert headers["Content-Type"] == "application/json"
    assert headers["Lambda-Runtime-Invoked-Function-Arn"] == \
        f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert re.fullmatch(r"\d{13}", headers["Lambda-Runtime-Deadline-Ms"])
    assert "Lambda-Runtime-Client-Context" not in headers


@pytest.mark.parametrize("mode, told", [
    ("buffered", [400, {"errorMessage": "Invalid function response mode",
                        "errorType": "InvalidFunctionResponseMode"}]),
    ("streaming", [202, {"status": "OK"}]),
])
def test_the_response_mode_is_streaming_or_nothing(lam, name, mode, told):
    create(lam, name, serving(f"""
    status, _, body = ask("POST", "invocation/%s/response" % request_id, '"x"',
                          {{"Lambda-Runtime-Function-Response-Mode": "{mode}"}})
    print(status, body, flush=True)
    if status != 202:
        respond(request_id, [status, json.loads(body)])
"""))
    answer, result = invoke(lam, name)
    assert result == (told if told[0] != 202 else "x")


@pytest.mark.parametrize("runtime, package", [
    ("nodejs26.x", node("return process.env.AWS_EXECUTION_ENV")),
    ("python3.15", python("import os; return os.environ['AWS_EXECUTION_ENV']"))])
def test_runtimes_that_the_sdks_name_since_this_year(lam, name, runtime, package):
    create(lam, name, package, Runtime=runtime)
    assert invoke(lam, name)[1] == "AWS_Lambda_" + runtime
    layer = lam.publish_layer_version(LayerName=name, CompatibleRuntimes=[runtime],
                                      Content={"ZipFile": zip_of({"a": "b"})})
    assert layer["CompatibleRuntimes"] == [runtime]


# What a custom runtime's bootstrap must be.

def bootstrap(text, mode=0o755, **more):
    return {"Runtime": "provided.al2023", "Handler": "h",
            "Code": {"ZipFile": zip_of({"bootstrap": text, **more}, {"bootstrap": mode})}}


@pytest.mark.parametrize("package, reason, advice", [
    (bootstrap("#!/bin/sh\nexit 0\n", 0o644), "permission denied", "is not executable: give it mode"),
    (bootstrap("#!/bin/sh\r\nexit 0\r\n"), "no such file or directory", "has Windows line ends"),
    (bootstrap("#! /nowhere/sh -e\n"), "no such file or directory", "interpreter '/nowhere/sh'"),
    (bootstrap("#!/var/task/other\n"), "no such file or directory", "interpreter '/var/task/other'"),
    (bootstrap("#!"), "no such file or directory", "interpreter ''"),
    (bootstrap("echo no first line\n"), "exec format error", "is neither a script"),
    (bootstrap(""), "exec format error", "is neither a script"),
])
def test_a_bootstrap_that_cannot_start_is_told_as_on_aws(lam, server, name, package, reason, advice):
    create(lam, name, package)
    answer, error = invoke(lam, name)
    assert error == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": f"RequestId: {answer['ResponseMetadata']['RequestId']} Error: fork/exec "
                        f"/var/task/bootstrap: {reason}"}
    assert re.search(rf"{name}: bootstrap {advice}|{name}: bootstrap wants the {advice}",
                     server.read_log())


def test_a_bootstrap_that_only_its_owner_may_execute_is_warned_of(lam, server, name):
    package = serving("    respond(request_id, 'runs')\n")
    with zipfile.ZipFile(io.BytesIO(package["Code"]["ZipFile"])) as archive:
        text = archive.read("bootstrap").decode()
    create(lam, name, bootstrap(text, 0o744))
    assert invoke(lam, name)[1] == "runs"
    assert f"{name}: on AWS Lambda bootstrap could not be executed (permission denied): it has mode " \
           "744" in server.read_log()


def test_a_program_for_another_machine_is_refused_as_on_aws(lam, server, name, tmp_path):
    """Whatever the function's architecture is said to be: the server's own counts."""
    machine = 183 if os.uname().machine == "x86_64" else 62
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, machine, 1) + bytes(40)
    create(lam, name, bootstrap(head), Architectures=["x86_64" if machine == 62 else "arm64"])
    answer, error = invoke(lam, name)
    assert answer["FunctionError"] == "Unhandled"
    assert f"{name}: bootstrap is a program for " in server.read_log()
    if not has_emulator(tmp_path, head):
        assert error["errorType"] == "Runtime.InvalidEntrypoint"
        assert error["errorMessage"].endswith(
            " Error: fork/exec /var/task/bootstrap: exec format error")


@pytest.mark.parametrize("package", [python("return 'runs'"), node("return 'runs'")],
                         ids=["python", "node"])
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_an_interpreter_runs_whatever_the_architecture_is_said_to_be(lam, name, package, architecture):
    create(lam, name, package, Architectures=[architecture])
    assert invoke(lam, name)[1] == "runs"


def has_emulator(directory, head):
    """Whether this kernel starts an emulator for such a program."""
    program = directory / "program"
    program.write_bytes(head)
    program.chmod(0o755)
    try:
        subprocess.run([program], stderr=subprocess.DEVNULL)
    except OSError as error:
        return error.errno != errno.ENOEXEC
    return True


def test_a_bootstraps_interpreter_may_come_with_it_and_a_directory_is_none(lam, name):
    own = "#!/bin/sh\nexec /usr/bin/python3 \"$@\"\n"
    package = serving("    respond(request_id, 'mine')\n")
    with zipfile.ZipFile(io.BytesIO(package["Code"]["ZipFile"])) as archive:
        text = archive.read("bootstrap").decode().replace("#!/usr/bin/python3", "#!/opt/interpreter")
    layer = lam.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of(
        {"interpreter": own, "bootstrap": text}, {"interpreter": 0o755, "bootstrap": 0o755})})
    create(lam, name, {**package, "Code": {"ZipFile": zip_of({"bootstrap/file": ""})}},
           Layers=[layer["LayerVersionArn"]])
    assert invoke(lam, name)[1] == "mine"


# AWS's tutorial of a custom runtime, in its own shell: `sh` is bash there.
TUTORIAL = """#!/bin/sh
set -euo pipefail
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE"
done
"""


def test_a_bootstrap_in_sh_may_use_what_bash_has(lam, name):
    create(lam, name, {**bootstrap(TUTORIAL, **{"function.sh": 'answer() { [[ $1 == "{"* ]] && '
                                                               'echo "[$1, ${#1}]"; }\n'}),
                       "Handler": "function.answer"})
    assert invoke(lam, name, {"a": 1})[1] == [{"a": 1}, 8]


def test_the_shell_of_other_runtimes_is_bash_too(lam, name):
    create(lam, name, python("import subprocess; return subprocess.getoutput('echo $BASH_VERSION')"))
    assert re.match(r"\d+\.\d", invoke(lam, name)[1])


SEARCH = "[os.environ[name] for name in ('PATH', 'LD_LIBRARY_PATH')]"


@pytest.mark.parametrize("package, runtime, has_language", [
    (python(f"import os; return {SEARCH}"), "python3.13", True),
    (serving(f"    respond(request_id, {SEARCH})\n"), "provided.al2023", True),
    (serving(f"    respond(request_id, {SEARCH})\n"), "provided.al2", False),
], ids=["python", "al2023", "al2"])
def test_search_paths_are_those_of_the_runtimes_image(lam, name, package, runtime, has_language):
    """lambda-api.md section 19.1."""
    create(lam, name, {**package, "Runtime": runtime})
    programs, libraries = ("/var/lang/bin:", "/var/lang/lib:") if has_language else ("", "")
    assert invoke(lam, name)[1] == [
        f"{programs}/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        f"{libraries}/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"]


@pytest.mark.parametrize("package", [
    node("return Object.keys(process.env)"),
    python("import os; return list(os.environ)"),
    serving("    respond(request_id, list(os.environ))\n"),
], ids=["node", "python", "provided"])
def test_the_environment_names_where_traces_would_be_sent(lam, name, package):
    """lambda-api.md section 19.1."""
    create(lam, name, package)
    assert {"AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_ADDRESS",
            "_AWS_XRAY_DAEMON_PORT"} <= set(invoke(lam, name)[1])


def test_the_place_for_traces_can_be_set(lam, name):
    create(lam, name, python("import os; return os.environ['AWS_XRAY_DAEMON_ADDRESS']"),
           Environment={"Variables": {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:3000"}})
    assert invoke(lam, name)[1] == "127.0.0.1:3000"


def test_a_function_may_call_the_server_as_its_account(lam, name):
    create(lam, name + "i", node("return 'inner'"))
    create(lam, name, python(
        "import boto3, os\n    client = lambda name: boto3.client(name, endpoint_url=os.environ["
        "'AWS_ENDPOINT_URL'])\n    return [client('sts').get_caller_identity()['Account'], client("
        "'lambda').invoke(FunctionName=event['name'])['Payload'].read().decode()]"),
        Timeout=60, MemorySize=512)
    assert invoke(lam, name, {"name": name + "i"})[1] == ["000000000000", '"inner"']


ENDPOINT = node("return process.env.AWS_ENDPOINT_URL ?? null")


@pytest.mark.parametrize("value", ["http://elsewhere:1", ""])
def test_an_endpoint_that_a_function_sets_is_left_alone(lam, name, value):
    create(lam, name, ENDPOINT, Environment={"Variables": {"AWS_ENDPOINT_URL": value}})
    assert invoke(lam, name)[1] == value


@pytest.mark.parametrize("options, url", [
    ((), "http://127.0.0.1:{}"), (("--listen", "::1"), "http://[::1]:{}"), (("--strict",), None)])
def test_the_endpoint_of_functions_is_the_server(start_server, options, url):
    server = start_server(*options)
    lam = server.client("lambda")
    create(lam, "f", ENDPOINT)
    assert invoke(lam, "f")[1] == (url and url.format(server.url.rpartition(":")[2]))
