"""The Pareto archive by example; tests/property/test_frontier_laws.py has the laws."""

import math
import subprocess
import sys

import pytest

from evolve.errors import UsageError
from evolve.search import FrontierUpdate, ParetoFrontier, non_dominated
from evolve.types import CandidateId, Direction, Objective

SPEED = Objective("speed")
SIZE = Objective("size", Direction.MINIMIZE)


def ids(*names: str) -> tuple[CandidateId, ...]:
    return tuple(CandidateId(name) for name in names)


def test_a_trade_off_stays_and_a_beaten_member_leaves() -> None:
    frontier = ParetoFrontier((SPEED, SIZE))
    assert frontier.add(*ids("a"), (1.0, 10.0)) == FrontierUpdate(ids("a"))
    assert frontier.add(*ids("b"), (2.0, 20.0)) == FrontierUpdate(ids("b"))
    assert frontier.add(*ids("c"), (1.5, 5.0)) == FrontierUpdate(ids("c"), ids("a"))
    assert not frontier.add(*ids("d"), (1.5, 6.0))
    assert frontier.candidates == ids("b", "c")
    assert [member.values for member in frontier.members] == [(2.0, 20.0), (1.5, 5.0)]
    assert "b" in frontier
    assert "a" not in frontier


def test_of_equal_points_the_first_stays() -> None:
    frontier = ParetoFrontier((SPEED, SIZE))
    frontier.add(*ids("a"), (1.0, 1.0))
    assert not frontier.add(*ids("b"), (1.0, 1.0))
    assert frontier.candidates == ids("a")


@pytest.mark.parametrize("direction", list(Direction))
def test_with_one_objective_only_the_first_of_the_best_is_kept(direction: Direction) -> None:
    sign = 1.0 if direction is Direction.MAXIMIZE else -1.0
    frontier = ParetoFrontier((Objective("x", direction),))
    for name, value in (("a", 1.0), ("b", 3.0), ("c", 2.0), ("d", 3.0)):
        frontier.add(CandidateId(name), (sign * value,))
    assert frontier.candidates == ids("b")
    assert frontier.members[0].values == (sign * 3.0,)


@pytest.mark.parametrize("values", [(1.0,), (1.0, 2.0, 3.0), (math.nan, 1.0), (1.0, math.inf)])
def test_values_of_another_length_or_not_finite_are_refused(values: tuple[float, ...]) -> None:
    frontier = ParetoFrontier((SPEED, SIZE))
    with pytest.raises(ValueError, match="expected 2 finite values"):
        frontier.add(*ids("a"), values)
    assert len(frontier) == 0


def test_no_objectives_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="at least one objective"):
        ParetoFrontier(())


def test_the_hypervolume_counts_in_the_directions_of_the_objectives() -> None:
    frontier = ParetoFrontier((SPEED, SIZE))
    assert frontier.hypervolume((0.0, 10.0)) == 0.0
    frontier.add(*ids("a"), (2.0, 6.0))
    frontier.add(*ids("b"), (3.0, 8.0))
    assert frontier.hypervolume((0.0, 10.0)) == pytest.approx(2 * 4 + 1 * 2)
    assert frontier.hypervolume((2.5, 10.0)) == pytest.approx(0.5 * 2)
    assert frontier.hypervolume((5.0, 10.0)) == 0.0
    with pytest.raises(ValueError, match="reference of 2 values"):
        frontier.hypervolume((1.0,))


def test_non_dominated_refuses_other_shapes_and_nan() -> None:
    with pytest.raises(ValueError, match="shape"):
        non_dominated([1.0, 2.0])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="NaN"):
        non_dominated([(1.0, math.nan)])


def test_a_search_for_one_objective_never_loads_numpy() -> None:
    script = (
        "import sys; from evolve.search import ParetoFrontier; from evolve.types import Objective;"
        "f = ParetoFrontier((Objective('x'),)); f.add('a', (1.0,)); f.add('b', (2.0,)); f.hypervolume((0.0,));"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
