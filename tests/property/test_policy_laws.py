"""Laws of policies under any order of outcomes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.briefs import Rejection
from evolve.decisions import Decision, Expand, Outcome, PolicySetup, Reevaluate
from evolve.program import Program
from evolve.search import ParetoFrontier, ParetoQueue
from evolve.types import (
    Candidate,
    CandidateId,
    Direction,
    Evaluation,
    EvaluationId,
    Objective,
    Purpose,
    Score,
    Split,
    Status,
)

OBJECTIVES = (Objective("speed"), Objective("size", Direction.MINIMIZE))
verdicts = st.one_of(
    st.tuples(st.integers(-3, 3), st.integers(-3, 3)), st.sampled_from([Status.CRASHED, Status.INVALID]), st.none()
)
# True: ask for the next ticket. A number: tell one of those in flight, with a verdict.
steps = st.lists(st.just(value=True) | st.tuples(st.integers(0, 7), verdicts), max_size=60)


def outcome(ticket: int, verdict: object, decision: Decision | None) -> Outcome:
    name = decision.candidate if isinstance(decision, Reevaluate) else CandidateId(f"c{ticket:04d}")
    parents = decision.parents if isinstance(decision, Expand) else ()
    candidate = Candidate(name, Program.single(""), parents)
    if verdict is None:
        return Outcome(ticket, rejection=Rejection("parsed", "no program"))
    values = verdict if isinstance(verdict, tuple) else ()
    scores = {o.name: Score(v, v - 1, v + 1, 3) for o, v in zip(OBJECTIVES, values, strict=False)}
    status = Status.OK if values else Status(str(verdict))
    evaluation = Evaluation(EvaluationId(str(ticket)), name, Split.TRAIN, 0, Purpose.SEARCH, status, scores)
    return Outcome(ticket, candidate, evaluation)


def play(script: list, seed: int, options: dict) -> tuple[ParetoQueue, list[Decision], list[Outcome]]:
    policy = ParetoQueue(PolicySetup(OBJECTIVES, seed, ("mutate", "crossover"), options))
    told = [outcome(0, (0, 0), None)]
    policy.tell(told[0])
    decisions: list[Decision] = []
    flying: dict[int, Decision] = {}
    for step in script:
        if step is True:
            decisions.append(policy.ask(len(decisions) + 1))
            flying[len(decisions)] = decisions[-1]
        elif flying:
            ticket = sorted(flying)[step[0] % len(flying)]
            told.append(outcome(ticket, step[1], flying.pop(ticket)))
            policy.tell(told[-1])
    return policy, decisions, told


@settings(deadline=None)
@given(steps, st.integers(0, 99), st.booleans())
def test_the_same_asks_and_tells_give_the_same_decisions(script, seed, reevaluate) -> None:
    options = {"reevaluate": reevaluate}
    assert play(script, seed, options)[1:] == play(script, seed, options)[1:]


@settings(deadline=None)
@given(steps, st.integers(0, 99))
def test_parents_have_passed_and_the_archive_is_that_of_all_outcomes(script, seed) -> None:
    policy, decisions, told = play(script, seed, {})
    passed = {o.candidate.id for o in told if o.candidate and o.evaluation and o.evaluation.is_ok}
    for decision in decisions:
        assert isinstance(decision, Expand)
        assert {*decision.parents, *decision.inspirations} <= passed
    frontier = ParetoFrontier(OBJECTIVES)
    for item in told:
        if item.candidate and item.evaluation and item.evaluation.is_ok:
            frontier.add(item.candidate.id, [item.evaluation.value(o.name) for o in OBJECTIVES])
    assert policy.frontier.members == frontier.members


@settings(deadline=None)
@given(steps, st.integers(0, 99))
def test_with_measurements_repeated_the_archive_is_that_of_the_pooled_scores(script, seed) -> None:
    policy, _, _ = play(script, seed, {"reevaluate": True, "reevaluate_share": 1.0})
    points = [tuple(record.pooled(o.name).value for o in OBJECTIVES) for record in policy._records.values()]
    frontier = ParetoFrontier(OBJECTIVES)
    for index, point in enumerate(points):
        frontier.add(CandidateId(str(index)), point)
    assert {member.values for member in policy.frontier.members} == {member.values for member in frontier.members}
