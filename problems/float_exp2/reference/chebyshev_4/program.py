"""Chebyshev interpolant of degree 4 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    1.0000034929076977,
    0.6929729221730628,
    0.24160435727003668,
    0.05174499776419958,
    0.013670309453307137,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
