"""The exact binomial distribution, in logarithms."""
import math


def log_probability(hits, draws, share):
    """ln P(X = hits), X ~ Binomial(draws, share), 0 < share < 1."""
    return (math.lgamma(draws + 1) - math.lgamma(hits + 1) - math.lgamma(draws - hits + 1)
            + hits * math.log(share) + (draws - hits) * math.log1p(-share))


def probability_of(numbers, draws, share):
    return math.fsum(math.exp(log_probability(n, draws, share)) for n in numbers)


def is_plausible(hits, draws, share, false_alarm=1e-7):
    """True unless so few, or so many, hits are rarer than false_alarm / 2 on their side: a fair
    source is called biased with a probability of at most `false_alarm`."""
    if share in (0, 1):
        return hits == share * draws
    at_most = probability_of(range(0, hits + 1), draws, share)
    at_least = probability_of(range(hits, draws + 1), draws, share)
    return min(at_most, at_least) >= false_alarm / 2
