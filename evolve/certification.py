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

Judge = Callable[[CandidateId, int, int], Awaitable[Evaluation]]


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

    Each of several tries could win by luck, so the interval that has to clear zero is widened by their number, those of
    earlier certifications of the run included (Bonferroni).

    Args:
        problem: What is searched.
        recorder: The run.
        judge: Evaluates a candidate for certification: its id, the instance seed, and how often it was judged before
            with this seed.
        attempts: How many candidates may be tried; the first that beats the seed wins.

    Raises:
        InfrastructureError: The evaluator failed.
    """
    seed, started = recorder.state.seed, recorder.state.started
    if seed is None:
        return
    times = recorder.state.certifications
    instance_seed = fresh_seed(started.seed if started else 0, times)
    level = 1 - 0.05 / max(1, attempts * (times + 1))
    rejected: list[CandidateId] = []
    baseline: Evaluation | None = None
    for contender in _contenders(problem, recorder)[:attempts]:
        baseline = baseline or await judge(seed.created.candidate, instance_seed, 0)
        certificate = await judge(contender.created.candidate, instance_seed, 0)
        if _beats(problem, certificate, baseline, level) and await _repeats(certificate, judge):
            recorder.record(WinnerNamed(certificate.candidate, certificate.id, baseline.id, tuple(rejected), level))
            return
        rejected.append(contender.created.candidate)
    own = baseline.id if baseline else EvaluationId("")
    winner = seed.created.candidate if baseline else CandidateId("")
    recorder.record(WinnerNamed(winner, own, own, tuple(rejected), level))


def _beats(problem: Problem, certificate: Evaluation, baseline: Evaluation, level: float) -> bool:
    """Whether the certificate is a win: over a better score of the seed, or over a seed that fails on these inputs."""
    if not certificate.is_ok or not baseline.is_ok:
        return certificate.is_ok
    comparison = compare(certificate, baseline, problem.headline, level=level)
    return comparison is not None and comparison.is_better


async def _repeats(certificate: Evaluation, judge: Judge) -> bool:
    """Whether a result without a spread comes out the same again; a lucky draw of a random program does not."""
    if len(certificate.instances) > 1:
        return True
    again = await judge(certificate.candidate, certificate.seed, 1)
    return again.scores == certificate.scores
