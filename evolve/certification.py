"""Names a winner: the best candidate of the search that also beats the seed on inputs which the search never saw."""

import hashlib
from collections.abc import Awaitable, Callable

from evolve.comparison import compare
from evolve.events import WinnerNamed
from evolve.recorder import Recorder
from evolve.spec import Problem
from evolve.state import CandidateState
from evolve.types import CandidateId, Evaluation, EvaluationId

__all__ = ["certify", "fresh_seed"]

Judge = Callable[[CandidateId, int], Awaitable[Evaluation]]


def fresh_seed(seed: int, times: int) -> int:
    """Instance seed of the ``times``-th certification of a run, far from any that the search uses."""
    digest = hashlib.sha256(f"certify {seed} {times}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _contenders(problem: Problem, recorder: Recorder) -> list[CandidateState]:
    """Candidates whose search score beats the seed's, best headline first; of equal ones the earliest."""
    headline, seed = problem.headline, recorder.state.seed
    start = seed.pooled(headline.name) if seed is not None else None
    scored = [(c.pooled(headline.name), c) for c in recorder.state.candidates.values()]
    better = [(v, c) for v, c in scored if v is not None and (start is None or headline.is_better(v, start))]
    return [candidate for _, candidate in sorted(better, key=lambda entry: headline.as_cost(entry[0]))]


async def certify(problem: Problem, recorder: Recorder, judge: Judge, *, attempts: int) -> None:
    """Judge seed and best candidates on fresh inputs and record who won.

    Args:
        problem: What is searched.
        recorder: The run.
        judge: Evaluates a candidate for certification with an instance seed, and records it.
        attempts: How many candidates may be tried; the first that beats the seed wins.

    Raises:
        InfrastructureError: The evaluator failed.
    """
    seed = recorder.state.seed
    if seed is None:
        return
    started = recorder.state.started
    instance_seed = fresh_seed(started.seed if started else 0, recorder.state.certifications)
    rejected: list[CandidateId] = []
    baseline: Evaluation | None = None
    for contender in _contenders(problem, recorder)[:attempts]:
        baseline = baseline or await judge(seed.created.candidate, instance_seed)
        certificate = await judge(contender.created.candidate, instance_seed)
        comparison = compare(certificate, baseline, problem.headline) if certificate.is_ok else None
        if comparison is not None and comparison.is_better:
            recorder.record(WinnerNamed(contender.created.candidate, certificate.id, baseline.id, tuple(rejected)))
            return
        rejected.append(contender.created.candidate)
    own = baseline.id if baseline else EvaluationId("")
    recorder.record(WinnerNamed(seed.created.candidate if baseline else CandidateId(""), own, own, tuple(rejected)))
