"""What passes between the engine and a policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from evolve.briefs import Rejection
from evolve.types import JSON, Candidate, CandidateId, Evaluation, Objective

__all__ = ["Decision", "Expand", "Outcome", "PolicySetup", "Reevaluate", "Stop", "Wait"]


@dataclass(frozen=True, slots=True)
class Expand:
    """Make a new candidate from ``parents`` with ``operator``; ``why`` is one line for the log."""

    parents: tuple[CandidateId, ...]
    operator: str
    inspirations: tuple[CandidateId, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reevaluate:
    """Measure a candidate again, with another instance seed."""

    candidate: CandidateId
    seed: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until something in flight comes back. Must not change the policy's state."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """The search is over."""

    why: str = ""


Decision: TypeAlias = Expand | Reevaluate | Wait | Stop


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a ticket ended: with a candidate and its evaluation, or with a rejection.

    Attributes:
        ticket: Number of the decision; 0 is the seed.
        candidate: ``None`` where the proposal was rejected.
        evaluation: ``None`` where nothing was evaluated.
        rejection: Why, where there is no evaluation.
    """

    ticket: int
    candidate: Candidate | None = None
    evaluation: Evaluation | None = None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class PolicySetup:
    """What a policy is constructed with.

    Attributes:
        objectives: Headline first.
        seed: Seed of all its random choices.
        operators: Moves that the proposer understands.
        options: The policy's own options.
    """

    objectives: tuple[Objective, ...]
    seed: int
    operators: tuple[str, ...]
    options: Mapping[str, JSON] = field(default_factory=dict)
