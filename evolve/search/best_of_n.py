"""The baseline: every proposal starts from the seed, and the best of n independent ones counts."""

from evolve.decisions import Decision, Expand, Outcome, PolicySetup, Wait
from evolve.search._options import reject_unknown
from evolve.types import CandidateId

__all__ = ["BestOfN"]


class BestOfN:
    """Always expands the seed, with the usual operator; nothing is learnt from any outcome.

    Args:
        setup: No options.
    """

    name = "best-of-n"

    def __init__(self, setup: PolicySetup) -> None:
        reject_unknown(self.name, setup.options, ())
        self._operator = setup.operators[0]
        self._seed: CandidateId | None = None

    def ask(self, ticket: int) -> Decision:
        """The seed, once it is known."""
        if self._seed is None:
            return Wait("the seed is not evaluated yet")
        return Expand((self._seed,), self._operator, why="best-of-n expands the seed only")

    def tell(self, outcome: Outcome) -> None:
        """Learn who the seed is."""
        if outcome.ticket == 0 and outcome.candidate is not None:
            self._seed = outcome.candidate.id
