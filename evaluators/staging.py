"""Judges one program stage by stage, with early exit, and makes the `Evaluation`. Pure but for the sandbox it is given."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from evaluators.aggregation import aggregate, checked_scores, crossed_bound, summarized
from evaluators.metering import Meter, MeteredSession
from evaluators.text import FEEDBACK_BYTES, clean, clean_artifacts, with_printed
from evolve.errors import EvaluatorCrashed
from evolve.protocols import Sandbox, Session, Verifier
from evolve.spec import Problem, Stage
from evolve.types import (
    Evaluation,
    EvaluationRequest,
    Instance,
    InstanceResult,
    Judgement,
    Program,
    Score,
    Split,
    Status,
)

__all__ = ["Bench"]

_LARGEST_SCORE = 1e100  # sums and squares of scores must stay finite
_INSTANCE_FEEDBACK_BYTES = 1024


@dataclass(slots=True)
class _Progress:
    """What is known of the program so far."""

    results: list[InstanceResult] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    status: Status = Status.OK
    scores: dict[str, Score] = field(default_factory=dict)
    stage: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """A problem, its verifier and a sandbox: everything that judging takes."""

    problem: Problem
    verifier: Verifier
    sandbox: Sandbox

    def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """The verdict on one program.

        Raises:
            EvaluatorCrashed: The verifier gave something that is no judgement.
            InfrastructureError: The sandbox failed.
        """
        began = time.perf_counter()
        meter = Meter(self.problem.evaluation_s, self.problem.limits.timeout_s)
        instances = self._instances(request)
        progress = self._run_stages(request, instances, meter)
        return Evaluation(
            id=request.id,
            candidate=request.candidate,
            split=request.split,
            seed=request.seed,
            purpose=request.purpose,
            status=progress.status,
            scores=progress.scores if progress.status.is_ok else {},
            instances=tuple(progress.results),
            feedback=with_printed(_feedback(progress), meter.printed),
            artifacts=clean_artifacts(progress.artifacts),
            stage=progress.stage,
            sandbox=self.sandbox.name,
            trust=self.sandbox.trust,
            wall_s=time.perf_counter() - began,
            cpu_s=meter.cpu_s,
        )

    def _instances(self, request: EvaluationRequest) -> list[Instance]:
        instances = list(self.verifier.instances(request.split, request.seed))
        names = [instance.name for instance in instances]
        if not instances or len(set(names)) != len(names):
            raise EvaluatorCrashed(
                f"expected at least one instance and distinct names for split {request.split}, got {names[:8]}",
                fix="correct Verifier.instances in verify.py",
            )
        return instances

    def _run_stages(self, request: EvaluationRequest, instances: Sequence[Instance], meter: Meter) -> _Progress:
        progress = _Progress()
        judged = 0
        with self._sessions(request.program, meter) as sessions:
            for stage in self._stages(request.split):
                progress.stage = stage.name
                until = min(stage.instances or len(instances), len(instances))
                for instance in instances[judged:until]:
                    self._judge(next(sessions), instance, progress)
                    if not progress.status.is_ok:
                        return progress
                judged = max(judged, until)
                progress.scores = self._scores(progress.results)
                self._raise_alarm(progress, is_whole=judged >= len(instances))
                self._apply_gate(stage, progress)
                if not progress.status.is_ok:
                    return progress
        return progress

    def _stages(self, split: Split) -> Sequence[Stage]:
        # Gates save time while searching; hidden splits are judged whole, for they decide what is reported.
        return self.problem.stages if split is Split.TRAIN else (Stage(self.problem.stages[-1].name),)

    @contextmanager
    def _sessions(self, program: Program, meter: Meter) -> Iterator[Iterator[MeteredSession]]:
        """A stream of sessions: the same one again and again, or a fresh one each time."""
        opened: list[Session] = []

        def stream() -> Iterator[MeteredSession]:
            while True:
                if self.problem.fresh_per_instance or not opened:
                    while opened:
                        opened.pop().close()
                    opened.append(self.sandbox.open(program, self.problem.entry))
                yield MeteredSession(opened[-1], meter)

        try:
            yield stream()
        finally:
            while opened:
                opened.pop().close()

    def _judge(self, session: MeteredSession, instance: Instance, progress: _Progress) -> None:
        began = time.perf_counter()
        judgement = self.verifier.judge(session, instance)
        where = f"Verifier.judge on instance {instance.name}"
        if not isinstance(judgement, Judgement):
            raise EvaluatorCrashed(
                f"expected a Judgement from {where}, got {type(judgement).__name__}", fix="correct verify.py"
            )
        names = None if hasattr(self.verifier, "summarize") else [o.name for o in self.problem.objectives]
        scores = checked_scores(judgement.scores, names, where) if judgement.status.is_ok else {}
        if any(abs(value) > _LARGEST_SCORE for value in scores.values()):
            scores = {}
            judgement = Judgement.invalid(f"a score is beyond {_LARGEST_SCORE:g}, which no ranking can hold")
        progress.results.append(
            InstanceResult(
                name=instance.name,
                status=judgement.status,
                scores=scores,
                feedback=clean(judgement.feedback, _INSTANCE_FEEDBACK_BYTES),
                wall_s=time.perf_counter() - began,
            )
        )
        progress.artifacts |= {f"{instance.name}.{name}": text for name, text in judgement.artifacts.items()}
        progress.status = judgement.status

    def _scores(self, results: Sequence[InstanceResult]) -> dict[str, Score]:
        summarize = getattr(self.verifier, "summarize", None)
        if summarize is not None:
            return summarized(summarize(results), self.problem.objectives, len(results))
        return {
            objective.name: aggregate(objective, [result.scores[objective.name] for result in results])
            for objective in self.problem.objectives
        }

    def _raise_alarm(self, progress: _Progress, *, is_whole: bool) -> None:
        crossed = crossed_bound(self.problem.objectives, progress.results, progress.scores, is_whole=is_whole)
        if crossed:
            progress.status = Status.SUSPECT
            progress.results[-1] = replace(progress.results[-1], status=Status.SUSPECT)
            progress.note = f"{crossed}: better than a proven bound. The verifier is to be doubted, not the bound; this is no record."

    def _apply_gate(self, stage: Stage, progress: _Progress) -> None:
        if not progress.status.is_ok:
            return
        for objective in self.problem.objectives:
            worst = stage.require.get(objective.name)
            if worst is not None and objective.is_better(worst, progress.scores[objective.name].value):
                progress.status = Status.REJECTED
                value = progress.scores[objective.name].value
                progress.note = (
                    f"stopped after stage {stage.name!r}: {objective.name} = {value:.6g}, "
                    f"{worst:g} or better is needed to go on"
                )
                return


def _feedback(progress: _Progress) -> str:
    lines = [progress.note] if progress.note else []
    # A failure is what the proposer must read first, and it is always the last instance judged.
    results = progress.results if progress.status.is_ok else progress.results[::-1]
    several = len(results) > 1
    lines += [f"{r.name}: {r.feedback}" if several else r.feedback for r in results if r.feedback]
    return clean("\n".join(lines), FEEDBACK_BYTES)
