"""Exact hypervolume for the few objectives that a search has."""

from collections.abc import Sequence

__all__ = ["hypervolume"]

Point = tuple[float, ...]


def hypervolume(costs: Sequence[Point], reference: Point) -> float:
    """Volume between ``costs`` (smaller is better) and ``reference``; points that do not beat it everywhere add 0."""
    inside = {point for point in costs if all(c < r for c, r in zip(point, reference, strict=True))}
    return _volume(sorted(inside), reference)


def _volume(points: list[Point], reference: Point) -> float:
    if not points:
        return 0.0
    if len(reference) == 1:
        return reference[0] - points[0][0]
    if len(reference) == 2:
        return _area(points, reference)
    return _exclusive_sum(points, reference)


def _area(points: list[Point], reference: Point) -> float:
    # Points come sorted by the first cost: each adds the strip below the lowest second cost so far.
    area, lowest = 0.0, reference[1]
    for first, second in points:
        if second < lowest:
            area += (reference[0] - first) * (lowest - second)
            lowest = second
    return area


def _exclusive_sum(points: list[Point], reference: Point) -> float:
    # WFG: the volume is the sum over points of what each adds to those after it; what it shares with them is the
    # volume of those points limited to its box (While, Bradstreet and Barone, IEEE TEC 16(1), 2012, algorithm 1).
    # Sorted with the worst last cost first, all limited points share that cost, so one objective falls away.
    total = 0.0
    ordered = sorted(points, key=lambda point: -point[-1])
    for index, point in enumerate(ordered):
        depth = reference[-1] - point[-1]
        box = _box(point[:-1], reference[:-1])
        limited = {tuple(map(max, point[:-1], other[:-1])) for other in ordered[index + 1 :]}
        total += depth * (box - _volume(sorted(_minima(limited)), reference[:-1]))
    return total


def _minima(points: set[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in sorted(points):
        if not any(all(a <= b for a, b in zip(other, point, strict=True)) for other in kept):
            kept.append(point)
    return kept


def _box(point: Point, reference: Point) -> float:
    volume = 1.0
    for cost, limit in zip(point, reference, strict=True):
        volume *= limit - cost
    return volume
