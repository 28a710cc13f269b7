"""What can happen in a run. Every state change is one of these, appended to the store and never altered.

Live view, report, resume and replay fold the same events (`evolve.state`). Texts (programs, prompts,
completions, artifacts) are blobs; events carry their hashes. A field may be added with a default; any other
change of shape needs a new `version` and a migration.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from evolve.types import JSON, BlobHash, CandidateId, Evaluation, EvaluationId, Purpose, Split, Usage

__all__ = [
    "EVENT_TYPES",
    "BudgetSettled",
    "CandidateCreated",
    "CompletionReceived",
    "EvaluationFinished",
    "EvaluationStarted",
    "Event",
    "FrontierChanged",
    "ModelFailed",
    "NoteWritten",
    "PolicyDecided",
    "ProposalRejected",
    "ProposalRequested",
    "RunResumed",
    "RunStarted",
    "RunStopped",
    "WinnerNamed",
]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began; everything needed to start it again is here.

    ``has_fresh_inputs`` is false for a problem with one fixed input: certification then only measures again.
    """

    kind: ClassVar[str] = "RunStarted"
    run: str
    problem: str
    problem_hash: str
    config: dict[str, JSON]
    seed: int
    sandbox: str
    trust: str
    objectives: list[JSON] = field(default_factory=list)
    environment: dict[str, JSON] = field(default_factory=dict)
    has_fresh_inputs: bool = True


@dataclass(frozen=True, slots=True)
class RunResumed:
    """An interrupted or finished run goes on, possibly with a larger budget."""

    kind: ClassVar[str] = "RunResumed"
    config: dict[str, JSON]
    environment: dict[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyDecided:
    """The policy used a ticket. ``action`` is ``expand``, ``reevaluate`` or ``stop``."""

    kind: ClassVar[str] = "PolicyDecided"
    ticket: int
    action: str
    parents: tuple[CandidateId, ...] = ()
    operator: str = ""
    inspirations: tuple[CandidateId, ...] = ()
    seed: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProposalRequested:
    """A proposer was given a brief."""

    kind: ClassVar[str] = "ProposalRequested"
    ticket: int
    candidate: CandidateId
    proposer: str
    operator: str
    seed: int


@dataclass(frozen=True, slots=True)
class CompletionReceived:
    """A model answered; on disk before anybody parses it. ``call`` counts the calls of one ticket from 0."""

    kind: ClassVar[str] = "CompletionReceived"
    ticket: int
    call: int
    role: str
    model: str
    prompt: BlobHash
    text: BlobHash
    usage: Usage
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A model call got no answer; nothing was bought and no evaluation is consumed."""

    kind: ClassVar[str] = "ModelFailed"
    ticket: int
    role: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProposalRejected:
    """A proposal left the funnel before its evaluation."""

    kind: ClassVar[str] = "ProposalRejected"
    ticket: int
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class CandidateCreated:
    """A new program was admitted."""

    kind: ClassVar[str] = "CandidateCreated"
    ticket: int
    candidate: CandidateId
    program: BlobHash
    parents: tuple[CandidateId, ...]
    operator: str
    proposer: str
    rationale: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class EvaluationStarted:
    """A candidate went to an evaluator."""

    kind: ClassVar[str] = "EvaluationStarted"
    ticket: int
    evaluation: EvaluationId
    candidate: CandidateId
    split: Split
    seed: int
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class EvaluationFinished:
    """A verdict. ``artifacts`` maps names to blobs; the evaluation itself carries none."""

    kind: ClassVar[str] = "EvaluationFinished"
    ticket: int
    evaluation: Evaluation
    artifacts: dict[str, BlobHash] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrontierChanged:
    """Candidates entered or left the Pareto archive."""

    kind: ClassVar[str] = "FrontierChanged"
    ticket: int
    added: tuple[CandidateId, ...]
    removed: tuple[CandidateId, ...]
    size: int


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A note for proposers was replaced by a new version."""

    kind: ClassVar[str] = "NoteWritten"
    name: str
    text: BlobHash


@dataclass(frozen=True, slots=True)
class BudgetSettled:
    """A ticket is closed and its outcome told to the policy; the order of these events is the order of the tells."""

    kind: ClassVar[str] = "BudgetSettled"
    ticket: int
    evaluations: int
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class WinnerNamed:
    """The best candidate that held up on fresh inputs; ``candidate`` is empty where none did.

    ``rejected`` lists candidates that looked better in the search and failed certification; ``level`` is that of the
    interval which had to clear zero.
    """

    kind: ClassVar[str] = "WinnerNamed"
    candidate: CandidateId
    evaluation: EvaluationId
    baseline: EvaluationId
    rejected: tuple[CandidateId, ...] = ()
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class RunStopped:
    """The run ended. ``status`` is ``finished``, ``interrupted`` or ``failed``; all are resumable."""

    kind: ClassVar[str] = "RunStopped"
    status: str
    reason: str


Event: TypeAlias = (
    RunStarted
    | RunResumed
    | PolicyDecided
    | ProposalRequested
    | CompletionReceived
    | ModelFailed
    | ProposalRejected
    | CandidateCreated
    | EvaluationStarted
    | EvaluationFinished
    | FrontierChanged
    | NoteWritten
    | BudgetSettled
    | WinnerNamed
    | RunStopped
)

EVENT_TYPES: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        RunStarted,
        RunResumed,
        PolicyDecided,
        ProposalRequested,
        CompletionReceived,
        ModelFailed,
        ProposalRejected,
        CandidateCreated,
        EvaluationStarted,
        EvaluationFinished,
        FrontierChanged,
        NoteWritten,
        BudgetSettled,
        WinnerNamed,
        RunStopped,
    )
}
