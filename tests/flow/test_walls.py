"""What a hostile function can reach (docs/security.md): probed from inside one."""
import errno
import json
import os
import shutil
import subprocess

import pytest

from tests.support.packages import create, python, zip_of

PROBE = """
import ctypes, errno, json, os, signal

def attempt(function, *arguments):
    try:
        value = function(*arguments)
        return 'done' if value is None else str(value)[:200]
    except OSError as error:
        return errno.errorcode[error.errno]

def write(path):
    with open(path, 'w') as file:
        file.write('x')

def read(path):
    with open(path, 'rb') as file:
        return file.read(100)

def open_to_write(path):
    os.close(os.open(path, os.O_WRONLY))

def become_root_of_a_namespace():
    # In a child, so that the process itself stays where it is.
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x10000000) != 0:
            os._exit(ctypes.get_errno())
        try:
            with open('/proc/self/uid_map', 'w') as file:
                file.write(f'0 {os.getuid()} 1')
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        raise OSError(status, 'user namespace')

def mount():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0:
        raise OSError(ctypes.get_errno(), 'mount')

def unshare():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000) != 0:
        raise OSError(ctypes.get_errno(), 'unshare')

def handler(event, context):
    return {
        'reads': {path: attempt(read, path) for path in event.get('reads', [])},
        'lists': {path: attempt(os.listdir, path) for path in event.get('lists', [])},
        'writes': {path: attempt(write, path) for path in event.get('writes', [])},
        'opens': {path: attempt(open_to_write, path) for path in event.get('opens', [])},
        'kills': {pid: attempt(os.kill, pid, signal.SIGKILL) for pid in event.get('kills', [])},
        'mount': attempt(mount), 'unshare': attempt(unshare),
        'user namespace': attempt(become_root_of_a_namespace),
        'processes': [int(name) for name in os.listdir('/proc') if name.isdigit()],
        'descriptors': sorted(int(name) for name in os.listdir('/proc/self/fd')),
        'environment': dict(os.environ), 'root': sorted(os.listdir('/')),
        'devices': sorted(os.listdir('/dev')),
        'privileges': [line for line in open('/proc/self/status')
                       if line.startswith(('NoNewPrivs', 'CapEff'))],
    }
"""
HOSTILE = {"Runtime": "python3.12", "Handler": "app.handler",
           "Code": {"ZipFile": zip_of({"app.py": PROBE})}}


def bubblewrap_works():
    path = shutil.which("bwrap")
    return path and subprocess.run([path, "--ro-bind", "/", "/", "--unshare-pid", "true"],
                                   capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not bubblewrap_works(), reason="bubblewrap does not work here")


@pytest.fixture(scope="module")
def walled(tmp_path_factory):
    """A server with a secret in its environment, a victim, and what the hostile function says."""
    from tests.conftest import Server
    os.environ["COALMINE_TEST_SECRET"] = "the developer's own"
    directory = tmp_path_factory.mktemp("walls") / "data"
    server = Server("--data-dir", str(directory), ephemeral=False)
    del os.environ["COALMINE_TEST_SECRET"]
    server.directory = directory
    server.lam = server.client("lambda")
    create(server.lam, "victim", python("open('/tmp/secret', 'w').write('s'); return 'well'"))
    create(server.lam, "hostile", HOSTILE)
    server.lam.invoke(FunctionName="victim")["Payload"].read()
    yield server
    assert server.stop() == 0, server.read_log()


def probe(walled, **event):
    answer = walled.lam.invoke(FunctionName="hostile", Payload=json.dumps(event))
    result = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result


def test_the_servers_files_are_not_there(walled):
    directory = walled.directory
    paths = [directory / "coalmine.db", *directory.glob("journal-*"),
             *directory.glob("code/*/package.zip"), *directory.glob("code/*/files/app.py")]
    homes = [directory / "code", directory / "sandboxes", *directory.glob("sandboxes/*")]
    assert len(paths) >= 6 and len(homes) >= 4, "they are where this test looks for them"
    result = probe(walled, reads=[str(path) for path in paths],
                   lists=[str(directory), *map(str, homes), "/root", "/home"])
    assert set(result["reads"].values()) == {"ENOENT"}
    assert set(result["lists"].values()) == {"ENOENT"}


def test_the_machines_secrets_are_not_there(walled):
    result = probe(walled, reads=["/etc/shadow", "/etc/ssh/sshd_config", "/root/.aws/credentials",
                                  "/root/.bash_history", "/var/log/dpkg.log", "/boot", "/sys"])
    assert set(result["reads"].values()) == {"ENOENT"}
    assert not {"home", "root", "mnt", "media", "srv", "sys", "boot"} & set(result["root"])


def test_nothing_but_tmp_can_be_written(walled):
    result = probe(walled, writes=["/var/task/app.py", "/var/task/new", "/var/runtime/new",
                                   "/usr/bin/new", "/etc/hosts", "/new", "/opt/new", "/dev/new",
                                   "/dev/shm/new", "/tmp/new", "/dev/null"])
    assert result["writes"].pop("/dev/null") == "done"
    assert result["writes"].pop("/tmp/new") == "done"
    assert set(result["writes"].values()) == {"EROFS"}


def test_processes_share_no_memory_by_name_as_on_lambda(walled):
    """/dev/shm: multiprocessing's locks need it, its pipes do not."""
    create(walled.lam, "sharing", python("""
    import multiprocessing
    try:
        multiprocessing.Lock()
    except OSError as error:
        failure = error.errno
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=there.send, args=('well',))
    child.start()
    child.join()
    return [failure, here.recv()]"""))
    answer = walled.lam.invoke(FunctionName="sharing")
    assert json.loads(answer["Payload"].read()) == [errno.EROFS, "well"]


def test_the_kernels_settings_cannot_be_changed(walled):
    """Opened only: what could be written would be this machine's."""
    settings = ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/self/uid_map"]
    assert set(probe(walled, opens=settings)["opens"].values()) <= {"EROFS", "EACCES"}


def test_other_processes_are_neither_seen_nor_reached(walled):
    result = probe(walled, kills=[walled.process.pid], reads=[
        f"/proc/{walled.process.pid}/environ", f"/proc/{walled.process.pid}/maps"])
    assert set(result["kills"].values()) == {"ESRCH"}
    assert set(result["reads"].values()) == {"ENOENT"}
    assert len(result["processes"]) <= 3 and max(result["processes"]) < 100
    assert walled.process.poll() is None


def test_the_servers_environment_stays_outside(walled):
    environment = probe(walled)["environment"]
    assert "COALMINE_TEST_SECRET" not in environment
    assert "the developer's own" not in json.dumps(environment)


def test_no_descriptor_is_inherited(walled):
    """stdin, the log twice, and the two pipes; one more lists the directory."""
    assert len(probe(walled)["descriptors"]) <= 6
    assert max(probe(walled)["descriptors"]) <= 5


def test_no_privilege_is_held_or_won(walled):
    result = probe(walled)
    assert result["mount"] == "EPERM"
    assert result["unshare"] == "EPERM"
    assert result["user namespace"] in ("EROFS", "EPERM", "ENOSPC")
    privileges = dict(line.split() for line in result["privileges"])
    assert privileges["NoNewPrivs:"] == "1"
    assert int(privileges["CapEff:"], 16) == 0
    assert set(result["devices"]) == {"core", "fd", "full", "null", "random", "shm", "stderr", "stdin",
                                      "stdout", "tty", "urandom", "zero"}


def test_there_are_no_terminals_as_on_lambda(walled):
    create(walled.lam, "typing", python("""
    import pty
    try:
        pty.openpty()
    except OSError as error:
        return str(error)"""))
    assert walled.lam.invoke(FunctionName="typing")["Payload"].read() == b'"out of pty devices"'


def test_environments_do_not_share_tmp(walled):
    result = probe(walled, reads=["/tmp/secret"])
    assert result["reads"] == {"/tmp/secret": "ENOENT"}
    assert walled.lam.invoke(FunctionName="victim")["Payload"].read() == b'"well"'


@pytest.mark.parametrize("prefix", ["", ".local"])
def test_an_interpreter_in_the_home_does_not_bring_the_home(tmp_path, start_server, prefix):
    """As `N_PREFIX=$HOME n 22` and the like put it there."""
    home, version = tmp_path / "home", "python3.15"
    (home / prefix / "bin").mkdir(parents=True)
    (home / prefix / "share").mkdir()
    shutil.copy(os.path.realpath("/usr/bin/python3"), home / prefix / "bin" / version)
    server = start_server(environment={"HOME": str(home),
                                       "PATH": f"{home / prefix / 'bin'}:{os.environ['PATH']}"})
    lam = server.client("lambda")
    create(lam, "f", {**HOSTILE, "Runtime": version})
    shown = [str(home), str(home / prefix), str(home / prefix / "share")]
    answer = lam.invoke(FunctionName="f", Payload=json.dumps({"lists": shown}))
    lists = json.loads(answer["Payload"].read())["lists"]
    assert lists[shown[0]] == str([prefix or "bin"]) and lists[shown[1]] == "['bin']", lists
    assert lists[shown[2]] == "ENOENT"
