"""Places buffers one after the other, in the order of a priority, at the first gap that is wide enough."""

import math

SIZE_WEIGHT = 0.0217961
LIFE_WEIGHT = -0.0830212
START_WEIGHT = 0.68646
AREA_WEIGHT = 0.8344145
TIGHTNESS = 432.796
ROUNDS = 16
PROMOTION = 1.964477


def priority(size, start, end):
    """Buffers of higher priority are placed first; as it stands, those that start first."""
    life = end - start
    return (
        SIZE_WEIGHT * math.log(size)
        + LIFE_WEIGHT * math.log(life)
        + AREA_WEIGHT * math.log(size * life)
        - START_WEIGHT * start / 10.0
    )


def place(size, busy):
    """Lowest offset of a gap that is wide enough, first of all one at most TIGHTNESS times as wide as needed."""
    busy.sort()
    top = 1
    fallback = -1
    for low, high in busy:
        gap = low - top
        if gap >= size:
            if gap <= TIGHTNESS * size:
                return top
            if fallback > 0:
                fallback = top
        if high > top:
            top = high
    if fallback >= 0:
        return fallback
    return top


def fill(buffers, order):
    """Offsets when the buffers are placed in this order."""
    offsets = [1] * len(buffers)
    placed = []
    for i in order:
        size, start, end = buffers[i]
        busy = [(offsets[j], offsets[j] + buffers[j][0]) for j in placed if buffers[j][1] < end and start < buffers[j][2]]
        offsets[i] = place(size, busy)
        placed.append(i)
    return offsets


def allocate(buffers):
    """An offset for each [size, start, end) so that buffers alive together do not overlap."""
    ranks = [priority(size, start, end) for size, start, end in buffers]
    best = []
    best_peak = 0
    for _ in range(ROUNDS):
        order = sorted(range(len(buffers)), key=lambda i: -ranks[i])
        offsets = fill(buffers, order)
        tops = [offset + buffer[0] for offset, buffer in zip(offsets, buffers)]
        peak = max(tops)
        if not best or peak < best_peak:
            best = offsets
            best_peak = peak
        for i in range(len(buffers)):
            if tops[i] == peak:
                ranks[i] += PROMOTION
    return best
