"""Why the numbers can be believed, or how far: isolation, fresh inputs, alarms, red team."""

from dataclasses import dataclass

from evolve.comparison import Comparison, compare
from evolve.report._reading import RunRecord
from evolve.state import CandidateState
from evolve.types import CandidateId, Evaluation, Objective, Purpose, Score, Status, Trust

__all__ = ["Alarm", "CertifiedScore", "RejectedCandidate", "TrustPanel", "trust_panel"]

_PLAIN = {
    Trust.ISOLATED: "Candidates ran in containers with their own namespaces, cgroup and user, without network or secrets.",
    Trust.ISOLATED_NS: "Candidates ran in user namespaces with resource limits, without network; memory is not a hard cgroup limit.",
    Trust.RESTRICTED: "Candidates ran with restricted system calls and paths, but without namespaces of their own.",
    Trust.UNSAFE: "Candidates ran as this user with resource limits only. Nothing kept a hostile program from the files of the "
    "machine: trust these numbers as far as you trust the proposer.",
    Trust.SHARED: "A foreign evaluator imported the candidates into its own process, so a candidate could have changed its own score.",
}


@dataclass(frozen=True, slots=True)
class CertifiedScore:
    """An objective of winner and seed on the same fresh inputs; ``comparison`` is paired by instance."""

    objective: Objective
    seed: Score | None
    winner: Score | None
    comparison: Comparison | None

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the whole interval of the difference says so, else ``unclear``."""
        if self.comparison is None:
            return "unclear"
        ends = (self.comparison.difference.low, self.comparison.difference.high)
        is_worse = all(self.objective.as_cost(end) > 0 for end in ends)
        return "better" if self.comparison.is_better else "worse" if is_worse else "unclear"


@dataclass(frozen=True, slots=True)
class RejectedCandidate:
    """A candidate that looked better in the search and did not hold up: headline score there and on fresh inputs."""

    candidate: CandidateId
    searched: Score | None
    certified: Score | None
    status: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A suspect evaluation: a score beyond a proven bound, or contradicting measurements; untrusted text."""

    candidate: CandidateId
    evaluation: str
    feedback: str


@dataclass(frozen=True, slots=True)
class TrustPanel:
    """Figure data of the trust panel.

    Attributes:
        sandbox: Provider under which candidates ran.
        trust: Its label.
        sentence: What the label means, in plain words.
        is_isolated: Whether the label keeps candidates away from the verifier and the machine.
        evaluation: The winner's evaluation on fresh inputs; ``None`` where nothing was certified.
        seed_evaluation: The seed's evaluation on the same inputs.
        scores: Winner against seed, one per objective.
        rejected: Candidates that failed certification.
        alarms: Suspect evaluations of any purpose.
        has_bound: Whether an objective has a proven bound, so that a score beyond it would raise an alarm.
        redteam: Cheating programs that the problem rejected before the run; ``None`` if the run did not record it.
    """

    sandbox: str
    trust: str
    sentence: str
    is_isolated: bool
    evaluation: Evaluation | None
    seed_evaluation: Evaluation | None
    scores: tuple[CertifiedScore, ...]
    rejected: tuple[RejectedCandidate, ...]
    alarms: tuple[Alarm, ...]
    has_bound: bool
    redteam: int | None


def trust_panel(record: RunRecord) -> TrustPanel:
    """How far the result can be believed, from what the run recorded."""
    state, started = record.state, record.state.started
    label = started.trust if started else ""
    known = label in {trust.value for trust in Trust}
    winner, seed = state.winner, state.seed
    best = _find(state.candidates.get(winner.candidate), winner.evaluation) if winner else None
    against = _find(seed, winner.baseline) if winner else None
    redteam = started.environment.get("redteam") if started else None
    return TrustPanel(
        sandbox=started.sandbox if started else "",
        trust=label,
        sentence=_PLAIN[Trust(label)] if known else "The run did not record under which isolation candidates ran.",
        is_isolated=label in {Trust.ISOLATED.value, Trust.ISOLATED_NS.value},
        evaluation=best,
        seed_evaluation=against,
        scores=tuple(_certified(objective, best, against) for objective in record.objectives) if best else (),
        rejected=tuple(_rejected(record, name) for name in (winner.rejected if winner else ())),
        alarms=tuple(_alarms(record)),
        has_bound=any(objective.bound is not None for objective in record.objectives),
        redteam=redteam if isinstance(redteam, int) else None,
    )


def _find(candidate: CandidateState | None, evaluation: str) -> Evaluation | None:
    return next((e for e in candidate.evaluations if e.id == evaluation), None) if candidate else None


def _certified(objective: Objective, best: Evaluation, seed: Evaluation | None) -> CertifiedScore:
    comparison = compare(best, seed, objective) if seed is not None and best.is_ok and seed.is_ok else None
    theirs = seed.scores.get(objective.name) if seed is not None else None
    return CertifiedScore(objective, theirs, best.scores.get(objective.name), comparison)


def _rejected(record: RunRecord, name: CandidateId) -> RejectedCandidate:
    candidate = record.state.candidates.get(name)
    headline = record.objectives[0].name if record.objectives else ""
    searched = candidate.search_evaluation if candidate else None
    certified = candidate.certificate if candidate else None
    return RejectedCandidate(
        name,
        searched.scores.get(headline) if searched else None,
        certified.scores.get(headline) if certified else None,
        certified.status.value if certified else "not evaluated again",
    )


def _alarms(record: RunRecord) -> list[Alarm]:
    return [
        Alarm(name, evaluation.id, evaluation.feedback)
        for name, candidate in record.state.candidates.items()
        for evaluation in candidate.evaluations
        if evaluation.status is Status.SUSPECT and evaluation.purpose is not Purpose.CHECK
    ]
