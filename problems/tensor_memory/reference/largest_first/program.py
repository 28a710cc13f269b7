"""First fit in the order of descending size."""


def allocate(buffers):
    offsets = [0] * len(buffers)
    placed = []
    for i in sorted(range(len(buffers)), key=lambda k: -buffers[k][0]):
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
