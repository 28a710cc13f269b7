"""Every buffer at offset 0."""


def allocate(buffers):
    return [0 for _ in buffers]
