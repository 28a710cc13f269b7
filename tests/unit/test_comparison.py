"""What counts as better."""

from dataclasses import replace

import pytest

from evolve.comparison import compare
from evolve.types import (
    CandidateId,
    Direction,
    Evaluation,
    EvaluationId,
    InstanceResult,
    Objective,
    Purpose,
    Score,
    Split,
    Status,
)


def evaluation(total: float | None = None, /, **values: float) -> Evaluation:
    mean = sum(values.values()) / len(values) if total is None else total
    return Evaluation(
        EvaluationId("e"),
        CandidateId("c"),
        Split.VALIDATION,
        1,
        Purpose.CERTIFY,
        Status.OK,
        {"cost": Score(mean, mean, mean, len(values))},
        tuple(InstanceResult(name, Status.OK, {"cost": value}) for name, value in values.items()),
    )


COST = Objective("cost", Direction.MINIMIZE)
GAIN = Objective("cost", Direction.MAXIMIZE)


def test_a_consistent_gain_over_instances_is_better_in_its_direction_only() -> None:
    first, second = evaluation(a=1.0, b=2.0, c=3.0), evaluation(a=1.5, b=2.6, c=3.4)
    cheaper = compare(first, second, COST)
    assert cheaper is not None
    assert cheaper.is_better
    assert cheaper.ratio is not None
    assert cheaper.ratio.value == pytest.approx(6.0 / 7.5)
    assert cheaper.ratio.high < 1.0
    dearer = compare(first, second, GAIN)
    assert dearer is not None
    assert not dearer.is_better


def test_a_gain_on_one_instance_that_is_lost_on_others_is_not_better() -> None:
    comparison = compare(evaluation(a=1.0, b=2.4, c=3.2), evaluation(a=2.0, b=2.3, c=3.0), COST)
    assert comparison is not None
    assert comparison.difference.value < 0
    assert not comparison.is_better


def test_a_single_deterministic_instance_decides_by_its_value() -> None:
    better = compare(evaluation(a=2.0), evaluation(a=1.0), GAIN)
    assert better is not None
    assert better.is_better
    assert better.ratio == Score(2.0, 2.0, 2.0, 1)


def test_equal_values_are_not_better() -> None:
    same = compare(evaluation(a=2.0), evaluation(a=2.0), GAIN)
    assert same is not None
    assert not same.is_better


def test_pairs_are_made_by_name_and_not_by_place() -> None:
    comparison = compare(evaluation(a=1.0, b=10.0), evaluation(b=10.0, a=1.0), GAIN)
    assert comparison is not None
    assert comparison.difference == Score(0.0, 0.0, 0.0, 2)


def test_values_of_both_signs_have_a_difference_and_no_ratio() -> None:
    comparison = compare(evaluation(a=1.0), evaluation(a=-1.0), GAIN)
    assert comparison is not None
    assert comparison.ratio is None
    assert comparison.is_better


def test_evaluations_without_a_common_instance_are_not_compared() -> None:
    assert compare(evaluation(a=1.0), evaluation(b=1.0), GAIN) is None


def test_an_objective_that_is_a_maximum_is_compared_by_its_maximum() -> None:
    worst = Objective("cost", Direction.MINIMIZE, aggregate="max")
    seed = evaluation(10.0, **{f"i{k}": 5.0 for k in range(9)}, last=10.0)
    better_on_average = evaluation(11.0, **{f"i{k}": 1.0 for k in range(9)}, last=11.0)
    lost = compare(better_on_average, seed, worst)
    assert lost is not None
    assert not lost.is_better
    won = compare(evaluation(1.3, a=1.3, b=0.2), evaluation(2.2, a=2.2, b=0.1), worst)
    assert won is not None
    assert won.is_better
    assert won.difference == Score(pytest.approx(-0.9), pytest.approx(-0.9), pytest.approx(-0.9), 1)


def test_a_verifiers_own_summary_decides_and_not_the_instances_behind_it() -> None:
    comparison = compare(evaluation(5.0, a=1.0, b=1.0), evaluation(4.0, a=2.0, b=2.0), COST)
    assert comparison is not None
    assert not comparison.is_better
    assert comparison.difference.value == 1.0


def test_a_geometric_mean_is_compared_by_logarithms() -> None:
    speed = Objective("cost", Direction.MAXIMIZE, aggregate="geomean")
    comparison = compare(evaluation(4.0, a=2.0, b=8.0), evaluation(2.0, a=1.0, b=4.0), speed)
    assert comparison is not None
    assert comparison.is_better
    assert comparison.ratio is not None
    assert comparison.ratio.value == pytest.approx(2.0)


def test_a_failed_evaluation_is_compared_with_nothing() -> None:
    failed = replace(evaluation(a=1.0), status=Status.TIMEOUT, scores={})
    assert compare(evaluation(a=2.0, b=9.0), failed, GAIN) is None
    assert compare(failed, evaluation(a=2.0), GAIN) is None


def test_a_difference_within_the_tolerance_of_the_verifier_is_no_win() -> None:
    exact = Objective("cost", Direction.MAXIMIZE, bound_tolerance=1e-7)
    within, beyond = (compare(evaluation(a=2.0 + gap), evaluation(a=2.0), exact) for gap in (5e-8, 5e-7))
    assert within is not None
    assert beyond is not None
    assert (within.is_better, beyond.is_better) == (False, True)


def test_a_higher_level_asks_for_more() -> None:
    first, second = evaluation(a=1.0, b=2.0, c=3.0), evaluation(a=1.2, b=2.3, c=3.2)
    plain, strict = compare(first, second, COST), compare(first, second, COST, level=0.99)
    assert plain is not None
    assert strict is not None
    assert (plain.is_better, strict.is_better) == (True, False)
