"""A 5 x 5 grid of radius 0.1 and one circle in a gap of it: 2.5 + 0.1 (sqrt(2) - 1) = 2.5414."""


def pack():
    rows = [[0.1 + 0.2 * (k % 5), 0.1 + 0.2 * (k // 5), 0.1] for k in range(25)]
    return rows + [[0.2, 0.2, 0.1 * (2**0.5 - 1)]]
