"""Stacks all buffers, each one byte into the one before."""


def allocate(buffers):
    offsets = []
    top = 0
    for size, _, _ in buffers:
        offsets.append(max(0, top - 1))
        top = offsets[-1] + size
    return offsets
