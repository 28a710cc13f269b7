"""Minimax polynomial of degree 3 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    0.9998929656505245,
    0.6964573949935872,
    0.22433836478647148,
    0.07920424021994134,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
