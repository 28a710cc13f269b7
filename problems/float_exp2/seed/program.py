"""2^x on [0, 1) as a polynomial through a few points of it, in Horner's form."""

import math

DEGREE = 2
BEND = 0.0
SPREAD = 1.0
FUSED = 0


def nodes():
    """Where the polynomial meets 2^x: evenly spread, or with BEND denser towards both ends."""
    places = []
    for k in range(DEGREE + 1):
        even = (k + 0.5) / (DEGREE + 1)
        dense = 0.5 - 0.5 * math.cos(math.pi * even)
        places.append(0.5 + SPREAD * ((1.0 - BEND) * even + BEND * dense - 0.5))
    return places


def interpolate(places):
    """Coefficients, lowest power first, by Newton's divided differences."""
    table = [2.0**x for x in places]
    for width in range(1, len(places)):
        for k in range(len(places) - 1, width - 1, -1):
            table[k] = (table[k] - table[k - 1]) / (places[k] - places[k - width])
    coefficients = [table[-1]]
    for k in range(len(places) - 2, -1, -1):
        shifted = [0.0] + coefficients
        for i in range(len(coefficients)):
            shifted[i] -= places[k] * coefficients[i]
        shifted[0] += table[k]
        coefficients = shifted
    return coefficients


def horner(coefficients):
    """Instructions for the polynomial; register 0 is x, instruction k writes register k + 1."""
    code = []
    last = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        if FUSED:
            code.append(["fma", last, 0, coefficient])
        else:
            code.append(["mul", last, 0])
            code.append(["add", len(code), coefficient])
        last = len(code)
    return code


def program():
    """A list of instructions [operation, operands...]; an int operand is a register, a float is a constant."""
    return horner(interpolate(nodes()))
