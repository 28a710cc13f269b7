"""Intervals for means and ratios of a few samples. Pure Python: called for every evaluation."""

import math
import random
from collections.abc import Sequence

from evolve.types import Score

__all__ = ["mean_interval", "ratio_interval"]

# Two-sided 95 % quantiles of Student's t by degrees of freedom, as printed in standard tables;
# tests/golden/test_statistics.py derives them again by integration.
_T95: tuple[float, ...] = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_T95 += (2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)
_T95 += (2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)

_RESAMPLES = 2000
_LEVEL = 0.95
_SAFE = 1e120


def _t95(degrees: int) -> float:
    # Beyond the table: Cornish-Fisher expansion of t around the normal quantile, first two terms
    # (Abramowitz and Stegun 26.7.5); off by less than 1e-3 from 31 degrees on.
    if degrees <= len(_T95):
        return _T95[degrees - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def _quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t above the median, by bisection on its distribution function."""
    low, high = 0.0, 1.0
    while _distribution(high, degrees) < probability:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _distribution(middle, degrees) < probability else (low, middle)
    return high


def _distribution(t: float, degrees: int) -> float:
    # With t = sqrt(degrees) tan(angle) the density becomes a power of a cosine (Abramowitz and Stegun 26.7.1), smooth
    # on a bounded interval however heavy the tail, so Simpson's rule with 400 steps is exact to about 1e-9.
    angle, steps = math.atan(t / math.sqrt(degrees)), 400
    width = angle / steps
    ordinates = [math.cos(i * width) ** (degrees - 1) for i in range(steps + 1)]
    area = width / 3 * (ordinates[0] + ordinates[-1] + 4 * sum(ordinates[1:-1:2]) + 2 * sum(ordinates[2:-1:2]))
    return 0.5 + area * math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(math.pi)


def mean_interval(values: Sequence[float], *, level: float = _LEVEL) -> Score:
    """Mean with Student's interval over ``n`` samples, 95 % by default; a point where nothing varies or n = 1.

    Raises:
        ValueError: There are no samples, or one is not finite.
    """
    if not values or not all(math.isfinite(value) for value in values):
        raise ValueError(f"expected at least one finite sample, got {list(values)[:5]}")
    n = len(values)
    largest = max(map(abs, values))
    if largest > _SAFE:  # squares of such values overflow
        scaled = mean_interval([value / largest for value in values], level=level)
        return Score(scaled.value * largest, scaled.low * largest, scaled.high * largest, n)
    mean = math.fsum(values) / n
    if n == 1 or min(values) == max(values):
        return Score(values[0], values[0], values[0], n)
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    quantile = _t95(n - 1) if level == _LEVEL else _quantile(0.5 + level / 2, n - 1)
    half = quantile * math.sqrt(variance / n)
    return Score(mean, mean - half, mean + half, n)


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Score:
    """Ratio of two paired sums with a 95 % percentile-bootstrap interval over the pairs.

    The ratio is that of the means, so instances weigh as they do in the scores; the resampling is seeded,
    so equal samples give equal intervals. With one pair the interval is a point and ``n`` = 1 says so.

    Raises:
        ValueError: The samples are not paired, empty, not finite, or a sum of denominators is 0.
    """
    if len(numerators) != len(denominators) or not numerators:
        raise ValueError(f"expected paired samples, got {len(numerators)} and {len(denominators)}")
    if not all(math.isfinite(value) for value in (*numerators, *denominators)):
        raise ValueError("expected finite samples")
    n = len(numerators)
    below = math.fsum(denominators)
    if below == 0:
        raise ValueError("expected denominators with a sum other than 0")
    value = math.fsum(numerators) / below
    if n == 1:
        return Score(value, value, value, 1)
    generator = random.Random(n)
    ratios = []
    for _ in range(_RESAMPLES):
        picks = generator.choices(range(n), k=n)
        total = sum(denominators[i] for i in picks)
        if total != 0:
            ratios.append(sum(numerators[i] for i in picks) / total)
    ratios.sort()
    low = ratios[int(0.025 * len(ratios))]
    high = ratios[min(len(ratios) - 1, int(0.975 * len(ratios)))]
    return Score(value, min(low, value), max(high, value), n)
