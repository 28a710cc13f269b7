"""An evaluator without processes, for tests and benchmarks of whatever uses evaluators."""

import asyncio
from collections.abc import Callable, Mapping

from evolve.types import Evaluation, EvaluationRequest, InstanceResult, Judgement, Program, Score, Trust

__all__ = ["InstantEvaluator"]


class InstantEvaluator:
    """Judges programs by a function, in this process, at once.

    Args:
        judge: Program -> scores by objective, or a `Judgement` where something failed.
        latency_s: Seconds that every evaluation pretends to take; several wait side by side.

    Attributes:
        requests: Every request so far, in order.
        in_flight_most: Most evaluations at once so far.
    """

    def __init__(self, judge: Callable[[Program], Mapping[str, float] | Judgement], *, latency_s: float = 0.0) -> None:
        self._judge = judge
        self._latency_s = latency_s
        self._in_flight = 0
        self.requests: list[EvaluationRequest] = []
        self.in_flight_most = 0

    async def start(self) -> None:
        """Nothing to start."""

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """The verdict of ``judge``, as an evaluation over one instance."""
        self.requests.append(request)
        self._in_flight += 1
        self.in_flight_most = max(self.in_flight_most, self._in_flight)
        try:
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            return self._verdict(request)
        finally:
            self._in_flight -= 1

    async def close(self) -> None:
        """Nothing to stop."""

    def _verdict(self, request: EvaluationRequest) -> Evaluation:
        judged = self._judge(request.program)
        judgement = judged if isinstance(judged, Judgement) else Judgement.ok(judged)
        scores = dict(judgement.scores)
        return Evaluation(
            id=request.id,
            candidate=request.candidate,
            split=request.split,
            seed=request.seed,
            purpose=request.purpose,
            status=judgement.status,
            scores={name: Score(value, value, value) for name, value in scores.items()},
            instances=(InstanceResult("only", judgement.status, scores, judgement.feedback),),
            feedback=judgement.feedback,
            artifacts=dict(judgement.artifacts),
            stage="all",
            sandbox="instant",
            trust=Trust.UNSAFE,
        )
