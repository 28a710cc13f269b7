"""Where proposals and money went: the funnel, and the failures by status."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from evolve.report._reading import RunRecord, values_of
from evolve.report._text import one_line
from evolve.state import TicketState
from evolve.types import CandidateId, Evaluation, Purpose, Status

__all__ = ["Failure", "Failures", "Funnel", "FunnelStep", "Reason", "failures", "funnel"]

_SHOWN_REASONS = 4
_CANDIDATE = re.compile(r"\bc\d{4,}\b")  # ids would make one reason look like many
_PENDING = "still in flight, or lost when the run stopped"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why proposals left the funnel at a step, and how many of them; untrusted text."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A step of the funnel.

    Attributes:
        name: Short name.
        meaning: What having passed it means.
        count: Proposals that passed.
        dropped: Proposals that reached the step and did not pass.
        reasons: The most frequent reasons, then the rest as one.
        dropped_usd: What the dropped ones had cost; ``None`` where a price is unknown.
        dropped_tokens: Tokens that went into them.
        is_loss: Whether being dropped here means that the proposal could not be used at all.
    """

    name: str
    meaning: str
    count: int
    dropped: int
    reasons: tuple[Reason, ...]
    dropped_usd: float | None
    dropped_tokens: int
    is_loss: bool = True


@dataclass(frozen=True, slots=True)
class Funnel:
    """Steps in order, the first being the requests themselves; empty before the first request."""

    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True, slots=True)
class _Stop:
    step: str  # the step that was not passed; empty for proposals that passed all
    reason: str


_STEPS = (
    ("requested", "the policy asked for a proposal"),
    ("answered", "the model gave an answer"),
    ("parsed", "the answer is a program"),
    ("new", "no candidate before it is the same program"),
    ("evaluated", "it passed the static checks and was run"),
    ("ok", "valid and correct on every instance"),
    ("better", "better than its parent in at least one objective"),
    ("frontier", "on the frontier now: nothing found is better in every respect"),
)
_STAGE_TO_STEP = {"model": "answered", "parsed": "parsed", "new": "new", "novel": "new"}


def funnel(record: RunRecord) -> Funnel:
    """How far each proposal got, and what the money bought."""
    tickets = [t for t in record.state.tickets.values() if t.decision is not None and t.decision.action == "expand"]
    if not tickets:
        return Funnel(())
    has_model = bool(record.unanswered) or any(t.completions for t in tickets)
    names = [(name, meaning) for name, meaning in _STEPS if has_model or name != "answered"]
    stops = [_stop(record, ticket, has_model=has_model) for ticket in tickets]
    left = len(tickets)
    steps = []
    for name, meaning in names:
        gone = [(stop, ticket) for stop, ticket in zip(stops, tickets, strict=True) if stop.step == name]
        left -= len(gone)
        costs = [ticket.usage for _, ticket in gone]
        dollars = [usage.cost_usd for usage in costs]
        known = [value for value in dollars if value is not None]
        steps.append(
            FunnelStep(
                name,
                meaning,
                left,
                len(gone),
                _reasons(Counter(stop.reason for stop, _ in gone)),
                sum(known) if len(known) == len(dollars) else None,
                sum(usage.tokens for usage in costs),
                is_loss=name not in {"better", "frontier"},
            )
        )
    return Funnel(tuple(steps))


def _stop(record: RunRecord, ticket: TicketState, *, has_model: bool) -> _Stop:
    if ticket.rejection is not None:
        step = _STAGE_TO_STEP.get(ticket.rejection.stage, "evaluated")
        step = "parsed" if step == "answered" and not has_model else step
        reason = one_line(_CANDIDATE.sub("another candidate", ticket.rejection.reason[:1000]), 120)
        return _Stop(step, reason or ticket.rejection.stage)
    if ticket.candidate is None:
        waits_for_model = has_model and not ticket.completions
        return _Stop("answered" if waits_for_model else "parsed", _PENDING)
    evaluation = ticket.evaluation
    if evaluation is None:
        return _Stop("evaluated", _PENDING)
    if not evaluation.is_ok:
        return _Stop("ok", evaluation.status.value.replace("_", " "))
    if not _beats_parent(record, ticket.candidate):
        return _Stop("better", "no better than its parent")
    if ticket.candidate not in record.state.frontier:
        return _Stop("frontier", "beaten in every respect by another candidate")
    return _Stop("", "")


def _beats_parent(record: RunRecord, candidate: CandidateId) -> bool:
    state = record.state
    parents = state.candidates[candidate].created.parents
    parent = state.candidates.get(parents[0]) if parents else None
    own = values_of(state.candidates[candidate].search_evaluation, record.objectives)
    theirs = values_of(parent.search_evaluation, record.objectives) if parent is not None else None
    if own is None or theirs is None:
        return True  # a parent without a score is beaten by any child that has one
    return any(o.is_better(a, b) for o, a, b in zip(record.objectives, own, theirs, strict=True))


def _reasons(counts: Mapping[str, int]) -> tuple[Reason, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [Reason(text, count) for text, count in ordered[:_SHOWN_REASONS]]
    rest = sum(count for _, count in ordered[_SHOWN_REASONS:])
    return (*shown, Reason("other reasons", rest)) if rest else tuple(shown)


@dataclass(frozen=True, slots=True)
class Failure:
    """A status that is not ok.

    Attributes:
        status: Its name.
        count: Search evaluations that ended so.
        candidate: One of them, as an example.
        feedback: What that one was told; untrusted text.
        is_alarm: Whether the status means that a score may be a cheat or a broken verifier.
    """

    status: str
    count: int
    candidate: CandidateId
    feedback: str
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures by status, most frequent first, and how many search evaluations there were in all."""

    by_status: tuple[Failure, ...]
    evaluations: int


def failures(record: RunRecord) -> Failures:
    """What went wrong, with one example each."""
    counts: Counter[Status] = Counter()
    examples: dict[Status, Evaluation] = {}
    for moment in record.moments:
        evaluation = moment.evaluation
        if evaluation.is_ok or evaluation.purpose is not Purpose.SEARCH:
            continue
        counts[evaluation.status] += 1
        examples.setdefault(evaluation.status, evaluation)
    found = tuple(
        Failure(status.value, count, examples[status].candidate, examples[status].feedback, status is Status.SUSPECT)
        for status, count in sorted(counts.items(), key=lambda item: (-item[1], item[0].value))
    )
    return Failures(found, record.state.evaluations)
