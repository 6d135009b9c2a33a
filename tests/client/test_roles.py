"""Profiles that take a role: canary asks STS for it, as the AWS CLI does."""
import signal
import subprocess
import threading

import pytest

from tests.client.test_credentials import status, stub  # noqa: F401 (fixtures)
from tests.conftest import CANARY, clean_environment
from tests.support.machine import PATIENCE_SECONDS
from tests.support.proxy import Proxy
from tests.support.rollouts import alias_of

ROLE = "arn:aws:iam::210987654321:role/deployer"
PROFILE = f"[profile p]\nrole_arn = {ROLE}\n"
BASE = "[profile base]\naws_access_key_id = K\naws_secret_access_key = S\n"


def test_a_role_is_asked_for_with_the_keys_of_another_profile(stub, status):
    done = status(PROFILE + "source_profile = base\nrole_session_name = me\nexternal_id = a+b\n"
                  "duration_seconds = 900\n" + BASE)
    assert done.returncode == 0, done.stderr
    assert stub.asked[0] == {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE,
                             "RoleSessionName": "me", "ExternalId": "a+b", "DurationSeconds": "900"}
    assert stub.keys()[:2] == ["K", "ASIAROLE1"]
    assert stub.seen[1][1]["x-amz-security-token"] == "t"


def test_it_is_asked_for_again_before_it_expires(stub, status):
    stub.role_minutes = 1
    done = status(PROFILE + "source_profile = base\n" + BASE)
    assert done.returncode == 0, done.stderr
    assert len(stub.asked) > 1 and "ASIAROLE2" in stub.keys()
    assert {asked["RoleSessionName"].split("-")[0] for asked in stub.asked} == {"canary"}


def test_it_is_asked_for_again_at_the_endpoint_that_was_named(stub, tmp_path):
    """And not at AWS, whose keys they are not."""
    stub.role_minutes = 1
    config = tmp_path / "config"
    config.write_text(PROFILE + "source_profile = base\n" + BASE)
    environment = {k: v for k, v in clean_environment("").items()
                   if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(
        [CANARY, "status", "--function", "f", "--alias", "a", "--profile", "p", "--endpoint-url", stub.url],
        text=True, capture_output=True, env={**environment, "AWS_CONFIG_FILE": str(config)})
    assert done.returncode == 0, done.stderr
    assert len(stub.asked) > 1 and "ASIAROLE2" in stub.keys()


@pytest.mark.parametrize("minutes", [1, 60])
def test_a_role_may_be_taken_with_another_roles_keys(stub, status, minutes):
    stub.role_minutes = minutes
    done = status(PROFILE + "source_profile = middle\n[profile middle]\nsource_profile = base\n"
                  "role_arn = arn:aws:iam::123456789012:role/middle\n" + BASE)
    assert done.returncode == 0, done.stderr
    assert stub.keys()[:2] == ["K", "ASIAROLE1"]
    assert [asked["RoleArn"].split("/")[1] for asked in stub.asked[:2]] == ["middle", "deployer"]


def test_a_role_may_be_taken_with_the_keys_of_the_environment(stub, status):
    done = status(PROFILE + "credential_source = Environment\n", AWS_ACCESS_KEY_ID="E",
                  AWS_SECRET_ACCESS_KEY="S")
    assert (done.returncode, stub.keys()[:2]) == (0, ["E", "ASIAROLE1"]), done.stderr


@pytest.mark.parametrize("config, words", [
    (PROFILE, "'p' takes a role (role_arn), but does not say with whose keys"),
    (PROFILE + "source_profile = nobody\n", "the keys of profile 'nobody', which has none"),
    (PROFILE + "source_profile = p\n", "profile 'p' takes a role with the keys of its own role"),
    (PROFILE + "credential_source = Environment\n", "with the keys of the environment: set"),
    (PROFILE + "source_profile = q\n[profile q]\nsource_profile = base\nmfa_serial = m\n"
     f"role_arn = {ROLE}\n" + BASE, "profile 'q' takes a role with a code that changes"),
])
def test_what_lacks_for_a_role_is_said(stub, status, config, words):
    done = status(config)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert not stub.seen


def test_an_answer_without_credentials_is_said(stub, status):
    stub.assume_role = lambda: b"<AssumeRoleResponse/>"
    done = status(PROFILE + "source_profile = base\n" + BASE)
    assert f"cannot assume {ROLE}: STS answers without credentials" in done.stderr


def test_a_role_that_is_throttled_is_not_waited_for(stub, status):
    """It is asked for in the midst of a step, too, where nobody would be heard meanwhile."""
    stub.role_status = 429
    done = status(PROFILE + "source_profile = base\n" + BASE)
    assert done.returncode == 2 and f"cannot assume {ROLE}: HTTP status 429" in done.stderr, done.stderr
    assert len(stub.asked) == 5


@pytest.fixture
def deploy_as_role(stub, terminal, tmp_path):
    """canary deploy as a role whose keys are to be renewed at once."""
    def start(**environment):
        stub.role_minutes = 1
        config = tmp_path / "config"
        config.write_text(PROFILE + "source_profile = base\n" + BASE)
        return terminal("deploy", "--profile", "p", AWS_CONFIG_FILE=str(config), AWS_ENDPOINT_URL_STS=stub.url,
                        **environment)
    return start


@pytest.fixture
def silence(stub):
    """STS gives keys until it is told to be silent; then its questions wait."""
    class Silence:
        begins, asked, ends = threading.Event(), threading.Event(), threading.Event()

    answer = stub.assume_role

    def assume_role():
        if Silence.begins.is_set():
            Silence.asked.set()
            Silence.ends.wait(2 * PATIENCE_SECONDS)
        return answer()

    stub.assume_role = assume_role
    yield Silence
    Silence.ends.set()


def test_ctrl_c_is_heard_while_sts_is_silent(lam, deployed, plan_file, deploy_as_role, silence):
    plan_file(healthChecks=0)
    first = deploy_as_role()
    first.wait_for("Sending")
    silence.begins.set()
    assert silence.asked.wait(PATIENCE_SECONDS)
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 3, first.seen + first.err
    assert alias_of(lam, deployed) == ("1", None)


class Beginning(Proxy):
    """The first request by the alias begins it."""

    def __init__(self, url, event):
        super().__init__(url)
        self.event = event

    def before(self, request):
        if "/invocations?Qualifier=live" in request:
            self.event.set()


def test_a_step_is_not_held_up_by_an_sts_that_is_silent(lam, server, deployed, plan_file, deploy_as_role, silence):
    """The keys that it had are good for a while."""
    plan_file(healthChecks=0, checks=[], strategy={"canary": {"weight": "50%", "for": "3s"}})
    between = Beginning(server.url, silence.begins)
    first = deploy_as_role(AWS_ENDPOINT_URL=between.url)
    assert first.end() == 0, first.seen + first.err
    between.shutdown()
    between.server_close()
    assert silence.asked.is_set() and alias_of(lam, deployed) == ("2", None)


def test_ctrl_c_ends_the_wait_for_the_first_keys(stub, status, silence, tmp_path, terminal):
    silence.begins.set()
    config = tmp_path / "config"
    config.write_text(PROFILE + "source_profile = base\n" + BASE)
    first = terminal("status", "--function", "f", "--alias", "a", "--profile", "p", AWS_CONFIG_FILE=str(config),
                     AWS_ENDPOINT_URL=stub.url)
    assert silence.asked.wait(PATIENCE_SECONDS)
    first.process.send_signal(signal.SIGINT)
    assert first.end() == 2 and f"cannot assume {ROLE}: it was interrupted" in first.err, first.err


def test_with_a_role_canary_is_in_the_roles_account(start_server, tmp_path):
    """And what AWS says of a role that may not be had, reaches the user."""
    keys = tmp_path / "keys"
    keys.write_text("[default]\naws_access_key_id = K\naws_secret_access_key = S\n")
    server = start_server("--credentials", str(keys))
    config = tmp_path / "config"
    environment = {k: v for k, v in clean_environment(server.url).items()
                   if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

    def run(role, secret):
        config.write_text(f"[profile p]\nrole_arn = {role}\nsource_profile = base\n"
                          f"[profile base]\naws_access_key_id = K\naws_secret_access_key = {secret}\n")
        return subprocess.run(
            [CANARY, "status", "--function", "f", "--alias", "a", "--profile", "p"], text=True,
            capture_output=True, env={**environment, "AWS_CONFIG_FILE": str(config)})

    assert "lambda:us-east-1:210987654321:function:f" in run(ROLE, "S").stderr
    assert f"cannot assume {ROLE}: SignatureDoesNotMatch: " in run(ROLE, "wrong").stderr
    assert "ValidationError: Request ARN is invalid" in run(ROLE.replace("role", "user"), "S").stderr
