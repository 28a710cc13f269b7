"""What a run may spend, and the ledger that keeps it from spending more."""

from collections.abc import Iterable
from dataclasses import dataclass

from evolve.clock import Clock, SystemClock
from evolve.errors import BudgetTooSmall, EvolveError, UsageError
from evolve.events import BudgetSettled, CompletionReceived, Event, FrontierChanged
from evolve.types import Usage

__all__ = ["Budget", "Ledger", "Reservation", "Spend"]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a run; ``None`` means no limit.

    Attributes:
        max_evals: Evaluations of the search; the seed's and certification's are free.
        max_usd: US dollars for models.
        max_tokens: Input and output tokens together.
        max_time_s: Wall seconds, over all sittings of the run.
        patience: Evaluations in a row that leave the frontier as it is.
    """

    max_evals: int | None = None
    max_usd: float | None = None
    max_tokens: int | None = None
    max_time_s: float | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            limit = getattr(self, name)
            if limit is not None and not limit >= 0:
                raise UsageError(f"expected {_flag(name)} of at least 0, got {limit}")

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing would ever end the run."""
        return all(getattr(self, name) is None for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Spend:
    """What was spent, or may be.

    Attributes:
        evaluations: Evaluations of the search.
        usd: US dollars.
        tokens: Input and output tokens together.
    """

    evaluations: int = 0
    usd: float = 0.0
    tokens: int = 0

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(self.evaluations + other.evaluations, self.usd + other.usd, self.tokens + other.tokens)

    def __sub__(self, other: "Spend") -> "Spend":
        return Spend(self.evaluations - other.evaluations, self.usd - other.usd, self.tokens - other.tokens)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A right to spend up to ``spend``, until it is settled or released."""

    number: int
    spend: Spend


class Ledger:
    """Reserve before, settle after: what is settled and reserved together never passes the budget.

    An actual amount may pass its reservation (a provider bills more than it was asked for); so a run overspends by
    at most what its reservations in flight were short of, and nothing new is bought from then on.

    Args:
        budget: The limits.
        clock: For ``max_time_s``.
        spent_s: Wall seconds of earlier sittings of this run.
    """

    def __init__(self, budget: Budget, *, clock: Clock | None = None, spent_s: float = 0.0) -> None:
        self.budget = budget
        self._clock = clock or SystemClock()
        self._started = self._clock.monotonic() - spent_s
        self._settled = Spend()
        self._open: dict[int, Spend] = {}
        self._reserved = Spend()
        self._count = 0
        self._stale = 0  # evaluations since the frontier changed

    # --------------------------------------------------------------------------------- buying and paying

    def reserve(self, *, evaluations: int = 0, usd: float | None = 0.0, tokens: int = 0) -> Reservation | None:
        """A right to spend this much, ``None`` if the budget has no room for it now.

        Args:
            evaluations: Evaluations of the search.
            usd: Dollars; ``None`` if the price is unknown.
            tokens: Input and output tokens together.

        Raises:
            UsageError: The price is unknown and ``max_usd`` is set.
        """
        if self.refusal(evaluations=evaluations, usd=usd, tokens=tokens) is not None:
            return None
        self._count += 1
        spend = Spend(evaluations, usd or 0.0, tokens)
        self._open[self._count] = spend
        self._reserved += spend
        return Reservation(self._count, spend)

    def refusal(self, *, evaluations: int = 0, usd: float | None = 0.0, tokens: int = 0) -> str | None:
        """Why `reserve` would refuse this now, ``None`` if it would not."""
        if usd is None:
            self.require_price(None)
        held = self._settled + self._reserved
        wanted = ((held.evaluations, evaluations), (held.usd, usd or 0.0), (held.tokens, tokens))
        for name, (spent, more) in zip(("max_evals", "max_usd", "max_tokens"), wanted, strict=True):
            limit = getattr(self.budget, name)
            if limit is not None and more > 0 and spent + more > limit:
                return f"{_flag(name)} {limit:g} has no room for {more:g} more: {spent:g} spent or in flight"
        return None

    def settle(
        self, reservation: Reservation, *, evaluations: int = 0, usage: Usage | None = None, has_improved: bool = False
    ) -> None:
        """Replace a reservation by what was really spent.

        Args:
            reservation: From `reserve`; each is settled or released once.
            evaluations: Evaluations that were made.
            usage: Tokens and dollars; an unknown price is charged as reserved.
            has_improved: Whether the frontier changed.

        Raises:
            EvolveError: The reservation is closed already.
        """
        held = self._close(reservation)
        used = usage or Usage()
        usd = held.usd if used.cost_usd is None else used.cost_usd
        self._charge(Spend(evaluations, usd, used.tokens), has_improved=has_improved)

    def release(self, reservation: Reservation) -> None:
        """Give a reservation back unspent."""
        self._close(reservation)

    def note_improvement(self) -> None:
        """Start counting ``patience`` anew: the frontier changed."""
        self._stale = 0

    # ------------------------------------------------------------------------------------------ standing

    @property
    def settled(self) -> Spend:
        """What was really spent."""
        return self._settled

    @property
    def reserved(self) -> Spend:
        """What is in flight."""
        return self._reserved

    @property
    def elapsed_s(self) -> float:
        """Wall seconds of all sittings so far."""
        return self._clock.monotonic() - self._started

    def exhausted(self) -> str | None:
        """Why nothing more may be started, ``None`` if there is budget left; reservations in flight do not count."""
        budget = self.budget
        standing = (
            ("max_evals", budget.max_evals, self._settled.evaluations),
            ("max_usd", budget.max_usd, self._settled.usd),
            ("max_tokens", budget.max_tokens, self._settled.tokens),
            ("max_time", budget.max_time_s, self.elapsed_s),
        )
        for name, limit, spent in standing:
            # Nothing spent never ends a run: with a limit of 0 a proposer without models may still search.
            if limit is not None and 0 < spent >= limit:
                return f"{_flag(name)} {limit:g} reached"
        if budget.patience is not None and self._stale >= budget.patience:
            return f"--patience {budget.patience}: no improvement in {self._stale} evaluations"
        return None

    def left(self) -> str:
        """What is left, in words; empty if nothing is limited."""
        budget, held = self.budget, self._settled + self._reserved
        parts: list[str] = []
        if budget.max_evals is not None:
            parts.append(f"evaluations: {max(0, budget.max_evals - held.evaluations)}")
        if budget.max_usd is not None:
            parts.append(f"USD: {max(0.0, budget.max_usd - held.usd):.2f}")
        if budget.max_tokens is not None:
            parts.append(f"tokens: {max(0, budget.max_tokens - held.tokens)}")
        if budget.max_time_s is not None:
            parts.append(f"seconds: {max(0.0, budget.max_time_s - self.elapsed_s):.0f}")
        return ", ".join(parts)

    # ---------------------------------------------------------------------------------- start and resume

    def require_price(self, price: object) -> None:
        """Refuse a model without a known price where dollars are limited.

        Raises:
            UsageError: ``price`` is ``None`` and ``max_usd`` is set.
        """
        if price is None and self.budget.max_usd is not None:
            raise UsageError(
                f"expected a known price under --max-usd {self.budget.max_usd:g}, this model has none",
                fix="give the price in the configuration ([models.price]), or limit --max-tokens instead",
            )

    def require_room(self, *, evaluations: int = 0, usd: float | None = 0.0, tokens: int = 0) -> None:
        """Refuse to start where not even one proposal can be paid.

        Raises:
            BudgetTooSmall: This much does not fit.
            UsageError: The price is unknown and ``max_usd`` is set.
        """
        refusal = self.refusal(evaluations=evaluations, usd=usd, tokens=tokens)
        if refusal is not None:
            raise BudgetTooSmall(f"expected a budget for one proposal, got: {refusal}", fix="raise the limit")

    @classmethod
    def replay(
        cls, events: Iterable[Event], budget: Budget, *, clock: Clock | None = None, spent_s: float = 0.0
    ) -> "Ledger":
        """The ledger of an interrupted run.

        A closed ticket counts as it was settled. The completions of an open ticket count at once: they are paid, and
        the run that goes on reads them from the record without reserving or settling them again.
        """
        ledger = cls(budget, clock=clock, spent_s=spent_s)
        bought: dict[int, Usage] = {}
        changed: set[int] = set()
        for event in events:
            match event:
                case CompletionReceived(ticket=ticket, usage=usage):
                    bought[ticket] = bought.get(ticket, Usage()) + usage
                case FrontierChanged(ticket=ticket, added=added) if added:
                    changed.add(ticket)
                    ledger.note_improvement()
                case BudgetSettled(ticket=ticket, evaluations=evaluations, usage=usage):
                    bought.pop(ticket, None)
                    spend = Spend(evaluations, usage.cost_usd or 0.0, usage.tokens)
                    ledger._charge(spend, has_improved=ticket in changed)
                case _:
                    pass
        for usage in bought.values():
            ledger._charge(Spend(0, usage.cost_usd or 0.0, usage.tokens), has_improved=False)
        return ledger

    # -------------------------------------------------------------------------------------------- inside

    def _close(self, reservation: Reservation) -> Spend:
        held = self._open.pop(reservation.number, None)
        if held is None:
            raise EvolveError(f"expected an open reservation, got number {reservation.number}, closed already")
        # Summed anew rather than subtracted: thousands of subtractions would leave cents of rounding error.
        self._reserved = sum(self._open.values(), Spend())
        return held

    def _charge(self, spend: Spend, *, has_improved: bool) -> None:
        self._settled += spend
        self._stale = 0 if has_improved else self._stale + spend.evaluations


def _flag(name: str) -> str:
    return "--" + name.removesuffix("_s").replace("_", "-")
