"""From instance scores to an objective's score, and the alarm that a proven bound was crossed."""

import math
from collections.abc import Iterable, Mapping, Sequence

from evolve.errors import EvaluatorCrashed
from evolve.statistics import mean_interval
from evolve.types import InstanceResult, Objective, Score

__all__ = ["aggregate", "checked_scores", "crossed_bound", "summarized"]


def aggregate(objective: Objective, values: Sequence[float]) -> Score:
    """The objective's score over instances: aggregate and 95 % interval over them.

    The interval of ``max`` and ``min`` is a point: the worst of a fixed set of instances is no sample mean.

    Raises:
        EvaluatorCrashed: ``geomean`` over a value that is not positive.
    """
    if objective.aggregate == "mean":
        return mean_interval(values)
    n = len(values)
    if objective.aggregate == "sum":
        mean = mean_interval(values)
        return Score(math.fsum(values), mean.low * n, mean.high * n, n)
    if objective.aggregate == "geomean":
        if min(values) <= 0:
            raise EvaluatorCrashed(
                f"expected positive scores for the geometric mean of {objective.name!r}, got {min(values)}",
                fix="correct verify.py, or [[objectives]] aggregate in problem.toml",
            )
        logs = mean_interval([math.log(value) for value in values])
        return Score(math.exp(logs.value), _exp(logs.low), _exp(logs.high), n)
    extreme = max(values) if objective.aggregate == "max" else min(values)
    return Score(extreme, extreme, extreme, n)


def _exp(log: float) -> float:
    # The end of a wide interval of logarithms may lie beyond all doubles; a score's interval is finite.
    return math.exp(min(log, 700.0))


def checked_scores(scores: Mapping[str, float], names: Iterable[str] | None, where: str) -> dict[str, float]:
    """The scores as plain finite floats; a verifier that gives anything else is wrong.

    Args:
        scores: What the verifier gave.
        names: Exactly these are expected; ``None`` allows any.
        where: For the message.

    Raises:
        EvaluatorCrashed: A score is missing, unknown, or not a finite number.
    """
    fix = "correct verify.py: every ok judgement carries a finite number for every objective"
    expected = list(scores if names is None else names)
    if sorted(scores) != sorted(expected):
        raise EvaluatorCrashed(f"expected scores {sorted(expected)} from {where}, got {sorted(scores)}", fix=fix)
    checked: dict[str, float] = {}
    for name in expected:
        try:
            value = float(scores[name])
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not math.isfinite(value):
            raise EvaluatorCrashed(f"expected a finite score {name!r} from {where}, got {scores[name]!r:.80}", fix=fix)
        checked[name] = value
    return checked


def summarized(summary: Mapping[str, float], objectives: Sequence[Objective], n: int) -> dict[str, Score]:
    """Scores that a verifier's ``summarize`` gave, each a point over ``n`` instances."""
    values = checked_scores(summary, [objective.name for objective in objectives], "Verifier.summarize")
    return {name: Score(value, value, value, n) for name, value in values.items()}


def crossed_bound(
    objectives: Sequence[Objective],
    results: Sequence[InstanceResult],
    scores: Mapping[str, Score],
    *,
    is_whole: bool = True,
) -> str:
    """Which score is better than what is proven to be possible, as text; empty if none is.

    A bound of a sum says nothing of one instance or of some of them, so there only the whole total is compared.

    Args:
        objectives: With their bounds.
        results: Per instance.
        scores: Over all of ``results``.
        is_whole: Whether ``results`` are all instances of the split.
    """
    for objective in objectives:
        named = [] if objective.aggregate == "sum" else [(result.name, result.scores) for result in results]
        for name, values in named:
            if objective.name in values and objective.crosses_bound(values[objective.name]):
                return f"{objective.name} = {values[objective.name]!r} on instance {name}, bound {objective.bound!r}"
        total = scores.get(objective.name)
        if objective.aggregate == "sum" and not is_whole:
            continue
        if total is not None and objective.crosses_bound(total.value):
            return f"{objective.name} = {total.value!r}, bound {objective.bound!r}"
    return ""
