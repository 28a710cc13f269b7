"""First fit by descending size, then 80 tries to place the buffer at the peak earlier; keeps what is no worse."""

import random

TRIES = 80


def fill(buffers, order):
    offsets = [0] * len(buffers)
    placed = []
    for i in order:
        size, start, end = buffers[i]
        top = 0
        for low, high in sorted(
            (offsets[j], offsets[j] + buffers[j][0]) for j in placed if buffers[j][1] < end and start < buffers[j][2]
        ):
            if low - top >= size:
                break
            top = max(top, high)
        offsets[i] = top
        placed.append(i)
    return offsets


def allocate(buffers):
    generator = random.Random(1)
    order = sorted(range(len(buffers)), key=lambda k: -buffers[k][0])
    best = fill(buffers, order)
    tops = [offset + buffer[0] for offset, buffer in zip(best, buffers)]
    for _ in range(TRIES):
        trial = order[:]
        place = trial.index(tops.index(max(tops)))
        trial.insert(generator.randrange(place + 1), trial.pop(place))
        if generator.random() < 0.3:
            i, j = generator.randrange(len(trial)), generator.randrange(len(trial))
            trial[i], trial[j] = trial[j], trial[i]
        offsets = fill(buffers, trial)
        new = [offset + buffer[0] for offset, buffer in zip(offsets, buffers)]
        if max(new) <= max(tops):
            order, best, tops = trial, offsets, new
    return best
