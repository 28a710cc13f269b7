"""The priority queue over candidates, kept so that no priority is ever stale.

The order by reward changes only when a score arrives, so it is maintained then; what changes with every decision
(how often a candidate was expanded) is added when the queue is read. Nothing is pushed with a priority that later
goes out of date, which is how published queues of this kind lose their exploration bonus.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice
from math import sqrt
from random import Random

from evolve.types import CandidateId, Score

__all__ = ["CandidateQueue", "CandidateRecord"]


@dataclass(slots=True)
class CandidateRecord:
    """What is known of a candidate that may be a parent.

    Attributes:
        candidate: Its id.
        cost: Pooled headline value with its sign turned so that smaller is better.
        scores: Objective name -> one score per evaluation, oldest first.
        expansions: How often it was the edited parent, proposals in flight included.
        failures: How many of these came back without a usable evaluation.
        improvements: How many gave a child with a better headline.
    """

    candidate: CandidateId
    cost: float
    scores: dict[str, list[Score]] = field(default_factory=dict)
    expansions: int = 0
    failures: int = 0
    improvements: int = 0

    @property
    def evaluations(self) -> int:
        """How often it was measured."""
        return max((len(scores) for scores in self.scores.values()), default=0)

    def pooled(self, objective: str) -> Score:
        """All evaluations of one objective as one score, each weighing by its samples.

        The half-widths add as independent errors do, so the interval narrows with every evaluation.
        """
        scores = self.scores[objective]
        if len(scores) == 1:
            return scores[0]
        n = sum(score.n for score in scores)
        value = sum(score.n * score.value for score in scores) / n
        half = sqrt(sum((score.n * (score.high - score.low) / 2) ** 2 for score in scores)) / n
        return Score(value, value - half, value + half, n)


class CandidateQueue:
    """Candidates by reward, drawn by priority.

    With ``rank`` 0 for the best distinct headline value, 1 for the next, and so on::

        priority = -pressure * ln(1 + rank) - exploration * ln(1 + expansions)

    and a candidate is drawn with probability proportional to ``exp(priority)`` among the ``breadth`` best ranks. Only
    the order of the scores enters, so units, scale and sign do not. Of equal scores the ``_PER_RANK`` newest take part:
    search may drift over a plateau without a flood of equal variants pushing everything else out.

    Args:
        pressure: Exponent on the rank; 0 draws evenly, 3 nearly always the best.
        exploration: Exponent on the expansions; 0 ignores how often a candidate was tried.
        breadth: Distinct values that can be drawn from.
    """

    def __init__(self, *, pressure: float, exploration: float, breadth: int) -> None:
        self._exploration = exploration
        self._rank_weights = [(1 + rank) ** -pressure for rank in range(breadth)]
        self._levels: list[float] = []  # distinct costs, best first
        self._at_level: dict[float, list[CandidateRecord]] = {}  # newest last

    def __len__(self) -> int:
        return sum(map(len, self._at_level.values()))

    def add(self, record: CandidateRecord) -> None:
        """Enter a record at its cost."""
        found = self._at_level.get(record.cost)
        if found is None:
            self._levels.insert(bisect_left(self._levels, record.cost), record.cost)
            self._at_level[record.cost] = [record]
        else:
            found.append(record)

    def remove(self, record: CandidateRecord) -> None:
        """Take a record out; to give it another cost, remove it, change the cost and add it again."""
        level = self._at_level[record.cost]
        level.remove(record)
        if not level:
            del self._at_level[record.cost]
            del self._levels[bisect_left(self._levels, record.cost)]

    def best(self, count: int = 1) -> list[CandidateRecord]:
        """The best records, newest first among equals."""
        found: list[CandidateRecord] = []
        for cost in self._levels:
            found.extend(islice(reversed(self._at_level[cost]), count - len(found)))
            if len(found) >= count:
                break
        return found

    def draw(self, generator: Random, *, without: CandidateId | None = None) -> CandidateRecord | None:
        """A record by priority, ``None`` if there is none besides ``without``."""
        at_level = self._at_level
        ranked = zip(self._rank_weights, self._levels, strict=False)
        pool = [(weight, record) for weight, cost in ranked for record in at_level[cost][-_PER_RANK:]]
        if without is not None:
            pool = [entry for entry in pool if entry[1].candidate != without]
        if not pool:
            return None
        fading = -self._exploration
        weights = [weight * (1 + record.expansions) ** fading for weight, record in pool]
        return generator.choices(pool, weights)[0][1]


_PER_RANK = 4
"""Equal scores that can be drawn from: enough to drift, few enough that a plateau leaves room for lower ranks."""
