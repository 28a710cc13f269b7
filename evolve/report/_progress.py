"""Score over evaluations, time, money and tokens; and the same of a baseline run beside it."""

from dataclasses import dataclass

from evolve.report._reading import RunRecord, values_of
from evolve.types import CandidateId, Objective

__all__ = ["Baseline", "FailureMark", "Progress", "ProgressPoint", "baseline", "progress"]


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """An ok evaluation.

    Attributes:
        candidate: Whose.
        number: Search evaluations finished with it; 0 for the seed.
        elapsed_s: Seconds of work since the run began.
        usd: Spent by then; ``None`` where a price is unknown.
        tokens: Used by then.
        values: One score per objective, headline first.
        best: Best score per objective up to and including this one.
    """

    candidate: CandidateId
    number: int
    elapsed_s: float
    usd: float | None
    tokens: int
    values: tuple[float, ...]
    best: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FailureMark:
    """An evaluation without a score: where it was on the axes."""

    candidate: CandidateId
    status: str
    number: int
    elapsed_s: float
    usd: float | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Figure data of the score over the run.

    Attributes:
        objectives: With direction, unit, bound and best known value.
        points: Ok evaluations in order of arrival, the seed's first.
        failures: The others.
        seed: Scores of the seed per objective; empty if it failed or was not evaluated.
        end: Axis readings at the last evaluation (number, seconds, USD, tokens).
    """

    objectives: tuple[Objective, ...]
    points: tuple[ProgressPoint, ...]
    failures: tuple[FailureMark, ...]
    seed: tuple[float, ...]
    end: tuple[int, float, float | None, int]

    @property
    def improvements(self) -> tuple[ProgressPoint, ...]:
        """The points at which the headline got better, the seed's among them."""
        found: list[ProgressPoint] = []
        for point in self.points:
            if not found or point.best[0] != found[-1].best[0]:
                found.append(point)
        return tuple(found)


def progress(record: RunRecord) -> Progress:
    """The score over the run; only ok evaluations have one."""
    points: list[ProgressPoint] = []
    failures: list[FailureMark] = []
    best: tuple[float, ...] = ()
    for moment in record.moments:
        evaluation = moment.evaluation
        axes = (moment.number, moment.elapsed_s, moment.usd, moment.tokens)
        values = values_of(evaluation, record.objectives)
        if values is None:
            failures.append(FailureMark(evaluation.candidate, evaluation.status.value, *axes))
            continue
        best = tuple(
            value if not best or objective.is_better(value, best[i]) else best[i]
            for i, (objective, value) in enumerate(zip(record.objectives, values, strict=True))
        )
        points.append(ProgressPoint(evaluation.candidate, *axes, values, best))
    seed = record.state.seed
    is_seed_first = bool(points) and seed is not None and points[0].candidate == seed.created.candidate
    last = record.moments[-1] if record.moments else None
    end = (last.number, last.elapsed_s, last.usd, last.tokens) if last else (0, 0.0, 0.0, 0)
    return Progress(record.objectives, tuple(points), tuple(failures), points[0].values if is_seed_first else (), end)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another run of the same problem to compare with, or how to get one.

    Attributes:
        run: Its name; empty where none was given.
        policy: Its policy.
        evaluations: How many search evaluations it made.
        line: Best headline score over it: its improvements, then its end.
        at: Evaluations at which the two are compared: the smaller total.
        ours: Our best headline score after ``at`` evaluations.
        theirs: Its best.
        is_ahead: Whether ours is strictly better; ``None`` where one has no score.
        note: One plain sentence: the outcome, or what is missing.
        command: How to make a baseline, where none was given.
    """

    run: str = ""
    policy: str = ""
    evaluations: int = 0
    line: tuple[ProgressPoint, ...] = ()
    at: int = 0
    ours: float | None = None
    theirs: float | None = None
    is_ahead: bool | None = None
    note: str = ""
    command: str = ""


def baseline(record: RunRecord, other: RunRecord | None) -> Baseline:
    """The comparison with another run at an equal number of evaluations."""
    started = record.state.started
    if other is None or other.state.started is None:
        name = started.problem if started else "PROBLEM"
        command = f"evolve launch {name} --policy best-of-n --max-evals {max(1, record.state.evaluations)}"
        return Baseline(
            note="No baseline run was given, so this page cannot say what the search itself added.", command=command
        )
    mine, theirs = progress(record), progress(other)
    reason = _why_not_comparable(record, other)
    if reason:
        return Baseline(other.state.started.run, _policy(other), other.state.evaluations, note=reason)
    at = min(record.state.evaluations, other.state.evaluations)
    ours_best, their_best = _best_after(mine, at), _best_after(theirs, at)
    policy = _policy(other)
    is_ahead = None
    note = "One of the two runs has no score yet."
    if ours_best is not None and their_best is not None and record.objectives:
        is_ahead = record.objectives[0].is_better(ours_best, their_best)
        word = "ahead of" if is_ahead else "level with" if ours_best == their_best else "behind"
        note = (
            f"After {at} evaluations each, this run is {word} {policy} (search scores of one run each, not certified)."
        )
    line = theirs.improvements + theirs.points[-1:]
    return Baseline(
        other.state.started.run, policy, other.state.evaluations, line, at, ours_best, their_best, is_ahead, note
    )


def _policy(record: RunRecord) -> str:
    return str(record.state.config.get("policy", "")) or "unknown policy"


def _why_not_comparable(record: RunRecord, other: RunRecord) -> str:
    """Why scores of the two runs mean different things; empty if they can be compared."""
    ours, theirs = record.state.started, other.state.started
    if ours is not None and theirs is not None and ours.problem_hash != theirs.problem_hash:
        return f"The problem was changed between this run and {theirs.run}, so their scores cannot be compared."
    inputs = [{(m.evaluation.split, m.evaluation.seed) for m in run.moments[:1]} for run in (record, other)]
    if inputs[0] and inputs[1] and inputs[0] != inputs[1] and theirs is not None:
        return f"This run and {theirs.run} were scored on different inputs, so their scores cannot be compared."
    return ""


def _best_after(figure: Progress, number: int) -> float | None:
    reached = [point.best[0] for point in figure.points if point.number <= number and point.best]
    return reached[-1] if reached else None
