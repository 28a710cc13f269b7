"""Which move to try next: shares that follow what has worked lately."""

from collections.abc import Mapping, Sequence
from random import Random

from evolve.errors import ConfigError

__all__ = ["OperatorChoice"]


class OperatorChoice:
    """Thompson sampling over moves with forgetting.

    Each move keeps a discounted count of successes (a child better than its parent) and failures; a draw from
    Beta(1 + successes, 1 + failures) per move decides (Russo et al., A Tutorial on Thompson Sampling, 2018,
    algorithm 3.2; the discount as in Raj and Kalyani, arXiv:1707.09727). One decision in ``1 / curiosity`` ignores the
    counts, so that a move whose time comes late is noticed.

    Args:
        operators: Names of the moves, the usual one first.
        weights: Fixed shares by name; if any is given nothing is learnt and moves without a share are never used.
        memory: Outcomes after which a count has faded to 1/e.
        curiosity: Share of even draws.

    Raises:
        ConfigError: A weight is negative or names a move that the proposer does not have, or all are 0.
    """

    def __init__(
        self,
        operators: Sequence[str],
        *,
        weights: Mapping[str, float] | None = None,
        memory: float = 200.0,
        curiosity: float = 0.1,
    ) -> None:
        self._operators = tuple(operators)
        self._weights = dict(weights or {})
        self._keep = 1.0 - 1.0 / max(1.0, memory)
        self._curiosity = curiosity
        self._successes = dict.fromkeys(self._operators, 0.0)
        self._failures = dict.fromkeys(self._operators, 0.0)
        self._check()

    def _check(self) -> None:
        unknown = sorted(set(self._weights) - set(self._operators))
        if unknown:
            raise ConfigError(
                f"expected weights of the moves {', '.join(self._operators)}, got one of {unknown[0]!r}",
                fix="name a move that the proposer has",
            )
        values = self._weights.values()
        if self._weights and (min(values) < 0 or sum(values) <= 0):
            raise ConfigError(f"expected weights of at least 0 with a positive sum, got {self._weights}")

    def draw(self, generator: Random, *, without: frozenset[str] = frozenset()) -> str:
        """A move that is not in ``without``; the usual move where nothing else is left."""
        usable = [name for name in self._operators if name not in without] or [self._operators[0]]
        if len(usable) == 1:
            return usable[0]
        if self._weights:
            shares = [self._weights.get(name, 0.0) for name in usable]
            return generator.choices(usable, shares)[0] if sum(shares) > 0 else usable[0]
        if generator.random() < self._curiosity:
            return generator.choice(usable)
        samples = [
            (generator.betavariate(1 + self._successes[name], 1 + self._failures[name]), name) for name in usable
        ]
        return max(samples)[1]

    def learn(self, operator: str, *, is_success: bool) -> None:
        """Count an outcome; unknown moves are ignored."""
        if operator not in self._successes:
            return
        for counts in (self._successes, self._failures):
            for name in counts:
                counts[name] *= self._keep
        (self._successes if is_success else self._failures)[operator] += 1.0

    def standing(self) -> dict[str, tuple[float, float]]:
        """Discounted successes and failures by move."""
        return {name: (self._successes[name], self._failures[name]) for name in self._operators}
