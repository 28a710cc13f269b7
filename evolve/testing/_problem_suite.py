"""What every problem folder must do; subclass `ProblemTestCase` to hold one to it."""

import asyncio
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path

from evolve.check import CheckReport, check_problem
from evolve.plugins import load
from evolve.problems import load_problem
from evolve.protocols import Evaluator
from evolve.spec import Problem
from evolve.types import CandidateId, EvaluationId, EvaluationRequest, Split

__all__ = ["ProblemTestCase"]


class ProblemTestCase(ABC):
    """Tests of a problem folder; pytest collects them from a subclass whose name begins with ``Test``.

    The check runs once per problem and sandbox, however many tests look at it.
    """

    sandbox = "process"

    @abstractmethod
    def reference(self) -> str | Path:
        """Name of a built-in problem, or a folder."""

    def problem(self) -> Problem:
        """The loaded problem."""
        return load_problem(self.reference())

    def report(self) -> CheckReport:
        """What the check found."""
        return _checked(self.reference(), self.sandbox)

    def test_the_folder_passes_its_check(self) -> None:
        assert self.report().faults == ()

    def test_every_cheat_is_rejected_with_the_status_that_it_declares(self) -> None:
        outcomes = self.report().redteam
        assert len(outcomes) >= 2
        assert [(one.name, one.got) for one in outcomes if one.got not in one.expected] == []

    def test_the_seed_scores_every_objective_on_every_split(self) -> None:
        names = {objective.name for objective in self.problem().objectives}
        for outcome in (self.report().seed, *self.report().hidden):
            assert set(outcome.scores) == names

    def test_the_seed_leaves_room_below_every_bound(self) -> None:
        scores = self.report().seed.scores
        for objective in self.problem().objectives:
            assert not objective.crosses_bound(scores[objective.name].value)

    def test_a_reference_beats_the_seed_in_the_headline(self) -> None:
        headline = self.problem().headline
        seed = self.report().seed.scores[headline.name].value
        references = [one.scores[headline.name].value for one in self.report().references]
        assert not references or any(headline.is_better(value, seed) for value in references)

    def test_equal_requests_give_equal_evaluations(self) -> None:
        first, second = asyncio.run(_twice(self.problem(), self.sandbox))
        assert first == second

    def test_the_statement_tells_what_to_write(self) -> None:
        problem = self.problem()
        assert problem.function in problem.statement


def _evaluator(problem: Problem, sandbox: str) -> Evaluator:
    cls = load("evolve.evaluators", problem.evaluator)
    evaluator: Evaluator = cls(problem.folder, sandbox=sandbox, parallel=1, label="test")
    return evaluator


@cache
def _checked(reference: str | Path, sandbox: str) -> CheckReport:
    problem = load_problem(reference)
    return asyncio.run(check_problem(problem, lambda: _evaluator(problem, sandbox), repeats=2))


async def _twice(problem: Problem, sandbox: str) -> tuple[object, object]:
    request = EvaluationRequest(EvaluationId("x"), CandidateId("x"), problem.seed, Split.TEST, seed=7)
    results = []
    for _ in range(2):  # in two processes, so that nothing kept in one of them can make them equal
        evaluator = _evaluator(problem, sandbox)
        try:
            await evaluator.start()
            results.append(await evaluator.evaluate(request))
        finally:
            await evaluator.close()
    return results[0], results[1]
