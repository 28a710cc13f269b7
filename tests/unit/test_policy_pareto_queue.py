"""The default policy beyond the conformance suite: what it prefers, and that it is a good search."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from evolve.decisions import Expand, Outcome, PolicySetup, Reevaluate
from evolve.errors import ConfigError
from evolve.program import Program
from evolve.search import BestOfN, OperatorChoice, ParetoQueue
from evolve.types import (
    JSON,
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

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import policies

LATENCY = Objective("latency", Direction.MINIMIZE)
SIZE = Objective("size", Direction.MINIMIZE)


def policy(*objectives: Objective, operators: tuple[str, ...] = ("mutate",), **options: JSON) -> ParetoQueue:
    return ParetoQueue(PolicySetup(objectives or (LATENCY,), 7, operators, options))


def outcome(
    ticket: int, *values: float, half: float = 0.0, candidate: str = "", parents: tuple[str, ...] = ()
) -> Outcome:
    name = CandidateId(candidate or f"c{ticket:04d}")
    scores = {
        objective.name: Score(value, value - half, value + half, 2)
        for objective, value in zip((LATENCY, SIZE), values, strict=False)
    }
    status = Status.OK if values else Status.CRASHED
    evaluation = Evaluation(EvaluationId(str(ticket)), name, Split.TRAIN, 0, Purpose.SEARCH, status, scores)
    lineage = tuple(CandidateId(parent) for parent in parents)
    return Outcome(ticket, Candidate(name, Program.single(""), lineage), evaluation)


def first_parents(search: ParetoQueue, first: int, count: int) -> Counter[str]:
    decisions = [search.ask(ticket) for ticket in range(first, first + count)]
    return Counter(decision.parents[0] for decision in decisions if isinstance(decision, Expand))


def test_good_candidates_are_expanded_more_and_poor_ones_still_sometimes() -> None:
    search = policy(exploration=0.0)
    for ticket, value in enumerate((9.0, 5.0, 7.0, 1.0)):
        search.tell(outcome(ticket, value))
    counts = first_parents(search, 4, 400)
    assert counts["c0003"] > 250
    assert counts["c0001"] > counts["c0002"] > counts["c0000"] > 0


def test_every_part_of_the_frontier_is_expanded_though_it_is_poor_in_the_headline() -> None:
    search = policy(LATENCY, SIZE, frontier_share=1.0)
    for ticket, values in enumerate(((1.0, 100.0), (2.0, 50.0), (50.0, 1.0), (60.0, 60.0))):
        search.tell(outcome(ticket, *values))
    counts = first_parents(search, 4, 300)
    assert set(counts) == {"c0000", "c0001", "c0002"}
    assert min(counts.values()) > 60


def test_a_move_that_works_gets_more_tickets() -> None:
    search = policy(operators=("poor", "good"))
    search.tell(outcome(0, 1000.0))
    used: Counter[str] = Counter()
    best = 1000.0
    for ticket in range(1, 301):
        decision = search.ask(ticket)
        assert isinstance(decision, Expand)
        used[decision.operator] += 1
        best -= decision.operator == "good"
        search.tell(outcome(ticket, best if decision.operator == "good" else 2000.0, parents=decision.parents))
    assert used["good"] > 3 * used["poor"] > 0


def test_fixed_shares_are_kept() -> None:
    search = policy(operators=("a", "b", "c"), operator_weights={"a": 3, "b": 1})
    search.tell(outcome(0, 1.0))
    used = Counter(search.ask(ticket).operator for ticket in range(1, 401))  # type: ignore[union-attr]
    assert set(used) == {"a", "b"}
    assert 2 < used["a"] / used["b"] < 4.5


def test_asking_again_for_an_open_ticket_gives_the_same_decision() -> None:
    search = policy()
    search.tell(outcome(0, 1.0))
    decision = search.ask(1)
    search.tell(outcome(2, 0.5))
    assert search.ask(1) == decision


def test_a_suspect_evaluation_never_enters() -> None:
    search = policy()
    search.tell(outcome(0, 1.0))
    lucky = outcome(1, 0.0)
    assert lucky.evaluation is not None
    scores = lucky.evaluation.scores
    suspect = Evaluation(
        EvaluationId("x"), CandidateId("c0001"), Split.TRAIN, 0, Purpose.SEARCH, Status.SUSPECT, scores
    )
    search.tell(Outcome(1, lucky.candidate, suspect))
    assert set(first_parents(search, 2, 50)) == {"c0000"}


def test_the_leader_is_measured_again_while_its_interval_overlaps_and_loses_its_lead() -> None:
    search = policy(reevaluate=True, reevaluate_share=1.0, frontier_share=1.0)
    search.tell(outcome(0, 10.0, half=0.1))
    search.tell(outcome(1, 5.0, half=2.0))
    search.tell(outcome(2, 6.0, half=0.1))
    decision = search.ask(3)
    assert isinstance(decision, Reevaluate)
    assert decision.candidate == "c0001"
    search.tell(outcome(3, 20.0, half=0.1, candidate="c0001"))
    assert search.frontier.candidates == ("c0002",)
    decision = search.ask(4)
    assert isinstance(decision, Expand)  # the second interval, around 12.5, is clear of 6
    assert decision.parents == ("c0002",)


def test_candidates_that_nobody_asked_for_are_welcome() -> None:
    search = policy(exploration=1.0)
    search.tell(outcome(0, 3.0))
    search.tell(outcome(5, 1.0, parents=("c0000",)))
    assert search.frontier.candidates == ("c0005",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"presure": 2}, "got 'presure'"),
        ({"frontier_share": 1.5}, "from 0 to 1"),
        ({"breadth": 0}, "at least 1"),
        ({"pressure": "high"}, "expected float for pareto-queue.pressure"),
        ({"reevaluate": 1}, "expected bool"),
        ({"operator_weights": {"mutate": "x"}}, "expected numbers"),
        ({"operator_weights": {"nonsense": 1}}, "'nonsense'"),
        ({"operator_weights": {"mutate": 0}}, "positive sum"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, JSON], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        policy(**options)


def test_best_of_n_has_no_options_and_suggests_none() -> None:
    with pytest.raises(ConfigError, match="best-of-n, got 'pressure'"):
        BestOfN(PolicySetup((LATENCY,), 1, ("mutate",), {"pressure": 2}))


def test_old_successes_of_a_move_fade() -> None:
    choice = OperatorChoice(("a", "b"), memory=10)
    for _ in range(50):
        choice.learn("a", is_success=True)
    for _ in range(50):
        choice.learn("b", is_success=True)
    standing = choice.standing()
    assert standing["b"][0] > 9
    assert standing["a"][0] < 0.1


@pytest.mark.parametrize("landscape", list(policies.LANDSCAPES))
def test_it_beats_best_of_n_clearly_and_plain_evolution_not_less(landscape: str) -> None:
    def total(name: str) -> float:
        policy_class, options = policies.POLICIES[name]
        values = [policies.search(policy_class, landscape, seed, 300, options).value for seed in range(40, 46)]
        return sum(values) / len(values)

    ours, plain, baseline = total("pareto-queue"), total("mu-plus-lambda"), total("best-of-n")
    if landscape == "two goals":  # the negative of a hypervolume
        assert ours < baseline * 1.2 < 0
    else:
        assert ours < baseline / 2
    assert ours < plain


def play(search: ParetoQueue, tickets: range, value_of: dict[str, float], step: float) -> None:
    """Ask and tell; a child is worth its parent's value less ``step``, but never below that of its start's valley."""
    for ticket in tickets:
        decision = search.ask(ticket)
        assert isinstance(decision, Expand)
        name = f"c{ticket:04d}"
        value_of[name] = value_of[decision.parents[0]] - step
        search.tell(outcome(ticket, value_of[name], parents=decision.parents))


def test_a_search_that_is_stuck_begins_again_at_the_seed_with_more_and_more_tickets() -> None:
    search = policy(restart_after=20)
    values = {"c0000": 10.0}
    search.tell(outcome(0, 10.0))
    play(search, range(1, 6), values, step=1.0)
    best = min(values.values())
    play(search, range(6, 40), values, step=0.0)  # nothing gets better any more
    starts: Counter[str] = Counter()
    for ticket in range(40, 240):
        decision = search.ask(ticket)
        assert isinstance(decision, Expand)
        start = decision.why.rsplit("start ", 1)[1]
        starts["first" if start == "1" else "later"] += 1
        # Later starts work with their own candidates, although those are worse than the archive.
        assert start == "1" or values[decision.parents[0]] > best
        values[f"c{ticket:04d}"] = values[decision.parents[0]] - (0.001 if start != "1" else 0.0)
        search.tell(outcome(ticket, values[f"c{ticket:04d}"], parents=decision.parents))
    assert 20 <= starts["first"] <= 80
    assert [member.values for member in search.frontier.members] == [(best,)]


def test_small_steps_do_not_count_as_progress_and_zero_never_restarts() -> None:
    for restart_after, is_restarted in ((20, True), (0, False)):
        search = policy(restart_after=restart_after)
        values = {"c0000": 10.0}
        search.tell(outcome(0, 10.0))
        play(search, range(1, 6), values, step=1.0)
        play(search, range(6, 40), values, step=1e-9)
        decision = search.ask(40)
        assert isinstance(decision, Expand)
        assert ("; start " in decision.why) is is_restarted
