"""A stretch of search from one start: its own queue and archive, until it stops getting better."""

from collections.abc import Sequence

from evolve.search.frontier import ParetoFrontier
from evolve.search.queue import CandidateQueue, CandidateRecord
from evolve.types import Objective

__all__ = ["Epoch"]

_SMALLEST_STEP = 1e-5  # a better headline counts as progress if it adds this share to the epoch's gain so far


class Epoch:
    """Candidates that descend from one start, and how long they have not got better.

    Args:
        number: 1 for the first start.
        objectives: Headline first.
        queue: Empty.
        start: Where the epoch begins.
        values: Its scores.
    """

    def __init__(
        self,
        number: int,
        objectives: tuple[Objective, ...],
        queue: CandidateQueue,
        start: CandidateRecord,
        values: Sequence[float],
    ) -> None:
        self.number = number
        self.queue = queue
        self.frontier = ParetoFrontier(objectives)
        self.stale = 0
        self._is_single = len(objectives) == 1
        self._start_cost = self._mark = self.best_cost = start.cost
        self.add(start, values)

    def add(self, record: CandidateRecord, values: Sequence[float]) -> None:
        """Enter a candidate; one that brings the epoch on starts the count of stale outcomes anew."""
        self.queue.add(record)
        self.best_cost = min(self.best_cost, record.cost)
        has_entered = bool(self.frontier.add(record.candidate, tuple(values)).added)
        if self._is_progress(record.cost) if self._is_single else has_entered:
            self._mark = record.cost
            self.stale = 0

    def _is_progress(self, cost: float) -> bool:
        return self._mark - cost > _SMALLEST_STEP * abs(self._start_cost - self._mark)
