"""The ledger by example; tests/property/test_budget_laws.py has the law."""

import pytest

from evolve.errors import BudgetTooSmall, EvolveError, UsageError
from evolve.events import BudgetSettled, CompletionReceived, FrontierChanged
from evolve.search import Budget, Ledger, Spend
from evolve.types import BlobHash, CandidateId, Usage


class StoppedClock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> float:
        return self.seconds


def test_nothing_is_refused_without_limits() -> None:
    ledger = Ledger(Budget())
    assert Budget().is_unlimited
    assert ledger.reserve(evaluations=10**9, usd=None, tokens=10**12) is not None
    assert ledger.exhausted() is None
    assert ledger.left() == ""


def test_reservations_count_until_they_are_settled_or_released() -> None:
    ledger = Ledger(Budget(max_evals=2))
    first, second = ledger.reserve(evaluations=1), ledger.reserve(evaluations=1)
    assert first is not None
    assert second is not None
    assert ledger.reserve(evaluations=1) is None
    assert ledger.refusal(evaluations=1) == "--max-evals 2 has no room for 1 more: 2 spent or in flight"
    assert ledger.exhausted() is None  # what is in flight may still be released
    ledger.release(first)
    assert ledger.reserve(evaluations=1) is not None
    ledger.settle(second, evaluations=1)
    assert ledger.settled == Spend(1)
    assert ledger.reserved == Spend(1)
    assert ledger.left() == "evaluations: 0"


def test_a_reservation_is_closed_once() -> None:
    ledger = Ledger(Budget())
    reservation = ledger.reserve(evaluations=1)
    assert reservation is not None
    ledger.settle(reservation, evaluations=1)
    for close in (ledger.release, ledger.settle):
        with pytest.raises(EvolveError, match="closed already"):
            close(reservation)
    assert ledger.settled == Spend(1)


def test_each_limit_ends_the_run_with_its_name() -> None:
    clock = StoppedClock()
    usage = Usage(60, 40, cost_usd=0.5)
    for budget, reason in (
        (Budget(max_evals=1), "--max-evals 1 reached"),
        (Budget(max_usd=0.5), "--max-usd 0.5 reached"),
        (Budget(max_tokens=100), "--max-tokens 100 reached"),
    ):
        ledger = Ledger(budget, clock=clock)
        reservation = ledger.reserve(evaluations=1, usd=0.5, tokens=100)
        assert reservation is not None
        ledger.settle(reservation, evaluations=1, usage=usage)
        assert ledger.exhausted() == reason
    ledger = Ledger(Budget(max_time_s=60), clock=clock, spent_s=50)
    assert ledger.left() == "seconds: 10"
    assert ledger.exhausted() is None
    clock.seconds += 10
    assert ledger.exhausted() == "--max-time 60 reached"


def test_patience_counts_evaluations_since_the_frontier_changed() -> None:
    ledger = Ledger(Budget(patience=2))
    for has_improved, expected in ((False, False), (True, False), (False, False), (False, True)):
        reservation = ledger.reserve(evaluations=1)
        assert reservation is not None
        ledger.settle(reservation, evaluations=1, has_improved=has_improved)
        assert (ledger.exhausted() is not None) is expected
    assert ledger.exhausted() == "--patience 2: no improvement in 2 evaluations"
    ledger.note_improvement()
    assert ledger.exhausted() is None


def test_an_unknown_price_is_refused_only_where_dollars_are_limited() -> None:
    with pytest.raises(UsageError, match="expected a known price under --max-usd 5"):
        Ledger(Budget(max_usd=5)).reserve(usd=None)
    assert Ledger(Budget(max_tokens=5)).reserve(usd=None) is not None


def test_an_answer_without_a_price_is_charged_as_reserved() -> None:
    ledger = Ledger(Budget(max_usd=1))
    reservation = ledger.reserve(usd=0.75)
    assert reservation is not None
    ledger.settle(reservation, usage=Usage(cost_usd=None))
    assert ledger.settled.usd == 0.75


def test_a_budget_that_cannot_pay_one_proposal_does_not_start() -> None:
    with pytest.raises(BudgetTooSmall, match=r"--max-usd 0\.01 has no room for 0\.02 more"):
        Ledger(Budget(max_usd=0.01)).require_room(evaluations=1, usd=0.02)
    with pytest.raises(BudgetTooSmall, match="--max-evals 0"):
        Ledger(Budget(max_evals=0)).require_room(evaluations=1)


def test_a_negative_limit_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--max-time of at least 0"):
        Budget(max_time_s=-1)


def test_a_resumed_ledger_counts_closed_tickets_as_settled_and_open_ones_as_paid() -> None:
    blob = BlobHash("sha256:0")

    def bought(ticket: int, call: int, usd: float) -> CompletionReceived:
        return CompletionReceived(ticket, call, "propose", "m", blob, blob, Usage(10, 0, cost_usd=usd))

    events = [
        BudgetSettled(0, 0),
        FrontierChanged(0, (CandidateId("c0000"),), (), 1),
        bought(1, 0, 0.25),
        bought(1, 1, 0.25),
        FrontierChanged(1, (CandidateId("c0001"),), (), 1),
        BudgetSettled(1, 1, Usage(20, 0, cost_usd=0.5)),
        bought(2, 0, 1.0),
        BudgetSettled(3, 1),
        BudgetSettled(4, 1),
    ]
    ledger = Ledger.replay(events, Budget(max_usd=1.5, patience=2))
    assert ledger.settled == Spend(3, 1.5, 30)
    assert ledger.reserved == Spend()
    assert ledger.exhausted() == "--max-usd 1.5 reached"
    assert Ledger.replay(events, Budget(patience=2)).exhausted() == "--patience 2: no improvement in 2 evaluations"
    assert Ledger.replay(events, Budget(patience=3)).exhausted() is None
