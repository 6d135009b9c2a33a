"""Weighted aliases: 2,000 real invocations, half of them one by one and half by 8 threads.

Exact binomial test per weight and way, two-sided, false-alarm rate 1e-7 each. Weights 0 and 1
must be met exactly, so that the weights 0.1 and 0.5 are what can fail by chance: 4e-7 in all.
The same check catches a bias of 0.25 at n = 250 (0.1 taken for 0.35, 0.5 for 0.75): such counts
are missed with a probability below 1e-3.
"""
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.binomial import is_plausible, probability_of
from tests.support.packages import create, node

WEIGHTS = (0, 0.1, 0.5, 1)
DRAWS = 250
THREADS = 8


@pytest.fixture(scope="module")
def function(server):
    client = server.client("lambda")
    create(client, "split", node("return context.functionVersion"))
    client.publish_version(FunctionName="split")
    client.update_function_configuration(FunctionName="split", Description="two")
    client.publish_version(FunctionName="split")
    for number, weight in enumerate(WEIGHTS):
        client.create_alias(FunctionName="split", Name=f"w{number}", FunctionVersion="1",
                            RoutingConfig={"AdditionalVersionWeights": {"2": weight}})
    return client


def invoke(client, alias):
    """True if the additional version ran; what ran must be what the header tells."""
    answer = client.invoke(FunctionName="split", Qualifier=alias)
    assert answer["StatusCode"] == 200 and "FunctionError" not in answer
    version = answer["ExecutedVersion"]
    assert answer["Payload"].read() == f'"{version}"'.encode()
    return version == "2"


@pytest.mark.parametrize("number, weight", enumerate(WEIGHTS))
def test_one_by_one_each_version_gets_its_share(function, number, weight):
    hits = sum(invoke(function, f"w{number}") for _ in range(DRAWS))
    assert is_plausible(hits, DRAWS, weight), f"{hits} of {DRAWS}"


@pytest.mark.parametrize("number, weight", enumerate(WEIGHTS))
def test_by_many_at_once_each_version_gets_its_share(function, number, weight):
    with ThreadPoolExecutor(THREADS) as pool:
        hits = sum(pool.map(lambda _: invoke(function, f"w{number}"), range(DRAWS)))
    assert is_plausible(hits, DRAWS, weight), f"{hits} of {DRAWS}"


def test_the_check_raises_a_false_alarm_less_than_once_in_ten_million():
    for share in (0.1, 0.5):
        refused = [n for n in range(DRAWS + 1) if not is_plausible(n, DRAWS, share)]
        assert 0 < probability_of(refused, DRAWS, share) <= 1e-7


def test_the_check_catches_a_planted_bias():
    for share, biased in ((0.1, 0.35), (0.5, 0.75)):
        missed = [n for n in range(DRAWS + 1) if is_plausible(n, DRAWS, share)]
        assert probability_of(missed, DRAWS, biased) < 1e-3
        draw = random.Random(1).random
        hits = sum(draw() < biased for _ in range(DRAWS))
        assert not is_plausible(hits, DRAWS, share)
    for share in (0, 1):
        assert not is_plausible(1, DRAWS, share)
        assert not is_plausible(DRAWS - 1, DRAWS, share)
