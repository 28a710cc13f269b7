"""Brings a policy and a ledger to where a recorded run left them, by making the same asks and tells again."""

from collections.abc import Iterable

from evolve.briefs import Rejection
from evolve.decisions import Decision, Expand, Outcome, Reevaluate
from evolve.events import BudgetSettled, Event, PolicyDecided
from evolve.protocols import Policy
from evolve.recorder import Recorder

__all__ = ["decided", "outcome_of", "replay_policy"]


def decided(ticket: int, decision: Expand | Reevaluate) -> PolicyDecided:
    """The event of a decision."""
    if isinstance(decision, Expand):
        return PolicyDecided(
            ticket=ticket,
            action="expand",
            parents=decision.parents,
            operator=decision.operator,
            inspirations=decision.inspirations,
            why=decision.why,
        )
    return PolicyDecided(
        ticket=ticket, action="reevaluate", parents=(decision.candidate,), seed=decision.seed, why=decision.why
    )


def outcome_of(ticket: int, recorder: Recorder) -> Outcome:
    """How a ticket ended, as the policy is told."""
    state = recorder.state.ticket(ticket)
    candidate = recorder.candidate(state.candidate) if state.candidate is not None else None
    if candidate is None and state.evaluation is not None:
        candidate = recorder.candidate(state.evaluation.candidate)
    rejection = state.rejection
    if rejection is None and state.evaluation is None:
        rejection = Rejection("new", "the ticket was not finished")
    return Outcome(ticket, candidate, state.evaluation, rejection)


def replay_policy(policy: Policy, events: Iterable[Event], recorder: Recorder) -> list[str]:
    """Ask and tell ``policy`` what the events record, in their order.

    Returns:
        One line per decision that came out differently (the policy's code changed since); the record counts.
    """
    differences = []
    for event in events:
        if isinstance(event, PolicyDecided) and event.action != "stop":
            again = _as_event(event.ticket, policy.ask(event.ticket))
            if again != event:
                differences.append(f"ticket {event.ticket}: recorded {_words(event)}, now {_words(again)}")
        elif isinstance(event, BudgetSettled):
            policy.tell(outcome_of(event.ticket, recorder))
    return differences


def _as_event(ticket: int, decision: Decision) -> PolicyDecided:
    if isinstance(decision, Expand | Reevaluate):
        return decided(ticket, decision)
    return PolicyDecided(ticket, type(decision).__name__.lower(), why=decision.why)


def _words(event: PolicyDecided) -> str:
    return " ".join([event.action, event.operator, *event.parents]).strip()
