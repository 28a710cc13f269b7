"""Half of the buffers below address 0."""


def allocate(buffers):
    offsets = []
    up = down = 0
    for number, (size, _, _) in enumerate(buffers):
        if number % 2:
            down -= size
            offsets.append(down)
        else:
            offsets.append(up)
            up += size
    return offsets
