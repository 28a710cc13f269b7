"""Checks a problem folder: seed and references work, every cheat is rejected, and how noisy and slow judging is."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evolve.protocols import Evaluator
from evolve.skeleton import new_problem
from evolve.spec import Problem
from evolve.types import (
    CandidateId,
    Evaluation,
    EvaluationId,
    EvaluationRequest,
    Objective,
    Program,
    Purpose,
    Score,
    Split,
    Status,
)

__all__ = ["CheatOutcome", "CheckReport", "ProgramOutcome", "check_problem", "new_problem"]


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """How a seed or a reference did on one split."""

    name: str
    split: Split
    status: Status
    scores: dict[str, Score] = field(default_factory=dict)
    feedback: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True)
class CheatOutcome:
    """How a red-team program did.

    Attributes:
        name: Folder name.
        expected: Statuses of which one must come out.
        got: What came out.
        ok: Whether it was rejected as declared.
        feedback: What the verifier said.
    """

    name: str
    expected: tuple[Status, ...]
    got: Status
    ok: bool
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        problem: Name of the problem.
        ok: Whether the folder may be used.
        seed: The seed on the train split.
        hidden: The seed on the hidden splits.
        references: The references on the train split.
        redteam: The cheats on the train split.
        seconds_per_evaluation: Median wall seconds of evaluating the seed.
        noise: Objective -> (largest - smallest) / |mean| of the seed's score over equal evaluations; 0 is deterministic.
        sandbox: Where the programs ran.
        trust: Label of that isolation.
        faults: What is wrong, one line each; empty if ok.
    """

    problem: str
    ok: bool
    seed: ProgramOutcome
    hidden: tuple[ProgramOutcome, ...]
    references: tuple[ProgramOutcome, ...]
    redteam: tuple[CheatOutcome, ...]
    seconds_per_evaluation: float
    noise: dict[str, float]
    sandbox: str = ""
    trust: str = ""
    faults: tuple[str, ...] = ()


def _silent(_line: str) -> None:
    """Progress that nobody wants to see."""


async def check_problem(
    problem: Problem,
    make_evaluator: Callable[[], Evaluator],
    *,
    repeats: int = 3,
    on_progress: Callable[[str], None] = _silent,
) -> CheckReport:
    """Run seed, references and red team of a problem.

    Args:
        problem: The loaded folder.
        make_evaluator: Gives an evaluator of that folder; it is started and closed here.
        repeats: Evaluations of the seed for the A/A noise, at least 2.
        on_progress: Called with one line per program.

    Raises:
        InfrastructureError: The verifier raised or the sandbox failed; a check cannot go on then.
    """
    evaluator = make_evaluator()
    try:
        await evaluator.start()
        return await _Check(problem, evaluator, on_progress).run(max(2, repeats))
    finally:
        await evaluator.close()


@dataclass(slots=True)
class _Check:
    problem: Problem
    evaluator: Evaluator
    on_progress: Callable[[str], None]
    faults: list[str] = field(default_factory=list)

    async def run(self, repeats: int) -> CheckReport:
        problem = self.problem
        seconds = []
        seeds = []
        for number in range(repeats):
            began = time.perf_counter()
            seeds.append(await self._evaluate("seed", problem.seed, Split.TRAIN, number))
            seconds.append(time.perf_counter() - began)
        hidden = [
            await self._evaluate("seed", problem.seed, split, repeats) for split in (Split.VALIDATION, Split.TEST)
        ]
        self._judge_seed([*seeds, *hidden])
        references = [await self._reference(one.name, one.program, seeds[0]) for one in problem.references]
        redteam = [await self._cheat(one.name, one.program, one.expected) for one in problem.redteam]
        if not redteam:
            self.faults.append("redteam/: expected at least one cheating program, found none")
        return CheckReport(
            problem=problem.name,
            ok=not self.faults,
            seed=_outcome("seed", seeds[0]),
            hidden=tuple(_outcome("seed", evaluation) for evaluation in hidden),
            references=tuple(references),
            redteam=tuple(redteam),
            seconds_per_evaluation=sorted(seconds)[len(seconds) // 2],
            noise=_noise(problem.objectives, seeds),
            sandbox=seeds[0].sandbox,
            trust=seeds[0].trust.value,
            faults=tuple(self.faults),
        )

    async def _evaluate(self, name: str, program: Program, split: Split, number: int) -> Evaluation:
        request = EvaluationRequest(
            id=EvaluationId(f"{name}.check.{number}"),
            candidate=CandidateId(name),
            program=program,
            split=split,
            purpose=Purpose.CHECK,
        )
        evaluation = await self.evaluator.evaluate(request)
        self.on_progress(f"{name} on {split.value}: {evaluation.status.value}")
        return evaluation

    def _judge_seed(self, evaluations: Sequence[Evaluation]) -> None:
        seen: dict[str, Split] = {}
        for evaluation in evaluations:
            if not evaluation.is_ok:
                self.faults.append(
                    f"seed/: expected status ok on {evaluation.split.value}, got {evaluation.status.value}: "
                    f"{_first_line(evaluation.feedback)}"
                )
            for result in evaluation.instances:
                if seen.setdefault(result.name, evaluation.split) is not evaluation.split:
                    self.faults.append(
                        f"verify.py: instance {result.name!r} is in two splits, {seen[result.name].value} and "
                        f"{evaluation.split.value}; hidden instances must differ"
                    )

    async def _reference(self, name: str, program: Program, seed: Evaluation) -> ProgramOutcome:
        evaluation = await self._evaluate(name, program, Split.TRAIN, 0)
        fault = ""
        if not evaluation.is_ok:
            fault = f"expected status ok, got {evaluation.status.value}: {_first_line(evaluation.feedback)}"
        elif seed.is_ok and _dominates(self.problem.objectives, seed, evaluation):
            fault = "expected a program that is better than the seed in some objective, got one that is not"
        if fault:
            self.faults.append(f"reference/{name}: {fault}")
        return _outcome(name, evaluation, ok=not fault)

    async def _cheat(self, name: str, program: Program, expected: tuple[Status, ...]) -> CheatOutcome:
        evaluation = await self._evaluate(name, program, Split.TRAIN, 0)
        is_rejected = evaluation.status in expected
        if not is_rejected:
            wanted = " or ".join(status.value for status in expected)
            self.faults.append(f"redteam/{name}: expected status {wanted}, got {evaluation.status.value}")
        return CheatOutcome(name, expected, evaluation.status, is_rejected, _first_line(evaluation.feedback))


def _outcome(name: str, evaluation: Evaluation, *, ok: bool | None = None) -> ProgramOutcome:
    return ProgramOutcome(
        name=name,
        split=evaluation.split,
        status=evaluation.status,
        scores=dict(evaluation.scores),
        feedback=evaluation.feedback,
        ok=evaluation.is_ok if ok is None else ok,
    )


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:200]


def _dominates(objectives: Sequence[Objective], first: Evaluation, second: Evaluation) -> bool:
    """Whether ``first`` is nowhere worse and somewhere better."""
    pairs = [(one.as_cost(first.value(one.name)), one.as_cost(second.value(one.name))) for one in objectives]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _noise(objectives: Sequence[Objective], evaluations: Sequence[Evaluation]) -> dict[str, float]:
    noise: dict[str, float] = {}
    for objective in objectives:
        values = [evaluation.value(objective.name) for evaluation in evaluations if evaluation.is_ok]
        if values:
            mean = sum(values) / len(values)
            spread = max(values) - min(values)
            noise[objective.name] = spread / abs(mean) if mean else spread
    return noise
