"""Hypervolumes against moocore (Fonseca, Paquete and Lopez-Ibanez's implementation) and values known in closed form."""

import math

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.search._hypervolume import hypervolume

coordinate = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1.2, allow_subnormal=False)


@settings(max_examples=200)
@given(st.integers(2, 4).flatmap(lambda m: st.lists(st.tuples(*[coordinate] * m), min_size=1, max_size=14)))
def test_it_is_what_moocore_says(points: list[tuple[float, ...]]) -> None:
    reference = (1.0,) * len(points[0])
    expected = moocore.hypervolume(np.array(points), ref=np.array(reference))
    assert hypervolume(points, reference) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_it_is_what_moocore_says_on_a_curved_front_of_80_points(dimensions: int) -> None:
    directions = np.abs(np.random.default_rng(dimensions).normal(size=(80, dimensions)))
    front = 1 - directions / np.linalg.norm(directions, axis=1, keepdims=True)
    expected = moocore.hypervolume(front, ref=np.full(dimensions, 1.1))
    found = hypervolume([tuple(map(float, point)) for point in front], (1.1,) * dimensions)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_a_staircase_of_unit_steps_has_the_volume_that_one_counts(dimensions: int) -> None:
    # Points with coordinates of sum k under the reference (k + 1, ...): the cells above or on the front are those
    # whose lower corners sum to at least k, so the volume is (k + 1)^d minus the number with a smaller sum.
    k = 4
    front = [point for point in np.ndindex(*[k + 1] * dimensions) if sum(point) == k]
    below = math.comb(k - 1 + dimensions, dimensions)
    found = hypervolume([tuple(map(float, point)) for point in front], (k + 1.0,) * dimensions)
    assert found == (k + 1) ** dimensions - below
