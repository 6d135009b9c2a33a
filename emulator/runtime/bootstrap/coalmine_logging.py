"""logging, as Lambda sets it up: loaded when a function imports it."""
import json
import logging
import os
import time
import traceback

import coalmine_python as runtime

# A task's name, where Python gives it, is told.
PLAIN_ATTRIBUTES = (set(logging.makeLogRecord({}).__dict__) - {"taskName"}) | {
    "message", "asctime", "aws_request_id"}


class RequestIdFilter(logging.Filter):
    def filter(self, record):
        record.aws_request_id = runtime.current_request_id
        return True


class LambdaLoggerHandler(logging.Handler):
    def emit(self, record):
        """A record that cannot be printed is the caller's error, as on Lambda: elsewhere logging only
        tells of it."""
        runtime.write_record(self.format(record))


class JsonFormatter(logging.Formatter):
    """Members in Lambda's order; those without a value are left out."""

    def format(self, record):
        members = {
            "timestamp": runtime.json_time(record.created),
            "level": logging.getLevelName(min(record.levelno // 10 * 10, logging.CRITICAL)),
            "message": record.getMessage(),
            "logger": record.name,
            **self.error_members(record),
            "requestId": record.aws_request_id,
        }
        if record.exc_info:
            members["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        for name, value in record.__dict__.items():
            if name not in PLAIN_ATTRIBUTES:
                members.setdefault(name, value)
        return json.dumps({name: value for name, value in members.items() if value is not None},
                          ensure_ascii=False) + "\n"

    @staticmethod
    def error_members(record):
        if not record.exc_info:
            return {}
        kind, error, trace = record.exc_info
        return {"stackTrace": traceback.format_tb(trace), "errorType": kind.__name__,
                "errorMessage": str(error)}


def text_formatter():
    return logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
        "%Y-%m-%dT%H:%M:%S")


def set_up():
    logging.Formatter.converter = time.gmtime  # for the function's own formatters too, whatever TZ
    formatter = JsonFormatter() if runtime.logs_json else text_formatter()
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level in logging._nameToLevel:
        logging.getLogger().setLevel(level)
    handler = LambdaLoggerHandler()
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    logging.getLogger().addHandler(handler)
