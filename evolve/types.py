"""The vocabulary: frozen values that every room shares. Standard library only, no work at import.

Values are compared by content; measured times are excluded from comparison, so two evaluations of one
deterministic program are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType, TypeAlias

from evolve.program import BlobHash, Program

__all__ = [
    "JSON",
    "BlobHash",
    "Candidate",
    "CandidateId",
    "Direction",
    "Evaluation",
    "EvaluationId",
    "EvaluationRequest",
    "Instance",
    "InstanceResult",
    "Judgement",
    "Limits",
    "Objective",
    "Program",
    "Purpose",
    "RunId",
    "Score",
    "Split",
    "Status",
    "Trust",
    "Usage",
]

if TYPE_CHECKING:
    JSON: TypeAlias = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None
else:
    JSON = Any  # pydantic, which checks values at run time, cannot follow an alias that names itself

RunId = NewType("RunId", str)
CandidateId = NewType("CandidateId", str)  # "c0042": the ticket that asked for it; the seed is "c0000"
EvaluationId = NewType("EvaluationId", str)  # "c0042.search.1": candidate, purpose, count


class Direction(StrEnum):
    """Which way an objective gets better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class Split(StrEnum):
    """Which instances an evaluation used; proposers see ``train`` only."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Purpose(StrEnum):
    """Why an evaluation was made; only ``search`` counts against ``--max-evals``."""

    SEED = "seed"
    SEARCH = "search"
    CERTIFY = "certify"
    CHECK = "check"


class Status(StrEnum):
    """How an evaluation ended. Only ``ok`` ranks; everything else is a failure with feedback."""

    OK = "ok"
    INVALID = "invalid"  # the answer breaks a constraint of the problem
    INCORRECT = "incorrect"  # the answer is well formed and wrong
    CRASHED = "crashed"  # an exception, a signal, or an exit of the candidate
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"  # the reply or the printed text passed its limit
    PROTOCOL_VIOLATION = "protocol_violation"  # what came back is not a legal frame or value
    REJECTED = "rejected"  # a static check or a stage gate stopped it
    SUSPECT = "suspect"  # better than a proven bound, or contradicting measurements

    @property
    def is_ok(self) -> bool:
        """Whether the evaluation may be ranked."""
        return self is Status.OK


class Trust(StrEnum):
    """How far a score can be believed, by the isolation under which it was obtained; strongest first."""

    ISOLATED = "isolated"  # a container with its own namespaces, cgroup and user
    ISOLATED_NS = "isolated-ns"  # user namespaces and rlimits, no cgroup
    RESTRICTED = "restricted"  # syscall and path restrictions, no namespaces of its own
    UNSAFE = "unsafe"  # rlimits only: the candidate runs as the user
    SHARED = "shared"  # a foreign evaluator that imports the candidate


@dataclass(frozen=True, slots=True)
class Objective:
    """One measured quantity that the search improves.

    Attributes:
        name: Key of the score in every evaluation.
        direction: Which way is better.
        unit: Unit as text, empty for a pure number.
        bound: Proven limit; a better score is a verifier alarm (`Status.SUSPECT`), never a record.
        bound_tolerance: Absolute slack by which rounding may pass the bound.
        best_known: Best published value, for reports; not a limit.
        aggregate: How instance scores become the objective's score: ``mean``, ``geomean``, ``max``, ``min`` or ``sum``.
    """

    name: str
    direction: Direction = Direction.MAXIMIZE
    unit: str = ""
    bound: float | None = None
    bound_tolerance: float = 0.0
    best_known: float | None = None
    aggregate: str = "mean"

    def is_better(self, first: float, second: float) -> bool:
        """Whether ``first`` is strictly better than ``second``."""
        return first > second if self.direction is Direction.MAXIMIZE else first < second

    def as_cost(self, value: float) -> float:
        """The value with its sign turned so that smaller is better."""
        return -value if self.direction is Direction.MAXIMIZE else value

    def crosses_bound(self, value: float) -> bool:
        """Whether ``value`` is better than what is proven to be possible."""
        if self.bound is None:
            return False
        return self.as_cost(value) < self.as_cost(self.bound) - self.bound_tolerance


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call or a proposal cost.

    Attributes:
        input_tokens: Prompt tokens, cached ones included.
        output_tokens: Completion tokens, reasoning included.
        cached_tokens: The part of ``input_tokens`` that the provider served from its cache.
        cost_usd: Price in US dollars; ``None`` if no price is known, which is never the same as 0.
        price_source: Where the price came from (``litellm``, ``user``, ``local``, ``unknown``).
        calls: Requests that were answered.
        seconds: Wall time spent waiting; not compared.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float | None = 0.0
    price_source: str = ""
    calls: int = 0
    seconds: float = field(default=0.0, compare=False)

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            price_source=other.price_source or self.price_source,
            calls=self.calls + other.calls,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program with a lineage.

    Attributes:
        id: ``c`` and the ticket that asked for it; the seed is ``c0000``.
        program: What it is.
        parents: Candidates that it was made from, the edited one first.
        operator: Move that made it (``seed``, ``mutate``, ``crossover``, ``improve``, ...).
        proposer: Name of the proposer that wrote it.
        rationale: The proposer's own words; untrusted text.
        fingerprint: Hash of the normalised program, equal for cosmetic variants.
    """

    id: CandidateId
    program: Program
    parents: tuple[CandidateId, ...] = ()
    operator: str = "seed"
    proposer: str = "seed"
    rationale: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """An objective's value with its 95 % interval over ``n`` instances or repeats.

    Attributes:
        value: Aggregate over the instances, in the objective's unit; always finite.
        low: Lower end of the interval; equals ``value`` where nothing varies.
        high: Upper end.
        n: Samples behind it.
    """

    value: float
    low: float
    high: float
    n: int = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandboxed call may use; every field is enforced by each provider as far as it can.

    Attributes:
        timeout_s: Wall seconds per call, import of the candidate included.
        memory_mb: Memory of the whole process tree, MiB.
        processes: Processes and threads at once.
        output_kb: Printed text that is kept, KiB; the rest is counted and dropped.
        reply_mb: Size of one reply frame, MiB.
        scratch_mb: Writable scratch space, MiB.
        cpus: CPU cores.
    """

    timeout_s: float = 10.0
    memory_mb: int = 512
    processes: int = 64
    output_kb: int = 64
    reply_mb: int = 64
    scratch_mb: int = 64
    cpus: float = 1.0


@dataclass(frozen=True, slots=True)
class Instance:
    """One workload, question or shape; made and kept on the trusted side.

    Attributes:
        name: Short and stable within its split.
        data: Whatever the verifier needs; never crosses the boundary by itself.
    """

    name: str
    data: object = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a verifier says of one candidate on one instance.

    Attributes:
        status: `Status.OK` if the answer is valid and correct.
        scores: Objective name -> finite value; all objectives where the status is ok, else empty.
        feedback: For the proposer, a few lines; must not reveal hidden inputs or answers.
        artifacts: Name -> text kept with the evaluation (a plan, a trace).
    """

    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)
    feedback: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def ok(cls, scores: Mapping[str, float], feedback: str = "", **artifacts: str) -> "Judgement":
        """A valid and correct answer with its scores."""
        return cls(Status.OK, scores, feedback, artifacts)

    @classmethod
    def invalid(cls, feedback: str) -> "Judgement":
        """An answer that breaks a constraint of the problem."""
        return cls(Status.INVALID, feedback=feedback)

    @classmethod
    def incorrect(cls, feedback: str) -> "Judgement":
        """A well-formed answer that is wrong."""
        return cls(Status.INCORRECT, feedback=feedback)


@dataclass(frozen=True, slots=True)
class InstanceResult:
    """The judgement of one instance inside an evaluation; artifacts are lifted to the evaluation."""

    name: str
    status: Status
    scores: Mapping[str, float] = field(default_factory=dict)
    feedback: str = ""
    wall_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """An order to an evaluator.

    Attributes:
        id: Name of the evaluation that will come back.
        candidate: Whose program it is.
        program: What to run.
        split: Which instances.
        seed: Seed of the instance generator; certification uses one that the search never saw.
        purpose: Why.
    """

    id: EvaluationId
    candidate: CandidateId
    program: Program
    split: Split = Split.TRAIN
    seed: int = 0
    purpose: Purpose = Purpose.SEARCH


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One verdict on one candidate over some instances.

    Attributes:
        id: Unique in the run.
        candidate: Whose.
        split: Which instances.
        seed: Seed of the instance generator.
        purpose: Why it was made.
        status: `Status.OK` only if every instance is ok.
        scores: Objective name -> `Score`; empty unless ok.
        instances: One result per judged instance, in order; an early exit leaves the rest out.
        feedback: Text for the proposer; untrusted.
        artifacts: Name -> text.
        stage: Name of the last stage that was reached.
        sandbox: Name of the provider that ran it.
        trust: Label of the isolation under which it ran.
        wall_s: Wall seconds, trusted clock; not compared.
        cpu_s: CPU seconds of the candidate's processes where the provider can tell; not compared.
    """

    id: EvaluationId
    candidate: CandidateId
    split: Split
    seed: int
    purpose: Purpose
    status: Status
    scores: Mapping[str, Score] = field(default_factory=dict)
    instances: tuple[InstanceResult, ...] = ()
    feedback: str = ""
    artifacts: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    sandbox: str = ""
    trust: Trust = Trust.UNSAFE
    wall_s: float = field(default=0.0, compare=False)
    cpu_s: float = field(default=0.0, compare=False)

    @property
    def is_ok(self) -> bool:
        """Whether this evaluation may be ranked."""
        return self.status.is_ok

    def value(self, objective: str) -> float:
        """The score of one objective.

        Raises:
            KeyError: The evaluation failed, so it has no scores.
        """
        return self.scores[objective].value
