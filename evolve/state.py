"""The state of a run, folded from its events. Live view, report, resume and summary all read this one thing."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from evolve.briefs import Rejection
from evolve.events import (
    BudgetSettled,
    CandidateCreated,
    CompletionReceived,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    FrontierChanged,
    ModelFailed,
    NoteWritten,
    PolicyDecided,
    ProposalRejected,
    ProposalRequested,
    RunResumed,
    RunStarted,
    RunStopped,
    WinnerNamed,
)
from evolve.types import BlobHash, CandidateId, Evaluation, EvaluationId, Purpose, Usage

__all__ = ["CandidateState", "RunState", "TicketState", "fold"]


@dataclass(slots=True)
class CandidateState:
    """What is known of one candidate.

    Attributes:
        created: The event that admitted it.
        evaluations: Every verdict, in order of arrival.
        children: How many candidates were made from it.
    """

    created: CandidateCreated
    evaluations: list[Evaluation] = field(default_factory=list)
    artifacts: dict[EvaluationId, dict[str, BlobHash]] = field(default_factory=dict)
    children: int = 0

    @property
    def search_evaluation(self) -> Evaluation | None:
        """The verdict that the search ranks it by: the first one made for the search (or for the seed)."""
        return next((e for e in self.evaluations if e.purpose in {Purpose.SEED, Purpose.SEARCH}), None)

    def pooled(self, objective: str) -> float | None:
        """Mean over all search evaluations, each weighing by its samples; ``None`` if one of them failed or none is there.

        A candidate that fails once is not one to report, however well it does at other times.
        """
        made = [e for e in self.evaluations if e.purpose in {Purpose.SEED, Purpose.SEARCH}]
        if not made or not all(e.is_ok for e in made):
            return None
        scores = [e.scores[objective] for e in made]
        if len(scores) == 1:
            return scores[0].value
        return sum(score.value * score.n for score in scores) / sum(score.n for score in scores)

    @property
    def certificate(self) -> Evaluation | None:
        """The verdict on fresh inputs, the latest one."""
        return next((e for e in reversed(self.evaluations) if e.purpose is Purpose.CERTIFY), None)


@dataclass(slots=True)
class TicketState:
    """What has happened to one ticket so far.

    Attributes:
        decision: What the policy wanted; ``None`` for the seed's ticket 0.
        is_requested: Whether a proposer was given its brief.
        completions: Model answers in order of call.
        candidate: Id of the admitted candidate.
        rejection: Why it left the funnel.
        evaluation: Its verdict.
        is_settled: Whether its outcome was told to the policy.
    """

    decision: PolicyDecided | None = None
    is_requested: bool = False
    completions: list[CompletionReceived] = field(default_factory=list)
    candidate: CandidateId | None = None
    rejection: Rejection | None = None
    evaluation: Evaluation | None = None
    is_settled: bool = False

    @property
    def usage(self) -> Usage:
        """What its model calls cost."""
        total = Usage()
        for completion in self.completions:
            total = total + completion.usage
        return total


@dataclass(slots=True)
class RunState:
    """Everything that a run's events say. Only `apply` changes it.

    Attributes:
        started: The first event; ``None`` for an empty run.
        config: The configuration in force (resume may raise budgets).
        candidates: By id, in order of creation.
        tickets: By number, in order of decision.
        told: Ticket numbers in the order in which the policy was told.
        frontier: Ids in the Pareto archive.
        evaluations: Search evaluations that are finished; what ``--max-evals`` counts.
        usage: What all model calls cost.
        usage_by_role: The same by role and model.
        rejections: Count by funnel stage.
        failures: Count of search evaluations by status that is not ok.
        model_failures: Calls that got no answer.
        notes: Latest version of each note.
        winner: The last naming of a winner.
        certifications: How often a winner was named.
        stopped: The last stop, ``None`` while running.
        elapsed_s: Seconds of work in all sessions together, by the events' times.
        last_time: Time of the last event.
        events: How many there are.
        proposals: Proposals asked for.
    """

    started: RunStarted | None = None
    config: dict[str, object] = field(default_factory=dict)
    candidates: dict[CandidateId, CandidateState] = field(default_factory=dict)
    tickets: dict[int, TicketState] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)
    frontier: dict[CandidateId, None] = field(default_factory=dict)
    evaluations: int = 0
    usage: Usage = field(default_factory=Usage)
    usage_by_role: dict[tuple[str, str], Usage] = field(default_factory=dict)
    rejections: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    model_failures: int = 0
    notes: dict[str, BlobHash] = field(default_factory=dict)
    winner: WinnerNamed | None = None
    certifications: int = 0
    stopped: RunStopped | None = None
    elapsed_s: float = 0.0
    last_time: float | None = None
    events: int = 0
    proposals: int = 0

    def apply(self, event: Event, time: float) -> None:
        """Take one event, in order; ``time`` in seconds since the epoch."""
        self._count_time(event, time)
        self.events += 1
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def _count_time(self, event: Event, time: float) -> None:
        # The gap before a resume is not work; neither is a clock that went back.
        if self.last_time is not None and not isinstance(event, RunResumed):
            self.elapsed_s += max(0.0, time - self.last_time)
        self.last_time = time

    def ticket(self, number: int) -> TicketState:
        """The state of a ticket, made where it is new."""
        return self.tickets.setdefault(number, TicketState())

    @property
    def seed(self) -> CandidateState | None:
        """The seed candidate."""
        return next(iter(self.candidates.values()), None)

    @property
    def open_tickets(self) -> list[int]:
        """Tickets that were decided and not yet told, in order."""
        return [number for number, ticket in self.tickets.items() if not ticket.is_settled]

    def _on_started(self, event: RunStarted) -> None:
        self.started = event
        self.config = dict(event.config)

    def _on_resumed(self, event: RunResumed) -> None:
        self.config = {**self.config, **event.config}
        self.stopped = None

    def _on_decided(self, event: PolicyDecided) -> None:
        if event.action != "stop":
            self.ticket(event.ticket).decision = event

    def _on_requested(self, event: ProposalRequested) -> None:
        self.ticket(event.ticket).is_requested = True
        self.proposals += 1

    def _on_completion(self, event: CompletionReceived) -> None:
        self.ticket(event.ticket).completions.append(event)
        self.usage = self.usage + event.usage
        key = (event.role, event.model)
        self.usage_by_role[key] = self.usage_by_role.get(key, Usage()) + event.usage

    def _on_model_failed(self, event: ModelFailed) -> None:
        self.model_failures += 1

    def _on_rejected(self, event: ProposalRejected) -> None:
        self.ticket(event.ticket).rejection = Rejection(event.stage, event.reason)
        self.rejections[event.stage] += 1

    def _on_created(self, event: CandidateCreated) -> None:
        self.candidates[event.candidate] = CandidateState(event)
        self.ticket(event.ticket).candidate = event.candidate
        for parent in event.parents:
            if parent in self.candidates:
                self.candidates[parent].children += 1

    def _on_evaluation_started(self, event: EvaluationStarted) -> None:
        """Only the record of work that a kill may have lost."""

    def _on_evaluated(self, event: EvaluationFinished) -> None:
        evaluation = event.evaluation
        candidate = self.candidates[evaluation.candidate]
        candidate.evaluations.append(evaluation)
        candidate.artifacts[evaluation.id] = event.artifacts
        if evaluation.purpose in {Purpose.SEARCH, Purpose.SEED}:
            self.ticket(event.ticket).evaluation = evaluation
        if evaluation.purpose is Purpose.SEARCH:
            self.evaluations += 1
            if not evaluation.is_ok:
                self.failures[str(evaluation.status)] += 1

    def _on_frontier(self, event: FrontierChanged) -> None:
        for gone in event.removed:
            self.frontier.pop(gone, None)
        for new in event.added:
            self.frontier[new] = None

    def _on_note(self, event: NoteWritten) -> None:
        self.notes[event.name] = event.text

    def _on_settled(self, event: BudgetSettled) -> None:
        self.ticket(event.ticket).is_settled = True
        self.told.append(event.ticket)

    def _on_winner(self, event: WinnerNamed) -> None:
        self.winner = event
        self.certifications += 1

    def _on_stopped(self, event: RunStopped) -> None:
        self.stopped = event


_HANDLERS: dict[type, Callable[..., None]] = {
    RunStarted: RunState._on_started,
    RunResumed: RunState._on_resumed,
    PolicyDecided: RunState._on_decided,
    ProposalRequested: RunState._on_requested,
    CompletionReceived: RunState._on_completion,
    ModelFailed: RunState._on_model_failed,
    ProposalRejected: RunState._on_rejected,
    CandidateCreated: RunState._on_created,
    EvaluationStarted: RunState._on_evaluation_started,
    EvaluationFinished: RunState._on_evaluated,
    FrontierChanged: RunState._on_frontier,
    NoteWritten: RunState._on_note,
    BudgetSettled: RunState._on_settled,
    WinnerNamed: RunState._on_winner,
    RunStopped: RunState._on_stopped,
}


def fold(events: Iterable[tuple[float, Event]]) -> RunState:
    """The state after a sequence of (time, event)."""
    state = RunState()
    for time, event in events:
        state.apply(event, time)
    return state
