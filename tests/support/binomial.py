"""The exact binomial test, for splits of traffic."""
from math import exp, lgamma, log


def two_sided(k, n, p):
    """Probability of every outcome that is at most as likely as k (ties within 1e-7)."""
    if p in (0, 1):
        return 1.0 if k == n * p else 0.0

    def log_pmf(i):
        return (lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) +
                (n - i) * log(1 - p))

    limit = log_pmf(k) + 1e-7
    return min(1.0, sum(exp(log_pmf(i)) for i in range(n + 1) if log_pmf(i) <= limit))
