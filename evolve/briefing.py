"""Builds the brief that a proposer is given, from recorded data only."""

from collections.abc import Callable, Iterable

from evolve.briefs import Brief, ParentView
from evolve.events import PolicyDecided
from evolve.spec import Problem
from evolve.state import RunState
from evolve.types import Candidate, CandidateId

__all__ = ["build_brief", "candidate_id"]


def candidate_id(ticket: int) -> CandidateId:
    """The id of the candidate that a ticket will make."""
    return CandidateId(f"c{ticket:04d}")


def build_brief(
    decision: PolicyDecided,
    problem: Problem,
    state: RunState,
    *,
    candidate: Callable[[CandidateId], Candidate],
    seed: int,
    budget_left: str,
) -> Brief:
    """What the proposer gets for one ticket; evaluations on hidden splits never enter it.

    Args:
        decision: The policy's decision.
        problem: What is searched.
        state: The run so far.
        candidate: Gives a candidate with its program.
        seed: Seed of the run.
        budget_left: Words about what is left.
    """

    def views(ids: Iterable[CandidateId]) -> tuple[ParentView, ...]:
        return tuple(ParentView(candidate(one), state.candidates[one].search_evaluation) for one in ids)

    return Brief(
        ticket=decision.ticket,
        candidate=candidate_id(decision.ticket),
        operator=decision.operator,
        seed=seed,
        task=problem.statement,
        objectives=problem.objectives,
        entry=problem.entry,
        parents=views(decision.parents),
        editable=problem.editable,
        function=problem.function,
        language=problem.language,
        knobs=problem.knobs,
        inspirations=views(decision.inspirations),
        budget_left=budget_left,
    )
