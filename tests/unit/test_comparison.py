"""What counts as better."""

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


def evaluation(**values: float) -> Evaluation:
    mean = sum(values.values()) / len(values)
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
