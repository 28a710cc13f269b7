"""The way from the seed to the winner, one step per candidate, with the change that each step made."""

from dataclasses import dataclass

from evolve.report._diffs import program_files, unified_diff
from evolve.report._reading import ReadBlob, values_of
from evolve.state import CandidateState, RunState
from evolve.summary import run_objectives
from evolve.types import CandidateId, Objective, Score

__all__ = ["Lineage", "LineageStep", "lineage"]


@dataclass(frozen=True, slots=True)
class LineageStep:
    """A candidate on the way.

    Attributes:
        candidate: Its id.
        operator: Move that made it.
        proposer: Who wrote it.
        parents: What it was made from, the edited one first.
        scores: Objective name -> score in the search; empty if it has none.
        rationale: The proposer's own words; untrusted text.
        diff: Unified diff against its first parent; empty for the seed. Untrusted text.
        is_better: Objective name -> whether it is better than the first parent; only objectives that both have.
    """

    candidate: CandidateId
    operator: str
    proposer: str
    parents: tuple[CandidateId, ...]
    scores: dict[str, Score]
    rationale: str
    diff: str
    is_better: dict[str, bool]


@dataclass(frozen=True, slots=True)
class Lineage:
    """The way from the seed to a candidate.

    Attributes:
        steps: Seed first; empty for a run without candidates.
        whole_diff: The candidate against the seed in one diff.
        is_certified: Whether the last step is the winner that held up on fresh inputs.
        reason: Why there are no steps, or why the last one is no winner; empty for a certified winner.
    """

    steps: tuple[LineageStep, ...]
    whole_diff: str = ""
    is_certified: bool = False
    reason: str = ""


def lineage(state: RunState, read_blob: ReadBlob, *, candidate: CandidateId | None = None) -> Lineage:
    """The lineage of a candidate: by default the winner, else the best one so far by the search's scores.

    Args:
        state: The folded run.
        read_blob: Gives the bytes of a program's blob.
        candidate: Whose lineage, where it is not the winner's.
    """
    objectives = run_objectives(state)
    winner = state.winner.candidate if state.winner is not None else None
    is_certified = bool(winner) and winner in state.candidates and candidate in {None, winner}
    target = candidate or (winner if is_certified else _leader(state, objectives))
    if target is None or target not in state.candidates:
        return Lineage((), reason="The run has no candidates yet.")
    chain = _chain(state, target)
    programs = [program_files(read_blob(item.created.program)) for item in chain]
    steps = tuple(
        _step(item, chain[i - 1] if i else None, unified_diff(programs[i - 1], programs[i]) if i else "", objectives)
        for i, item in enumerate(chain)
    )
    whole = unified_diff(programs[0], programs[-1]) if len(chain) > 1 else ""
    return Lineage(steps, whole, is_certified, "" if is_certified else _why(state, len(chain)))


def _why(state: RunState, steps: int) -> str:
    if steps == 1:
        return "No candidate has a better score than the seed."
    if state.winner is not None:
        return "The best candidate by the search's own scores; it did not hold up against the seed on fresh inputs."
    return "The best candidate so far, by the search's own scores; it is not certified on fresh inputs."


def _leader(state: RunState, objectives: tuple[Objective, ...]) -> CandidateId | None:
    best: tuple[float, CandidateId] | None = None
    for name, candidate in state.candidates.items():
        values = values_of(candidate.search_evaluation, objectives)
        if values is None:
            continue
        cost = objectives[0].as_cost(values[0])
        if best is None or cost < best[0]:
            best = (cost, name)
    return best[1] if best else next(iter(state.candidates), None)


def _chain(state: RunState, target: CandidateId) -> list[CandidateState]:
    chain = [state.candidates[target]]
    seen = {target}
    while chain[-1].created.parents:
        parent = chain[-1].created.parents[0]
        # A foreign or damaged record may point in a circle or to nowhere; the way then simply begins later.
        if parent in seen or parent not in state.candidates:
            break
        seen.add(parent)
        chain.append(state.candidates[parent])
    return chain[::-1]


def _step(
    item: CandidateState, parent: CandidateState | None, diff: str, objectives: tuple[Objective, ...]
) -> LineageStep:
    created, evaluation = item.created, item.search_evaluation
    before = parent.search_evaluation.scores if parent is not None and parent.search_evaluation is not None else {}
    scores = dict(evaluation.scores) if evaluation is not None else {}
    better = {
        o.name: o.is_better(scores[o.name].value, before[o.name].value)
        for o in objectives
        if o.name in scores and o.name in before
    }
    return LineageStep(
        created.candidate, created.operator, created.proposer, created.parents, scores, created.rationale, diff, better
    )
