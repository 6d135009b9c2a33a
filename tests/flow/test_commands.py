"""coalmine's commands as a shell sees them."""
import os
import signal
import subprocess

import pytest

from tests.conftest import CANARY, COALMINE, STOP_SECONDS


def run(*arguments, **environment):
    return subprocess.run([COALMINE, *arguments], text=True, capture_output=True, timeout=STOP_SECONDS,
                          env={**os.environ, **environment})


def test_help_lists_every_option_row():
    text = run("serve", "--help").stdout
    for option in ("--port", "--data-dir", "--ephemeral", "--seed", "--workshop", "--strict"):
        assert option in text
    assert run("--help").returncode == 0 and run().returncode == 2
    assert run("serve", "--no-such").returncode == 2
    assert run("serve", "--port", "x").returncode == 2


@pytest.mark.parametrize("command", ["serve", "env", "runtimes", "operations"])
def test_what_is_no_option_is_refused(command):
    done = run(command, "http://127.0.0.1:4567")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"coalmine {command}: 'http://127.0.0.1:4567' is not an option "
                           "(see --help)\n")
    shown = run(command, "--help")
    assert shown.returncode == 0 and shown.stdout.startswith(f"coalmine {command}: ")
    assert "\n\nUsage: " in shown.stdout


@pytest.mark.parametrize("program", (COALMINE, CANARY))
def test_help_is_found_by_the_names_that_people_try(program):
    def out(*arguments):
        done = subprocess.run([program, *arguments], text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, ""), (arguments, done)
        return done.stdout

    assert out("-h") == out("help") == out("--help") == out("help", "--help")
    assert out("-V") == out("--version")
    commands = [line.split()[0] for line in out("--help").splitlines() if line.startswith("  ")]
    assert len(commands) > 5
    for command in commands:
        assert out(command, "-h") == out("help", command) == out(command, "--help")
        assert out(command, "-h").startswith(f"{os.path.basename(program)} {command}: ")
    typo = subprocess.run([program, "help", "no-such"], text=True, capture_output=True)
    assert typo.returncode == 2 and "there is no command 'no-such'" in typo.stderr


def test_help_is_given_among_other_options():
    assert "--weight SHARE" in subprocess.run([CANARY, "deploy", "--function", "f", "-h"], text=True,
                                              capture_output=True, check=True).stdout


@pytest.mark.parametrize("program, arguments", [
    (COALMINE, ["operations"]), (COALMINE, ["env"]), (COALMINE, ["manual"]), (COALMINE, ["--version"]),
    (CANARY, ["schema"]), (CANARY, ["completion", "bash"]), (CANARY, ["deploy", "--help"])])
def test_a_full_disk_is_no_success(program, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, f"{program.rsplit('/', 1)[1]}: cannot write to standard "
                                                 "output: No space left on device\n")


@pytest.mark.parametrize("arguments", [["operations"], ["--help"]])
def test_a_reader_that_has_seen_enough_is_no_failure(arguments):
    with subprocess.Popen([COALMINE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait(STOP_SECONDS)) == (b"", 0)


def test_runtimes_shows_the_mapping():
    lines = run("runtimes").stdout.splitlines()
    assert any(line.startswith("nodejs22.x") and "/node" in line for line in lines)
    assert any(line.startswith("python3.12") and "/python3" in line for line in lines)
    assert any(line.startswith("nodejs26.x") and "/node" in line for line in lines)


def test_a_port_in_use_is_said(start_server):
    server = start_server()
    done = run("serve", "--ephemeral", "--port", str(server.port))
    assert done.returncode == 1 and "cannot listen on 127.0.0.1" in done.stderr
    assert "--port N takes another" in done.stderr


def test_an_address_of_another_machine_is_told(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    done = run("serve", "--port", "0", "--ephemeral", "--listen", "192.0.2.1",
               "--credentials", str(keys))
    assert done.returncode == 1 and "--listen must be an address of this machine" in done.stderr


@pytest.mark.parametrize("command, option, value", (
    ("serve", "port", "70000"), ("serve", "listen", "localhost"), ("serve", "data-dir", ""),
    ("serve", "region", "x y"), ("env", "region", "x'y"), ("serve", "seed", "-2"),
    ("serve", "max-processes", "-1"), ("serve", "concurrency", "-1"),
    ("serve", "max-processes", "2147483648"), ("serve", "concurrency", "2147483648"),
    ("serve", "allow-host", "coalmine:4566"), ("serve", "allow-host", "http://coalmine"),
    ("serve", "allow-host", "a, b"), ("serve", "allow-host", "*"),
    ("serve", "clock", "tomorrow"), ("serve", "allow-origin", "localhost:3000"),
    ("serve", "allow-origin", "http://"),
    ("serve", "allow-origin", "http://a.test,http://localhost:3000/"), ("env", "port", "0")))
def test_a_value_that_cannot_be_is_bad_usage(command, option, value):
    done = run(command, f"--{option}", value)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--{option} " in done.stderr and done.stderr.count("\n") == 1


def test_origins_that_browsers_send_are_taken(start_server):
    start_server("--allow-origin", "http://localhost:3000,https://[::1]:8443,null,*")


@pytest.mark.parametrize("command, options", (
    ("exec", {"data-dir", "ephemeral", "workshop", "seed", "clock"}), ("env", {"port", "region"})))
def test_help_lists_what_the_command_takes(command, options):
    text = run(command, "--help").stdout
    listed = {line.split()[0][2:] for line in text.splitlines() if line.startswith("  --")}
    assert options <= listed
    assert not listed & ({"listen", "credentials"} | ({"port"} if command == "exec" else set()))


def test_a_wrong_variable_is_named_and_help_is_given_all_the_same():
    done = run("serve", COALMINE_PORT="abc")
    assert done.returncode == 2 and "COALMINE_PORT: 'abc' is not a whole number" in done.stderr
    assert "--port N" in run("serve", "--help", COALMINE_PORT="abc").stdout


def test_exec_wants_its_command_behind_dashes():
    done = run("exec", "true")
    assert done.returncode == 2 and "the command must stand behind --" in done.stderr


@pytest.mark.parametrize("arguments, sentence", [
    ((), "which function?"), (("--", "node"), "which function?"), (("f", "--"), "there is no command behind --"),
    (("f", "node", "x.js"), "the command must stand behind --")])
def test_attach_says_what_is_missing(arguments, sentence):
    done = run("attach", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"coalmine attach: {sentence}\n\nUsage: coalmine attach FUNCTION")


def test_an_option_without_its_value_says_which_it_takes():
    done = subprocess.run([CANARY, "deploy", "--weight"], text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (2, "canary: --weight needs a value, SHARE (see --help)\n")
    assert "--port needs a value, a whole number" in run("serve", "--port").stderr


def test_a_directory_that_is_not_ones_own_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for wrong, reason in ((tmp_path / "file" / "state", "Not a directory"),
                          (tmp_path / "file", "Not a directory")):
        done = run("serve", "--port", "0", "--data-dir", str(wrong))
        assert done.returncode == 1 and reason in done.stderr and str(wrong) in done.stderr


@pytest.mark.parametrize("arguments", (
    (COALMINE, "runtimes"), (COALMINE, "operations"), (COALMINE, "env"), (COALMINE, "--help"),
    (COALMINE, "serve", "--help"), (COALMINE, "completion", "bash"), (CANARY, "--help"),
    (CANARY, "deploy", "--help"), (CANARY, "schema")))
def test_what_could_not_be_printed_is_a_failure(arguments):
    program = arguments[0].rsplit("/", 1)[-1]
    with open("/dev/full", "w") as full:
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == (f"{program}: cannot write to standard output: "
                           "No space left on device\n")


def test_a_reader_that_has_seen_enough_is_told_nothing(tmp_path):
    """Neither by what is written at the end nor by what is written line by line."""
    reader, writer = os.pipe()
    os.close(reader)
    for arguments in ((COALMINE, "operations"), (CANARY, "history", "--state-dir", str(tmp_path))):
        done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    os.close(writer)


def blocks(process, number):
    """Has the server come so far that the signal stops it in an orderly way?"""
    with open(f"/proc/{process.pid}/status") as status:
        blocked = next(line for line in status if line.startswith("SigBlk"))
    return int(blocked.split()[1], 16) >> (number - 1) & 1


def test_a_server_needs_no_standard_streams():
    """Nothing of its own gets the number of one that is closed."""
    with subprocess.Popen(["bash", "-c", f"exec {COALMINE} serve --ephemeral --port 0 <&- >&-"],
                          stderr=subprocess.PIPE, text=True) as process:
        while not blocks(process, signal.SIGTERM):
            assert process.poll() is None, process.stderr.read()
        streams = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in (0, 1)]
        process.terminate()
        assert (process.wait(STOP_SECONDS), streams) == (0, ["/dev/null"] * 2)


def test_who_says_where_to_keep_and_to_keep_nothing_is_told_which_it_is(start_server, tmp_path):
    server = start_server("--data-dir", str(tmp_path / "data"))  # and --ephemeral
    assert f"--ephemeral keeps nothing: {tmp_path}/data is left as it is" in server.read_log()
    assert not (tmp_path / "data").exists()
