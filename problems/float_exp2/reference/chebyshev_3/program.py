"""Chebyshev interpolant of degree 3 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    0.9999002881727677,
    0.6963247710915804,
    0.22469315576400462,
    0.07896725704216578,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
