"""Helpers for ``verify.py``: take an untrusted value apart without trusting its type, its size or its numbers.

Each gives either the checked value or an `Unfit` that says what was expected and what arrived, ready to become
feedback::

    offsets = int_list(result.value, length=len(buffers), low=0)
    if isinstance(offsets, Unfit):
        return Judgement.invalid(offsets.reason)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evolve.types import Judgement

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Unfit", "finite_array", "finite_number", "float_rows", "int_list", "show"]


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a value was refused; ``reason`` reads "expected ..., got ..."."""

    reason: str

    def as_judgement(self) -> Judgement:
        """`Status.INVALID` with the reason as feedback."""
        return Judgement.invalid(self.reason)


def show(value: object, limit: int = 60) -> str:
    """A short text of an untrusted value, without printing the whole of it."""
    if isinstance(value, str):
        return f"text of {len(value)} characters" if len(value) > limit else repr(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        # A huge int takes quadratic time to print, and Python refuses from 4300 digits on.
        return repr(value) if value.bit_length() <= 128 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, float):
        return repr(value)
    length = f" of length {len(value)}" if isinstance(value, Sequence | dict) else ""
    return f"{type(value).__name__}{length}"


def finite_number(value: object, *, low: float = -math.inf, high: float = math.inf) -> float | Unfit:
    """The value as a float, if it is a plain int or float, finite, and within [low, high]. ``True`` is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Unfit(f"expected a number, got {show(value)}")
    try:
        number = float(value)
    except OverflowError:
        return Unfit(f"expected a finite number, got {show(value)}")
    if not math.isfinite(number):
        return Unfit(f"expected a finite number, got {number}")
    if not low <= number <= high:
        return Unfit(f"expected a number in [{low:g}, {high:g}], got {number:.17g}")
    return number


def int_list(
    value: object, *, length: int | None = None, low: int | None = None, high: int | None = None
) -> list[int] | Unfit:
    """The value as a list of plain ints, of that length and each within [low, high]; ``True`` is no int."""
    if not isinstance(value, list):
        return Unfit(f"expected a list of integers, got {show(value)}")
    if length is not None and len(value) != length:
        return Unfit(f"expected {length} integers, got {len(value)}")
    for place, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, int):
            return Unfit(f"expected an integer at place {place}, got {show(item)}")
        if (low is not None and item < low) or (high is not None and item > high):
            limits = f"[{'-inf' if low is None else low}, {'inf' if high is None else high}]"
            return Unfit(f"expected an integer in {limits} at place {place}, got {show(item)}")
    return list(value)


def float_rows(value: object, *, rows: int, columns: int) -> list[list[float]] | Unfit:
    """The value as ``rows`` lists of ``columns`` finite floats; an array of that shape and a float type also counts."""
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        array = finite_array(value, shape=(rows, columns))
        if isinstance(array, Unfit):
            return array
        value = array.tolist()
    if not isinstance(value, list) or len(value) != rows:
        return Unfit(f"expected {rows} rows, got {show(value)}")
    checked: list[list[float]] = []
    for place, row in enumerate(value):
        if not isinstance(row, list) or len(row) != columns:
            return Unfit(f"expected {columns} numbers in row {place}, got {show(row)}")
        numbers: list[float] = []
        for item in row:
            number = finite_number(item)
            if isinstance(number, Unfit):
                return Unfit(f"row {place}: {number.reason}")
            numbers.append(number)
        checked.append(numbers)
    return checked


def finite_array(value: object, *, shape: tuple[int, ...], dtype: "np.dtype | str" = "float64") -> "np.ndarray | Unfit":
    """The value as an array of exactly that shape and type, all finite.

    Integers may become floats, nothing else is converted; booleans, text and objects are refused.
    """
    import numpy as np

    if not isinstance(value, np.ndarray):
        if not isinstance(value, list):
            return Unfit(f"expected an array of shape {shape}, got {show(value)}")
        if len(value) != shape[0]:
            return Unfit(f"expected an array of shape {shape}, got a list of length {len(value)}")
        try:
            value = np.array(value)
        except (ValueError, TypeError, OverflowError) as error:
            return Unfit(f"expected an array of shape {shape}, got a list that is none: {error}")
    wanted = np.dtype(dtype)
    if value.shape != shape:
        return Unfit(f"expected an array of shape {shape}, got shape {value.shape}")
    if value.dtype.kind not in "iuf" or (wanted.kind in "iu" and value.dtype.kind == "f"):
        return Unfit(f"expected an array of {wanted}, got {value.dtype}")
    with np.errstate(over="ignore"):
        converted = value.astype(wanted)
    if wanted.kind in "iu" and not np.array_equal(converted, value):
        return Unfit(f"expected values that fit {wanted}, got others")
    if not np.isfinite(converted).all():
        return Unfit(f"expected finite values, got {int(np.count_nonzero(~np.isfinite(converted)))} that are not")
    return converted
