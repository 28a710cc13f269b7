"""Minimax polynomial of degree 5 for 2^x on [0, 1], Horner with fma."""

COEFFICIENTS = [
    0.9999998931108267,
    0.6931547524751688,
    0.24013971109074872,
    0.05586624630459183,
    0.008942828984019031,
    0.0018964611454717038,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["fma", last, 0, coefficient])
        last = len(code)
    return code
