"""Chebyshev interpolant of degree 5 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    0.9999998983500237,
    0.6931544896632368,
    0.24014181820147967,
    0.0558603370770161,
    0.008949590423711129,
    0.0018937540580168388,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
