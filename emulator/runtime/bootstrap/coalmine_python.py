"""The Python side of a function process.

Reads events from descriptor 3 and answers on descriptor 4 in the frames of
emulator/runtime/frames.h; stdout and stderr are the function's log.
"""
import importlib
import io
import json
import os
import struct
import sys
import time
from importlib.machinery import PathFinder

EVENTS_FD = 3
ANSWERS_FD = 4
LOG_FD = 1
NEXT, RESPONSE, ERROR, INIT_ERROR = 2, 3, 4, 5
FINAL = 1
HEADER = struct.Struct("<IBBH")
HANDLER_MICROSECONDS_MAX = 0xffff
EVENT_FIELDS = struct.Struct("<dIIII")

own_file = __file__

# Lambda's encoder escapes what is not ASCII up to python3.11, whichever Python stands in for it.
ESCAPES = int(os.environ["AWS_EXECUTION_ENV"].rpartition(".")[2]) < 12


# Pipes: reads and writes can be partial.

def read_part(size):
    part = os.read(EVENTS_FD, size)
    if not part:
        os._exit(0)  # the emulator is gone
    return part


# What the function has printed ends with a mark: when the answer is read, the process may be at the
# next event already, whose lines follow at once.

current_request_id = ""
has_logged = False  # since the last answer
has_open_line = False  # what was printed last did not end with a newline


class LogFile(io.FileIO):
    def write(self, data):
        global has_logged, has_open_line
        has_logged = True
        has_open_line = data[-1:] != b"\n" if data else has_open_line
        size = super().write(data)
        while size < len(data):  # a signal came
            size += super().write(data[size:])
        return size


def open_log(stream):
    """In the place of a stream of Python's own. What is written is in the log at once, as on Lambda:
    half a line outlives the process too."""
    return io.TextIOWrapper(LogFile(stream.fileno(), "wb", closefd=False), encoding="utf-8",
                            errors="backslashreplace", write_through=True)


def mark_turn():
    global has_logged
    if has_logged and current_request_id:
        try:
            os.write(LOG_FD, b"\0\0%s\n" % current_request_id.encode())
        except OSError:
            pass  # the function has closed it: then it has no log
    has_logged = False


def read_frame():
    """A second event that stands in the pipe is a packet of its own: nothing is left over."""
    frame = read_part(65536)
    while len(frame) < HEADER.size:
        frame += read_part(65536)
    missing = HEADER.size + HEADER.unpack_from(frame)[0] - len(frame)
    if missing == 0:
        return frame
    parts = [frame]
    while missing:
        parts.append(read_part(missing))
        missing -= len(parts[-1])
    return b"".join(parts)


begun_at = 0  # monotonic, ns: when the event was there


def send_frame(kind, flags, body):
    mark_turn()
    microseconds = min((time.monotonic_ns() - begun_at) // 1000, HANDLER_MICROSECONDS_MAX)
    frame = HEADER.pack(len(body), kind, flags, microseconds) + body
    sent = os.write(ANSWERS_FD, frame)
    if sent < len(frame):
        rest = memoryview(frame)[sent:]
        while rest:
            rest = rest[os.write(ANSWERS_FD, rest):]


def send_error(kind, flags, error):
    text = error["errorType"] + "\n" + json.dumps(error, ensure_ascii=ESCAPES)
    send_frame(kind, flags, text.encode("utf-8", "backslashreplace"))


# What a handler sees of its invocation.


class Printed:
    """Shows its public attributes."""

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join(
            "%s=%s" % item for item in vars(self).items() if not item[0].startswith("_")))


class Client(Printed):
    def __init__(self, members):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code",
                     "app_package_name"):
            setattr(self, name, members.get(name))


class ClientContext(Printed):
    def __init__(self, members):
        client = members.get("client")
        self.custom = members.get("custom")
        self.env = members.get("env")
        self.client = Client(client) if isinstance(client, dict) else None


class CognitoIdentity(Printed):
    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


IDENTITY_VARIABLES = ("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
                      "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                      "AWS_LAMBDA_FUNCTION_VERSION")
identity = ()  # of the function, as they stand after its own start


class LambdaContext(Printed):
    def __init__(self, deadline_ms, request_id, arn, client_context):
        self.aws_request_id = request_id
        (self.log_group_name, self.log_stream_name, self.function_name, self.memory_limit_in_mb,
         self.function_version) = identity
        self.invoked_function_arn = arn
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self.identity = CognitoIdentity()
        self.tenant_id = None
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(0, int(self._epoch_deadline_time_in_ms - time.time() * 1000))

    def log(self, message):
        write_record(str(message))


# Log lines in Lambda's formats. A newline inside a record gets a NUL behind it: one log event. Two NULs
# before the newline at its end: it is none of the record's.

logs_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


record_file = None  # whatever the function has put in the place of sys.stdout


def write_record(text):
    """A record of one or more lines. In text it is an event as it is, with or without a newline at its
    end."""
    has_newline = text.endswith("\n")
    line = "%s%s%s" % ("\n" if has_open_line else "",
                       (text[:-1] if has_newline else text).replace("\n", "\n\0"),
                       "\n" if has_newline or logs_json or not text else "\0\0\n")
    try:
        record_file.write(line.encode("utf-8", "backslashreplace"))
    except OSError:
        pass  # the function has closed it: then it has no log


def flush_output():
    """Of a function that has put a stream of its own in the place of sys.stdout."""
    try:
        sys.stdout.flush()
    except Exception:  # it may be any object, or closed
        pass


def json_time(seconds):
    return "%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)),
                         seconds % 1 * 1000)


def keep_indentation(line):
    """Plain leading spaces would be lost in the console of CloudWatch Logs."""
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text


def log_failure(error):
    if logs_json:
        write_record(json.dumps({"timestamp": json_time(time.time()), "level": "ERROR", **error},
                                ensure_ascii=ESCAPES))
        return
    message = error["errorMessage"]
    lines = ["[ERROR] %s%s" % (error["errorType"], ": " + message if message else ""),
             "Traceback (most recent call last):"]
    for frame in error["stackTrace"]:
        lines.extend(keep_indentation(line) for line in frame.splitlines())
    write_record("\n".join(lines))


# Errors as Lambda prints them.


def make_error(message, kind, trace):
    return {"errorMessage": message, "errorType": kind, "requestId": current_request_id,
            "stackTrace": trace}


def describe(exception):
    """The frames below this file, without the marks that newer tracebacks put under a line. An error
    that has none below, such as a handler's wrong number of parameters, is shown where it came up."""
    import traceback
    frames = [(frame.filename, frame.lineno, frame.name, frame.line)
              for frame in traceback.extract_tb(exception.__traceback__)]
    first = next((i for i, frame in enumerate(frames) if frame[0] != own_file), 0)
    return make_error(str(exception), type(exception).__name__,
                      traceback.format_list(frames[first:]))


class Fault(Exception):
    """What the runtime itself has to say."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName",
                    "Bad handler '%s': %s" % (name, error)) from None
    if module_name.partition(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict",
                    "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError",
                    "Unable to import module '%s': %s" % (module_name, error)) from None
    except SyntaxError as error:
        trace = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s"
                    % (module_name, error), [trace]) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'"
                    % (function_name, module_name)) from None


# One invocation after the other.


# Results as Lambda's encoder (simplejson) writes them: bytes as text, keys too, named tuples as objects,
# and a decimal with all its digits, for which its text takes the place of a mark.

SCALARS = frozenset((str, int, float, bool, type(None)))
DECIMAL_MARK = os.urandom(16).hex()
decimals = []  # their texts, in the order of the marks


def to_plain(value):
    """What JSON can carry in the place of what it cannot."""
    import decimal
    if isinstance(value, bytes):
        return value.decode()
    if callable(getattr(value, "_asdict", None)):
        return open_up(dict(value._asdict()))
    if not isinstance(value, decimal.Decimal):
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
    if value.is_nan():
        return float("nan")
    decimals.append(str(value))
    return DECIMAL_MARK


def is_named_tuple(value):
    return isinstance(value, tuple) and hasattr(value, "_asdict")


def has_named_tuple(value):
    """json takes one for any tuple, and so never asks."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    elif hasattr(value, "_asdict"):
        return True
    for item in value:
        if type(item) not in SCALARS and has_named_tuple(item):
            return True
    return False


def open_up(value):
    """What json cannot be taught by to_plain(): named tuples, and keys that are bytes."""
    if is_named_tuple(value):
        value = value._asdict()
    if isinstance(value, dict):
        return {name.decode() if isinstance(name, bytes) else name: open_up(item)
                for name, item in value.items()}
    return [open_up(item) for item in value] if isinstance(value, (list, tuple)) else value


encode = json.JSONEncoder(ensure_ascii=ESCAPES, default=to_plain).encode
encode_ascii = json.JSONEncoder(default=to_plain).encode


def print_json(result, encoder):
    decimals.clear()
    try:
        text = encoder(result)
    except TypeError:  # a key that is bytes, or what Lambda cannot write either
        decimals.clear()
        text = encoder(open_up(result))
    if not decimals:
        return text
    pieces = text.split('"%s"' % DECIMAL_MARK)
    return pieces[0] + "".join(number + piece for number, piece in zip(decimals, pieces[1:]))


def marshal(result):
    if isinstance(result, bytes):
        return result
    try:
        if has_named_tuple(result):
            result = open_up(result)
    except RecursionError:
        pass  # a circle: the encoder says so
    try:
        return print_json(result, encode).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return print_json(result, encode_ascii).encode("ascii")


# Each invocation has a trace id of its own in os.environ. setenv() would keep every value that it
# was ever given, so what processes inherit follows only when one is about to start.

TRACE_ID = os.environ.encodekey("_X_AMZN_TRACE_ID")
STARTS = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}
python_environment = os.environ._data
inherited_trace_id = None


def set_trace_id(trace_id):
    if trace_id:
        python_environment[TRACE_ID] = trace_id
    else:
        python_environment.pop(TRACE_ID, None)


def hand_trace_id_on(event, arguments):
    """An audit hook."""
    global inherited_trace_id
    if event not in STARTS:
        return
    trace_id = python_environment.get(TRACE_ID)
    if trace_id != inherited_trace_id:
        inherited_trace_id = trace_id
        if trace_id:
            os.putenv(TRACE_ID, trace_id)
        else:
            os.unsetenv(TRACE_ID)


def read_event():
    global begun_at
    frame = read_frame()
    begun_at = time.monotonic_ns()
    deadline_ms, *sizes = EVENT_FIELDS.unpack_from(frame, HEADER.size)
    at = HEADER.size + EVENT_FIELDS.size
    fields = []
    for field_size in sizes:
        fields.append(frame[at:at + field_size])
        at += field_size
    return deadline_ms, fields, frame[at:]


def fail(error):
    flush_output()
    log_failure(error)
    send_error(ERROR, 0, error)


def read_payload(payload):
    try:
        return json.loads(payload)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None


def serve_one(handler):
    global current_request_id
    deadline_ms, (request_id, arn, trace_id, client_context), payload = read_event()
    current_request_id = request_id.decode("utf-8", "replace")
    set_trace_id(trace_id)
    try:
        context = LambdaContext(deadline_ms, current_request_id, arn.decode("utf-8", "replace"),
                                client_context.decode("utf-8", "replace"))
        result = handler(read_payload(payload), context)
    except Fault as fault:
        fail(make_error(str(fault), fault.kind, fault.trace))
        return
    except Exception as exception:
        fail(describe(exception))
        return
    try:
        answer = marshal(result)
    except Exception as exception:
        fail(make_error("Unable to marshal response: %s" % exception, "Runtime.MarshalError", []))
        return
    flush_output()
    send_frame(RESPONSE, 0, answer)


INIT_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. For "
    "functions using managed runtimes, runtime updates can be triggered by a function change, or can "
    "be applied automatically. To determine if the runtime has been updated, check the runtime "
    "version in the INIT_START log entry. If this error correlates with a change in the runtime "
    "version, you may be able to mitigate this error by temporarily rolling back to the previous "
    "runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html")


def fail_init(error):
    import logging
    flush_output()
    logging.warning(INIT_WARNING)
    log_failure(error)
    send_error(INIT_ERROR, FINAL, error)
    os._exit(1)


class EarlyModules:
    """Lambda's own runtime has these modules loaded before the function's directories come into the
    path, so no file of the function's can take their names. Loading them is a quarter of a start:
    here they are loaded when somebody asks, from where they were before."""

    names = frozenset((
        "_colorize", "codeop", "coalmine_logging", "contextlib", "contextvars", "decimal",
        "linecache", "logging", "numbers", "string", "textwrap", "threading", "token", "tokenize",
        "traceback", "weakref"))

    def __init__(self, path):
        self.path = list(path)

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        spec = PathFinder.find_spec(name, self.path)
        if name == "logging":
            self.set_up_after_loading(spec.loader)
        return spec

    @staticmethod
    def set_up_after_loading(loader):
        load = loader.exec_module

        def load_and_set_up(module):
            load(module)
            import coalmine_logging
            coalmine_logging.set_up()
        loader.exec_module = load_and_set_up


class OwnModules:
    """What Lambda's runtime brings for functions to import, unless they have brought it themselves."""

    names = frozenset(("snapshot_restore_py",))

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return PathFinder.find_spec(name, [os.path.dirname(own_file)]) if name in cls.names else None


def set_up_path():
    """The function's own modules first, then layers, as on Lambda."""
    # Layers are made for the runtime that was asked for, whichever Python stands in for it.
    runtime = os.environ["AWS_EXECUTION_ENV"].rpartition("_")[2]
    site = "/opt/python/lib/%s/site-packages" % runtime
    sys.path[0:1] = [os.environ["LAMBDA_TASK_ROOT"], site, "/opt/python"]


def main():
    global identity, record_file
    record_file = LogFile(LOG_FD, "wb", closefd=False)
    # Named twice: a stream that a function puts in the place of one may write to its buffer, which
    # goes with the last name.
    sys.__stdout__ = sys.stdout = open_log(sys.stdout)
    sys.__stderr__ = sys.stderr = open_log(sys.stderr)
    sys.meta_path.insert(0, EarlyModules(sys.path))
    sys.meta_path.append(OwnModules)
    set_up_path()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Fault as fault:
        fail_init(make_error(str(fault), fault.kind, fault.trace))
    except Exception as exception:
        fail_init(describe(exception))
    sys.addaudithook(hand_trace_id_on)
    identity = tuple(os.environ.get(name) for name in IDENTITY_VARIABLES)
    send_frame(NEXT, 0, b"")
    while True:
        serve_one(handler)
