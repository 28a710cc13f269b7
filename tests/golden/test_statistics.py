"""Intervals, against values derived here by another way."""

import math
import random

import pytest

from evolve.statistics import _T95, _quantile, _t95, mean_interval, ratio_interval
from evolve.types import Score


def student_cdf(t: float, degrees: int) -> float:
    """Distribution function of Student's t by Simpson integration of its density."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps = 4000
    width = t / steps
    density = [scale * (1 + (i * width) ** 2 / degrees) ** (-(degrees + 1) / 2) for i in range(steps + 1)]
    simpson = density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2])
    return 0.5 + simpson * width / 3


@pytest.mark.parametrize("degrees", range(1, len(_T95) + 1))
def test_the_table_holds_the_95_percent_quantiles_of_student_t(degrees: int) -> None:
    # The table has three decimals: half a unit of the last one, times a density below 0.07, is 3.5e-5.
    assert student_cdf(_T95[degrees - 1], degrees) == pytest.approx(0.975, abs=3.5e-5)


@pytest.mark.parametrize("degrees", [31, 40, 60, 120, 1000])
def test_the_expansion_beyond_the_table_agrees_with_the_distribution(degrees: int) -> None:
    assert student_cdf(_t95(degrees), degrees) == pytest.approx(0.975, abs=3e-5)


def test_the_mean_interval_covers_the_true_mean_in_95_of_100_samples() -> None:
    generator = random.Random(1)
    covered = 0
    for _ in range(2000):
        score = mean_interval([generator.gauss(3.0, 2.0) for _ in range(6)])
        covered += score.low <= 3.0 <= score.high
    assert 0.935 < covered / 2000 < 0.965


def test_the_ratio_interval_covers_the_true_ratio_about_as_often() -> None:
    # A percentile bootstrap of 20 pairs covers a little less than its nominal 95 %.
    generator = random.Random(2)
    covered = 0
    for _ in range(200):
        below = [generator.uniform(5, 15) for _ in range(20)]
        above = [1.3 * value + generator.gauss(0, 1) for value in below]
        score = ratio_interval(above, below)
        covered += score.low <= 1.3 <= score.high
    assert 0.85 < covered / 200 <= 1.0


def test_one_sample_or_equal_samples_give_a_point() -> None:
    assert mean_interval([2.5]) == Score(2.5, 2.5, 2.5, 1)
    assert mean_interval([0.1, 0.1, 0.1]) == Score(0.1, 0.1, 0.1, 3)
    assert ratio_interval([3.0], [2.0]) == Score(1.5, 1.5, 1.5, 1)


def test_equal_samples_give_equal_intervals() -> None:
    above, below = [1.0, 2.0, 4.0, 3.0], [1.0, 1.5, 2.0, 2.0]
    assert ratio_interval(above, below) == ratio_interval(above, below)
    assert ratio_interval(above, below).low < ratio_interval(above, below).value < ratio_interval(above, below).high


@pytest.mark.parametrize("values", [[], [math.nan], [1.0, math.inf]])
def test_samples_that_are_not_finite_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_interval(values)


def test_samples_that_are_not_paired_are_refused() -> None:
    with pytest.raises(ValueError, match="paired"):
        ratio_interval([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="other than 0"):
        ratio_interval([1.0], [0.0])


@pytest.mark.parametrize("degrees", [1, 2, 5, 9, 30, 200])
@pytest.mark.parametrize("probability", [0.975, 0.995, 0.999])
def test_quantiles_at_any_level_agree_with_the_distribution(degrees: int, probability: float) -> None:
    t = _quantile(probability, degrees)
    if degrees > 2:  # the plain integral of this test is coarse in the heavy tails of 1 and 2 degrees
        assert student_cdf(t, degrees) == pytest.approx(probability, abs=1e-7)
    else:  # closed forms
        exact = 0.5 + math.atan(t) / math.pi if degrees == 1 else 0.5 + t / (2 * math.sqrt(2 + t * t))
        assert exact == pytest.approx(probability, abs=1e-9)


def test_very_large_samples_do_not_overflow() -> None:
    score = mean_interval([1e200, 3e200])
    assert score.value == pytest.approx(2e200)
    assert math.isfinite(score.low)
    assert mean_interval([1e308, 1.7e308]).value == pytest.approx(1.35e308)
