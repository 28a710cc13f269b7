"""Whether one evaluation beats another on the same instances, and by how much. Decides every win that is reported."""

from dataclasses import dataclass

from evolve.statistics import mean_interval, ratio_interval
from evolve.types import Evaluation, Objective, Score

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One objective of two evaluations, paired by instance.

    Attributes:
        difference: First minus second, mean over the common instances with its 95 % interval.
        ratio: First over second with its interval; ``None`` where the values are not all of one sign.
        is_better: Whether the whole interval of the difference lies on the better side of 0.
    """

    difference: Score
    ratio: Score | None
    is_better: bool


def compare(first: Evaluation, second: Evaluation, objective: Objective) -> Comparison | None:
    """The comparison of two ok evaluations, or ``None`` where they share no scored instance."""
    name = objective.name
    others = {result.name: result.scores for result in second.instances}
    pairs = [
        (result.scores[name], others[result.name][name])
        for result in first.instances
        if name in result.scores and name in others.get(result.name, {})
    ]
    if not pairs:
        return None
    mine, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    difference = mean_interval([a - b for a, b in pairs])
    is_one_sign = all(a > 0 and b > 0 for a, b in pairs) or all(a < 0 and b < 0 for a, b in pairs)
    worst = max(objective.as_cost(difference.low), objective.as_cost(difference.high))
    return Comparison(difference, ratio_interval(mine, theirs) if is_one_sign else None, is_better=worst < 0)
