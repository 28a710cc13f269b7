"""A plausible run, made up: events and blobs as an engine would have written them. Its scores mean nothing."""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evolve.codec import to_json
from evolve.events import (
    BudgetSettled,
    CandidateCreated,
    CompletionReceived,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    FrontierChanged,
    ModelFailed,
    PolicyDecided,
    ProposalRejected,
    ProposalRequested,
    RunStarted,
    RunStopped,
    WinnerNamed,
)
from evolve.statistics import mean_interval
from evolve.testing._example_texts import FAILURES, IDEAS, MODELS, REJECTIONS, SEED
from evolve.types import (
    BlobHash,
    CandidateId,
    Direction,
    Evaluation,
    EvaluationId,
    InstanceResult,
    Objective,
    Purpose,
    Split,
    Status,
    Trust,
    Usage,
)

__all__ = ["ExampleRun", "example_events"]

_START = 1_700_000_000.0
_OBJECTIVES = (
    Objective("peak_memory", Direction.MINIMIZE, "MiB", bound=700.0),
    Objective("plan_time", Direction.MINIMIZE, "ms"),
)


@dataclass(slots=True)
class ExampleRun:
    """Events with their times, and the blobs that they name.

    Attributes:
        events: (seconds since the epoch, event), in order.
        blobs: Hash -> bytes.
    """

    events: list[tuple[float, Event]] = field(default_factory=list)
    blobs: dict[BlobHash, bytes] = field(default_factory=dict)

    def read_blob(self, name: BlobHash) -> bytes:
        """The bytes of this hash.

        Raises:
            KeyError: There is no such blob.
        """
        return self.blobs[name]

    def write_to(self, folder: Path) -> Path:
        """Write the run into a store in ``folder`` and give the folder."""
        from evolve.store import RunStore

        with RunStore.create(folder, clock=_Replayed(self.events)) as store, store.batch():
            for data in self.blobs.values():
                store.put_blob(data)
            for _, event in self.events:
                store.append(event)
        return folder


class _Replayed:
    """A clock that gives the recorded time of one event after the other."""

    def __init__(self, events: list[tuple[float, Event]]) -> None:
        self._times: Iterator[float] = iter([time for time, _ in events])
        self._last = 0.0

    def monotonic(self) -> float:
        return self._last

    def now(self) -> float:
        self._last = next(self._times, self._last)
        return self._last


@dataclass(slots=True)
class _Known:
    """A candidate in the making: its quality per objective, which only this module knows."""

    id: CandidateId
    text: str
    quality: tuple[float, float]
    evaluation: Evaluation | None = None


def example_events(
    proposals: int = 300,
    *,
    seed: int = 1,
    objectives: int = 2,
    ending: str = "finished",
    has_models: bool = True,
    policy: str = "pareto-queue",
    hostile: str = "",
) -> ExampleRun:
    """A made-up run that looks like a real one.

    Args:
        proposals: Proposals asked for.
        seed: Seed of everything in it; equal arguments give equal runs.
        objectives: 1 or 2.
        ending: ``finished`` with a certified winner, ``nothing`` beat the seed, ``running`` (no last event), ``interrupted``
            or ``failed``.
        has_models: Whether model calls (with a price for one model, none for the other) made the proposals.
        policy: Name of the policy; ``best-of-n`` always expands the seed.
        hostile: Text that is added to every text which a model or a candidate could write.
    """
    return _Maker(
        random.Random(seed),
        objectives=objectives,
        ending=ending,
        has_models=has_models,
        policy=policy,
        hostile=hostile,
    ).make(proposals)


class _Maker:
    """Writes one example run, event by event."""

    def __init__(  # the arguments of example_events
        self, rng: random.Random, *, objectives: int, ending: str, has_models: bool, policy: str, hostile: str
    ) -> None:
        self.rng, self.ending, self.has_models, self.policy, self.hostile = rng, ending, has_models, policy, hostile
        self.objectives = _OBJECTIVES[:objectives]
        self.run = ExampleRun()
        self.now = _START
        self.known: list[_Known] = []
        self.frontier: list[_Known] = []
        self.step = 0.45 if ending != "nothing" else -0.2

    def make(self, proposals: int) -> ExampleRun:
        """The whole run."""
        self._start(proposals)
        self._seed()
        for ticket in range(1, proposals + 1):
            self._ticket(ticket)
        if self.ending in {"finished", "nothing"}:
            self._certify(proposals)
        if self.ending != "running":
            reasons = {"interrupted": "stopped by the user (Ctrl-C)", "failed": "the model provider refused the key"}
            status = self.ending if self.ending in reasons else "finished"
            reason = reasons.get(self.ending, f"the budget of {proposals} evaluations is spent")
            self._emit(RunStopped(status, reason + self.hostile))
        return self.run

    def _emit(self, event: Event, seconds: float = 0.05) -> None:
        self.now += seconds
        self.run.events.append((self.now, event))

    def _blob(self, text: str) -> BlobHash:
        data = text.encode("utf-8", "surrogatepass")
        name = BlobHash(f"sha256:{hashlib.sha256(data).hexdigest()}")
        self.run.blobs[name] = data
        return name

    def _program(self, text: str) -> BlobHash:
        files = {"program.py": text}
        if self.hostile:
            files[f"notes{self.hostile}.txt"] = f"line one\n{self.hostile}\n"
        return self._blob(json.dumps(files, sort_keys=True))

    def _start(self, proposals: int) -> None:
        config = {
            "problem": "tensor_memory",
            "proposer": "llm" if self.has_models else "genetic",
            "models": list(MODELS) if self.has_models else [],
            "policy": self.policy,
            "max_evals": proposals,
            "seed": 7,
        }
        self._emit(
            RunStarted(
                run=f"tensor_memory-example-{self.policy}",
                problem="tensor_memory",
                problem_hash="sha256:" + "5" * 64,
                config=config,  # type: ignore[arg-type]
                seed=7,
                sandbox="bubblewrap",
                trust=Trust.ISOLATED_NS.value,
                objectives=[to_json(objective) for objective in self.objectives],
                environment={"python": "3.11", "platform": "example", "evolve": "example"},
            )
        )

    def _seed(self) -> None:
        seed = _Known(CandidateId("c0000"), SEED, (1.0, 1.0))
        self._create(0, seed, parents=(), operator="seed", proposer="seed", why="")
        seed.evaluation = self._evaluate(0, seed, Purpose.SEED)
        self._emit(FrontierChanged(0, (seed.id,), (), 1))
        self._emit(BudgetSettled(0, 1))
        self.known, self.frontier = [seed], [seed]

    def _ticket(self, ticket: int) -> None:
        parent = self.known[0] if self.policy == "best-of-n" else self._parent()
        operator = self.rng.choice(("improve", "improve", "simplify", "crossover")) if self.has_models else "mutate"
        decided = PolicyDecided(ticket, "expand", (parent.id,), operator, seed=ticket, why="frontier, least expanded")
        self._emit(decided)
        candidate = CandidateId(f"c{ticket:04d}")
        proposer = "llm" if self.has_models else "genetic"
        self._emit(ProposalRequested(ticket, candidate, proposer, operator, ticket))
        usage = Usage()
        if self.has_models:
            if self.rng.random() < 0.02:
                self._emit(ModelFailed(ticket, "propose", MODELS[0], "HTTP 529: overloaded" + self.hostile), 4.0)
                self._reject(ticket, "model", "no answer after 4 tries: HTTP 529", usage)
                return
            usage = self._ask(ticket)
        if self.rng.random() < (0.2 if self.has_models else 0.06):
            self._reject(ticket, *self.rng.choice(REJECTIONS), usage)
            return
        child, rationale = self._child(candidate, parent)
        self._create(ticket, child, parents=(parent.id,), operator=operator, proposer=proposer, why=rationale)
        if self.ending == "running" and ticket % 50 == 0:
            return  # in flight when the record was read
        child.evaluation = self._evaluate(ticket, child, Purpose.SEARCH)
        if child.evaluation.is_ok:
            self.known.append(child)
            self._file(ticket, child)
        self._emit(BudgetSettled(ticket, 1, usage))

    def _parent(self) -> _Known:
        return self.rng.choice(self.frontier if self.rng.random() < 0.7 else self.known[-40:])

    def _ask(self, ticket: int) -> Usage:
        total = Usage()
        for call in range(2 if self.rng.random() < 0.08 else 1):
            model = MODELS[0] if self.rng.random() < 0.7 else MODELS[1]
            tokens_in, tokens_out = self.rng.randint(1400, 2600), self.rng.randint(150, 900)
            cost = (3.0 * tokens_in + 15.0 * tokens_out) / 1e6 if model == MODELS[0] else 0.0
            source = "litellm" if model == MODELS[0] else "local"
            usage = Usage(tokens_in, tokens_out, tokens_in // 2, cost, source, 1, self.rng.uniform(1.5, 9.0))
            role = "propose" if call == 0 else "repair"
            prompt, text = self._blob(f"prompt {ticket}.{call}"), self._blob(f"answer {ticket}.{call}{self.hostile}")
            self._emit(CompletionReceived(ticket, call, role, model + self.hostile, prompt, text, usage), 0.8)
            total = total + usage
        return total

    def _reject(self, ticket: int, stage: str, reason: str, usage: Usage) -> None:
        self._emit(ProposalRejected(ticket, stage, reason + self.hostile))
        self._emit(BudgetSettled(ticket, 0, usage))

    def _child(self, name: CandidateId, parent: _Known) -> tuple[_Known, str]:
        rationale, line = self.rng.choice(IDEAS)
        line = line.format(x=round(self.rng.uniform(0.05, 2.5), 3), n=self.rng.randint(2, 64))
        knob = line.split(" = ")[0]
        lines = parent.text.split("\n")
        at = next((i for i, old in enumerate(lines) if old.startswith(knob)), None)
        if at is None:
            lines.insert(5, line)
            use = next(i for i, old in enumerate(lines) if old.startswith("    for i in order"))
            lines[use:use] = [
                f"    # {rationale}",
                f"    order.sort(key=lambda i: {knob} * buffers[i][0] + buffers[i][1])",
            ]
        else:
            lines[at] = line
        # Steps get smaller near the best that the made-up problem allows (0.72 of the seed).
        room = max(0.0, parent.quality[0] - 0.72)
        gain = self.rng.gauss(-0.9, 1.0) * self.step * max(0.12, room)
        quality = (
            max(0.72, parent.quality[0] - gain * (self.rng.random() < 0.6)),
            parent.quality[1] * self.rng.lognormvariate(0.03, 0.16),
        )
        return _Known(name, "\n".join(lines), quality), rationale

    def _create(
        self, ticket: int, item: _Known, *, parents: tuple[CandidateId, ...], operator: str, proposer: str, why: str
    ) -> None:
        program = self._program(item.text)
        self._emit(
            CandidateCreated(ticket, item.id, program, parents, operator, proposer, why + self.hostile, program[7:23])
        )

    def _evaluate(self, ticket: int, item: _Known, purpose: Purpose, worse: float = 1.0) -> Evaluation:
        split = Split.TEST if purpose is Purpose.CERTIFY else Split.TRAIN
        seed = 90_001 if purpose is Purpose.CERTIFY else 11
        name = EvaluationId(f"{item.id}.{purpose}.1")
        self._emit(EvaluationStarted(ticket, name, item.id, split, seed, purpose))
        status, feedback = Status.OK, ""
        if purpose is Purpose.SEARCH and self.rng.random() < 0.22:
            status, feedback = self.rng.choice(FAILURES)
            if self.rng.random() < 0.06:
                status, feedback = Status.SUSPECT, "peak_memory 612 MiB is below the proven bound of 700 MiB"
        results = () if status is not Status.OK else tuple(self._judge(item, seed, i, worse) for i in range(12))
        scores = {
            o.name: mean_interval([result.scores[o.name] for result in results]) for o in self.objectives if results
        }
        if results:
            worst = max(results, key=lambda result: result.scores["peak_memory"])
            feedback = (
                f"worst instance {worst.name}: peak {worst.scores['peak_memory']:.1f} MiB, {len(results)} valid plans"
            )
        wall = self.rng.uniform(0.1, 1.4)
        evaluation = Evaluation(
            name, item.id, split, seed, purpose, status, scores, results, feedback + self.hostile,
            stage="full" if results else "quick", sandbox="bubblewrap", trust=Trust.ISOLATED_NS, wall_s=wall, cpu_s=wall,
        )  # fmt: skip
        self._emit(EvaluationFinished(ticket, evaluation), 0.2)
        return evaluation

    def _judge(self, item: _Known, seed: int, index: int, worse: float) -> InstanceResult:
        base = 1180.0 * (0.9 + 0.2 * random.Random(seed * 1000 + index).random())
        peak = base * item.quality[0] * worse * self.rng.uniform(0.985, 1.015)
        scores = {"peak_memory": peak, "plan_time": 6.0 * item.quality[1] * self.rng.uniform(0.95, 1.05)}
        kept = {objective.name: round(scores[objective.name], 4) for objective in self.objectives}
        return InstanceResult(f"w{index:02d}{self.hostile}", Status.OK, kept, "", 0.05)

    def _file(self, ticket: int, item: _Known) -> None:
        if any(self._dominates(other, item) for other in self.frontier):
            return
        gone = [other for other in self.frontier if self._dominates(item, other)]
        self.frontier = [other for other in self.frontier if other not in gone] + [item]
        self._emit(FrontierChanged(ticket, (item.id,), tuple(other.id for other in gone), len(self.frontier)))

    def _dominates(self, first: _Known, second: _Known) -> bool:
        assert first.evaluation is not None
        assert second.evaluation is not None
        pairs = [(first.evaluation.value(o.name), second.evaluation.value(o.name)) for o in self.objectives]
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    def _certify(self, proposals: int) -> None:
        ranked = sorted((k for k in self.known[1:] if k.evaluation), key=lambda k: k.evaluation.value("peak_memory"))  # type: ignore[union-attr]
        baseline = self._evaluate(0, self.known[0], Purpose.CERTIFY)
        tried = [
            self._evaluate(0, item, Purpose.CERTIFY, worse)
            for item, worse in zip(ranked[:2], (1.6, 1.6 if self.ending == "nothing" else 1.0), strict=False)
        ]
        if self.ending == "nothing" or len(tried) < 2:
            self._emit(WinnerNamed(CandidateId(""), EvaluationId(""), baseline.id, tuple(e.candidate for e in tried)))
            return
        self._emit(WinnerNamed(tried[1].candidate, tried[1].id, baseline.id, (tried[0].candidate,)))
