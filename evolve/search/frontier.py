"""The Pareto archive: exactly the candidates that no other candidate beats in every objective."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, cast

from evolve.errors import UsageError
from evolve.search._hypervolume import hypervolume
from evolve.types import CandidateId, Objective

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FrontierMember", "FrontierUpdate", "ParetoFrontier", "non_dominated"]


@dataclass(frozen=True, slots=True)
class FrontierMember:
    """A candidate of the archive with its values, in the order of the objectives."""

    candidate: CandidateId
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FrontierUpdate:
    """What one `ParetoFrontier.add` changed; both empty if the newcomer was beaten or equalled."""

    added: tuple[CandidateId, ...] = ()
    removed: tuple[CandidateId, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class ParetoFrontier:
    """The exact non-dominated set over all objectives.

    A point dominates another if it is at least as good in every objective and better in one. Of equal points the
    one that came first stays, so the set of *values* does not depend on the order of arrival, and the set of
    candidates only where values are equal. With one objective it holds one candidate, the first of the best.

    Args:
        objectives: Their directions and order.
    """

    def __init__(self, objectives: Sequence[Objective]) -> None:
        if not objectives:
            raise UsageError("expected at least one objective, got none")
        self.objectives = tuple(objectives)
        self._candidates: list[CandidateId] = []
        self._costs: list[tuple[float, ...]] = []
        self._matrix: NDArray[np.float64] | None = None  # the costs again, kept for more than one objective

    def __len__(self) -> int:
        return len(self._candidates)

    def __contains__(self, candidate: object) -> bool:
        return candidate in self._candidates

    @property
    def candidates(self) -> tuple[CandidateId, ...]:
        """Ids of the members, oldest first."""
        return tuple(self._candidates)

    @property
    def members(self) -> tuple[FrontierMember, ...]:
        """The members with their values, oldest first."""
        pairs = zip(self._candidates, self._costs, strict=True)
        return tuple(FrontierMember(candidate, self._turned(costs)) for candidate, costs in pairs)

    def add(self, candidate: CandidateId, values: Sequence[float]) -> FrontierUpdate:
        """Offer a candidate.

        Args:
            candidate: Its id.
            values: One finite value per objective, in their order and unit.

        Raises:
            ValueError: There are too few or too many values, or one is not finite.
        """
        if len(values) != len(self.objectives) or not all(map(isfinite, values)):
            raise ValueError(f"expected {len(self.objectives)} finite values, got {tuple(values)}")
        costs = self._turned(values)
        if len(costs) == 1:
            return self._add_only(candidate, costs)
        return self._add_among(candidate, costs)

    def hypervolume(self, reference: Sequence[float]) -> float:
        """Volume that the members dominate, up to ``reference``, in the product of the objectives' units.

        Args:
            reference: A point that is worse than what counts; members that are not better in every objective add nothing.

        Raises:
            ValueError: The reference has another number of values.
        """
        if len(reference) != len(self.objectives):
            raise ValueError(f"expected a reference of {len(self.objectives)} values, got {len(reference)}")
        return hypervolume(self._costs, self._turned(reference))

    def _turned(self, values: Sequence[float]) -> tuple[float, ...]:
        # Its own inverse: values to costs (smaller is better) and back.
        return tuple(objective.as_cost(value) for objective, value in zip(self.objectives, values, strict=True))

    def _add_only(self, candidate: CandidateId, costs: tuple[float, ...]) -> FrontierUpdate:
        if self._costs and costs >= self._costs[0]:
            return FrontierUpdate()
        removed = tuple(self._candidates)
        self._candidates, self._costs = [candidate], [costs]
        return FrontierUpdate((candidate,), removed)

    def _add_among(self, candidate: CandidateId, costs: tuple[float, ...]) -> FrontierUpdate:
        import numpy as np

        row = np.array([costs])
        matrix = self._matrix
        if matrix is None:
            matrix = row[:0]
        if (matrix <= row).all(axis=1).any():
            return FrontierUpdate()
        beaten = (row <= matrix).all(axis=1)
        removed: tuple[CandidateId, ...] = ()
        if beaten.any():
            marks = cast("list[bool]", beaten.tolist())
            removed = tuple(c for c, is_beaten in zip(self._candidates, marks, strict=True) if is_beaten)
            self._candidates = [c for c, is_beaten in zip(self._candidates, marks, strict=True) if not is_beaten]
            self._costs = [c for c, is_beaten in zip(self._costs, marks, strict=True) if not is_beaten]
            matrix = matrix[~beaten]
        self._candidates.append(candidate)
        self._costs.append(costs)
        self._matrix = np.concatenate([matrix, row])
        return FrontierUpdate((candidate,), removed)


def non_dominated(points: "NDArray[np.float64] | Iterable[Sequence[float]]") -> "NDArray[np.bool_]":
    """Which points no other point dominates; equal points do not dominate each other.

    Args:
        points: Shape ``(n_points, n_objectives)``, smaller is better in every column.

    Returns:
        Shape ``(n_points,)``.

    Raises:
        ValueError: The shape is another, or a value is NaN.
    """
    import numpy as np

    costs = np.asarray(points if isinstance(points, np.ndarray) else list(points), dtype=np.float64)
    if costs.ndim != 2:
        raise ValueError(f"expected points of shape (n_points, n_objectives), got {costs.shape}")
    if np.isnan(costs).any():
        raise ValueError("expected points without NaN")
    # In lexicographic order nothing later dominates anything earlier, so each survivor can strike out what follows
    # (Kung, Luccio and Preparata, JACM 22(4), 1975, section 2, without the divide step).
    order = np.lexsort(costs.T[::-1]) if costs.shape[1] else np.arange(len(costs))
    left = costs[order]
    indices = order
    mask = np.zeros(len(costs), dtype=bool)
    while len(left):
        first = left[0]
        equal = (left == first).all(axis=1)
        mask[indices[equal]] = True
        keep = ~(first <= left).all(axis=1)
        left, indices = left[keep], indices[keep]
    return mask
