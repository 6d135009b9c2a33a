"""
Every call of a kind fails once, in a script of requests (support/sweep.py), and in a start and stop
on what a crash left. SWEEP_STRIDE takes each so manieth only.
"""
import os

import pytest

from tests.support.sweep import FAULTS, Sweep

FAILURES_MAX = 20
STRIDE = int(os.environ.get("SWEEP_STRIDE", "1"))
# libuv ends a program that has no descriptors for its first pipe.
FIRST_AT_START = {"pipe": 2}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return Sweep(tmp_path_factory.mktemp("sweep"))


def strike_each(strike, call, fault, first=1):
    """Until a run has no call of that number; what fails may end it at that call."""
    number, failures, is_there = first, [], True
    while is_there and len(failures) < FAILURES_MAX:
        try:
            is_there = strike(call, number, fault) >= number
        except AssertionError as failure:
            failures.append(f"{call} {number}: {failure}")
        number += STRIDE
    print(f"{call}: up to {number - 1}, {len(failures)} that cost something")
    assert not failures, "\n".join(failures)


CASES = [(call, fault) for call, faults in FAULTS.items() for fault in faults]


@pytest.mark.parametrize("call, fault", CASES)
def test_a_script_of_which_any_call_fails(sweep, call, fault):
    strike_each(sweep.strike, call, fault)


@pytest.mark.parametrize("call, fault", CASES)
def test_a_start_and_a_stop_of_which_any_call_fails(sweep, call, fault):
    strike_each(sweep.strike_start, call, fault, FIRST_AT_START.get(call, 1))
