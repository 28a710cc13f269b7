"""What the report reads of a run: the folded state, and when each evaluation arrived at what cost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from evolve.events import EvaluationFinished, Event, ModelFailed
from evolve.state import RunState
from evolve.store import RunStore
from evolve.summary import Summary, run_objectives, summarize
from evolve.types import BlobHash, Evaluation, Objective, Purpose

__all__ = ["Moment", "ReadBlob", "RunRecord", "open_run", "read_record", "values_of"]

ReadBlob: TypeAlias = Callable[[BlobHash], bytes]


@dataclass(frozen=True, slots=True)
class Moment:
    """The arrival of a search evaluation.

    Attributes:
        evaluation: The verdict.
        number: How many search evaluations had finished with it; the seed is 0.
        elapsed_s: Seconds of work since the run began, pauses left out.
        usd: Spent by then; ``None`` where a price is unknown.
        tokens: Model tokens used by then.
    """

    evaluation: Evaluation
    number: int
    elapsed_s: float
    usd: float | None
    tokens: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the figures need it.

    Attributes:
        state: Folded from all events.
        moments: Seed and search evaluations in order of arrival.
        summary: What the run came to.
        objectives: Headline first.
        began: Time of the first event, seconds since the epoch.
        unanswered: Tickets with a model call that got no answer.
    """

    state: RunState
    moments: tuple[Moment, ...]
    summary: Summary
    objectives: tuple[Objective, ...]
    began: float | None = None
    unanswered: frozenset[int] = frozenset()


def values_of(evaluation: Evaluation | None, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    """One score per objective, headline first; ``None`` unless the evaluation is ok and has them all."""
    if evaluation is None or not evaluation.is_ok or any(o.name not in evaluation.scores for o in objectives):
        return None
    return tuple(evaluation.scores[objective.name].value for objective in objectives) or None


def read_record(events: Iterable[tuple[float, Event]], run_dir: Path) -> RunRecord:
    """The record of a sequence of (time, event)."""
    state = RunState()
    moments: list[Moment] = []
    unanswered: set[int] = set()
    began: float | None = None
    for time, event in events:
        began = time if began is None else began
        state.apply(event, time)
        if isinstance(event, ModelFailed):
            unanswered.add(event.ticket)
        if isinstance(event, EvaluationFinished) and event.evaluation.purpose in {Purpose.SEED, Purpose.SEARCH}:
            number = 0 if event.evaluation.purpose is Purpose.SEED else state.evaluations
            moments.append(Moment(event.evaluation, number, state.elapsed_s, state.usage.cost_usd, state.usage.tokens))
    return RunRecord(
        state, tuple(moments), summarize(state, run_dir), run_objectives(state), began, frozenset(unanswered)
    )


def open_run(run_dir: Path) -> tuple[RunStore, RunRecord]:
    """The store of a run, open for reading, and its record; the caller closes the store.

    Raises:
        RunError: There is no run, or a newer evolve wrote it.
    """
    store = RunStore.open(run_dir, read_only=True)
    try:
        record = read_record(((stored.time, stored.event) for stored in store.events()), run_dir)
    except BaseException:
        store.close()
        raise
    return store, record
