"""How node runs a handler: Lambda's client up to nodejs22.x, and the one of nodejs24.x, which has no
callbacks (lambda-api.md section 20)."""
import base64
import json

import pytest

from tests.support.packages import create, zip_of

OLD, NEW = "nodejs22.x", "nodejs24.x"
DEPRECATED = "AWS Lambda plans to remove support for callback-based function handlers"


def package(runtime, files, handler="index.handler"):
    return {"Runtime": runtime, "Handler": handler, "Code": {"ZipFile": zip_of(files)}}


def common(runtime, expression):
    return package(runtime, {"index.js": f"exports.handler = {expression};"})


def invoke(lam, name, **arguments):
    answer = lam.invoke(FunctionName=name, LogType="Tail", **arguments)
    return json.loads(answer["Payload"].read()), base64.b64decode(answer["LogResult"]).decode()


def messages_of(lam, server, name):
    lam.invoke(FunctionName=name)
    events = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"] for event in events]


@pytest.mark.parametrize("expression, old, new", [
    ("(event) => 42", None, 42),
    ("(event) => ({ then: (done) => done('thenable') })", "thenable", "thenable"),
    ("async (event, context) => Object.keys(context).filter((name) => "
     "typeof context[name] === 'function')", ["succeed", "fail", "done", "getRemainingTimeInMillis"],
     ["getRemainingTimeInMillis"]),
    ("async (event, context) => JSON.parse(JSON.stringify(context)).xRayTraceId === "
     "process.env._X_AMZN_TRACE_ID", False, True),
    ("async (event, context) => context.callbackWaitsForEmptyEventLoop ?? null", True, None),
    ("async (event, context, callback) => typeof callback", "function", None),
    ("(event, context) => context.succeed ? context.succeed(1) : 2", 1, 2),
])
def test_nodejs24_answers_with_what_the_handler_returns_and_has_no_callbacks(lam, name, expression,
                                                                             old, new):
    create(lam, name + "o", common(OLD, expression))
    create(lam, name + "n", common(NEW, expression))
    assert invoke(lam, name + "o")[0] == old
    if new is not None:
        assert invoke(lam, name + "n")[0] == new


@pytest.mark.parametrize("expression", ["(event, context, callback) => callback(null, 1)",
                                        "async (event, context, callback) => 1"])
def test_nodejs24_refuses_a_handler_that_wants_a_callback(lam, name, expression):
    create(lam, name, common(NEW, expression))
    error, log = invoke(lam, name)
    assert error["errorType"] == "Runtime.CallbackHandlerDeprecated"
    assert error["errorMessage"].startswith(
        "ERROR: AWS Lambda has removed support for callback-based function handlers starting with "
        "Node.js 24.")
    assert "\t-\tERROR\tInit Error \t{" in log


def test_nodejs24_takes_a_streaming_handler_of_three_parameters(lam, name):
    create(lam, name, common(NEW, "awslambda.streamifyResponse(async (event, stream, context) => "
                                  "{ stream.end('\"in pieces\"'); })"))
    assert invoke(lam, name)[0] == "in pieces"


@pytest.mark.parametrize("expression, variables, is_warned", [
    ("(event, context, callback) => callback()", {}, True),
    ("async (event, context, callback) => 1", {}, False),
    ("(event, context) => context.done()", {}, False),
    ("(event, context, callback) => callback()",
     {"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": ""}, False),
])
def test_before_nodejs24_a_callback_is_warned_of(lam, server, name, expression, variables,
                                                 is_warned):
    create(lam, name, common(OLD, expression), Environment={"Variables": variables})
    warnings = [message for message in messages_of(lam, server, name)
                if f"\tundefined\tWARN\t{DEPRECATED}" in message]
    assert len(warnings) == is_warned


@pytest.mark.parametrize("expression, old, new", [
    ("async () => { throw 'text'; }", ("string", "text"), ("string", "text")),
    ("async () => { throw undefined; }", ("string", "handled"), ("undefined", "undefined")),
    ("async () => { throw { name: 'AxiosError', message: 'no', stack: 'AxiosError: no' }; }",
     ("AxiosError", "no"), ("object", "[object Object]")),
    ("async () => { throw { name: 'AxiosError', message: 'no' }; }",
     ("object", "[object Object]"), ("object", "[object Object]")),
    ("async () => 1n", ("Error", "Unable to stringify response body"),
     ("Runtime.JSONStringifyError", "Unable to stringify response body")),
])
def test_what_is_thrown_is_told(lam, name, expression, old, new):
    for suffix, runtime, expected in (("o", OLD, old), ("n", NEW, new)):
        create(lam, name + suffix, common(runtime, expression))
        error = invoke(lam, name + suffix)[0]
        assert (error["errorType"], error["errorMessage"]) == expected


@pytest.mark.parametrize("expression, expected", [
    ("async (event, context, callback) => { callback(null, 'called'); }", "called"),
    ("async (event, context, callback) => { callback(null, 'called'); return 'returned'; }", "called"),
    ("async (event, context, callback) => { callback(null, 'called'); throw 1; }", "called"),
    ("async (event, context) => { context.succeed('told'); return 'returned'; }", "told"),
    ("async (event, context) => { context.fail('told'); return 'returned'; }", "told"),
    ("async (event, context, callback) => { setTimeout(callback, 1, null, 'called'); return 1; }", 1),
    ("(event, context, callback) => { callback(null, 'called'); context.done(null, 1); }", "called"),
    ("(event, context, callback) => { callback(null, 'called'); throw 1; }", "called"),
])
def test_of_all_ways_to_answer_the_first_counts(lam, name, expression, expected):
    create(lam, name, common(OLD, expression))
    for _ in range(2):
        answer = invoke(lam, name)[0]
        assert (answer["errorMessage"] if isinstance(answer, dict) else answer) == expected


@pytest.mark.parametrize("body, status", [
    ("setTimeout(() => { throw new Error('late'); }, 1); await new Promise(() => {})",
     "with error: exit status 1"),
    ("Promise.reject(new Error('late')); await new Promise((r) => setTimeout(r, 1000))",
     "with error: exit status 1"),
    ("await new Promise(() => {})", "without providing a reason"),
])
def test_nodejs24_leaves_to_node_what_nobody_catches(lam, name, body, status):
    create(lam, name, common(NEW, f"async () => {{ {body}; }}"))
    error, log = invoke(lam, name)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith(f"Error: Runtime exited {status}")
    assert ("\nError: late\n" in log) == ("late" in body)


@pytest.mark.parametrize("files, handler, old, new", [
    ({"index.mjs": "export default { handler: async () => 'default' };"}, "index.handler",
     "Runtime.HandlerNotFound", "default"),
    ({"index.js": "module.exports = Object.assign(() => 1, { a: { b: async () => 'nested' } });"},
     "index.a.b", "nested", "Runtime.HandlerNotFound"),
    ({"index.js": "module.exports.f = Object.assign(() => 1, { handler: async () => 'on it' });"},
     "index.f.handler", "on it", "Runtime.HandlerNotFound"),
    ({"src/api/index.cjs": "exports.a = { b: { c: async () => 'deep' } };"}, "src/api/index.a.b.c",
     "deep", "deep"),
    ({"index.js": "export const handler = async () => 'module';",
      "package.json": '{"type": "module"}'}, "index.handler", "module", "module"),
    ({"index.mjs": "const found = await Promise.resolve('waited');"
                   "export const handler = async () => found;"}, "index.handler", "waited",
     "waited"),
    ({"index.js": "exports.handler = async () => 'file';", "index/other.txt": ""}, "index.handler",
     "file", "Error"),
    ({"index.js": "exports.handler = async () => { oops"}, "index.handler",
     "Runtime.UserCodeSyntaxError", "Runtime.UserCodeSyntaxError"),
    ({"index.js": "exports.handler = 1;"}, "index.handler", "Runtime.HandlerNotFound",
     "Runtime.HandlerNotFound"),
])
def test_handlers_are_found_as_each_client_finds_them(lam, name, files, handler, old, new):
    for suffix, runtime, expected in (("o", OLD, old), ("n", NEW, new)):
        create(lam, name + suffix, package(runtime, files, handler))
        answer = invoke(lam, name + suffix)[0]
        assert (answer["errorType"] if isinstance(answer, dict) else answer) == expected


def test_no_module_of_the_functions_sees_a_main_module(lam, name):
    create(lam, name, package(OLD, {
        "index.js": "exports.handler = async () => [typeof require.main, require('./other')];",
        "other.js": "module.exports = [require.main === undefined, 'mainModule' in process];"}))
    assert invoke(lam, name)[0] == ["undefined", [True, False]]


@pytest.mark.parametrize("runtime, status", [(OLD, "with error: exit status 13"),
                                             (NEW, "without providing a reason")])
def test_a_module_that_never_settles_ends_the_process(lam, name, runtime, status):
    create(lam, name, package(runtime, {"index.mjs": "await new Promise(() => {});"
                                                     "export const handler = async () => 1;"}))
    assert invoke(lam, name)[0]["errorMessage"].endswith(f"Error: Runtime exited {status}")


@pytest.mark.parametrize("level, expected", [("warn", ["WARN", "ERROR"]),
                                             ("loud", ["INFO", "WARN", "ERROR"])])
def test_a_level_may_be_set_for_text_too(lam, name, level, expected):
    create(lam, name, common(OLD, "async () => { console.log(1); console.warn(1); console.error(1); }"),
           Environment={"Variables": {"AWS_LAMBDA_LOG_LEVEL": level}})
    log = invoke(lam, name)[1]
    assert [line.split("\t")[2] for line in log.split("\n") if line.endswith("\t1")] == expected


def test_a_log_line_without_a_message_says_undefined(lam, name):
    create(lam, name, common(OLD, "async () => console.log()"))
    assert "\tINFO\tundefined\n" in invoke(lam, name)[1]


@pytest.mark.parametrize("thrown, message", [("'text'", "text"), ("{ code: 5 }", "[object Object]")])
def test_the_log_makes_an_error_of_what_is_none(lam, name, thrown, message):
    create(lam, name, common(OLD, f"async () => {{ throw {thrown}; }}"))
    log = invoke(lam, name)[1]
    logged = json.loads(log.split("\tERROR\tInvoke Error \t")[1].split("\n")[0])
    assert (logged["errorType"], logged["errorMessage"]) == ("Error", message)
    assert logged["stack"][0] == f"Error: {message}"


@pytest.mark.parametrize("runtime", [OLD, NEW])
def test_a_rejection_that_is_left_alone_costs_no_other_invocation(lam, server, name, runtime):
    """Up to nodejs22.x the answer is given first, and the log of that invocation says what happened."""
    create(lam, name, common(runtime, "async (event) => { if (event.fails) (async () => { throw new "
                                      "Error('left alone'); })(); return process.pid; }"))
    assert isinstance(invoke(lam, name)[0], int)
    for _ in range(5):
        answer, log = invoke(lam, name, Payload='{"fails": true}')
        if runtime == OLD:
            assert isinstance(answer, int)
            assert "\tERROR\tUnhandled Promise Rejection \t{" in log
        else:
            assert answer["errorMessage"].endswith("Runtime exited with error: exit status 1")
            assert "\nError: left alone\n" in log
        assert isinstance(invoke(lam, name)[0], int)


@pytest.mark.parametrize("expression, old, new", [
    ("async () => { setImmediate(() => { throw new Error('late'); }); return 1; }", 1,
     "Runtime.ExitError"),
    ("(event, context) => { context.succeed?.(1); process.exit(3); }", 1, "Runtime.ExitError"),
    ("async () => { Promise.reject(new Error('other')); throw new TypeError('own'); }", "TypeError",
     "Runtime.ExitError"),
])
def test_an_answer_that_was_given_before_the_end_stays(lam, name, expression, old, new):
    for suffix, runtime, expected in (("o", OLD, old), ("n", NEW, new)):
        create(lam, name + suffix, common(runtime, expression))
        for _ in range(2):
            answer = invoke(lam, name + suffix)[0]
            assert (answer["errorType"] if isinstance(answer, dict) else answer) == expected
