"""Steps for numbers: heavy-tailed, at many scales at once, so that one operator serves coarse and fine tuning."""

import math
from random import Random

from evolve.briefs import Knob

__all__ = ["blend", "render", "step", "step_knob"]

_ROUND = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 100.0)
_LARGEST_INT = 10**9
_LARGEST_FLOAT = 1e100


def step(rng: Random, value: float, scale: float | None = None) -> float:
    """Another number near ``value``; an int stays an int, the sign rarely changes.

    Args:
        rng: Source of randomness.
        value: Where to step from.
        scale: Relative size of the step; drawn log-uniformly from [1e-4, 1] where it is not given.
    """
    size = 10.0 ** rng.uniform(-4.0, 0.0) if scale is None else scale
    if isinstance(value, int):
        return _step_int(rng, value, size)
    kind = rng.random()
    if kind < 0.03:
        return -value
    if kind < 0.09:
        return rng.choice(_ROUND)
    if value == 0.0:
        return rng.choice((-1.0, 1.0)) * size
    noise = _heavy(rng)
    moved = value * math.exp(min(size * noise, 20.0)) if kind < 0.55 else value + size * noise * max(abs(value), 0.05)
    return max(-_LARGEST_FLOAT, min(_LARGEST_FLOAT, moved))


def _heavy(rng: Random) -> float:
    """A normal number most of the time, a Student's t with 2 degrees of freedom else."""
    normal = rng.gauss(0.0, 1.0)
    if rng.random() < 0.75:
        return normal
    return normal / math.sqrt(max(-math.log(1.0 - rng.random()), 1e-6))


def _step_int(rng: Random, value: int, size: float) -> int:
    kind = rng.random()
    if kind < 0.02 and value:
        return -value
    if kind < 0.45:
        moved = value + rng.choice((-1, 1))
    elif kind < 0.55:
        moved = rng.choice((value * 2, value // 2, value * 10, value // 10))
    elif kind < 0.6:
        moved = rng.choice((0, 1, 2, 3, 4, 5, 8, 10, 16, 32, 64, 100))
    else:
        moved = round(max(-1e15, min(1e15, value * math.exp(max(-20.0, min(20.0, size * _heavy(rng)))))))
    if moved == value:
        moved = value + rng.choice((-1, 1))
    if value >= 0 > moved:
        moved = value + 1
    # Numbers that are large already (bit masks, hash constants) may move, small ones must not explode.
    ceiling = max(_LARGEST_INT, abs(value) * 2)
    return max(-ceiling, min(ceiling, moved))


def step_knob(rng: Random, knob: Knob, value: str | float) -> str | int | float:
    """Another legal value of a knob; equal to ``value`` only if there is no other."""
    if knob.kind == "choice":
        others = [choice for choice in knob.choices if choice != value]
        return rng.choice(others) if others else value
    number = value if isinstance(value, int | float) else 0.0
    if knob.low is None or knob.high is None:
        return _clip(knob, step(rng, _typed(knob, number)))
    moved = _step_in_range(rng, knob, float(number), knob.low, knob.high)
    if knob.kind == "int":
        whole = round(moved)
        if whole == number:
            whole += rng.choice((-1, 1))
        return _clip(knob, whole)
    return _clip(knob, moved)


def _step_in_range(rng: Random, knob: Knob, number: float, low: float, high: float) -> float:
    is_log = knob.log and low > 0
    first, last = (math.log(low), math.log(high)) if is_log else (low, high)
    kind = rng.random()
    if kind < 0.08:
        place = rng.random()
    elif kind < 0.11:
        place = rng.choice((0.0, 1.0))
    else:
        here = math.log(max(number, low)) if is_log else number
        place = (here - first) / (last - first) if last > first else 0.0
        place += 10.0 ** rng.uniform(-3.5, -0.4) * _heavy(rng)
    place = _reflect(place)
    moved = first + place * (last - first)
    return math.exp(moved) if is_log else moved


def _reflect(place: float) -> float:
    place = math.fmod(abs(place), 2.0)
    return 2.0 - place if place > 1.0 else place


def _typed(knob: Knob, number: float) -> int | float:
    return round(number) if knob.kind == "int" else float(number)


def _clip(knob: Knob, number: float) -> int | float:
    """The nearest legal number; the ends of an int's range are rounded inwards."""
    low = -math.inf if knob.low is None else knob.low
    high = math.inf if knob.high is None else knob.high
    if knob.kind == "int":
        if math.isfinite(low):
            number = max(number, math.ceil(low))
        if math.isfinite(high):
            number = min(number, math.floor(high))
        return round(number)
    return max(low, min(high, number))


def blend(first: float, second: float, share: float) -> float:
    """``first + share * (second - first)``; two ints give an int."""
    mixed = first + share * (second - first)
    if not math.isfinite(mixed):
        return first
    return round(mixed) if isinstance(first, int) and isinstance(second, int) else float(mixed)


def render(value: str | float, before: str | float = 0.0) -> str:
    """A Python literal of the value, with as many digits as the step from ``before`` deserves and three more."""
    if isinstance(value, bool) or not isinstance(value, float):
        return repr(value)
    change = abs(value - before) if isinstance(before, int | float) else abs(value)
    if value == 0.0 or change == 0.0:
        return repr(value)
    digits = math.ceil(math.log10(abs(value) / change)) + 4 if change < abs(value) else 4
    return repr(float(f"{value:.{max(4, min(17, digits))}g}"))
