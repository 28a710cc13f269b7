"""NaN for every offset."""


def allocate(buffers):
    return [float("nan") for _ in buffers]
