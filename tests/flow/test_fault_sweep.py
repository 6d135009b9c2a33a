"""A few of the calls that tests/slow/test_fault_sweep.py has fail one after the other."""
import errno

import pytest

from tests.support.faults import SHORT
from tests.support.sweep import Sweep


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return Sweep(tmp_path_factory.mktemp("sweep"))


@pytest.mark.parametrize("call, number, fault", [
    ("write", 2, errno.ENOSPC), ("write", 40, SHORT), ("sync", 9, errno.EIO),
    ("pipe", 5, errno.EMFILE), ("mkdir", 1, errno.ENOSPC), ("fork", 1, errno.EAGAIN)])
def test_one_call_of_a_script_fails(sweep, call, number, fault):
    assert sweep.strike(call, number, fault) >= number


@pytest.mark.parametrize("call, number, fault", [
    ("list", 2, errno.EIO), ("read", 100, errno.EIO), ("pipe", 2, errno.EMFILE)])
def test_one_call_of_a_start_fails(sweep, call, number, fault):
    assert sweep.strike_start(call, number, fault) >= number
