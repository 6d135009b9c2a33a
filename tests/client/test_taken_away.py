"""What a deployment works on is deleted under its hands: it ends, and the next one can begin."""
import pytest

from tests.support.packages import create, node
from tests.support.rollouts import alias_of


@pytest.fixture
def running(terminal, plan_file):
    plan_file(strategy={"canary": {"weight": "50%", "for": "10m"}})
    one = terminal("deploy")
    one.wait_for("Sending")
    return one


def delete(lam, what, function):
    if what == "alias":
        lam.delete_alias(FunctionName=function, Name="live")
    else:
        lam.delete_function(FunctionName=function)


@pytest.mark.parametrize("what", ["alias", "function"])
def test_without_its_alias_a_deployment_is_over(lam, deployed, canary, running, what):
    """There is nothing to take back, so that nothing is stuck."""
    delete(lam, what, deployed)
    assert running.end() == 1
    assert running.err.splitlines()[-1] == (
        f"canary: somebody has deleted alias live of {deployed} meanwhile: there is nothing to take back")
    assert "THE ROLLBACK FAILED" not in running.seen
    if what == "function":
        create(lam, deployed, node("return 'v1'"))
    again = canary("deploy")
    assert again.code == 0 and "this is its first deployment" in again.out, again.out + again.err


@pytest.mark.parametrize("verb", ["rollback", "resume", "deploy"])
def test_without_its_alias_a_dead_clients_deployment_is_over(lam, deployed, canary, running, verb):
    running.process.kill()
    running.end()
    delete(lam, "alias", deployed)
    done = canary(verb)
    if verb == "deploy":
        assert done.code == 0 and "this is its first deployment" in done.out, done.out + done.err
        return
    assert done.code == 1
    assert f"somebody has deleted alias live of {deployed} meanwhile" in done.err
    assert canary(verb).code == 1
    done = canary("deploy")
    assert done.code == 0 and "this is its first deployment" in done.out, done.out + done.err


def test_what_became_of_either_deployment_is_told(lam, deployed, canary, running, plan_file):
    """The dead one's way back does not stand for that of the one that takes its place."""
    running.process.kill()
    running.end()
    plan_file(body="throw new Error('broken')")
    done = canary("deploy")
    assert done.code == 3, done.out + done.err
    assert "whose client was gone, is over: rolled back by" in done.out
    assert "Rolling back: version 3 answers with an error" in done.out
    assert alias_of(lam, deployed) == ("1", None)
