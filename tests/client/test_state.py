"""Where deployments are kept: a disk that is full, what killed clients leave, a clock for one."""
import errno
import json
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CANARY, clean_environment
from tests.support.faults import Faults, preload
from tests.support.packages import create, node
from tests.support.rollouts import alias_of, state_of


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A folder of this test's own for all that canary keeps."""
    monkeypatch.setattr("tests.conftest.STATE.name", str(tmp_path / "state"))
    return tmp_path / "state" / "canary"


@pytest.mark.parametrize("verb", ["rollback", "resume"])
def test_a_disk_that_stays_full_is_not_called_somebody_else(lam, deployed, canary, terminal, plan_file, tmp_path,
                                                            state, verb):
    """The weights were taken back, and nothing could be written of that."""
    faults = Faults(tmp_path / "control")
    plan_file(strategy={"canary": {"weight": "50%", "for": "1h"}})
    first = terminal("deploy", LD_PRELOAD=preload(CANARY), FAULT_DIRECTORY=str(state),
                     FAULT_CONTROL=str(tmp_path / "control"))
    first.wait_for("Sending")
    faults.set("write", errno.ENOSPC)
    assert first.end() == 1 and "No space left on device" in first.err
    assert alias_of(lam, deployed) == ("1", None)
    faults.set("write", 0)
    assert "CLIENT IS GONE" in canary("status").out
    done = canary(verb)
    assert done.code == 3, done.out + done.err
    assert "all traffic goes to the old version already" in done.out
    assert "changed it" not in done.out + done.err
    assert (state_of(canary, deployed)["status"], alias_of(lam, deployed)) == (
        "rolled back", ("1", None))


def test_of_one_second_the_tenth_deployment_is_behind_the_ninth(deployed, canary, state):
    assert canary("deploy", "--function", deployed, "--alias", "live").code == 0
    [first] = state.glob("*-live")
    for number in (10, 9):
        copy = Path(shutil.copytree(first, f"{first}-{number}"))
        facts = json.loads((copy / "deployment.json").read_text())
        (copy / "deployment.json").write_text(json.dumps({**facts, "id": copy.name}))
    rows = canary("history", "--output", "json").json["deployments"]
    assert [row["id"] for row in rows] == [first.name + end for end in ("", "-9", "-10")]
    assert state_of(canary, deployed)["id"] == first.name + "-10"


def test_after_a_full_disk_the_next_deploy_deploys(lam, deployed, canary, terminal, plan_file, tmp_path, state):
    """The weights are back, so there is nothing to take up; what became of it is told."""
    faults = Faults(tmp_path / "control")
    plan_file(strategy={"canary": {"weight": "50%", "for": "10m"}})
    first = terminal("deploy", LD_PRELOAD=preload(CANARY), FAULT_DIRECTORY=str(state),
                     FAULT_CONTROL=str(tmp_path / "control"))
    first.wait_for("Sending")
    faults.set("write", errno.ENOSPC)
    assert first.end() == 1 and "No space left on device" in first.err
    faults.set("write", 0)
    done = canary("deploy", "--fast")
    assert done.code == 0, done.out + done.err
    assert "is over: all traffic goes to the old version already" in done.out
    assert alias_of(lam, deployed) == ("2", None)


def test_a_dead_clients_work_is_taken_up_from_any_directory(lam, deployed, canary, terminal, plan_file, tmp_path):
    """What its plan names is found where it was begun."""
    (tmp_path / "payload.json").write_text('{"a": 1}')
    (tmp_path / "check.sh").write_text("test -f payload.json\n")
    (tmp_path / "elsewhere").mkdir()
    plan_file(strategy={"canary": {"weight": "50%", "for": "3s"}}, checks=[],
              traffic={"generate": {"payloadFile": "payload.json"}},
              hooks={"after": [{"command": "sh ./check.sh"}]})
    first = terminal("deploy", "--state-dir", "kept")
    first.wait_for("Sending")
    first.process.kill()
    first.end()
    done = canary("resume", "--function", deployed, "--alias", "live", "--state-dir", "../kept",
                  cwd=tmp_path / "elsewhere")
    assert done.code == 0, done.out + done.err
    assert alias_of(lam, deployed) == ("2", None)


@pytest.mark.parametrize("verb", ["report", "analyze"])
def test_of_several_the_latest_of_an_alias_is_to_be_had(lam, name, deployed, canary, state, verb):
    create(lam, name + "-2", node("return 'v1'"))
    for function in (deployed, name + "-2"):
        canary("deploy", "--function", function, "--alias", "live", "--strategy", "AllAtOnce")
    for function in (deployed, name + "-2"):
        assert f"{function}:live" in canary(verb, "--function", function, "--alias", "live").out
    none = canary(verb, "--function", deployed, "--alias", "other")
    assert none.code != 0 and f"there is no deployment of {deployed}:other" in none.err


def test_what_killed_clients_left_is_removed(deployed, canary, package, state):
    """Those that were killed before deployment.json was there; nothing else, and not at once."""
    def leave(name, age, **files):
        folder = state / name
        (folder / "control").mkdir(parents=True)
        for file, text in {"record.jsonl": "{}", "lock": "1", **files}.items():
            (folder / file).write_text(text)
        long_ago = os.stat(folder).st_mtime - age
        os.utime(folder, (long_ago, long_ago))
        return name

    leave("20260101T000000Z-f-live", 2 * 3600)
    kept = {leave("20260101T000000Z-f-live-2", 60),
            leave("20260101T000000Z-f-live-3", 2 * 3600, **{"deployment.json": "damaged"}),
            leave("notes", 2 * 3600), "aliases"}
    assert canary("deploy", "--function", deployed, "--alias", "live", "--package", package(),
                  "--strategy", "AllAtOnce").code == 0
    assert {name for name in os.listdir(state) if deployed not in name} == kept


@pytest.mark.parametrize("home", [None, ""])
def test_without_home_the_state_is_where_the_user_lives(server, tmp_path, home):
    """Not in /tmp, where whoever comes first owns it, and reads what is deployed."""
    environment = {key: value for key, value in clean_environment(server.url).items()
                   if key not in ("HOME", "XDG_STATE_HOME")}
    if home is not None:
        environment["HOME"] = home
    done = subprocess.run([CANARY, "report", "no-such-id"], text=True, capture_output=True, env=environment, cwd=tmp_path)
    assert done.returncode != 0 and f" in {pwd.getpwuid(os.getuid()).pw_dir}/.local/state/canary" in done.stderr


def test_a_clock_is_turned_by_one_at_a_time(lam, name, deployed, canary, terminal, plan_file):
    """Each would skip half of the other's time, and send half of its requests."""
    plan_file(strategy={"steps": [{"weight": "50%", "for": "1m"}, {"approve": True}]})
    create(lam, name + "-2", node("return 'v1'"), Publish=True)
    other = ["deploy", "--function", name + "-2", "--alias", "live", "--fast"]
    first = terminal("deploy", "--fast")
    first.wait_for("waits for approval")
    refused = canary(*other)
    assert refused.code == 1
    assert f"process {first.process.pid} turns the clock of http://127.0.0.1" in refused.err
    assert canary("approve").code == 0 and first.end() == 0
    assert canary(*other).code == 0
