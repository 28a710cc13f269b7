"""Best fit in the order of descending size: the narrowest gap that is wide enough."""


def allocate(buffers):
    offsets = [0] * len(buffers)
    placed = []
    for i in sorted(range(len(buffers)), key=lambda k: -buffers[k][0]):
        size, start, end = buffers[i]
        top = 0
        best = None
        for low, high in sorted(
            (offsets[j], offsets[j] + buffers[j][0]) for j in placed if buffers[j][1] < end and start < buffers[j][2]
        ):
            gap = low - top
            if gap >= size and (best is None or gap < best[0]):
                best = (gap, top)
            top = max(top, high)
        offsets[i] = top if best is None else best[1]
        placed.append(i)
    return offsets
