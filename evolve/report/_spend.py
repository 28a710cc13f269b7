"""What the run cost, by role and model."""

from dataclasses import dataclass

from evolve.report._reading import RunRecord
from evolve.types import Usage

__all__ = ["Spend", "SpendRow", "spend"]


@dataclass(frozen=True, slots=True)
class SpendRow:
    """What one model cost in one role."""

    role: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Spend:
    """Figure data of the cost.

    Attributes:
        rows: By role and model, the dearest first, unknown prices before known ones.
        total: All together; its price is ``None`` where one is unknown.
        known_usd: Sum of the known prices: a lower bound where one is unknown.
        unanswered: Model calls that got no answer.
        seconds: Wall seconds of work.
        candidate_s: Wall seconds of all evaluations together.
    """

    rows: tuple[SpendRow, ...]
    total: Usage
    known_usd: float
    unanswered: int
    seconds: float
    candidate_s: float


def spend(record: RunRecord) -> Spend:
    """The cost of the run; an unknown price is never taken for 0."""
    state = record.state
    rows = [SpendRow(role, model, usage) for (role, model), usage in state.usage_by_role.items()]
    rows.sort(key=lambda row: (row.usage.cost_usd is not None, -(row.usage.cost_usd or 0.0), row.role, row.model))
    return Spend(
        rows=tuple(rows),
        total=state.usage,
        known_usd=sum(row.usage.cost_usd or 0.0 for row in rows),
        unanswered=state.model_failures,
        seconds=state.elapsed_s,
        candidate_s=sum(e.wall_s for c in state.candidates.values() for e in c.evaluations),
    )
