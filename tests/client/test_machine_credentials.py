"""Credentials of where canary runs: a pod, a CI job, a container, an EC2 machine."""
import http.server
import json
import re
import socket
import subprocess
import threading

import pytest

from tests.client.test_credentials import Stub, in_minutes
from tests.conftest import CANARY, Server, clean_environment
from tests.support.http_handler import QuietHandler
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import create, node
from tests.support.proxy import Proxy

ROLE = "arn:aws:iam::210987654321:role/deployer"
SECRET = "the-secret-token"


@pytest.fixture
def aws():
    """A stub of AWS. What is asked at 0.0.0.0 comes here, and counts as somewhere else than here."""
    running = Stub()
    running.address = f"http://0.0.0.0:{running.server_port}"
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(SECRET + "\n")
    return file


@pytest.fixture
def web_identity(token_file):
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file), "AWS_ROLE_ARN": ROLE}


def keyless(url):
    return {k: v for k, v in clean_environment(url).items()
            if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}


@pytest.fixture
def status(aws, tmp_path):
    """canary status with this config file, of AWS. Never is a secret printed."""
    def run(config="", *arguments, **environment):
        (tmp_path / "config").write_text(config)
        done = subprocess.run(
            [CANARY, "status", "--function", "f", "--alias", "a", "--aws", *arguments], text=True,
            capture_output=True, cwd=tmp_path,
            env={**keyless(aws.address), "AWS_CONFIG_FILE": str(tmp_path / "config"), **environment})
        assert SECRET not in done.stdout + done.stderr
        return done
    return run


def test_a_pod_takes_its_role_by_its_web_identity(aws, status, web_identity):
    done = status(AWS_ROLE_SESSION_NAME="me", **web_identity)
    assert done.returncode == 0, done.stderr
    assert aws.asked == [{"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": ROLE,
                          "RoleSessionName": "me", "WebIdentityToken": SECRET}]
    headers = [headers for _, headers in aws.seen]
    assert "Authorization" not in headers[0] and "X-Amz-Security-Token" not in headers[0]
    assert set(aws.keys()) == {"ASIAROLE1"} and len(aws.keys()) == len(headers) - 1
    assert headers[1]["x-amz-security-token"] == "t"


def test_a_profile_may_have_a_web_identity(aws, status, token_file):
    done = status(f"[profile p]\nweb_identity_token_file = {token_file}\nrole_arn = {ROLE}\n"
                  "duration_seconds = 900\n", "--profile", "p")
    assert done.returncode == 0, done.stderr
    assert aws.asked[0]["WebIdentityToken"] == SECRET and aws.asked[0]["DurationSeconds"] == "900"
    assert aws.asked[0]["RoleSessionName"].startswith("canary-")


def test_a_role_may_be_taken_with_what_a_web_identity_gave(aws, status, token_file):
    done = status(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = pod\n"
                  f"[profile pod]\nweb_identity_token_file = {token_file}\nrole_arn = {ROLE}/pod\n", "--profile", "p")
    assert done.returncode == 0, done.stderr
    assert [asked["Action"] for asked in aws.asked] == ["AssumeRoleWithWebIdentity", "AssumeRole"]
    assert aws.keys()[:2] == ["ASIAROLE1", "ASIAROLE2"]


KEYS = "[profile p]\naws_access_key_id = K\naws_secret_access_key = S\n"


@pytest.mark.parametrize("config, arguments, environment, key", [
    (KEYS, ["--profile", "p"], {}, "K"),  # the environment is not asked for somebody who is named
    (KEYS, [], {"AWS_PROFILE": "p"}, "ASIAROLE1"),
    (KEYS, [], {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S"}, "E")])
def test_a_web_identity_has_its_place_in_the_order(aws, status, web_identity, config, arguments, environment, key):
    done = status(config, *arguments, **web_identity, **environment)
    assert done.returncode == 0, done.stderr
    assert set(aws.keys()) == {key}


def test_the_token_is_read_again_for_new_keys(aws, status, web_identity, token_file):
    answer, aws.role_minutes = aws.assume_role, 1

    def renewed():
        token_file.write_text(f"token{len(aws.asked)}")
        return answer()

    aws.assume_role = renewed
    done = status(**web_identity)
    assert done.returncode == 0, done.stderr
    assert [asked["WebIdentityToken"] for asked in aws.asked] == [
        SECRET, *(f"token{i}" for i in range(1, len(aws.asked)))]
    assert len(aws.asked) > 1


@pytest.mark.parametrize("text, environment, words", [
    (None, {}, f"cannot assume {ROLE} with a web identity: "), ("\n", {}, "is empty"),
    ("x", {"AWS_ROLE_ARN": ""}, "has a web identity, but it is not said which role it takes: set AWS_ROLE_ARN")])
def test_what_lacks_for_a_web_identity_is_said(aws, status, web_identity, token_file, text, environment, words):
    token_file.unlink()
    if text:
        token_file.write_text(text)
    done = status(**{**web_identity, **environment})
    assert done.returncode == 2 and words in done.stderr and str(token_file) in done.stderr, done.stderr
    assert not aws.seen


def sts_error(code):
    return (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no {code}</Message>"
            "</Error></ErrorResponse>").encode()


def test_what_sts_says_of_a_web_identity_is_told(aws, status, web_identity):
    aws.role_status, aws.assume_role = 400, lambda: sts_error("InvalidIdentityToken")
    done = status(**web_identity)
    assert done.returncode == 2 and len(aws.asked) == 1
    assert (f"cannot assume {ROLE} with a web identity: InvalidIdentityToken: no InvalidIdentityToken"
            in done.stderr), done.stderr


def test_sts_may_have_failed_to_reach_who_knows_the_identity(aws, status, web_identity):
    """It says that this is worth another try."""
    answer, aws.role_status = aws.assume_role, 400

    def once():
        if len(aws.asked) == 1:
            return sts_error("IDPCommunicationError")
        aws.role_status = 200
        return answer()

    aws.assume_role = once
    done = status(**web_identity)
    assert done.returncode == 0 and len(aws.asked) == 2, done.stderr


def test_coalmine_is_not_asked_for_a_role_by_web_identity(aws, status, web_identity, token_file):
    """It takes any keys, and knows no identities."""
    done = status(AWS_ENDPOINT_URL=aws.url, **web_identity)
    chained = status(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = pod\n"
                     f"[profile pod]\nweb_identity_token_file = {token_file}\nrole_arn = {ROLE}\n",
                     "--profile", "p", AWS_ENDPOINT_URL=aws.url)
    assert (done.returncode, chained.returncode) == (0, 0), done.stderr + chained.stderr
    assert aws.keys()[0] == "coalmine" and [asked["Action"] for asked in aws.asked] == ["AssumeRole"]


class Agent(http.server.ThreadingHTTPServer):
    """Hands out credentials as a container's agent and a machine's metadata service do: the next key each
    time."""
    token, role, region = "the-session", "deployer", "eu-central-1"
    minutes, status, fails = 60, 200, 0  # for so many requests it has an error of its own
    is_silent = False

    def __init__(self):
        agent = self

        class Handler(QuietHandler):
            def answer(self):
                agent.seen.append((self.command, self.path, dict(self.headers)))
                if agent.is_silent:
                    agent.goes.wait(2 * PATIENCE_SECONDS)
                status, body = agent.status, agent.body(self.command, self.path)
                if agent.fails:
                    agent.fails, status = agent.fails - 1, 500
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_PUT = answer

        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.given, self.keys, self.goes = [], 0, self.new_keys, threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def body(self, method, path):
        if method == "PUT":
            return self.token
        return {"/latest/meta-data/iam/security-credentials/": self.role,
                "/latest/meta-data/placement/region": self.region}.get(path) or self.keys()

    def new_keys(self):
        self.given += 1
        return json.dumps({"Code": "Success", "AccessKeyId": f"ASIA{self.given}", "SecretAccessKey": SECRET,
                           "Token": f"t{self.given}", "Expiration": in_minutes(self.minutes)})


@pytest.fixture
def agent():
    running = Agent()
    yield running
    running.goes.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def nobody():
    """An address where nobody answers."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unheard.getsockname()[1]}"


@pytest.fixture
def container(agent, token_file):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.url + "/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token_file)}


@pytest.fixture
def machine(agent):
    return {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": agent.url}


def test_a_container_has_its_credentials_from_its_agent(aws, agent, status, container):
    done = status(**container)
    assert done.returncode == 0, done.stderr
    [(method, path, headers)] = agent.seen
    assert (method, path, headers["Authorization"]) == ("GET", "/v1/credentials", SECRET)
    assert set(aws.keys()) == {"ASIA1"} and aws.seen[0][1]["x-amz-security-token"] == "t1"


def test_the_authorization_may_stand_in_a_variable(agent, status, container):
    container["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = ""
    assert status(AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRET + "2", **container).returncode == 0
    assert status(**container).returncode == 0
    assert [headers.get("Authorization") for _, _, headers in agent.seen] == [SECRET + "2", None]


def test_a_container_is_asked_again_with_the_token_of_then(aws, agent, status, container, token_file):
    agent.minutes = 1

    def keys():
        token_file.write_text(f"token{agent.given + 1}")
        return agent.new_keys()

    agent.keys = keys
    done = status(**container)
    assert done.returncode == 0, done.stderr
    assert [headers["Authorization"] for _, _, headers in agent.seen] == [
        SECRET, *(f"token{i}" for i in range(1, agent.given))]
    assert aws.keys()[:2] == ["ASIA2", "ASIA3"]  # each call finds that those before end too soon


@pytest.mark.parametrize("url", ["http://example.com/x", "http://169.254.169.254/", "/v1/credentials"])
def test_what_is_no_containers_agent_is_not_asked(agent, status, container, url):
    done = status(**{**container, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}, http_proxy=agent.url,
                  no_proxy="0.0.0.0")
    assert done.returncode == 2 and "AWS_CONTAINER_CREDENTIALS_FULL_URI must begin with https://" in done.stderr
    assert not agent.seen


def test_the_agents_word_goes_by_no_proxy_and_no_other_way(aws, agent, status, container):
    done = status(http_proxy="http://127.0.0.1:1", no_proxy="0.0.0.0", **container)
    assert done.returncode == 0, done.stderr
    agent.status = 302
    done = status(**container)
    assert done.returncode == 2 and "it answers with status 302" in done.stderr
    assert [path for _, path, _ in agent.seen] == ["/v1/credentials"] * 2


@pytest.mark.parametrize("fails, code, asked", [(2, 0, 3), (3, 2, 3)])
def test_an_agent_that_fails_is_asked_three_times(agent, status, container, fails, code, asked):
    agent.fails = fails
    done = status(**container)
    assert (done.returncode, len(agent.seen)) == (code, asked)
    assert code == 0 or ("cannot get the container's credentials (AWS_CONTAINER_CREDENTIALS_FULL_URI): it "
                         "answers with status 500") in done.stderr, done.stderr


ANSWERS = [
    ("", "it answers with what is no JSON"), ("<html>", "it answers with what is no JSON"),
    ('{"AccessKeyId": "A", "SecretAccessKey": "the-secret-token", "Token": "t"}', "without an Expiration"),
    ('{"AccessKeyId": "A", "SecretAccessKey": "the-secret-token", "Token": "t", "Expiration": "the-secret-token"}',
     "without an Expiration that is a time"),
    ('{"AccessKeyId": "A", "SecretAccessKey": "the-secret-token", "Expiration": "2099-01-01T00:00:00Z"}',
     "without AccessKeyId, SecretAccessKey or Token"),
    ('{"AccessKeyId": "A", "Token": "the-secret-token", "Expiration": "2099-01-01T00:00:00Z"}',
     "without AccessKeyId, SecretAccessKey or Token"),
    ('{"code": "AccessDenied", "message": "no such role"}', "AccessDenied: no such role")]


@pytest.mark.parametrize("answer, words", ANSWERS)
def test_what_an_agent_says_instead_of_credentials_is_told(aws, agent, status, container, machine, answer, words):
    agent.keys = lambda: answer
    done = status(**container)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    done = status(**machine)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert not aws.seen


@pytest.mark.parametrize("http_status", [400, 403])
def test_why_an_agent_refuses_is_told(agent, status, container, http_status):
    agent.status, agent.keys = http_status, lambda: json.dumps({"code": "BadToken", "message": "it is old"})
    done = status(**container)
    assert done.returncode == 2 and f"it answers with status {http_status}: BadToken: it is old" in done.stderr
    assert len(agent.seen) == 1


@pytest.mark.parametrize("text, words", [(None, "token"), ("a\nb", "the authorization token has a line end")])
def test_an_authorization_that_cannot_be_sent_is_said(agent, status, container, token_file, text, words):
    token_file.unlink()
    if text:
        token_file.write_text(text)
    done = status(**container)
    assert done.returncode == 2 and words in done.stderr and not agent.seen


def test_an_agent_that_is_not_there_or_silent_is_said(agent, status, container, nobody):
    done = status(**{**container, "AWS_CONTAINER_CREDENTIALS_FULL_URI": nobody})
    assert done.returncode == 2 and "Couldn't connect" in done.stderr
    agent.is_silent = True
    done = status(**container)
    assert done.returncode == 2 and "Timeout was reached" in done.stderr and len(agent.seen) == 3


def test_a_machine_has_its_credentials_from_its_metadata(aws, agent, status, machine):
    done = status(**machine)
    assert done.returncode == 0, done.stderr
    put, role, keys = agent.seen
    assert put[:2] == ("PUT", "/latest/api/token")
    assert put[2]["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert role[:2] == ("GET", "/latest/meta-data/iam/security-credentials/")
    assert keys[:2] == ("GET", "/latest/meta-data/iam/security-credentials/deployer")
    assert {seen[2]["X-aws-ec2-metadata-token"] for seen in (role, keys)} == {"the-session"}
    assert set(aws.keys()) == {"ASIA1"}


def test_a_machine_knows_its_region(status, machine):
    done = status(AWS_DEFAULT_REGION="", **machine)
    assert done.returncode == 0 and "region eu-central-1" in done.stdout, done.stderr
    done = status(AWS_DEFAULT_REGION="", AWS_EC2_METADATA_DISABLED="true")
    assert done.returncode == 2 and "no region: say --region" in done.stderr


def test_a_machine_that_is_none_is_said_at_once(status, nobody, agent, machine):
    done = status(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=nobody)
    assert done.returncode == 2 and (
        "no credentials in profile 'default': set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile "
        f"that has them with --profile; nor does the machine's metadata service (EC2) give any: {nobody}/: Couldn't"
    ) in done.stderr, done.stderr
    done = status(**{**machine, "AWS_EC2_METADATA_DISABLED": "TRUE"})
    assert done.returncode == 2 and "give any: AWS_EC2_METADATA_DISABLED keeps it from being asked" in done.stderr
    done = status(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT="nowhere")
    assert done.returncode == 2 and "AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL" in done.stderr
    agent.is_silent = True
    done = status(**machine)
    assert done.returncode == 2 and "Timeout was reached" in done.stderr and len(agent.seen) == 1


@pytest.mark.parametrize("member, value, words", [
    ("status", 403, "it answers with status 403"), ("token", "", "it answers without a token"),
    ("token", "a b\nX-Evil: c", "it answers without a token"), ("role", " ", "it names no role")])
def test_what_a_machine_says_instead_of_credentials_is_told(aws, agent, status, machine, member, value, words):
    setattr(agent, member, value)
    done = status(**machine)
    assert done.returncode == 2 and words in done.stderr and not aws.seen, done.stderr


def test_a_machine_that_is_there_is_asked_three_times(agent, status, machine):
    agent.fails = 1
    assert status(**machine).returncode == 2 and len(agent.seen) == 1  # it gave no token: is it there?
    assert status(AWS_METADATA_SERVICE_NUM_ATTEMPTS="2", **machine).returncode == 0
    answer = agent.new_keys

    def fails():
        agent.fails, agent.keys = 2, answer
        return answer()

    agent.keys = fails
    assert status(**machine).returncode == 0 and agent.fails == 0


@pytest.mark.parametrize("place, made", [("EcsContainer", "container"), ("Ec2InstanceMetadata", "machine")])
def test_a_role_may_be_taken_with_the_keys_of_a_place(aws, status, request, place, made):
    config = f"[profile p]\nrole_arn = {ROLE}\ncredential_source = {place}\n"
    lacking = status(config, "--profile", "p")
    assert lacking.returncode == 2 and not aws.seen
    assert ("of a container, which is given none" if made == "container" else
            "of a machine (EC2), which gives none: AWS_EC2_METADATA_DISABLED") in lacking.stderr
    done = status(config, "--profile", "p", **request.getfixturevalue(made))
    assert done.returncode == 0, done.stderr
    assert aws.keys()[:2] == ["ASIA1", "ASIAROLE1"] and aws.asked[0]["Action"] == "AssumeRole"


@pytest.mark.parametrize("lines, words", [
    ("credential_source = Ec2\n", "credential_source = Ec2, which is none of Environment, EcsContainer and"),
    ("credential_source = Environment\nsource_profile = p\n", "says twice with whose keys")])
def test_a_place_that_is_none_is_said(aws, status, lines, words):
    done = status(f"[profile p]\nrole_arn = {ROLE}\n{lines}", "--profile", "p")
    assert done.returncode == 2 and words in done.stderr and not aws.seen, done.stderr


def test_places_are_asked_last_of_all(aws, agent, status, container, machine, web_identity):
    given = {**machine, **container}
    assert status(KEYS, "--profile", "p", **given).returncode == 0 and set(aws.keys()) == {"K"}
    assert status(**given, **web_identity).returncode == 0 and aws.keys()[-1] == "ASIAROLE1"
    assert not agent.seen
    assert status(**given).returncode == 0  # the container before the machine it runs on
    assert [path for _, path, _ in agent.seen] == ["/v1/credentials"]


def test_against_coalmine_no_place_is_asked(aws, agent, status, container, machine):
    config = f"[profile p]\nrole_arn = {ROLE}\ncredential_source = EcsContainer\n"
    for arguments in ([], ["--profile", "p"]):
        done = status(config, *arguments, AWS_ENDPOINT_URL=aws.url, AWS_DEFAULT_REGION="", **container, **machine)
        assert done.returncode == 0, done.stderr
    assert set(aws.keys()) == {"coalmine"} and not agent.seen and not aws.asked


@pytest.fixture(scope="module")
def outside():
    running = Server("--allow-host", "0.0.0.0")
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("made", ["web_identity", "container", "machine"])
def test_a_deployment_may_last_longer_than_what_a_place_gives(outside, aws, agent, tmp_path, request, made):
    """Each key ends in a minute, which is too soon for the next call."""
    lam, name = outside.client("lambda"), f"lasts-{made}"
    create(lam, name, node("return 1"), Publish=True)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lam.update_function_configuration(FunctionName=name, Description="two")
    aws.role_minutes = agent.minutes = 1
    proxy = Proxy(outside.url)
    done = subprocess.run(
        [CANARY, "deploy", "--function", name, "--alias", "live", "--steps", "50%:7s", "--aws"], text=True,
        capture_output=True, cwd=tmp_path,
        env={**keyless(f"http://0.0.0.0:{proxy.server_port}"), "AWS_ENDPOINT_URL_STS": aws.address,
             **request.getfixturevalue(made)})
    proxy.shutdown()
    proxy.server_close()
    assert done.returncode == 0 and SECRET not in done.stdout + done.stderr, done.stdout + done.stderr
    sent = [headers for path, headers in proxy.seen if path.endswith("invocations?Qualifier=live")]
    keys = [re.search("Credential=([^/]+)/", headers["authorization"]).group(1) for headers in sent]
    assert len(keys) == 70 and len(set(keys)) > 1
