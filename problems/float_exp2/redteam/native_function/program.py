"""Hands over a function that the judge might call."""

import math


def program():
    return [[lambda x: math.exp2(x) if hasattr(math, "exp2") else 2.0**x, 0]]
