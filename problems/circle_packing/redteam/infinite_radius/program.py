"""One radius without end."""


def pack():
    return [[0.1 + 0.03 * k, 0.5, 0.001] for k in range(25)] + [[0.5, 0.5, float("inf")]]
