"""What AWS has done, but did not tell; and what it refuses."""
import json
import re
import subprocess
import threading
import urllib.request

import pytest

from tests.conftest import CANARY, clean_environment
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import create, node
from tests.support.proxy import Proxy, Refusing
from tests.support.rollouts import Terminal, alias_of, latest_of, record_of


class Losing(Proxy):
    """The first answer to each kind of change does not arrive."""

    def __init__(self, url, words):
        super().__init__(url)
        self.words, self.lost = words, 0

    def is_lost(self, request):
        is_first = self.words in request and self.lost == 0
        self.lost += is_first
        return is_first


class Failing(Losing):
    """In its place comes an error of AWS's own."""

    def after(self, request, status, headers, content):
        if not super().is_lost(request):
            return status, headers, content
        return 500, [("x-amzn-ErrorType", "ServiceException")], b'{"Message": "internal error"}'

    def is_lost(self, _request):
        return False


class Forbidding(Refusing):
    def __init__(self, url, words):
        super().__init__(url, words, (403, [
            ("x-amzn-ErrorType", "AccessDeniedException"), ("Content-Type", "application/json")],
            json.dumps({"Message": "you may not do that"}).encode()))


@pytest.fixture
def between(server):
    running = []

    def start(kind, *words):
        running.append(kind(server.url, *words))
        return running[-1]

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize("verb, version", [("promote", "2"), ("rollback", "1")])
def test_a_split_made_by_hand_is_ended_though_the_answer_is_lost(lam, deployed, terminal, between, verb,
                                                                 version):
    lam.update_function_configuration(FunctionName=deployed, Description="two")
    lam.publish_version(FunctionName=deployed)
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    losing = between(Losing, "PUT ")
    done = terminal(verb, "--function", deployed, "--alias", "live", AWS_ENDPOINT_URL=losing.url)
    assert done.end() == 0, done.err
    assert losing.lost and f"sends all traffic to version {version}" in done.seen
    assert alias_of(lam, deployed) == (version, None)


class Garbled(Losing):
    """Something between here and AWS has answers of its own, once."""

    def after(self, request, status, headers, content):
        return (200, [], b"<html>Sign in first</html>") if super().is_lost(request) else (status, headers, content)

    def is_lost(self, _request):
        return False


def test_what_is_no_answer_of_aws_is_none(lam, deployed, terminal, between, plan_file):
    plan_file(strategy="AllAtOnce")
    garbled = between(Garbled, "GET /2015-03-31/functions/" + deployed + "/aliases/")
    first = terminal("deploy", AWS_ENDPOINT_URL=garbled.url)
    assert first.end() == 1 and "none of AWS's" in first.err, first.seen + first.err
    garbled = between(Garbled, "PUT /2015-03-31/functions/" + deployed + "/aliases/")
    second = terminal("deploy", AWS_ENDPOINT_URL=garbled.url)
    assert second.end() == 1 and "none of AWS's" in second.err, second.seen + second.err
    assert alias_of(lam, deployed) == ("1", None)  # it was promoted, and is taken back
    assert "All traffic goes to version 1, as before" in second.seen
    assert "somebody else" not in second.seen


class Gone(Proxy):
    """No answer to a change arrives, from the first one on."""

    def is_lost(self, request):
        return request.startswith("PUT ")


@pytest.mark.parametrize("verb, version", [("promote", "2"), ("rollback", "1")])
def test_a_split_is_ended_though_no_answer_arrives(lam, deployed, terminal, between, verb, version):
    lam.update_function_configuration(FunctionName=deployed, Description="two")
    lam.publish_version(FunctionName=deployed)
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    done = terminal(verb, "--function", deployed, "--alias", "live", AWS_ENDPOINT_URL=between(Gone).url)
    assert done.end() == 0, done.err
    assert alias_of(lam, deployed) == (version, None)


def test_an_alias_is_made_though_the_answer_is_lost(lam, name, terminal, between):
    create(lam, name, node("return 1"))
    losing = between(Losing, f"POST /2015-03-31/functions/{name}/aliases")
    done = terminal("deploy", "--function", name, "--alias", "live", AWS_ENDPOINT_URL=losing.url)
    assert done.end() == 0, done.seen + done.err
    assert losing.lost and alias_of(lam, name) == ("1", None)


@pytest.mark.parametrize("kind", [Losing, Failing])
@pytest.mark.parametrize("words", ["/code", "/versions", "/aliases/live"])
def test_a_deployment_goes_on_though_an_answer_is_lost(lam, deployed, terminal, between, plan_file, words,
                                                       kind):
    plan_file(strategy="AllAtOnce")
    losing = between(kind, words)
    done = terminal("deploy", AWS_ENDPOINT_URL=losing.url)
    assert done.end() == 0, done.seen + done.err
    assert losing.lost and alias_of(lam, deployed) == ("2", None)
    assert len(lam.list_versions_by_function(FunctionName=deployed)["Versions"]) == 3


def test_who_may_not_change_the_alias_has_not_split_it(lam, deployed, terminal, between, plan_file):
    plan_file()
    refusing = between(Forbidding, "PUT /2015-03-31/functions/" + deployed + "/aliases/")
    done = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert done.end() == 1 and "you may not do that" in done.err
    [end] = record_of(deployed, "end")
    assert (end["outcome"], refusing.refused) == ("failed", 1)
    assert alias_of(lam, deployed) == ("1", None)


def test_live_traffic_that_may_not_be_read_is_said(lam, deployed, terminal, between, plan_file):
    plan_file(traffic={"live": {}}, strategy={"canary": {"weight": "50%", "for": "1s"}})
    refusing = between(Forbidding, "GetMetricData")
    refusing.spared = 2  # what was counted of the two versions before
    done = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert done.end() == 4, done.seen + done.err
    assert done.seen.count("you may not do that") == 1
    assert alias_of(lam, deployed) == ("1", None)


class Unstartable(Proxy):
    """One of a version's answers in three is that of a version that Lambda cannot start."""

    def __init__(self, url, version, status, error):
        super().__init__(url)
        self.version, self.asked, self.refused = version, 0, 0
        self.status, self.error = status, error

    def after(self, request, status, headers, content):
        if "live" not in request or ("X-Amz-Executed-Version", self.version) not in headers:
            return status, headers, content
        self.asked += 1
        if self.asked % 3:
            return status, headers, content
        self.refused += 1
        return self.status, [("x-amzn-ErrorType", self.error)], \
            json.dumps({"Message": "the version cannot be started"}).encode()


@pytest.mark.parametrize("status, error", [(502, "KMSAccessDeniedException"), (403, "EFSMountFailureException")])
def test_a_version_that_lambda_cannot_always_start_is_taken_back(lam, deployed, terminal, between, plan_file,
                                                                 status, error):
    """Such answers name no version: none is an error of the new one, and too few of the split are missing."""
    plan_file(strategy={"canary": {"weight": "20%", "for": "30s"}},
              traffic={"generate": {"rate": "50/s"}})
    unstartable = between(Unstartable, "2", status, error)
    done = terminal("deploy", AWS_ENDPOINT_URL=unstartable.url)
    assert done.end() == 3, done.seen + done.err
    assert done.seen.count(f"ran no version for a request: HTTP {status}: the version cannot be started") == 1
    assert "ran no version" in record_of(deployed, "end")[0]["reason"]
    assert alias_of(lam, deployed) == ("1", None)
    samples = record_of(deployed, "sample")
    assert 0 < sum(sample["invocationErrors"] for sample in samples) <= unstartable.refused
    assert terminal("analyze", latest_of(deployed)).end() == 0


DENIED = ("User: arn:aws:sts::123456789012:assumed-role/ARoleForDeploymentsByThePipeline/the-session-of-this-very-run is "
          "not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-central-1:123456789012:"
          "function:shop:live because no identity-based policy allows the lambda:InvokeFunction action")


class Denied(Proxy):
    """Such requests by this qualifier have an error for an answer; usually what a policy makes of them that names
    the function without its qualifiers."""

    def __init__(self, url, qualifier, status=403, error="AccessDeniedException"):
        super().__init__(url)
        self.words = f"/invocations?Qualifier={qualifier} "
        self.answer = status, [("x-amzn-ErrorType", error)], json.dumps({"Message": DENIED}).encode()

    def before(self, request):
        return self.answer if self.words in request else None


def test_requests_that_are_refused_are_told_at_once_and_with_the_end(deployed, terminal, between, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}}, lostAfter="1s")
    done = terminal("deploy", AWS_ENDPOINT_URL=between(Denied, "live").url)
    assert done.end() == 1, done.seen + done.err
    assert done.seen.count(f"A request through the alias got no good answer: HTTP 403: {DENIED}\n") == 1
    assert re.search(rf"AWS has not answered well for \d+ s; the last failure: HTTP 403: {re.escape(DENIED)}\n", done.err)
    assert "of the traffic [" not in done.seen  # there was none


@pytest.mark.parametrize("status, error, code", [
    (403, "AccessDeniedException", 1), (429, "TooManyRequestsException", 1), (404, "ResourceNotFoundException", 1),
    (502, "KMSAccessDeniedException", 3), (409, "SnapStartNotReadyException", 3),
    (403, "EFSMountFailureException", 3)])
def test_a_version_that_may_not_be_asked_is_not_a_bad_one(lam, deployed, terminal, between, plan_file, status,
                                                        error, code):
    plan_file()
    done = terminal("deploy", AWS_ENDPOINT_URL=between(Denied, "2", status, error).url)
    assert done.end() == code, done.seen + done.err
    assert f"cannot invoke the new version: {error}: " in done.seen + done.err
    assert alias_of(lam, deployed) == ("1", None)


def test_what_passes_within_seconds_is_waited_for(server, lam, deployed, terminal, plan_file):
    """An update that GetFunctionConfiguration does not tell of any more; a version that is not known everywhere
    yet; a failure of Lambda's own; something else that is done with the alias."""
    statuses = {"PUT /2015-03-31/functions/%s/code" % deployed: [409] * 3,
                "POST /2015-03-31/functions/%s/versions" % deployed: [409] * 6,
                "/invocations?Qualifier=2": [404, 409, 500],
                "PUT /2015-03-31/functions/%s/aliases/" % deployed: [404, 409]}

    class Passing(Proxy):
        def before(self, request):
            for words, left in statuses.items():
                if words in request and left:
                    return left.pop(), [("x-amzn-ErrorType", "SomeException")], b'{"Message": "not yet"}'
            return None

    passing = Passing(server.url)
    plan_file(strategy="AllAtOnce")
    done = terminal("deploy", AWS_ENDPOINT_URL=passing.url)
    assert done.end() == 0, done.seen + done.err
    assert not any(statuses.values())
    assert alias_of(lam, deployed) == ("2", None)
    assert done.seen.count("It is tried again for a while: cannot change the alias: SomeException: not yet") == 1
    passing.shutdown()
    passing.server_close()


class Moody(Proxy):
    """Has no answer to some of the requests that are sent by the alias."""

    def __init__(self, url):
        super().__init__(url)
        self.statuses = [429, 503, 429]

    def before(self, request):
        if "/invocations?Qualifier=live" in request and self.statuses:
            return self.statuses.pop(), [], b'{"message": "not now"}'


def test_requests_without_an_answer_are_told_and_no_versions_fault(deployed, terminal, between, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}})
    done = terminal("deploy", AWS_ENDPOINT_URL=between(Moody).url)
    assert done.end() in (0, 4), done.seen + done.err  # so few requests may be no verdict
    assert "2 requests were throttled (429); they count for no version." in done.seen
    assert "1 requests got no good answer; the last one: HTTP 503: not now" in done.seen


def test_requests_without_an_answer_were_sent(deployed, terminal, between, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}})
    done = terminal("deploy", "--output", "json", AWS_ENDPOINT_URL=between(Moody).url)
    assert done.end() in (0, 4), done.seen + done.err
    traffic = json.loads(done.seen)["traffic"]
    assert (traffic["throttled"], traffic["failed"], traffic["sent"] - traffic["answered"]) == (2, 1, 3)


class Silent(Proxy):
    """No answer to what is sent by the alias arrives."""

    def is_lost(self, request):
        return "/invocations?Qualifier=live" in request


def test_what_the_network_loses_is_no_error_of_lambda(deployed, terminal, between, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}})
    done = terminal("deploy", AWS_ENDPOINT_URL=between(Silent).url)
    assert done.end() == 4, done.seen + done.err
    samples = record_of(deployed, "sample")
    assert sum(sample["failed"] for sample in samples) > 0
    assert sum(sample["invocationErrors"] for sample in samples) == 0


class Crowded(Proxy):
    """Answers what is sent by the alias once so many requests are there at the same time."""

    def __init__(self, url, count):
        super().__init__(url)
        self.lock, self.is_full, self.waiting = threading.Lock(), threading.Event(), count

    def before(self, request):
        if "/invocations?Qualifier=live" not in request:
            return None
        with self.lock:
            self.waiting -= 1
            if self.waiting == 0:
                self.is_full.set()
        self.is_full.wait(PATIENCE_SECONDS)
        return 200, [("X-Amz-Executed-Version", "1")], b"{}"


def test_each_request_under_way_may_have_a_socket(server, deployed, tmp_path, between, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "2s"}}, checks=[{"kind": "invocation-errors"}],
              traffic={"generate": {"rate": "100/s", "concurrency": 150}})
    crowded = between(Crowded, 120)
    done = subprocess.run(["sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh", CANARY, "deploy"], cwd=tmp_path,
                          text=True, capture_output=True, env=clean_environment(crowded.url))
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum(sample["failed"] for sample in record_of(deployed, "sample")) == 0


def test_what_others_sent_that_may_not_be_read_is_said(deployed, terminal, between, plan_file):
    plan_file(strategy={"linear": {"weight": "40%", "every": "1s"}},
              traffic={"generate": {"rate": "100/s"}}, checks=[{"kind": "errors"}])
    refusing = between(Forbidding, "GetMetricData")
    done = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert done.end() == 0, done.seen + done.err
    assert done.seen.count("what others sent to the new version is not known") == 2  # each step
    assert "you may not do that" in done.seen
    sent = sum(sample["versions"]["2"]["requests"] for sample in record_of(deployed, "sample"))
    assert sent > 50  # and what canary saw itself counts


def test_a_status_without_cloudwatch_tells_the_rest(lam, deployed, terminal, between, plan_file):
    plan_file(strategy="AllAtOnce")
    assert terminal("deploy").end() == 0
    lam.update_alias(FunctionName=deployed, Name="live",
                     RoutingConfig={"AdditionalVersionWeights": {"1": 0.25}})
    refusing = between(Forbidding, "GetMetricData")
    done = terminal("status", "--output", "json", AWS_ENDPOINT_URL=refusing.url)
    assert done.end() == 1 and done.err.count("you may not do that") == 1
    facts = json.loads(done.seen)
    assert facts["versions"] == [{"version": "2", "weight": 0.75}, {"version": "1", "weight": 0.25}]
    assert refusing.refused == 1


class Settling(Proxy):
    """Two hours pass whenever somebody asks how the function is."""

    def before(self, request):
        if "/configuration" in request:
            advance(self.upstream)


def advance(url):
    request = urllib.request.Request(url + "/_coalmine/clock", b'{"advance": "2h"}')
    with urllib.request.urlopen(request) as answer:
        answer.read()


@pytest.mark.parametrize("arguments, version", [(["--package", "package.zip"], "2"), ([], "2"),
                                                (["--version", "2"], "2")])
def test_an_update_that_is_under_way_is_waited_for(start_server, tmp_path, package, arguments, version):
    """Somebody's: as in `aws lambda update-function-configuration ...; canary deploy`."""
    server = start_server("--settle", "1h")
    lam = server.client("lambda")
    create(lam, "f", node("return 'v1'"), Publish=True)
    advance(server.url)
    lam.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName="f", Description="theirs")
    if arguments[:1] == ["--version"]:
        advance(server.url)
        lam.publish_version(FunctionName="f")
    package()
    settling = Settling(server.url)
    done = Terminal(server, tmp_path, "deploy", "--function", "f", "--alias", "live", "--strategy", "AllAtOnce",
                    *arguments, AWS_ENDPOINT_URL=settling.url)
    assert done.end() == 0, done.seen + done.err
    assert alias_of(lam, "f") == (version, None)
    settling.shutdown()
    settling.server_close()


def test_nothing_is_deployed_onto_what_could_not_be_taken_back(lam, deployed, terminal, between, plan_file):
    """A promotion that a hook then refuses: the alias is whole, and at the bad version."""
    plan_file(strategy="AllAtOnce", hooks={"after": [{"command": "exit 1"}]})
    refusing = between(Forbidding, "PUT /2015-03-31/functions/" + deployed + "/aliases/")
    refusing.spared = 1
    first = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert first.end() == 1 and alias_of(lam, deployed) == ("2", None)
    plan_file("return 'v3'", strategy="AllAtOnce")
    second = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert second.end() == 1, second.seen + second.err
    assert "could not be taken back" in second.err and "you may not do that" in second.err
    assert [version["Version"] for version in lam.list_versions_by_function(
        FunctionName=deployed)["Versions"]] == ["$LATEST", "1", "2"]
    refusing.spared = 9
    third = terminal("deploy", AWS_ENDPOINT_URL=refusing.url)
    assert third.end() == 0, third.seen + third.err
    assert alias_of(lam, deployed) == ("3", None)
    assert record_of(deployed, "plan")[-1]["baseVersion"] == "1"
