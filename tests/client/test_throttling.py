"""AWS has no time: the account's limit is used up by others. Whoever changes traffic waits."""
import datetime
import email.utils
import json
import signal
import time

import pytest

from tests.support.proxy import Refusing
from tests.support.rollouts import alias_of, record_of

FOREVER = 10 ** 9

ANSWERS = {
    "lambda": (429, "TooManyRequestsException", {"Type": "User", "message": "Rate exceeded",
                                                 "Reason": "CallerRateLimitExceeded"}),
    "cloudwatch": (400, "ThrottlingException", {"__type": "com.amazonaws.cloudwatch#ThrottlingException",
                                                "message": "Rate exceeded"}),
    "busy": (503, "ServiceUnavailableException", {"message": "Service unavailable"})}


class Throttling(Refusing):
    """So many requests with `words` are too many."""

    def __init__(self, url, words, count, answer="lambda", spared=0, headers=()):
        status, error, body = ANSWERS[answer]
        super().__init__(url, words, (status, [("x-amzn-ErrorType", error), *headers],
                                      json.dumps(body).encode()), count, spared)
        self.times = []  # of what has the words

    def before(self, request):
        if self.words in request:
            self.times.append(time.monotonic())
        return super().before(request)


@pytest.fixture
def throttle(server):
    running = []

    def start(*arguments, **members):
        running.append(Throttling(server.url, *arguments, **members))
        return running[-1]

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


# Six are one more than any call that fails in another way is tried.
@pytest.mark.parametrize("words, answer", [
    ("PUT /2015-03-31/functions/{}/aliases/", "lambda"), ("GET /2015-03-31/functions/{}/aliases/", "busy"),
    ("POST /2015-03-31/functions/{}/versions", "lambda"), ("GetMetricData", "cloudwatch")])
def test_a_deployment_waits_until_aws_has_time(lam, deployed, terminal, throttle, plan_file, words, answer):
    plan_file(strategy="AllAtOnce", checks=[{"kind": "threshold", "metric": "Errors", "max": 1}])
    proxy = throttle(words.format(deployed), 6, answer)
    done = terminal("deploy", AWS_ENDPOINT_URL=proxy.url)
    assert done.end() == 0, done.seen + done.err
    assert proxy.left == 0 and alias_of(lam, deployed) == ("2", None)


def test_a_way_back_waits_as_well(lam, deployed, terminal, throttle, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%"}, {"hook": {"command": "exit 1"}}]})
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", 6, spared=1)
    done = terminal("deploy", AWS_ENDPOINT_URL=proxy.url)
    assert done.end() == 3, done.seen + done.err
    assert proxy.left == 0 and alias_of(lam, deployed) == ("1", None)


def test_ctrl_c_on_the_way_back_is_answered(lam, deployed, terminal, throttle, plan_file):
    plan_file(strategy={"steps": [{"weight": "50%"}, {"hook": {"command": "exit 1"}}]})
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", FOREVER, spared=1)
    first = terminal("deploy", AWS_ENDPOINT_URL=proxy.url)
    first.wait_for("AWS throttles UpdateAlias")
    first.process.send_signal(signal.SIGINT)
    first.wait_for("all traffic is being taken back to version 1, and that goes on: a second Ctrl-C leaves")
    proxy.left = 0
    assert first.end() == 3, first.seen + first.err
    assert first.seen.count("second Ctrl-C") == 1 and alias_of(lam, deployed) == ("1", None)


def test_a_rollback_by_hand_waits_and_tells_on_stderr(lam, deployed, terminal, throttle):
    lam.update_function_configuration(FunctionName=deployed, Description="two")
    lam.publish_version(FunctionName=deployed)
    lam.update_alias(FunctionName=deployed, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", FOREVER)
    done = terminal("rollback", "--function", deployed, "--alias", "live", AWS_ENDPOINT_URL=proxy.url)
    assert "AWS throttles UpdateAlias (TooManyRequestsException: Rate exceeded)" in done.process.stderr.readline()
    proxy.left = 0
    assert done.end() == 0, done.seen + done.err
    assert "throttles" not in done.seen
    assert alias_of(lam, deployed) == ("1", None)


@pytest.mark.parametrize("pauses", [False, True])
def test_the_waiting_is_told_and_ended_by_the_user(lam, deployed, terminal, throttle, plan_file, pauses):
    plan_file()
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", FOREVER)
    more = ["--on-interrupt", "pause"] if pauses else []
    first = terminal("deploy", *more, AWS_ENDPOINT_URL=proxy.url)
    first.wait_for("AWS throttles UpdateAlias (TooManyRequestsException: Rate exceeded)")
    assert any("throttles" in line["text"] for line in record_of(deployed, "notice"))
    first.process.send_signal(signal.SIGINT)
    assert first.end() == (5 if pauses else 3), first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)
    if pauses:
        proxy.left = 0
        again = terminal("resume", AWS_ENDPOINT_URL=proxy.url)
        again.wait_for("Sending")
        assert alias_of(lam, deployed) == ("1", {"2": 0.5})


def in_seconds(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return email.utils.format_datetime(when, usegmt=True)


def split_by_hand(lam, name):
    lam.update_function_configuration(FunctionName=name, Description="two")
    lam.publish_version(FunctionName=name)
    lam.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})


def test_it_is_not_tried_before_aws_wants_it(lam, deployed, terminal, throttle):
    split_by_hand(lam, deployed)
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", 1, headers=[("Retry-After", "3")])
    done = terminal("rollback", "--function", deployed, "--alias", "live", AWS_ENDPOINT_URL=proxy.url)
    told = done.process.stderr.readline()
    assert "Rate exceeded) for 0 s now: it is tried again in 3 s, as AWS asks; Ctrl-C ends that." in told
    assert done.end() == 0, done.seen + done.err
    first, second = proxy.times
    assert second - first >= 2.9  # never earlier, however slow the machine is


def test_aws_may_say_it_by_a_date(lam, deployed, terminal, throttle):
    split_by_hand(lam, deployed)
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", FOREVER,
                     headers=[("Retry-After", in_seconds(3600))])
    first = terminal("rollback", "--function", deployed, "--alias", "live", AWS_ENDPOINT_URL=proxy.url)
    told = first.process.stderr.readline()
    assert "it is tried again in 600 s" in told  # which is how long canary waits for that
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 1, first.seen + first.err


def test_a_long_wait_that_aws_wants_is_ended_by_the_user(lam, deployed, terminal, throttle, plan_file):
    plan_file()
    proxy = throttle(f"PUT /2015-03-31/functions/{deployed}/aliases/", FOREVER, headers=[("Retry-After", "500")])
    first = terminal("deploy", AWS_ENDPOINT_URL=proxy.url)
    first.wait_for("it is tried again in 60 s")  # which is how long one change is waited for
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


def test_a_word_from_elsewhere_is_heard_while_a_step_looks_at_cloudwatch_in_vain(
        lam, deployed, terminal, throttle, plan_file):
    """Looks are repeated anyway: nobody waits within one."""
    plan_file(checks=[{"kind": "threshold", "metric": "Errors", "max": 1}])
    proxy = throttle("GetMetricData", FOREVER, "cloudwatch", spared=3)
    first = terminal("deploy", AWS_ENDPOINT_URL=proxy.url)
    first.wait_for("CloudWatch is not to be read just now")
    assert terminal("abort", AWS_ENDPOINT_URL=proxy.url).end() == 0
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)
