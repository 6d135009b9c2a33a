"""What a Python function finds around it: modules, logging, and how they came there."""
import base64
import json
import re
import sys

import pytest

from tests.support.logs import filter_all, messages_of
from tests.support.packages import create, python, zip_of

# Those that Lambda's own runtime has loaded before the function's.
TAKEN = ("contextlib", "decimal", "linecache", "logging", "numbers", "string", "textwrap",
         "threading", "token", "tokenize", "traceback", "weakref")


def invoke(lam, name):
    answer = lam.invoke(FunctionName=name, LogType="Tail")
    return json.loads(answer["Payload"].read()), base64.b64decode(answer["LogResult"]).decode()


def own_lines(logs, name):
    """What the function printed in its first invocation."""
    return messages_of(filter_all(logs, logGroupName=f"/aws/lambda/{name}"))[2:-2]


def package(files):
    return {"Runtime": "python3.11", "Handler": "app.handler", "Code": {"ZipFile": zip_of(files)}}


def test_no_file_of_the_functions_takes_the_name_of_a_module_of_the_runtimes(lam, name):
    create(lam, name, package({
        "app.py": f"import importlib\nNAMES = {TAKEN}\ndef handler(event, context):\n"
                  "    return [importlib.import_module(name).__file__ for name in NAMES]\n",
        **{f"{module}.py": "" for module in TAKEN}}))
    assert not [file for file in invoke(lam, name)[0] if file.startswith("/var/task")]


def test_a_file_of_the_functions_takes_the_name_of_any_other_module(lam, name):
    create(lam, name, package({"app.py": "import cmd\nhandler = lambda event, context: cmd.OWN\n",
                               "cmd.py": "OWN = 'own'\n"}))
    assert invoke(lam, name)[0] == "own"


@pytest.mark.parametrize("first", ["", "import importlib.util; importlib.util.find_spec('logging')",
                                   "import concurrent.futures"], ids=["bare", "looked", "behind"])
def test_logging_is_set_up_for_whoever_imports_it_whenever(lam, name, first):
    create(lam, name, python(f"{first}\n    import logging\n    logging.warning('one\\ntwo')\n"
                             "    return [len(logging.getLogger().handlers), logging.root.level]"))
    for _ in range(2):
        answer, log = invoke(lam, name)
        assert answer == [1, 30]
        assert log.count("[WARNING]\t") == 1 and "\tone\ntwo\n" in log


@pytest.mark.parametrize("level, expected", [("error", 40), ("TRACE", 10), ("loud", 30)])
def test_a_level_may_be_set_for_text_too(lam, name, level, expected):
    create(lam, name, python("import logging; return logging.root.level"),
           Environment={"Variables": {"AWS_LAMBDA_LOG_LEVEL": level}})
    assert invoke(lam, name)[0] == expected


def test_what_the_context_logs_is_an_event(lam, logs, name):
    create(lam, name, python("context.log('one\\ntwo'); context.log('three\\n'); print('four')"))
    invoke(lam, name)
    assert own_lines(logs, name) == ["one\ntwo", "three\n", "four\n"]


def test_an_event_ends_as_the_functions_formatter_ends_it(lam, logs, name):
    create(lam, name, python("""import logging
    handler, = logging.root.handlers
    for form in "no", "one\\n", "two\\n\\n":
        handler.setFormatter(logging.Formatter(form + "%(message)s"))
        for message in "", "|", "a\\n\\nb\\n":
            logging.error(message)
    raise ValueError("e")"""))
    log = invoke(lam, name)[1]
    heads = ["no", "one\n", "two\n\n"]
    *lines, error = own_lines(logs, name)
    assert lines == [head + end for head in heads for end in ("", "|", "a\n\nb\n")]
    assert error.startswith("[ERROR] ValueError: e\nTraceback") and error.endswith('("e")')
    assert "".join(lines) + error + "END RequestId: " in log


def test_a_record_begins_an_event_behind_what_was_printed_without_a_newline(lam, logs, name):
    create(lam, name, python("import logging; print('..', end=''); logging.error('e')"))
    invoke(lam, name)
    dots, record = own_lines(logs, name)
    assert dots == "..\n" and record.startswith("[ERROR]\t") and record.endswith("\te\n")


@pytest.mark.parametrize("swap", ["contextlib.redirect_stdout(io.StringIO())",
                                  "contextlib.closing(sys.stdout)"])
def test_what_stands_in_the_place_of_stdout_takes_no_records(lam, name, swap):
    create(lam, name, python("import contextlib, io, logging, sys\n"
                             f"    with {swap}: logging.warning('inside'); print('dropped', end='')\n"
                             "    sys.stdout = None\n"
                             "    logging.warning('behind')\n"
                             "    raise ValueError('told')"))
    log = invoke(lam, name)[1]
    assert "\tinside\n" in log and "\tbehind\n[ERROR] ValueError: told\nTraceback" in log


def test_what_a_stream_of_the_functions_keeps_is_in_the_log_of_its_invocation(lam, name):
    create(lam, name, python("import io, sys\n    sys.stdout = io.TextIOWrapper(sys.stdout.buffer)\n"
                             "    print('kept', end='')"))
    assert "\nkept\nEND " in invoke(lam, name)[1]


@pytest.mark.parametrize("call, message", [
    ("logging.warning('%s', 1, 2)", "not all arguments converted during string formatting"),
    ("logging.warning('%d', 'x')", "%d format: a real number is required, not str"),
])
def test_a_record_that_cannot_be_printed_fails_the_handler(lam, name, call, message):
    create(lam, name, python(f"import logging; {call}"))
    error = invoke(lam, name)[0]
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", message)


def test_an_error_without_a_text_is_told_by_its_name(lam, name):
    create(lam, name, python("raise NotImplementedError"))
    error, log = invoke(lam, name)
    assert error["errorMessage"] == "" and "\n[ERROR] NotImplementedError\nTraceback " in log


def test_the_time_in_any_formatter_is_utc(lam, name):
    create(lam, name, python("import logging; return logging.Formatter('%(asctime)s').format("
                             "logging.makeLogRecord({'created': 0}))[:13]"),
           Environment={"Variables": {"TZ": "Asia/Tokyo"}})
    assert invoke(lam, name)[0] == "1970-01-01 00"


def test_half_a_line_is_in_the_log_when_the_process_ends(lam, name):
    create(lam, name, python("import os, sys; print('half', end=' '); os.system('echo of it'); "
                             "sys.stderr.write('the'); print(' rest', end=''); os._exit(3)"))
    assert "\nhalf of it\nthe rest\n" in invoke(lam, name)[1]


def test_an_error_has_its_trace_though_nobody_imported_traceback(lam, name):
    create(lam, name, package({"app.py": "def handler(event, context):\n    return 1 / 0\n"}))
    assert invoke(lam, name)[0]["stackTrace"] == [
        '  File "/var/task/app.py", line 2, in handler\n    return 1 / 0\n']


@pytest.mark.parametrize("files, handler, error", [
    ({"app.py": "import absent"}, "app.handler",
     ("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'absent'")),
    ({"app.py": "1 / 0"}, "app.handler", ("ZeroDivisionError", "division by zero")),
    ({"time.py": "def handler(event, context): pass"}, "time.handler",
     ("Runtime.BuiltInModuleConflict", "Cannot use built-in module time as a handler module")),
    ({"app.py": ""}, "app", ("Runtime.MalformedHandlerName",
                             "Bad handler 'app': not enough values to unpack (expected 2, got 1)")),
])
def test_a_function_that_cannot_be_loaded_is_told_and_warned_of(lam, server, name, files, handler,
                                                                error):
    create(lam, name, {**package(files), "Handler": handler})
    answer = invoke(lam, name)[0]
    assert (answer["errorType"], answer["errorMessage"]) == error
    events = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    warning, told, report = [event["message"] for event in events[1:4]]
    assert re.match(r"\[WARNING\]\t[\d-]{10}T[\d:.]{12}Z\t\tLAMBDA_WARNING: Unhandled exception\. "
                    "The most likely cause is an issue in the function code", warning)
    assert told.startswith(f"[ERROR] {error[0]}: {error[1]}\nTraceback ")
    assert report.startswith("INIT_REPORT ")


def test_a_function_may_register_the_hooks_of_snapstart(lam, name):
    create(lam, name, package({"app.py": """
import snapshot_restore_py as hooks
ran = []

@hooks.register_before_snapshot
def before():
    ran.append(1)

hooks.register_after_restore(ran.append, 2)

def handler(event, context):
    before()
    return [ran, [h[1:] for h in hooks.get_before_snapshot() + hooks.get_after_restore()]]
"""}))
    assert invoke(lam, name)[0] == [[1], [[[], {}], [[2], {}]]]


def test_a_function_may_bring_its_own_snapshot_module(lam, name):
    create(lam, name, package({"snapshot_restore_py.py": "OWN = 'own'", "app.py":
        "import snapshot_restore_py\nhandler = lambda event, context: snapshot_restore_py.OWN\n"}))
    assert invoke(lam, name)[0] == "own"


def test_an_error_that_no_line_of_the_functions_has_made_is_shown_at_the_call(lam, name):
    create(lam, name, package({"app.py": "def handler(event):\n    pass\n"}))
    error, log = invoke(lam, name)
    assert error["errorMessage"] == "handler() takes 1 positional argument but 2 were given"
    frame, = error["stackTrace"]
    assert re.fullmatch(r'  File "/var/runtime/\w+\.py", line \d+, in \w+\n    result = handler\(.*\)\n',
                        frame)
    assert "\n\u00a0\u00a0File \"/var/runtime/" in log


POINT = """import collections, typing
Point = collections.namedtuple("Point", "x y")
class Row:  # SQLAlchemy's
    def _asdict(self):
        return {"point": Point(5, 6)}
"""


@pytest.mark.parametrize("result, payload", [
    ("[Decimal(2), Decimal('2.50'), Decimal('1E+2')]", b"[2, 2.50, 1E+2]"),
    ("{'a': Decimal('0.12345678901234567890123456789'), 'b': [Decimal('-7')]}",
     b'{"a": 0.12345678901234567890123456789, "b": [-7]}'),
    ("[Decimal('NaN'), Decimal('-Infinity')]", b"[NaN, -Infinity]"),
    (r"['\ud800', Decimal('1.0')]", b'["\\ud800", 1.0]'),
    ("{'body': b'aGk='}", b'{"body": "aGk="}'),
    ("b'not json'", b"not json"),
    ("Point(1, [2])", b'{"x": 1, "y": [2]}'),
    ("{'a': [(Point(1, 2), 3)]}", b'{"a": [[{"x": 1, "y": 2}, 3]]}'),
    ("[Row()]", b'[{"point": {"x": 5, "y": 6}}]'),
    ("{b'name': [{b'id': Point(Decimal('1.0'), b'z')}]}", b'{"name": [{"id": {"x": 1.0, "y": "z"}}]}'),
])
def test_a_result_is_written_as_lambdas_encoder_does(lam, name, result, payload):
    create(lam, name, package({"app.py": f"{POINT}from decimal import Decimal\n"
                               f"def handler(event, context):\n    return {result}\n"}))
    answer = lam.invoke(FunctionName=name)
    assert (answer["Payload"].read(), "FunctionError" in answer) == (payload, False)


@pytest.mark.parametrize("runtime, result, error", [
    ("python3.11", rb'"\u00fc"', rb'{"errorMessage": "\u00fc"'),
    ("python3.12", '"ü"'.encode(), '{"errorMessage": "ü"'.encode()),
])
def test_text_is_escaped_up_to_python_3_11(lam, name, runtime, result, error):
    create(lam, name, python("text = '\\xfc'\n    if event: raise ValueError(text)\n    return text"),
           Runtime=runtime)
    assert lam.invoke(FunctionName=name)["Payload"].read() == result
    assert lam.invoke(FunctionName=name, Payload=b"1")["Payload"].read().startswith(error)


@pytest.mark.parametrize("result, message", [
    ("{'a': b'\\xff'}", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ("{b'\\xff': 1}", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ("(lambda a: a.append(a) or a)([])", "Circular reference detected"),
    ("{(1, 2): 3}", "keys must be str, int, float, bool or None, not tuple"),
    ("__import__('datetime').date(2026, 1, 1)", "Object of type date is not JSON serializable"),
])
def test_what_no_encoder_can_write_is_an_error(lam, name, result, message):
    create(lam, name, python(f"return {result}"))
    error = invoke(lam, name)[0]
    assert (error["errorType"], error["errorMessage"]) == (
        "Runtime.MarshalError", f"Unable to marshal response: {message}")


def test_an_event_that_python_cannot_read_is_no_error_of_the_handlers(lam, name):
    create(lam, name, python("return 1"))
    error = json.loads(lam.invoke(FunctionName=name, Payload="7" * 5000)["Payload"].read())
    assert (error["errorType"], error["stackTrace"]) == ("Runtime.UnmarshalError", [])
    assert error["errorMessage"].startswith("Unable to unmarshal input: Exceeds the limit (4300 ")


def test_a_context_says_what_it_has(lam, name):
    create(lam, name, python("return repr(context)"))
    text, log = invoke(lam, name)
    request_id = log.split()[2]
    start = f"LambdaContext([aws_request_id={request_id},log_group_name=/aws/lambda/{name},"
    assert text.startswith(start)
    assert text.endswith(
        f",function_name={name},memory_limit_in_mb=128,function_version=$LATEST,invoked_function_arn="
        f"arn:aws:lambda:us-east-1:000000000000:function:{name},client_context=None,"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),"
        "tenant_id=None])")


def test_the_bootstrap_is_found_without_the_scripts_directory_in_the_path(lam, name):
    create(lam, name, python("import sys; return sys.path[:3]"),
           Environment={"Variables": {"PYTHONSAFEPATH": "1", "PYTHONPATH": "/var/task/lib"}})
    assert invoke(lam, name)[0] == ["/var/task", "/opt/python/lib/python3.12/site-packages",
                                    "/opt/python"]


@pytest.mark.skipif(sys.executable != "/usr/bin/python3", reason="the build uses /usr/bin/python3")
def test_the_bootstrap_comes_compiled_for_the_machines_python(lam, name):
    create(lam, name, python(
        "import os, sys\n    module = sys.modules['coalmine_python']\n"
        "    return [module.__file__, os.path.exists(module.__cached__), sys.executable]"),
        Runtime=f"python3.{sys.version_info.minor}")
    file, is_compiled, executable = invoke(lam, name)[0]
    assert file == "/var/runtime/coalmine_python.py" and executable.startswith("/usr/bin/python3")
    assert is_compiled
