"""Two nested circles: r_i + r_j stays below their distance because one radius is negative."""


def pack():
    rows = [[0.5, 0.5, 0.5]]
    rows += [[0.5, 0.5, -0.5] for _ in range(25)]
    return rows
