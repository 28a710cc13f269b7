"""The law of the ledger: a run overspends by at most what its reservations in flight were short of."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evolve.search import Budget, Ledger, Reservation
from evolve.types import Usage

cents = st.integers(0, 30)


class LedgerMachine(RuleBasedStateMachine):
    """Random interleavings of reserving, settling and releasing; actual amounts may pass what was reserved."""

    @initialize(evals=st.integers(0, 12), usd=st.integers(0, 100), tokens=st.integers(0, 100))
    def start(self, evals: int, usd: int, tokens: int) -> None:
        # Dollars in 1/64: exact in binary, so that the bounds below need no tolerance.
        self.budget = Budget(max_evals=evals, max_usd=usd / 64, max_tokens=tokens)
        self.ledger = Ledger(self.budget)
        self.open: list[Reservation] = []
        self.excess = [0.0, 0.0, 0.0]

    @rule(evaluations=st.integers(0, 2), usd=cents, tokens=cents)
    def reserve(self, evaluations: int, usd: int, tokens: int) -> None:
        held = self.ledger.settled + self.ledger.reserved
        reservation = self.ledger.reserve(evaluations=evaluations, usd=usd / 64, tokens=tokens)
        fits = (
            (not evaluations or held.evaluations + evaluations <= (self.budget.max_evals or 0))
            and (not usd or held.usd + usd / 64 <= (self.budget.max_usd or 0))
            and (not tokens or held.tokens + tokens <= (self.budget.max_tokens or 0))
        )
        assert (reservation is not None) == fits
        if reservation is not None:
            self.open.append(reservation)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), usd=cents, tokens=cents)
    def settle(self, data: st.DataObject, usd: int, tokens: int) -> None:
        reservation = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        made = data.draw(st.integers(0, reservation.spend.evaluations))
        usage = Usage(tokens, 0, cost_usd=usd / 64)
        self.ledger.settle(reservation, evaluations=made, usage=usage)
        self.excess[1] += max(0.0, usd / 64 - reservation.spend.usd)
        self.excess[2] += max(0, tokens - reservation.spend.tokens)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.ledger.release(self.open.pop(data.draw(st.integers(0, len(self.open) - 1))))

    @invariant()
    def never_overspent_by_more_than_the_reservations_were_short_of(self) -> None:
        if not hasattr(self, "ledger"):
            return
        held = self.ledger.settled + self.ledger.reserved
        assert held.evaluations <= (self.budget.max_evals or 0)
        assert held.usd <= (self.budget.max_usd or 0) + self.excess[1]
        assert held.tokens <= (self.budget.max_tokens or 0) + self.excess[2]

    @invariant()
    def what_is_reserved_is_what_is_open(self) -> None:
        if hasattr(self, "ledger"):
            assert self.ledger.reserved.usd == sum(item.spend.usd for item in self.open)
            assert self.ledger.reserved.evaluations == sum(item.spend.evaluations for item in self.open)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
