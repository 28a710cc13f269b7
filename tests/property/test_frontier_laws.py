"""Laws of the Pareto archive, against brute force."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evolve.search import ParetoFrontier, non_dominated
from evolve.types import CandidateId, Direction, Objective

# Few distinct values, so that ties and duplicates are common; -0.0 and 0.0 are equal.
value = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0]) | st.floats(-3, 3)


@st.composite
def clouds(draw: st.DrawFn) -> tuple[tuple[Objective, ...], list[tuple[float, ...]]]:
    directions = draw(st.lists(st.sampled_from(list(Direction)), min_size=1, max_size=4))
    objectives = tuple(Objective(f"f{i}", direction) for i, direction in enumerate(directions))
    points = draw(st.lists(st.tuples(*[value] * len(objectives)), max_size=25))
    return objectives, points


def dominates(first: tuple[float, ...], second: tuple[float, ...], objectives: tuple[Objective, ...]) -> bool:
    at_least = all(not o.is_better(b, a) for o, a, b in zip(objectives, first, second, strict=True))
    return at_least and any(o.is_better(a, b) for o, a, b in zip(objectives, first, second, strict=True))


def filled(objectives: tuple[Objective, ...], points: list[tuple[float, ...]]) -> ParetoFrontier:
    frontier = ParetoFrontier(objectives)
    for index, point in enumerate(points):
        frontier.add(CandidateId(str(index)), point)
    return frontier


@given(clouds())
def test_the_archive_holds_exactly_what_nothing_dominates_once_per_value(
    cloud: tuple[tuple[Objective, ...], list[tuple[float, ...]]],
) -> None:
    objectives, points = cloud
    expected = {
        points.index(point)  # the first of equals
        for point in points
        if not any(dominates(other, point, objectives) for other in points)
    }
    assert {int(candidate) for candidate in filled(objectives, points).candidates} == expected


@given(clouds(), st.randoms(use_true_random=False))
def test_the_values_do_not_depend_on_the_order_of_arrival(cloud, generator) -> None:
    objectives, points = cloud
    shuffled = points.copy()
    generator.shuffle(shuffled)
    first = {member.values for member in filled(objectives, points).members}
    assert first == {member.values for member in filled(objectives, shuffled).members}


@given(clouds())
def test_members_never_dominate_each_other(cloud) -> None:
    objectives, points = cloud
    members = filled(objectives, points).members
    for first, second in itertools.permutations(members, 2):
        assert not dominates(first.values, second.values, objectives)


@given(clouds())
def test_updates_tell_the_whole_story(cloud) -> None:
    objectives, points = cloud
    frontier = ParetoFrontier(objectives)
    told: list[CandidateId] = []
    for index, point in enumerate(points):
        update = frontier.add(CandidateId(str(index)), point)
        assert not update.removed or update.added
        for removed in update.removed:
            told.remove(removed)
        told.extend(update.added)
        assert tuple(told) == frontier.candidates


@given(st.integers(1, 4).flatmap(lambda m: st.lists(st.tuples(*[value] * m), min_size=1, max_size=30)))
def test_the_mask_is_what_brute_force_says(points) -> None:
    array = np.array(points)
    expected = [not any((q <= p).all() and (q < p).any() for q in array) for p in array]
    assert non_dominated(array).tolist() == expected


@given(clouds())
def test_the_hypervolume_never_shrinks_and_grows_with_every_member_inside(cloud) -> None:
    objectives, points = cloud
    reference = tuple(4.0 if o.direction is Direction.MINIMIZE else -4.0 for o in objectives)
    frontier = ParetoFrontier(objectives)
    volume = 0.0
    for index, point in enumerate(points):
        frontier.add(CandidateId(str(index)), point)
        grown = frontier.hypervolume(reference)
        assert grown >= volume - 1e-9
        volume = grown
    assert volume > 0 or not points
