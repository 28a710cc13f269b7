"""Chebyshev interpolant of degree 6 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    1.0000000025307454,
    0.6931469327588494,
    0.24023045441248367,
    0.05548063019600287,
    0.009684186311643219,
    0.0012391331823096154,
    0.00021865784823863317,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
