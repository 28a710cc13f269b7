"""Radii of ten thousand digits."""


def pack():
    return [[0.5, 0.5, 10**10000] for _ in range(26)]
