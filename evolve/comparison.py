"""Whether one evaluation beats another on the same instances, and by how much. Decides every win that is reported."""

import math
from dataclasses import dataclass

from evolve.statistics import mean_interval, ratio_interval
from evolve.types import Evaluation, Objective, Score

__all__ = ["Comparison", "compare"]

LEVEL = 0.95

Pairs = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One objective of two evaluations.

    Attributes:
        difference: First minus second in the objective's unit, with its interval over the paired instances; a point where
            the objective is no mean of its instances (``max``, ``min``, a verifier's own summary).
        ratio: First over second with its 95 % interval; ``None`` where the values are not all of one sign.
        is_better: Whether the objective's score is better, and with it the whole interval of the difference.
    """

    difference: Score
    ratio: Score | None
    is_better: bool


def compare(first: Evaluation, second: Evaluation, objective: Objective, *, level: float = LEVEL) -> Comparison | None:
    """The comparison of two evaluations, or ``None`` where one failed, lacks the score or saw other instances.

    Args:
        first: Whose win is in question.
        second: The baseline, on the same instances.
        objective: Decides direction and aggregate.
        level: Of the interval that has to lie on the better side; higher where several candidates were tried.
    """
    mine, theirs = first.scores.get(objective.name), second.scores.get(objective.name)
    if not (first.is_ok and second.is_ok) or mine is None or theirs is None:
        return None
    if {result.name for result in first.instances} != {result.name for result in second.instances}:
        return None
    pairs = _pairs(first, second, objective)
    if not pairs or not _is_reproduced(pairs, objective, mine.value, theirs.value):
        difference, ratio = _points(mine.value, theirs.value)
    elif objective.aggregate == "geomean":
        difference, ratio = _by_logarithms(pairs, theirs.value, level)
    else:
        difference, ratio = _by_differences(pairs, objective, level)
    worst = max(objective.as_cost(difference.low), objective.as_cost(difference.high))
    # Without a spread nothing but the verifier's own tolerance says what is more than rounding.
    slack = objective.bound_tolerance if difference.low == difference.high else 0.0
    return Comparison(difference, ratio, is_better=worst < -slack and objective.is_better(mine.value, theirs.value))


def _pairs(first: Evaluation, second: Evaluation, objective: Objective) -> Pairs:
    """Instance scores of both, by name; empty unless every instance of either is scored in both."""
    mine = {result.name: result.scores.get(objective.name) for result in first.instances}
    theirs = {result.name: result.scores.get(objective.name) for result in second.instances}
    pairs = [(a, b) for name, a in mine.items() if a is not None and (b := theirs.get(name)) is not None]
    return pairs if len(pairs) == len(mine) == len(theirs) else []


def _is_reproduced(pairs: Pairs, objective: Objective, mine: float, theirs: float) -> bool:
    """Whether both scores are the declared mean of these instances; a verifier's own summary is something else."""
    for values, score in (([a for a, _ in pairs], mine), ([b for _, b in pairs], theirs)):
        if objective.aggregate == "mean":
            expected = math.fsum(values) / len(values)
        elif objective.aggregate == "sum":
            expected = math.fsum(values)
        elif objective.aggregate == "geomean" and min(values) > 0:
            expected = math.exp(math.fsum(map(math.log, values)) / len(values))
        else:
            return False
        if not math.isclose(expected, score, rel_tol=1e-9, abs_tol=1e-300):
            return False
    return True


def _points(mine: float, theirs: float) -> tuple[Score, Score | None]:
    gap = mine - theirs
    ratio = mine / theirs if mine * theirs > 0 else None
    return Score(gap, gap, gap, 1), Score(ratio, ratio, ratio, 1) if ratio is not None else None


def _by_differences(pairs: Pairs, objective: Objective, level: float) -> tuple[Score, Score | None]:
    scale = len(pairs) if objective.aggregate == "sum" else 1
    mean = mean_interval([a - b for a, b in pairs], level=level)
    difference = Score(mean.value * scale, mean.low * scale, mean.high * scale, mean.n)
    is_one_sign = all(a > 0 and b > 0 for a, b in pairs) or all(a < 0 and b < 0 for a, b in pairs)
    ratio = ratio_interval([a for a, _ in pairs], [b for _, b in pairs]) if is_one_sign else None
    return difference, ratio


def _by_logarithms(pairs: Pairs, theirs: float, level: float) -> tuple[Score, Score | None]:
    """Geometric means: the ratio is what has an interval, and the difference follows from it."""
    logs = [math.log(a) - math.log(b) for a, b in pairs]
    strict, plain = mean_interval(logs, level=level), mean_interval(logs)
    low, value, high = (math.exp(min(x, 700.0)) for x in (strict.low, strict.value, strict.high))
    difference = Score(theirs * (value - 1), theirs * (low - 1), theirs * (high - 1), strict.n)
    return difference, Score(value, math.exp(min(plain.low, 700.0)), math.exp(min(plain.high, 700.0)), plain.n)
