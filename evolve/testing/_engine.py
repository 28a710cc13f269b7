"""A whole search without sandbox, model or problem folder: what tests and benchmarks of the engine run."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from evolve.briefs import Brief, Proposal
from evolve.clock import SystemClock
from evolve.codec import to_json
from evolve.completions import Message, ModelRequest
from evolve.config import RunConfig
from evolve.decisions import PolicySetup
from evolve.engine import Engine
from evolve.errors import ProposerExhausted
from evolve.events import RunResumed, RunStarted
from evolve.protocols import Evaluator, Model, ModelDesk, Proposer
from evolve.recorder import Listener, Recorder
from evolve.replay import replay_policy
from evolve.search.budget import Budget, Ledger
from evolve.search.pareto_queue import ParetoQueue
from evolve.spec import Problem, Stage
from evolve.state import RunState
from evolve.store import RunStore
from evolve.tickets import Parts
from evolve.types import (
    BlobHash,
    Direction,
    Evaluation,
    EvaluationRequest,
    InstanceResult,
    Limits,
    Objective,
    Program,
    Score,
    Status,
    Trust,
)

__all__ = ["LiteralEvaluator", "ModelProposer", "NumberProposer", "Search", "toy_problem"]


def toy_problem(objectives: tuple[Objective, ...] = (Objective("value"),), seed: str = "VALUE = 0.0\n") -> Problem:
    """A problem that exists in memory only: programs are ``NAME = number`` lines, one per objective."""
    return Problem(
        name="toy",
        folder=Path("toy"),
        summary="Numbers as large as possible.",
        category="test",
        source="",
        statement="Write larger numbers.",
        objectives=objectives,
        seed=Program.single(seed),
        entry="program.py",
        function="",
        editable=("*",),
        language="python",
        knobs=(),
        limits=Limits(),
        image="",
        preload=(),
        stages=(Stage("all"),),
        references=(),
        redteam=(),
        evaluator="native",
        defaults={},
        content_hash="sha256:toy",
    )


def read_numbers(program: Program) -> dict[str, float]:
    """The ``NAME = number`` lines of the program, names in lower case."""
    texts = (line.split("#")[0] for line in program.files["program.py"].splitlines())
    lines = (text.split("=", 1) for text in texts if "=" in text)
    return {name.strip().lower(): float(number) for name, number in lines}


@dataclass(slots=True)
class LiteralEvaluator:
    """An evaluator in the engine's own process: reads scores off the program, a missing one is invalid.

    Attributes:
        delay_s: Seconds that each evaluation takes, asleep.
        on_evaluate: Called with every request, to count or to fail.
    """

    delay_s: float = 0.0
    on_evaluate: Callable[[EvaluationRequest], None] | None = None
    names: tuple[str, ...] = ("value",)

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to stop."""

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """The numbers in the program as its scores."""
        if self.on_evaluate is not None:
            self.on_evaluate(request)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        numbers = read_numbers(request.program)
        shared = {
            "id": request.id,
            "candidate": request.candidate,
            "split": request.split,
            "seed": request.seed,
            "purpose": request.purpose,
            "sandbox": "none",
            "trust": Trust.UNSAFE,
        }
        if any(name not in numbers for name in self.names):
            return Evaluation(status=Status.INVALID, feedback="a number is missing", **shared)  # type: ignore[arg-type]
        values = {name: numbers[name] for name in self.names}
        return Evaluation(
            status=Status.OK,
            scores={name: Score(value, value, value) for name, value in values.items()},
            instances=(InstanceResult("only", Status.OK, values),),
            **shared,  # type: ignore[arg-type]
        )


class NumberProposer:
    """A deterministic proposer without a model: adds a seeded random step to every number of the first parent."""

    name = "number"
    is_trusted = True
    is_deterministic = True
    uses_models = False
    operators = ("mutate",)

    def __init__(self, delay_s: Callable[[int], float] | float = 0.0) -> None:
        self._delay_s = delay_s

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """The parent with every number moved."""
        delay = self._delay_s(brief.ticket) if callable(self._delay_s) else self._delay_s
        if delay:
            await asyncio.sleep(delay)
        generator = random.Random(brief.seed * 1_000_003 + brief.ticket)
        numbers = read_numbers(brief.parents[0].candidate.program)
        lines = [f"{name.upper()} = {value + generator.gauss(0.0, 1.0)!r}" for name, value in numbers.items()]
        return Proposal(Program.single("\n".join(lines) + "\n"), rationale="a step")


class ModelProposer:
    """Takes the model's answer as the whole program; ends after ``last`` tickets."""

    name = "model"
    is_trusted = False
    is_deterministic = True
    uses_models = True
    operators = ("improve",)

    def __init__(self, last: int | None = None) -> None:
        self._last = last

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """Whatever the model says."""
        if self._last is not None and brief.ticket > self._last:
            raise ProposerExhausted(f"the script has {self._last} answers")
        prompt = brief.parents[0].candidate.program.files["program.py"]
        answer = await desk.complete(ModelRequest((Message("user", prompt),), seed=brief.ticket))
        return Proposal(Program.single(answer.text or "nothing"))


@dataclass(slots=True)
class Search:
    """A run in ``folder`` that is made from test doubles; `go` starts it or goes on with it.

    Attributes:
        folder: The run's folder.
        proposer: Any proposer.
        evaluator: Any evaluator.
        models: For proposers that use them.
        config: Budget, seed and order (``tickets`` or ``arrival``).
        problem: What is searched.
        listener: Told of every event.
    """

    folder: Path
    proposer: Proposer
    evaluator: Evaluator
    models: tuple[Model, ...] = ()
    config: RunConfig = RunConfig(max_evals=50, parallel=2, parallel_proposals=2, order="tickets")
    problem: Problem = toy_problem()
    listener: Listener | None = None
    engine: Engine | None = None

    def go(self) -> RunState:
        """Run until the run stops, and give its state."""
        return asyncio.run(self.go_async())

    async def go_async(self) -> RunState:
        """The same inside a running event loop."""
        is_new = not (self.folder / "run.sqlite").exists()
        with RunStore.create(self.folder) if is_new else RunStore.open(self.folder) as store:
            recorder = Recorder(store, SystemClock(), self.listener)
            events = recorder.load()
            config = self.config
            recorder.record(self._started() if not events else RunResumed({}))
            budget = Budget(
                max_evals=config.max_evals or None,
                max_usd=config.max_usd,
                max_tokens=config.max_tokens,
                max_time_s=config.max_time_s or None,
                patience=config.patience or None,
            )
            setup = PolicySetup(self.problem.objectives, config.seed, self.proposer.operators, config.policy_options)
            policy = ParetoQueue(setup)
            differences = replay_policy(policy, events, recorder)
            if differences:
                raise AssertionError(differences[0])
            parts = Parts(
                problem=self.problem,
                policy=policy,
                proposer=self.proposer,
                models=self.models,
                evaluator=self.evaluator,
                ledger=Ledger.replay(events, budget),
                parallel=config.parallel,
                parallel_proposals=config.parallel_proposals,
                is_ordered=config.order == "tickets",
            )
            self.engine = Engine(parts, config, recorder)
            await self.engine.run()
            return recorder.state

    def _started(self) -> RunStarted:
        return RunStarted(
            run=self.folder.name,
            problem=self.problem.name,
            problem_hash=BlobHash(self.problem.content_hash),
            config=dict(to_json(self.config)),  # type: ignore[arg-type]
            seed=self.config.seed,
            sandbox="none",
            trust=Trust.UNSAFE.value,
            objectives=[to_json(objective) for objective in self.problem.objectives],
        )


def maximize(*names: str) -> tuple[Objective, ...]:
    """Objectives of these names, all to be maximised."""
    return tuple(Objective(name, Direction.MAXIMIZE) for name in names)


def frontier_values(state: RunState) -> list[tuple[float, ...]]:
    """The score vectors of the frontier, sorted; what two equal searches have in common."""
    vectors = []
    for candidate in state.frontier:
        evaluation = state.candidates[candidate].search_evaluation
        if evaluation is not None:
            vectors.append(tuple(score.value for _, score in sorted(evaluation.scores.items())))
    return sorted(vectors)


def with_budget(search: Search, **limits: object) -> Search:
    """The same search under other limits."""
    return replace(search, config=replace(search.config, **limits), engine=None)  # type: ignore[arg-type]
