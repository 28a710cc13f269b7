import math

import numpy as np
import pytest

from evolve.types import Status
from evolve.verifying import Unfit, finite_array, finite_number, float_rows, int_list, show


class Sly(float):
    def __lt__(self, other):
        return True


@pytest.mark.parametrize("value", [True, None, "1", [1], math.nan, math.inf, -math.inf, 10**400, 11, -1, 1j])
def test_what_is_no_finite_number_in_range_is_refused(value: object):
    got = finite_number(value, low=0, high=10)
    assert isinstance(got, Unfit)
    assert got.reason.startswith("expected")
    assert got.as_judgement().status is Status.INVALID


def test_an_int_becomes_a_float():
    assert finite_number(3) == 3.0
    assert isinstance(finite_number(3), float)


@pytest.mark.parametrize("value", [[True], [1.0], ["1"], [None], [-1], [2**70], (1,), {0: 1}, "1", [1, 1], []])
def test_what_is_no_list_of_that_many_ints_in_range_is_refused(value: object):
    assert isinstance(int_list(value, length=1, low=0, high=2**62), Unfit)


def test_a_list_of_ints_is_a_new_list():
    value = [1, 2]
    got = int_list(value, length=2)
    assert got == value
    assert got is not value


@pytest.mark.parametrize(
    "value",
    [
        [[1.0]],
        [[1.0, 2.0, 3.0]],
        [[1.0, math.nan]],
        [[1.0, True]],
        [1.0, 2.0],
        None,
        np.ones((2, 1)),
        np.array([[1, True]], object),
    ],
)
def test_rows_of_another_shape_or_content_are_refused(value: object):
    assert isinstance(float_rows(value, rows=1, columns=2), Unfit)


def test_rows_may_be_lists_or_an_array():
    assert float_rows([[1, 2.5]], rows=1, columns=2) == [[1.0, 2.5]]
    assert float_rows(np.array([[1, 2.5]], np.float32), rows=1, columns=2) == [[1.0, 2.5]]


@pytest.mark.parametrize(
    "value",
    [
        np.zeros(3),
        np.zeros((2, 3)),
        np.array([[1.0, np.nan], [0, 0]]),
        np.array([[1.0, np.inf], [0, 0]]),
        np.zeros((2, 2), bool),
        np.zeros((2, 2), complex),
        np.zeros((2, 2), object),
        np.array([["a", "b"], ["c", "d"]]),
        [[1.0, 2.0], [3.0]],
        [[1.0, "2"], [3.0, 4.0]],
        [1.0, 2.0, 3.0],
        "text",
    ],
)
def test_arrays_of_another_shape_type_or_content_are_refused(value: object):
    assert isinstance(finite_array(value, shape=(2, 2)), Unfit)


def test_arrays_are_converted_only_where_nothing_is_lost():
    assert finite_array([[1, 2], [3, 4]], shape=(2, 2)).dtype == np.float64
    assert isinstance(finite_array(np.array([1.5]), shape=(1,), dtype="int64"), Unfit)
    assert isinstance(finite_array(np.array([300]), shape=(1,), dtype="uint8"), Unfit)
    assert isinstance(finite_array(np.array([1e300]), shape=(1,), dtype="float32"), Unfit)
    assert finite_array(np.array([200]), shape=(1,), dtype="uint8").tolist() == [200]


def test_an_untrusted_value_is_shown_short():
    assert show("x" * 1000) == "text of 1000 characters"
    assert show(10**5000) == "an integer of 16610 bits"
    assert show([[]] * 10**6) == "list of length 1000000"
    assert show(Sly(0.5)) == "0.5"
