"""Where canary's credentials come from, and what it shows before it touches an account."""
import datetime
import hashlib
import http.server
import json
import re
import subprocess
import threading
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.client.test_interrupt import hold  # noqa: F401 (a fixture)
from tests.conftest import CANARY, Server, clean_environment
from tests.support.http_handler import QuietHandler
from tests.support.packages import create, node
from tests.support.proxy import Proxy
from tests.support.tls import certificate, serve_tls  # noqa: F401 (a fixture)


class Stub(http.server.ThreadingHTTPServer):
    """An alias, an SSO portal, SSO OIDC and STS in one; keeps the headers it was sent."""

    def __init__(self, certificate=None):
        stub = self

        class Handler(QuietHandler):
            def do_GET(self):
                stub.seen.append((self.path, dict(self.headers)))
                self.reply(200, stub.portal if "/federation/" in self.path else {
                    "FunctionVersion": "1", "RevisionId": "r"})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.seen.append((self.path, dict(self.headers)))
                if self.path == "/token":
                    stub.asked.append(json.loads(body))
                    self.reply(*stub.create_token())
                elif b"Action=AssumeRole" in body:
                    stub.asked.append(dict(urllib.parse.parse_qsl(body.decode())))
                    answer = stub.assume_role()
                    self.reply_text(stub.role_status, answer)
                elif b"Action=GetCallerIdentity" in body:
                    self.reply_text(200, b"<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:x</Arn>")
                else:
                    self.reply(200, {"MetricDataResults": []})

            def reply(self, status, body):
                self.reply_text(status, json.dumps(body).encode())

            def reply_text(self, status, text):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.portal = [], {}
        self.asked = []  # of SSO OIDC, and of STS
        self.create_token = lambda: (500, {})
        self.role_status, self.role_minutes = 200, 60
        if certificate:
            serve_tls(self, certificate)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://localhost:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def assume_role(self):
        """STS's answer: the next key."""
        end = in_minutes(self.role_minutes)
        return (f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE"
                f"{len(self.asked)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>"
                f"t</SessionToken><Expiration>{end}</Expiration></Credentials></AssumeRoleResult>"
                "</AssumeRoleResponse>").encode()

    def keys(self):
        return [re.search("Credential=([^/]+)/", headers["Authorization"]).group(1)
                for path, headers in self.seen if "Authorization" in headers]


@pytest.fixture
def stub():
    running = Stub()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def status(stub, tmp_path):
    """canary status with a profile of this config file."""
    def run(config, **environment):
        (tmp_path / "config").write_text(config)
        base = {k: v for k, v in clean_environment(stub.url).items()
                if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        return subprocess.run(
            [CANARY, "status", "--function", "f", "--alias", "a", "--profile", "p"], text=True,
            capture_output=True, cwd=tmp_path,
            env={**base, "HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config"),
                 "AWS_ENDPOINT_URL_SSO": stub.url, "AWS_ENDPOINT_URL_SSO_OIDC": stub.url, **environment})
    return run


SSO = """[profile p]
sso_account_id = 123456789012
sso_role_name = Deployer
"""
OLD = SSO + "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
NEW = SSO + ("sso_session = mine\n[sso-session mine]\nsso_region = eu-west-1\n"
             "sso_start_url = https://x.awsapps.com/start\n")


def log_in(tmp_path, name, expires="2099-01-01T00:00:00Z", **members):
    """The cache's file."""
    cache = tmp_path / ".aws/sso/cache"
    cache.mkdir(parents=True)
    file = cache / (hashlib.sha1(name.encode()).hexdigest() + ".json")
    file.write_text(json.dumps({"accessToken": "the-token", "expiresAt": expires, **members}))
    return file


@pytest.mark.parametrize("config, name", [(OLD, "https://x.awsapps.com/start"), (NEW, "mine")])
def test_sso_gives_a_roles_credentials(stub, status, tmp_path, config, name):
    log_in(tmp_path, name)
    stub.portal = {"roleCredentials": {
        "accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "the-session",
        "expiration": 4070908800000}}
    done = status(config)
    assert done.returncode == 0, done.stderr
    path, headers = stub.seen[0]
    assert path == "/federation/credentials?role_name=Deployer&account_id=123456789012"
    assert headers["x-amz-sso_bearer_token"] == "the-token"
    assert set(stub.keys()) == {"ASIASSO"}
    assert stub.seen[1][1]["x-amz-security-token"] == "the-session"


REGISTRATION = {"clientId": "the-id", "clientSecret": "the-secret", "refreshToken": "the-refresh",
                "registrationExpiresAt": "2099-01-01T00:00:00Z"}
ROLE = {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t",
                            "expiration": 4070908800000}}


def in_minutes(minutes):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def bearer(stub):
    return [headers["x-amz-sso_bearer_token"] for path, headers in stub.seen if "/federation/" in path]


@pytest.mark.parametrize("minutes", [-1000, 5])
def test_an_sso_token_that_ends_is_renewed_and_kept(stub, status, tmp_path, minutes):
    """As the AWS CLI does, which finds the new one in the cache."""
    file = log_in(tmp_path, "mine", in_minutes(minutes), startUrl="https://x.awsapps.com/start", **REGISTRATION)
    file.chmod(0o644)
    stub.portal = ROLE
    stub.create_token = lambda: (200, {"accessToken": "new-token", "expiresIn": 28800,
                                       "refreshToken": "new-refresh", "tokenType": "Bearer"})
    done = status(NEW)
    assert done.returncode == 0, done.stderr
    assert stub.asked == [{"grantType": "refresh_token", "clientId": "the-id", "clientSecret": "the-secret",
                           "refreshToken": "the-refresh"}]
    assert bearer(stub) == ["new-token"]
    kept = json.loads(file.read_text())
    assert in_minutes(470) < kept.pop("expiresAt") <= in_minutes(480)
    assert kept == {**REGISTRATION, "accessToken": "new-token", "refreshToken": "new-refresh",
                    "startUrl": "https://x.awsapps.com/start", "region": "eu-west-1"}
    assert file.stat().st_mode & 0o777 == 0o600 and list(file.parent.iterdir()) == [file]
    assert status(NEW).returncode == 0 and len(stub.asked) == 1


REFUSED = (400, {"error": "invalid_grant", "error_description": "Invalid refresh token provided"})


def test_an_sso_token_that_cannot_be_renewed_serves_to_its_end(stub, status, tmp_path):
    log_in(tmp_path, "mine", in_minutes(5), **REGISTRATION)
    stub.portal, stub.create_token = ROLE, lambda: REFUSED
    done = status(NEW)
    assert done.returncode == 0 and len(stub.asked) == 1, done.stderr
    assert bearer(stub) == ["the-token"]


def test_why_an_sso_token_is_not_renewed_is_said(stub, status, tmp_path):
    log_in(tmp_path, "mine", "2020-01-01T00:00:00Z", **REGISTRATION)
    stub.create_token = lambda: REFUSED
    done = status(NEW)
    assert done.returncode == 2 and (
        "the SSO session has expired and cannot be renewed (invalid_grant: Invalid refresh token provided): "
        "aws sso login --profile p") in done.stderr, done.stderr


def test_an_sso_token_that_another_program_renewed_is_taken(stub, status, tmp_path):
    """A refresh token serves once."""
    file = log_in(tmp_path, "mine", "2020-01-01T00:00:00Z", **REGISTRATION)
    stub.portal = ROLE

    def renewed_meanwhile():
        file.write_text(json.dumps({"accessToken": "theirs", "expiresAt": "2099-01-01T00:00:00Z"}))
        return REFUSED

    stub.create_token = renewed_meanwhile
    done = status(NEW)
    assert done.returncode == 0, done.stderr
    assert bearer(stub) == ["theirs"]


@pytest.mark.parametrize("config, name, registration", [
    (OLD, "https://x.awsapps.com/start", REGISTRATION),
    (NEW, "mine", {**REGISTRATION, "registrationExpiresAt": "2020-01-01T00:00:00Z"}),
    (NEW, "mine", {k: v for k, v in REGISTRATION.items() if k != "refreshToken"})])
def test_only_a_session_with_its_registration_is_renewed(stub, status, tmp_path, config, name, registration):
    log_in(tmp_path, name, "2020-01-01T00:00:00Z", **registration)
    done = status(config)
    assert done.returncode == 2 and "has expired: aws sso login --profile p" in done.stderr
    assert stub.asked == []


def test_the_portal_is_trusted_as_aws_is(stub, status, tmp_path, certificate):
    portal = Stub(certificate)
    portal.portal = {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "s",
                                         "sessionToken": "t", "expiration": 4070908800000}}
    log_in(tmp_path, "mine")
    try:
        done = status(NEW, AWS_ENDPOINT_URL_SSO=portal.url, AWS_CA_BUNDLE=certificate[0])
        told = status(NEW.replace("[profile p]", f"[profile p]\nca_bundle = {certificate[0]}"),
                      AWS_ENDPOINT_URL_SSO=portal.url)
        stranger = status(NEW, AWS_ENDPOINT_URL_SSO=portal.url)
    finally:
        portal.shutdown()
        portal.server_close()
    assert done.returncode == 0 and set(stub.keys()) == {"ASIASSO"}, done.stderr
    assert told.returncode == 0, told.stderr
    assert stranger.returncode == 2 and "certificate" in stranger.stderr


@pytest.mark.parametrize("expires, words", [
    ("2020-01-01T00:00:00Z", "has expired: aws sso login --profile p"),
    (None, "nobody is logged in with SSO: aws sso login --profile p")])
def test_an_sso_session_that_is_over_says_what_to_do(status, tmp_path, expires, words):
    if expires:
        log_in(tmp_path, "mine", expires)
    done = status(NEW)
    assert done.returncode == 2 and words in done.stderr


@pytest.mark.parametrize("url", ["localhost:4566", "127.0.0.1", "http://", "ftp://x"])
def test_an_endpoint_that_is_no_url_is_said(tmp_path, url):
    done = subprocess.run([CANARY, "status", "--function", "f", "--alias", "a", "--endpoint-url", url],
                          text=True, capture_output=True, cwd=tmp_path, env=clean_environment(""))
    assert done.returncode == 2 and f"'{url}' is no URL such as http://" in done.stderr


def signature_of(url, headers):
    """What botocore would sign a request with that arrived like this."""
    signer = SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1")
    headers = {name.lower(): value for name, value in headers.items()}
    request = AWSRequest("GET", url, headers={name: headers[name] for name in ("content-type", "host",
                                                                              "x-amz-date")})
    request.context["timestamp"] = headers["x-amz-date"]
    return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)


@pytest.mark.parametrize("endpoint", ["http://lambda.localhost", "http://lambda.localhost:80",
                                      "http://lambda.localhost:4566", "http://lambda.localhost/by/way%20of"])
def test_what_is_signed_is_what_is_sent(stub, tmp_path, endpoint):
    """Also of an endpoint with a path, or with a port that HTTP leaves out."""
    subprocess.run([CANARY, "status", "--function", "f", "--alias", "live"], cwd=tmp_path, text=True,
                   capture_output=True, env={**clean_environment(endpoint), "http_proxy": stub.url})
    url, headers = stub.seen[0]
    assert url.startswith(endpoint.removesuffix(":80")), url
    assert headers["Authorization"].split("Signature=")[1] == signature_of(url, headers)


def test_sso_that_lacks_something_is_said(status):
    done = status("[profile p]\nsso_start_url = https://x\n")
    assert done.returncode == 2 and "sso_role_name" in done.stderr


def config_that_expires(tmp_path):
    """Each run of its program gives another key that expires in a minute: within the margin."""
    program = tmp_path / "program"
    program.write_text(
        "#!/bin/sh\necho x >> runs\nn=$(wc -l < runs)\n"
        "printf '{\"AccessKeyId\":\"K%s\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t%s\","
        "\"Expiration\":\"%s\"}' $n $n $(date -u -d '+1 minute' +%FT%TZ)\n")
    program.chmod(0o755)
    return f"[profile p]\ncredential_process = '{program}'\n"


def test_a_pipe_in_a_credential_process_ends_as_in_any_shell(stub, status, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n(yes | head -n 1) > said 2>&1\n"
                       "echo '{\"AccessKeyId\":\"K\",\"SecretAccessKey\":\"s\"}'\n")
    program.chmod(0o755)
    done = status(f"[profile p]\ncredential_process = '{program}'\n")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "said").read_text() == "y\n" and stub.keys()


def test_credentials_that_expire_are_asked_for_again(stub, status, tmp_path):
    done = status(config_that_expires(tmp_path))
    assert done.returncode == 0, done.stderr
    keys = stub.keys()
    assert len(keys) > 1 and len(set(keys)) == len(keys)
    assert [h["x-amz-security-token"] for _, h in stub.seen] == ["t" + key[1:] for key in keys]


def test_a_step_may_last_longer_than_the_credentials_of_its_beginning(lam, name, hold, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName=name, Description="two")
    (tmp_path / "config").write_text(config_that_expires(tmp_path))
    proxy = hold("nothing")
    base = {k: v for k, v in clean_environment(proxy.url).items()
            if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(
        [CANARY, "deploy", "--function", name, "--alias", "live", "--weight", "50%", "--duration",
         "8s", "--profile", "p"], text=True, capture_output=True, cwd=tmp_path,
        env={**base, "AWS_CONFIG_FILE": str(tmp_path / "config")})
    assert done.returncode == 0, done.stdout + done.stderr
    check_keys(proxy, 80)


def test_traffic_may_last_longer_than_its_credentials(lam, name, hold, tmp_path):
    create(lam, name, node("return 'v1'"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    (tmp_path / "config").write_text(config_that_expires(tmp_path))
    proxy = hold("nothing")
    base = {k: v for k, v in clean_environment(proxy.url).items()
            if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(
        [CANARY, "traffic", "--function", name, "--alias", "live", "--duration", "7s", "--profile", "p"],
        text=True, capture_output=True, cwd=tmp_path,
        env={**base, "AWS_CONFIG_FILE": str(tmp_path / "config")})
    assert done.returncode == 0, done.stdout + done.stderr
    check_keys(proxy, 70)


class Expiring(Proxy):
    """The first key expires when the weights are to go back; somebody has put another one there."""

    def __init__(self, url, path):
        super().__init__(url)
        self.path, self.changes, self.refused = path, 0, 0

    def before(self, request):
        self.changes += "PUT " in request and "/aliases/" in request
        if self.changes < 2 or "Credential=second/" in self.seen[-1][1]["Authorization"]:
            return None
        self.refused += 1
        credentials_file(self.path, "second")
        return 403, [("x-amzn-ErrorType", "ExpiredTokenException")], b'{"message": "it has expired"}'


def credentials_file(path, key):
    path.write_text(f"[p]\naws_access_key_id = {key}\naws_secret_access_key = s\naws_session_token = t\n")


def test_credentials_in_a_file_that_expired_are_read_again(server, lam, name, tmp_path):
    create(lam, name, node("return 1"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName=name, Description="two")
    file = tmp_path / "credentials"
    credentials_file(file, "first")
    proxy = Expiring(server.url, file)
    done = subprocess.run(
        [CANARY, "deploy", "--function", name, "--alias", "live", "--profile", "p", "--steps", "50%:1s",
         "--on-inconclusive", "rollback", "--min-requests", "1000"], cwd=tmp_path, text=True,
        capture_output=True, env={**clean_environment(proxy.url), "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 4, done.stdout + done.stderr
    assert proxy.refused == 1
    assert "RoutingConfig" not in lam.get_alias(FunctionName=name, Name="live")


class Expired(Proxy):
    """Every key has expired; somebody may put another one there each time."""

    def __init__(self, url, path, is_replaced):
        super().__init__(url)
        self.path, self.is_replaced = path, is_replaced

    def before(self, _request):
        if self.is_replaced:
            credentials_file(self.path, f"key{len(self.seen)}")
        return 403, [("x-amzn-ErrorType", "ExpiredTokenException")], b'{"message": "it has expired"}'


@pytest.mark.parametrize("is_replaced, tries", [(False, 1), (True, 2)])
def test_credentials_that_stay_expired_are_not_tried_again_and_again(server, tmp_path, is_replaced, tries):
    file = tmp_path / "credentials"
    credentials_file(file, "key0")
    proxy = Expired(server.url, file, is_replaced)
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live", "--profile", "p"], cwd=tmp_path, text=True,
        capture_output=True, env={**clean_environment(proxy.url), "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 1 and "it has expired" in done.stderr, done.stderr
    assert len(proxy.seen) == tries


class ExpiredAtSts(Proxy):
    """What STS answers to the first of the keys, in the form that it alone has."""

    def before(self, request):
        if not request.startswith("POST / ") or "Credential=second/" in self.seen[-1][1]["Authorization"]:
            return None
        return 403, [("Content-Type", "text/xml")], (
            b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n'
            b"    <Type>Sender</Type>\n    <Code>ExpiredToken</Code>\n"
            b"    <Message>The security token included in the request is expired</Message>\n"
            b"  </Error>\n  <RequestId>r</RequestId>\n</ErrorResponse>\n")


@pytest.mark.parametrize("is_replaced", [False, True])
def test_sts_says_that_credentials_expired_in_its_own_form(outside, tmp_path, is_replaced):
    file = tmp_path / "credentials"
    credentials_file(file, "first")
    proxy = ExpiredAtSts(outside.url)
    if is_replaced:
        refuse = proxy.before
        proxy.before = lambda request: (refuse(request), credentials_file(file, "second"))[0]
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live", "--profile", "p", "--aws", "--endpoint-url",
         f"http://0.0.0.0:{proxy.server_port}"], cwd=tmp_path, text=True, capture_output=True,
        env={**clean_environment(""), "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    proxy.shutdown()
    proxy.server_close()
    refused = ("cannot ask STS who we are: ExpiredToken: The security token included in the request is "
               "expired")
    assert (refused in done.stderr) is not is_replaced, done.stderr
    assert ("On AWS: account 000000000000" in done.stdout) is is_replaced, done.stdout


class Elsewhere(Proxy):
    """A web server of somebody else's."""

    def before(self, _request):
        return 404, [("Content-Type", "text/html")], b"<html><h1>Not Found</h1></html>"


def test_an_answer_that_is_not_from_aws_is_told_by_its_status(server, tmp_path):
    proxy = Elsewhere(server.url)
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live"], cwd=tmp_path, text=True,
        capture_output=True, env=clean_environment(proxy.url))
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 1 and "cannot find the function: HTTP status 404: no message" in done.stderr


class Later(Proxy):
    """AWS, as a machine sees it whose clock is behind."""

    def before(self, _request):
        return 403, [("x-amzn-ErrorType", "InvalidSignatureException")], json.dumps({"message": (
            "Signature expired: 20261126T193400Z is now earlier than 20261126T195500Z (20261126T200000Z - 5 min.)"
        )}).encode()


def test_a_clock_that_is_wrong_is_thought_of(server, tmp_path):
    proxy = Later(server.url)
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live"], cwd=tmp_path, text=True,
        capture_output=True, env=clean_environment(proxy.url))
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 1 and "- 5 min.) Is this machine's clock right?\n" in done.stderr


@pytest.mark.parametrize("endpoint, proxy, words", [
    ("http://localhost:1", "", "localhost port 1"), ("http://lambda.localhost", "http://127.0.0.1:1", "127.0.0.1 port 1"),
    ("http://lambda.localhost", "http://no-such-proxy.invalid", "no-such-proxy.invalid")])
def test_what_could_not_be_reached_is_named(tmp_path, endpoint, proxy, words):
    """Which may be a proxy."""
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live"], cwd=tmp_path, text=True, capture_output=True,
        env={**clean_environment(endpoint), "http_proxy": proxy})
    assert done.returncode == 1 and "no answer (" in done.stderr and words in done.stderr, done.stderr


def check_keys(proxy, count):
    sent = [headers for path, headers in proxy.seen if path.endswith("invocations?Qualifier=live")]
    keys = [re.search("Credential=([^/]+)/", headers["authorization"]).group(1) for headers in sent]
    assert len(keys) == count and len(set(keys)) > 1
    assert [headers["x-amz-security-token"] for headers in sent] == ["t" + key[1:] for key in keys]


@pytest.fixture(scope="module")
def outside():
    """A server whose address is none of this machine's loopback names."""
    running = Server("--allow-host", "0.0.0.0")
    yield running
    assert running.stop() == 0


def test_the_account_is_shown_before_the_first_write(outside, tmp_path):
    """0.0.0.0 leads here, and counts as somewhere else."""
    lam = outside.client("lambda")
    create(lam, "guarded", node("return 1"))
    arguments = [CANARY, "deploy", "--function", "guarded", "--alias", "live", "--endpoint-url",
                 f"http://0.0.0.0:{outside.port}"]
    environment = clean_environment(outside.url)
    refused = subprocess.run(arguments, text=True, capture_output=True, cwd=tmp_path,
                             env=environment)
    assert refused.returncode == 2 and "--aws" in refused.stderr
    assert lam.list_versions_by_function(FunctionName="guarded")["Versions"][1:] == []
    done = subprocess.run([*arguments, "--aws"], text=True, capture_output=True, cwd=tmp_path,
                          env=environment)
    assert done.returncode == 0, done.stderr
    first = done.stdout.split("\n")[0]
    assert first.startswith("On AWS: account 000000000000, region us-east-1"), done.stdout
    assert done.stdout.index("On AWS") < done.stdout.index("Published")


def test_an_account_that_does_not_answer_is_no_bad_usage(tmp_path):
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "live", "--aws", "--endpoint-url",
         "http://0.0.0.0:1"], text=True, capture_output=True, cwd=tmp_path,
        env=clean_environment("http://127.0.0.1:1"))
    assert done.returncode == 1 and "cannot ask STS who we are" in done.stderr
