"""The figures that a live view shows, kept up to date at a constant cost per event."""

from dataclasses import dataclass, field

from evolve.events import (
    CandidateCreated,
    CompletionReceived,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    ModelFailed,
    ProposalRejected,
    ProposalRequested,
    RunStopped,
)
from evolve.state import RunState
from evolve.summary import run_objectives
from evolve.types import Evaluation, Objective, Purpose, Score

__all__ = ["Figures"]


@dataclass(slots=True)
class Figures:
    """What one may know of a run at a glance.

    Scalars only: a drawing thread may read them while the engine goes on.

    Attributes:
        objective: The headline; ``None`` until the run has started.
        best: Id and score of the best candidate of the search so far; not verified yet.
        seed: Score of the seed.
        evaluations: Search evaluations that are finished.
        evaluations_at_start: The same when this session began.
        certifying: Whether the winner is being verified on fresh inputs.
        proposals_in_flight: Requested and not come back.
        evaluations_in_flight: Started and not finished.
        last_failure: Status and first words of the last failed evaluation, or why a model did not answer; untrusted.
    """

    run: str = ""
    problem: str = ""
    sandbox: str = ""
    trust: str = ""
    objective: Objective | None = None
    best: Score | None = None
    best_candidate: str = ""
    seed: Score | None = None
    frontier: int = 0
    evaluations: int = 0
    evaluations_at_start: int = 0
    rejected: int = 0
    failed: int = 0
    max_evals: int = 0
    max_usd: float = 0.0
    cost_usd: float | None = 0.0
    tokens: int = 0
    certifying: bool = False
    last_failure: str = ""
    stopped: str = ""
    _proposals: set[int] = field(default_factory=set)
    _evaluations: set[str] = field(default_factory=set)
    _has_begun: bool = False

    @property
    def proposals_in_flight(self) -> int:
        """Requested and not come back."""
        return len(self._proposals)

    @property
    def evaluations_in_flight(self) -> int:
        """Started and not finished."""
        return len(self._evaluations)

    def take(self, event: Event, state: RunState) -> bool:
        """Take an event that was just folded into ``state``; give whether it brought a new best score."""
        if not self._has_begun and state.started is not None:
            self._begin(state)
        match event:
            case ProposalRequested():
                self._proposals.add(event.ticket)
            case CandidateCreated() | ProposalRejected():
                self._proposals.discard(event.ticket)
            case EvaluationStarted():
                self._evaluations.add(event.evaluation)
                self.certifying = event.purpose is Purpose.CERTIFY
            case ModelFailed():
                self.last_failure = f"model: {event.reason}"
            case CompletionReceived():
                self.cost_usd, self.tokens = state.usage.cost_usd, state.usage.tokens
            case RunStopped():
                self.stopped = f"{event.status}: {event.reason}"
        is_better = isinstance(event, EvaluationFinished) and self._judged(event.evaluation)
        self.frontier = len(state.frontier)
        self.evaluations = state.evaluations
        if isinstance(event, ProposalRejected):
            self.rejected = sum(state.rejections.values())
        return is_better

    def _begin(self, state: RunState) -> None:
        # On resume the events before this session were folded without us.
        self._has_begun = True
        started = state.started
        if started is None:
            return
        self.run, self.problem, self.sandbox, self.trust = started.run, started.problem, started.sandbox, started.trust
        objectives = run_objectives(state)
        self.objective = objectives[0] if objectives else None
        self.max_evals = _whole(state.config.get("max_evals"))
        limit = state.config.get("max_usd")
        self.max_usd = float(limit) if isinstance(limit, int | float) else 0.0
        self.cost_usd, self.tokens = state.usage.cost_usd, state.usage.tokens
        self.evaluations_at_start = state.evaluations
        self.rejected = sum(state.rejections.values())
        for candidate in state.candidates.values():
            if candidate.search_evaluation is not None:
                self._judged(candidate.search_evaluation)

    def _judged(self, evaluation: Evaluation) -> bool:
        self._evaluations.discard(evaluation.id)
        if evaluation.purpose not in {Purpose.SEED, Purpose.SEARCH} or self.objective is None:
            return False
        if not evaluation.is_ok:
            self.failed += 1
            self.last_failure = f"{evaluation.status.value}: {evaluation.feedback}"
            return False
        score = evaluation.scores[self.objective.name]
        if evaluation.purpose is Purpose.SEED:
            self.seed = score
        if self.best is not None and not self.objective.is_better(score.value, self.best.value):
            return False
        self.best, self.best_candidate = score, evaluation.candidate
        return evaluation.purpose is Purpose.SEARCH


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
