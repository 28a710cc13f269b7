"""What each candidate trades for what: all ok candidates in objective space, and which are on the frontier."""

from dataclasses import dataclass

from evolve.report._reading import RunRecord, values_of
from evolve.types import CandidateId, Objective

__all__ = ["FrontPoint", "ParetoFront", "pareto_front"]


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """An ok candidate: its scores, headline first, and whether nothing found so far is better in every respect."""

    candidate: CandidateId
    values: tuple[float, ...]
    is_on_frontier: bool


@dataclass(frozen=True, slots=True)
class ParetoFront:
    """Figure data of the trade-off.

    Attributes:
        objectives: The axes, headline first.
        points: All ok candidates in order of creation; empty where there is nothing to trade.
        reason: Why there is no figure, one sentence; empty where there is one.
    """

    objectives: tuple[Objective, ...]
    points: tuple[FrontPoint, ...] = ()
    reason: str = ""

    @property
    def frontier(self) -> tuple[FrontPoint, ...]:
        """The points on the frontier, best headline first."""
        sign = self.objectives[0].as_cost if self.objectives else float
        return tuple(sorted((p for p in self.points if p.is_on_frontier), key=lambda p: sign(p.values[0])))


def pareto_front(record: RunRecord) -> ParetoFront:
    """The trade-off between the objectives, by the search's own scores."""
    objectives = record.objectives
    if len(objectives) < 2:
        name = objectives[0].name if objectives else "the objective"
        return ParetoFront(
            objectives, reason=f"{name} is the only objective of this problem, so there is nothing to trade it for."
        )
    points = tuple(
        FrontPoint(moment.evaluation.candidate, values, moment.evaluation.candidate in record.state.frontier)
        for moment in record.moments
        if (values := values_of(moment.evaluation, objectives)) is not None
    )
    return ParetoFront(objectives, points, "" if points else "No candidate has a score yet.")
