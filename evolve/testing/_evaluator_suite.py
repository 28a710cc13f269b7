"""What every evaluator must do; subclass `EvaluatorTestCase` to hold another one to it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from evolve.errors import InfrastructureError
from evolve.protocols import Evaluator
from evolve.skeleton import new_problem
from evolve.types import CandidateId, Evaluation, EvaluationId, EvaluationRequest, Program, Purpose, Split, Status

__all__ = ["EvaluatorTestCase"]

T = TypeVar("T")

_GOOD = "def assign(jobs):\n    return [i % 4 for i in range(len(jobs))]\n"
_FAULTS = {
    "def assign(jobs):\n    return [9 for _ in jobs]\n": Status.INVALID,
    "def assign(jobs):\n    raise ValueError('no')\n": Status.CRASHED,
    "import os\ndef assign(jobs):\n    os._exit(0)\n": Status.CRASHED,
    "def assign(jobs):\n    while True:\n        pass\n": Status.TIMEOUT,
    "def other(jobs):\n    return 1\n": Status.INVALID,
    "def assign(jobs:\n": Status.CRASHED,
}


def _request(text: str, name: str = "c0001") -> EvaluationRequest:
    return EvaluationRequest(
        EvaluationId(f"{name}.search.1"), CandidateId(name), Program.single(text), purpose=Purpose.SEARCH
    )


class EvaluatorTestCase(ABC):
    """Tests of an evaluator; pytest collects them from a subclass whose name begins with ``Test``."""

    @abstractmethod
    def create(self, problem_folder: Path, *, parallel: int) -> Evaluator:
        """An evaluator of the skeleton problem (four machines, ``assign``), not yet started."""

    def use(self, folder: Path, work: Callable[[Evaluator], Awaitable[T]], *, parallel: int = 1) -> T:
        """Run ``work`` with a started evaluator of a fresh skeleton problem."""

        async def run() -> T:
            evaluator = self.create(new_problem(folder / "skeleton", "skeleton"), parallel=parallel)
            try:
                await evaluator.start()
                return await work(evaluator)
            finally:
                await evaluator.close()

        return asyncio.run(run())

    def test_a_good_program_is_ok_and_has_every_score(self, tmp_path: Path) -> None:
        evaluation = self.use(tmp_path, lambda one: one.evaluate(_request(_GOOD)))
        assert evaluation.status is Status.OK
        assert set(evaluation.scores) == {"makespan_ratio"}
        assert evaluation.scores["makespan_ratio"].n == len(evaluation.instances) == 10
        assert evaluation.scores["makespan_ratio"].low <= evaluation.value("makespan_ratio")

    def test_the_evaluation_repeats_what_was_asked(self, tmp_path: Path) -> None:
        request = EvaluationRequest(
            EvaluationId("c7.certify.2"), CandidateId("c7"), Program.single(_GOOD), Split.TEST, 99, Purpose.CERTIFY
        )
        got = self.use(tmp_path, lambda one: one.evaluate(request))
        assert (got.id, got.candidate, got.split, got.seed, got.purpose) == (
            request.id,
            request.candidate,
            request.split,
            request.seed,
            request.purpose,
        )

    def test_equal_requests_give_equal_evaluations(self, tmp_path: Path) -> None:
        async def twice(one: Evaluator) -> tuple[Evaluation, Evaluation]:
            return await one.evaluate(_request(_GOOD)), await one.evaluate(_request(_GOOD))

        first, second = self.use(tmp_path, twice)
        assert first == second

    def test_every_fault_of_a_candidate_is_a_status_without_scores(self, tmp_path: Path) -> None:
        async def all_faults(one: Evaluator) -> list[Evaluation]:
            return [await one.evaluate(_request(text)) for text in _FAULTS]

        got = self.use(tmp_path, all_faults)
        assert [evaluation.status for evaluation in got] == list(_FAULTS.values())
        assert all(evaluation.scores == {} and evaluation.feedback for evaluation in got)

    def test_a_bad_program_leaves_the_next_one_alone(self, tmp_path: Path) -> None:
        async def bad_then_good(one: Evaluator) -> Evaluation:
            for text in _FAULTS:
                await one.evaluate(_request(text, "bad"))
            return await one.evaluate(_request(_GOOD))

        after = self.use(tmp_path, bad_then_good)
        alone = self.use(tmp_path / "again", lambda one: one.evaluate(_request(_GOOD)))
        assert after == alone

    def test_evaluations_side_by_side_do_not_mix(self, tmp_path: Path) -> None:
        texts = [f"def assign(jobs):\n    return [i % {k} for i in range(len(jobs))]\n" for k in (1, 2, 3, 4)]

        async def together(one: Evaluator) -> list[Evaluation]:
            return await asyncio.gather(*(one.evaluate(_request(text, f"c{n}")) for n, text in enumerate(texts)))

        got = self.use(tmp_path, together, parallel=2)
        values = [evaluation.value("makespan_ratio") for evaluation in got]
        assert [evaluation.candidate for evaluation in got] == ["c0", "c1", "c2", "c3"]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == 4

    def test_closing_twice_is_harmless_and_evaluating_afterwards_is_an_error(self, tmp_path: Path) -> None:
        async def close_early(one: Evaluator) -> None:
            await one.close()
            await one.close()
            with pytest.raises(InfrastructureError):
                await one.evaluate(_request(_GOOD))

        self.use(tmp_path, close_early)

    def test_feedback_is_clean_and_bounded(self, tmp_path: Path) -> None:
        text = "def assign(jobs):\n    print('\\x1b[31m' + 'x' * 10**6)\n    raise ValueError('\\x00' * 10**5)\n"
        evaluation = self.use(tmp_path, lambda one: one.evaluate(_request(text)))
        assert evaluation.status is Status.CRASHED
        assert len(evaluation.feedback.encode()) <= 4096
        assert not set(evaluation.feedback) & {"\x1b", "\x00", "\r"}
