"""A tight grid, blown up by a little more than the stated tolerance."""


def pack():
    rows = [[0.1 + 0.2 * (k % 5), 0.1 + 0.2 * (k // 5), 0.1 + 1e-8] for k in range(25)]
    return rows + [[0.2, 0.2, 0.02]]
