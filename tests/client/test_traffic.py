"""canary traffic: an open-loop load, told apart by version."""
import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
from math import comb

import pytest

from tests.conftest import CANARY, Result, Server, clean_environment
from tests.support.machine import PATIENCE_SECONDS
from tests.support.packages import create, node
from tests.support.stub import Stub
from tests.support.tls import certificate  # noqa: F401 (a fixture)


@pytest.fixture
def stub():
    """A factory of stand-ins that are stopped at the test's end."""
    stubs = []

    def start(*arguments, **settings):
        stubs.append(Stub(*arguments, **settings))
        return stubs[-1]

    yield start
    for running in stubs:
        running.stop()


def command_of(*arguments):
    return [CANARY, "traffic", "--function", "f", "--output", "json", *arguments]


def send(url, *arguments, **environment):
    return Result(subprocess.run(command_of(*arguments), text=True, capture_output=True,
                                 env={**clean_environment(url), **environment}))


def traffic_of(done):
    return done.json["traffic"]


def test_latency_counts_from_when_a_request_was_due(stub, hurried):
    """The first answer takes forty seconds, and only one request may be under way: those that
    became due meanwhile left late, and their latency says so."""
    def answer(number, _body):
        if number == 0 or number >= 40:
            hurried.advance(1 if number else 40)
        return {}
    done = send(stub(answer).url, "--alias", "live", "--rate", "1/s", "--duration", "50s",
                "--concurrency", "1", **hurried.environment)
    traffic = traffic_of(done)
    latency = traffic["versions"][0]["latencyMs"]
    assert traffic["late"] >= 39
    assert latency["max"] >= 40000 and latency["p90"] >= 34000  # one in ten was due in the first five seconds
    assert "left late" in done.err
    assert traffic["sent"] + traffic["unsent"] == 50


def test_on_a_terminal_progress_tells_how_the_alias_splits(stub):
    split = stub(lambda number, body: {"status": 429} if number % 10 == 9
                 else {"version": "2" if number % 4 == 3 else "1"},
                 {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}}})
    ours, theirs = pty.openpty()
    with open(ours, encoding="utf-8") as terminal, subprocess.Popen(
            command_of("--alias", "live", "--rate", "100/s", "--duration", "2s"), stderr=theirs,
            stdout=subprocess.DEVNULL, env=clean_environment(split.url)) as process:
        os.close(theirs)
        text = ""
        with contextlib.suppress(OSError):  # Linux's way to say that the other end is closed
            while line := terminal.readline():
                text += line
        process.wait(60)
    *_, last = re.finditer(r"v1 (\d+) errors 0 p99 [\d.]+ ms  v2 (\d+) = ([\d.]+) % \[([\d.]+), "
                           r"([\d.]+)\] .*?throttled (\d+) failed 0", text)
    old, new, share, low, high, throttled = map(float, last.groups())
    count = int(old + new)
    assert abs(share - 100 * new / count) < 0.06 and throttled > 0

    def tail(p, at_least):  # of a binomial distribution
        return sum(comb(count, k) * p**k * (1 - p)**(count - k) for k in range(at_least, count + 1))
    assert tail(low / 100 - 0.0006, int(new)) < 0.025 < tail(low / 100 + 0.0006, int(new))
    assert tail(high / 100 - 0.0006, int(new) + 1) < 0.975 < tail(high / 100 + 0.0006, int(new) + 1)


def test_what_cannot_be_sent_is_told(stub):
    never = threading.Event()
    slow = stub(lambda number, body: (never.wait(0.3), {})[1])
    done = send(slow.url, "--alias", "live", "--rate", "50/s", "--duration", "1s",
                "--concurrency", "1")
    traffic = traffic_of(done)
    assert traffic["sent"] <= 4 and traffic["sent"] + traffic["unsent"] == 50
    assert f"{traffic['unsent']} were due and never sent" in done.err


def test_throttles_and_failures_are_apart(stub):
    answers = [{}, {"status": 429, "body": b'{"message":"Rate Exceeded."}'},
               {"status": 500, "body": b'{"Message":"it broke"}'}, None]
    done = send(stub(lambda number, body: answers[number % 4]).url, "--alias", "live",
                "--rate", "40/s", "--duration", "1s", "--concurrency", "1", "--unpaced")
    traffic = traffic_of(done)
    # Whoever is hung up on after a kept connection had carried an answer is asked once more.
    assert traffic["answered"] >= 10 and traffic["throttled"] >= 9 and traffic["failed"] >= 9
    assert traffic["answered"] + traffic["throttled"] + traffic["failed"] == 40
    assert done.code == 1
    assert done.json["traffic"]["lastFailure"] in (
        "HTTP 500: it broke",
        "the connection ended before the answer did: Connection reset by peer")


def test_a_kept_connection_that_died_costs_no_request(stub):
    closing = stub(lambda number, body: {"is_closed": True})
    done = send(closing.url, "--alias", "live", "--rate", "100/s", "--duration", "500ms",
                "--concurrency", "2", "--unpaced")
    traffic = traffic_of(done)
    assert (done.code, traffic["answered"], traffic["failed"]) == (0, 50, 0)
    assert closing.connections >= 50


def test_connections_are_used_again(stub):
    quick = stub()
    assert traffic_of(send(quick.url, "--alias", "live", "--rate", "200/s", "--duration", "1s",
                           "--concurrency", "4", "--unpaced"))["answered"] == 200
    # GetAlias, the probing of the address, and one for each request under way.
    assert quick.connections <= 6


def test_a_name_below_localhost_is_this_machine(stub):
    url = stub().url.replace("//localhost", "//lambda.localhost")
    assert "//lambda.localhost:" in url
    done = send(url, "--alias", "live", "--rate", "10/s", "--duration", "1s", "--unpaced")
    assert (done.code, traffic_of(done)["answered"]) == (0, 10), done.err


def refuse_early(listener):
    """Answers each head at once and hangs up, whatever of the body is still to come."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(PATIENCE_SECONDS)
            head = b""
            while b"\r\n\r\n" not in head and (more := connection.recv(1000)):
                head += more
            if not head:
                continue  # whether somebody listens is tried first
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 22\r\n\r\n"
                               b'{"message":"too much"}')


def test_an_answer_before_the_end_of_the_request_counts(tmp_path):
    (tmp_path / "payload").write_text(json.dumps("x" * 6000000))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse_early, args=(listener,), daemon=True).start()
        done = send(f"http://127.0.0.1:{listener.getsockname()[1]}", "--version", "1", "--rate", "10/s",
                    "--duration", "1s", "--concurrency", "1", "--unpaced",
                    "--payload-file", str(tmp_path / "payload"))
        listener.shutdown(socket.SHUT_RDWR)
    assert traffic_of(done)["failed"] == 10 and traffic_of(done)["lastFailure"] == "HTTP 413: too much"


def test_hanging_up_is_a_failure_with_its_reason(stub):
    done = send(stub(lambda number, body: None).url, "--alias", "live", "--rate", "20/s", "--duration", "500ms")
    assert done.code == 1 and traffic_of(done)["failed"] == 10
    assert "the last one: the connection ended" in done.err


def test_lines_are_sent_in_turn_or_at_random(stub, tmp_path):
    lines = tmp_path / "lines"
    lines.write_text('{"n":0}\n\n{"n":1}\r\n{"n":2}')
    arguments = ("--qualifier", "3", "--rate", "60/s", "--duration", "1s", "--concurrency", "1",
                 "--payload-lines", str(lines))
    seen = []
    for more in ((), ("--random", "--seed", "5"), ("--random", "--seed", "5"),
                 ("--random", "--seed", "6")):
        server = stub()
        assert send(server.url, *arguments, "--unpaced", *more).code == 0
        seen.append([json.loads(body)["n"] for body in server.bodies])
    assert seen[0] == [0, 1, 2] * 20
    assert seen[1] == seen[2] != seen[3] and seen[1] != seen[0]
    assert set(seen[1]) == {0, 1, 2}


def test_poisson_arrivals_repeat_with_their_seed(stub):
    def count(seed):
        return traffic_of(send(stub().url, "--alias", "live", "--rate", "200/s", "--duration",
                               "5s", "--arrivals", "poisson", "--unpaced", "--seed", seed))["sent"]
    first = count("1")
    assert first == count("1") != 1000
    assert abs(first - 1000) < 5.2 * 1000 ** 0.5


def test_a_ramp_sends_half_as_much(stub):
    done = send(stub().url, "--alias", "live", "--rate", "100/s", "--duration", "4s", "--ramp",
                "4s", "--unpaced")
    assert traffic_of(done)["sent"] == 200


def test_ctrl_c_ends_with_the_summary(stub):
    server = stub()
    process = subprocess.Popen(command_of("--alias", "live", "--rate", "50/s", "--duration", "10m"),
                               env=clean_environment(server.url), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    server.wait_for(20)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    traffic = json.loads(out)["traffic"]
    assert process.returncode == 0 and traffic["wasStopped"] and "Stopped after" in err
    assert traffic["answered"] + traffic["abandoned"] == traffic["sent"] >= 20


def test_a_generator_that_was_held_up_still_sends_what_was_due(stub, hurried):
    """Its time is over before it comes to the second one: all of it leaves, and its lag is told."""
    def answer(number, _body):
        if number == 0:
            hurried.advance(101)
        return {}
    done = send(stub(answer).url, "--alias", "live", "--rate", "1/s", "--duration", "100s",
                "--concurrency", "100", **hurried.environment)
    traffic = traffic_of(done)
    assert (traffic["sent"], traffic["late"], traffic["unsent"]) == (100, 0, 0)
    assert traffic["lagP99Ms"] > 500 and "This machine is busy" in done.err
    assert traffic["versions"][0]["latencyMs"]["max"] > 500


def test_a_split_that_does_not_fit_is_an_error(stub):
    alias = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}
    done = send(stub(alias=alias).url, "--alias", "live", "--rate", "100/s", "--duration", "1s",
                "--unpaced")
    split = traffic_of(done)["split"]
    assert done.code == 1 and not split["fits"] and split["configured"] == 0.5
    assert split["pValue"] == pytest.approx(2 * 0.5 ** 100, rel=1e-9)
    assert "DOES NOT FIT" in done.err


def test_versions_are_told_apart_with_intervals(lam, server, name):
    create(lam, name, node("return 'v1'"))
    lam.publish_version(FunctionName=name)
    lam.update_function_code(FunctionName=name, **node("throw new Error('x')")["Code"])
    lam.publish_version(FunctionName=name)
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    done = send(server.url, "--function", name, "--alias", "live", "--rate", "400/s",
                "--duration", "1s", "--unpaced")
    traffic = traffic_of(done)
    first, second = traffic["versions"]
    assert (first["version"], second["version"]) == ("1", "2")
    assert first["errors"] == 0 and second["errors"] == second["requests"] > 0
    assert first["requests"] + second["requests"] == traffic["answered"] == 400
    assert traffic["split"]["fits"] and done.code == 0
    # Clopper and Pearson: none of n has the upper end 1 - 0.025^(1/n).
    assert first["errorRate"] == {"value": 0, "low": 0, "high": pytest.approx(
        1 - 0.025 ** (1 / first["requests"]), rel=1e-9)}
    assert second["errorRate"]["low"] == pytest.approx(0.025 ** (1 / second["requests"]), rel=1e-9)


def test_cold_starts_are_counted(lam, server, name):
    create(lam, name, node("return 1"))
    one = send(server.url, "--function", name, "--qualifier", "$LATEST", "--rate", "10/s",
               "--duration", "1s", "--concurrency", "1", "--unpaced", "--cold-starts")
    assert [v["coldStarts"] for v in traffic_of(one)["versions"]] == [1]
    assert "Cold starts of version $LATEST: 1." in one.err
    unasked = send(server.url, "--function", name, "--qualifier", "$LATEST", "--rate", "10/s",
                   "--duration", "1s", "--unpaced")
    assert "coldStarts" not in traffic_of(unasked)["versions"][0] and "Cold starts" not in unasked.err


def test_the_server_accepts_every_signature(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")
    lines = tmp_path / "lines"
    lines.write_text("".join(f'{{"n":{n}}}\n' for n in range(50)))
    running = Server("--credentials", str(keys))
    try:
        create(running.client("lambda"), "f", node("return event.n"))
        done = send(running.url, "--qualifier", "$LATEST", "--rate", "100/s", "--duration", "1s",
                    "--unpaced", "--concurrency", "4", "--payload-lines", str(lines))
        wrong = send(running.url, "--qualifier", "$LATEST", "--rate", "10/s", "--duration", "1s",
                     "--unpaced", AWS_SECRET_ACCESS_KEY="wrong")
    finally:
        running.stop()
    assert (done.code, traffic_of(done)["answered"]) == (0, 100), done.err
    assert traffic_of(wrong)["failed"] == 10 and "signature" in traffic_of(wrong)["lastFailure"]


def test_tls_is_spoken_and_certificates_are_verified(stub, certificate, tmp_path):
    server = stub(certificate=certificate)
    arguments = ("--qualifier", "1", "--rate", "50/s", "--duration", "1s", "--concurrency", "2",
                 "--unpaced")
    done = send(server.url, *arguments, AWS_CA_BUNDLE=certificate[0])
    assert (done.code, traffic_of(done)["answered"]) == (0, 50), done.err
    assert all("Credential=test/" in head["authorization"] for head in server.heads)
    assert server.connections <= 2
    aliased = send(server.url, "--alias", "live", *arguments[2:], AWS_CA_BUNDLE=certificate[0])
    assert aliased.code == 0, aliased.err
    config = tmp_path / "config"
    config.write_text(f"[default]\nca_bundle = {certificate[0]}\n")
    told = send(server.url, *arguments, AWS_CONFIG_FILE=str(config))
    assert (told.code, traffic_of(told)["answered"]) == (0, 50), told.err
    stranger = send(server.url, *arguments)
    assert stranger.code == 1 and traffic_of(stranger)["failed"] == 50
    assert "certificate" in traffic_of(stranger)["lastFailure"]


@pytest.mark.parametrize("arguments, word", [
    ((), "one of --alias, --version and --qualifier"),
    (("--alias", "a", "--qualifier", "1"), "one of --alias, --version and --qualifier"),
    (("--alias", "a", "--arrivals", "bursts"), "constant or poisson"),
    (("--alias", "a", "--concurrency", "0"), "1 to 10000"),
    (("--alias", "a", "--payload", "{x"), "--payload: '{x' is not JSON"),
    (("--alias", "a", "--payload-lines", "/nowhere/lines"), "/nowhere/lines"),
])
def test_bad_usage_is_told(stub, arguments, word):
    done = send(stub().url, *arguments)
    assert done.code == 2 and word in done.err


def test_people_get_a_line_now_and_then_and_a_table(stub):
    command = [argument for argument in command_of("--alias", "live", "--rate", "50/s",
                                                   "--duration", "1s", "--concurrency", "50")
               if argument not in ("--output", "json")]
    done = Result(subprocess.run(command, text=True, capture_output=True,
                                 env=clean_environment(stub().url)))
    lines = done.out.splitlines()
    assert lines[0].startswith("Sent 50 requests in ")
    assert lines[1].split() == ["version", "requests", "share", "errors", "error", "rate"]
    assert lines[2].split()[:2] == ["1", "50"]
    assert lines[3].split()[0] == "latency" and "p99 ms" in lines[3]
    assert len(lines[4].split()) == 5 and max(map(len, lines[:5])) < 80, "wider than a terminal"
    assert "left" in done.err and "\x1b" not in done.out + done.err
