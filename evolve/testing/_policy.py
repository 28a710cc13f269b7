"""What every policy must do; subclass `PolicyTestCase` to hold another one to it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random

from evolve.briefs import Rejection
from evolve.decisions import Decision, Expand, Outcome, PolicySetup, Reevaluate, Stop, Wait
from evolve.program import Program
from evolve.protocols import Policy
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

__all__ = ["PolicyTestCase"]

_OBJECTIVES = (Objective("speed"), Objective("size", Direction.MINIMIZE))
_OPERATORS = ("mutate", "crossover", "knob")
_PROGRAM = Program.single("")

Judge = Callable[[Random], "tuple[float, float] | Status | None"]
"""Values of a child, the status of its failure, or ``None`` for a rejected proposal."""


def _mixed(generator: Random) -> tuple[float, float] | Status | None:
    draw = generator.random()
    if draw < 0.1:
        return None
    if draw < 0.3:
        return generator.choice([Status.CRASHED, Status.TIMEOUT, Status.SUSPECT])
    return generator.gauss(0, 1), float(generator.randrange(5))


class PolicyTestCase(ABC):
    """Tests of a policy; pytest collects them from a subclass whose name begins with ``Test``."""

    @abstractmethod
    def make(self, setup: PolicySetup) -> Policy:
        """A fresh policy."""

    def test_it_fulfils_the_protocol_and_has_a_name(self) -> None:
        policy = self._fresh()
        assert isinstance(policy, Policy)
        assert policy.name

    def test_it_waits_until_the_seed_is_known(self) -> None:
        policy = self._fresh()
        assert isinstance(policy.ask(1), Wait)
        policy.tell(_outcome(0, (1.0, 1.0)))
        assert isinstance(policy.ask(1), Expand)

    def test_waiting_changes_nothing(self) -> None:
        patient, hasty = self._fresh(), self._fresh()
        for _ in range(5):
            assert isinstance(hasty.ask(1), Wait)
        assert _drive(hasty, 30, _mixed) == _drive(patient, 30, _mixed)

    def test_the_seed_is_the_parent_while_nothing_else_has_passed(self) -> None:
        policy = self._fresh()
        for decision in _drive(policy, 25, lambda _: Status.CRASHED):
            assert isinstance(decision, Expand | Reevaluate | Stop)
            if isinstance(decision, Expand):
                assert decision.parents == (CandidateId("c0000"),)

    def test_failed_candidates_are_never_parents_or_inspirations(self) -> None:
        failed: set[str] = set()
        policy = self._fresh()
        generator = Random(4)
        policy.tell(_outcome(0, (0.0, 0.0)))
        for ticket in range(1, 200):
            decision = policy.ask(ticket)
            if isinstance(decision, Expand):
                assert not failed & {*decision.parents, *decision.inspirations}
            verdict = _mixed(generator)
            if not isinstance(verdict, tuple):
                failed.add(f"c{ticket:04d}")
            policy.tell(_outcome(ticket, verdict, decision))

    def test_parents_exist_and_differ_and_operators_are_known(self) -> None:
        for ticket, decision in enumerate(_drive(self._fresh(), 200, _mixed), start=1):
            if isinstance(decision, Expand):
                assert 1 <= len(decision.parents) <= 2
                assert len({*decision.parents, *decision.inspirations}) == len(decision.parents + decision.inspirations)
                assert all(int(parent[1:]) < ticket for parent in decision.parents)
                assert decision.operator in _OPERATORS
                assert decision.operator != "crossover" or len(decision.parents) == 2

    def test_equal_asks_and_tells_give_equal_decisions(self) -> None:
        assert _drive(self._fresh(), 150, _mixed) == _drive(self._fresh(), 150, _mixed)

    def test_decisions_are_equal_with_several_tickets_in_flight(self) -> None:
        assert _drive(self._fresh(), 150, _mixed, flying=7) == _drive(self._fresh(), 150, _mixed, flying=7)

    def test_telling_twice_is_idempotent(self) -> None:
        assert _drive(self._fresh(), 150, _mixed, tells=3) == _drive(self._fresh(), 150, _mixed)

    def test_units_and_scale_of_scores_do_not_matter(self) -> None:
        def scaled(generator: Random) -> tuple[float, float] | Status | None:
            verdict = _mixed(generator)
            return (verdict[0] * 1024.0, verdict[1] * 0.5) if isinstance(verdict, tuple) else verdict

        first = [_without_words(decision) for decision in _drive(self._fresh(), 150, _mixed)]
        assert [_without_words(decision) for decision in _drive(self._fresh(), 150, scaled)] == first

    def test_a_single_objective_and_a_single_operator_suffice(self) -> None:
        policy = self.make(PolicySetup(_OBJECTIVES[:1], 1, ("improve",)))
        for decision in _drive(policy, 60, _mixed):
            assert not isinstance(decision, Expand) or decision.operator == "improve"

    def _fresh(self) -> Policy:
        return self.make(PolicySetup(_OBJECTIVES, 11, _OPERATORS))


def _drive(policy: Policy, tickets: int, judge: Judge, *, flying: int = 1, tells: int = 1) -> list[Decision]:
    """Ask and tell in the order of tickets, ``flying`` behind; a decision may not wait while nothing is in flight."""
    generator = Random(4)
    for _ in range(tells):
        policy.tell(_outcome(0, (0.0, 0.0)))
    decisions: list[Decision] = []
    pending: list[Outcome] = []
    for ticket in range(1, tickets + 1):
        decision = policy.ask(ticket)
        while isinstance(decision, Wait):
            assert pending, f"expected a decision with nothing in flight, got {decision}"
            _tell(policy, pending.pop(0), tells)
            decision = policy.ask(ticket)
        decisions.append(decision)
        if isinstance(decision, Stop):
            break
        pending.append(_outcome(ticket, judge(generator), decision))
        if len(pending) >= flying:
            _tell(policy, pending.pop(0), tells)
    return decisions


def _tell(policy: Policy, outcome: Outcome, times: int) -> None:
    for _ in range(times):
        policy.tell(outcome)


def _outcome(ticket: int, verdict: tuple[float, float] | Status | None, decision: Decision | None = None) -> Outcome:
    if verdict is None:
        return Outcome(ticket, rejection=Rejection("new", "seen before"))
    name = decision.candidate if isinstance(decision, Reevaluate) else CandidateId(f"c{ticket:04d}")
    status = Status.OK if isinstance(verdict, tuple) else verdict
    values = zip(_OBJECTIVES, verdict, strict=True) if isinstance(verdict, tuple) else ()
    scores = {
        objective.name: Score(value, value - abs(value) / 4, value + abs(value) / 4, 4) for objective, value in values
    }
    evaluation = Evaluation(
        EvaluationId(f"{name}.search.{ticket}"), name, Split.TRAIN, 0, Purpose.SEARCH, status, scores
    )
    parents = decision.parents if isinstance(decision, Expand) else ()
    operator = decision.operator if isinstance(decision, Expand) else "seed"
    return Outcome(ticket, Candidate(name, _PROGRAM, parents, operator), evaluation)


def _without_words(decision: Decision) -> object:
    if isinstance(decision, Expand):
        return decision.parents, decision.operator, decision.inspirations
    return type(decision)
