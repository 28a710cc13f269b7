"""Minimax polynomial of degree 4 for 2^x on [0, 1], Horner with mul and add."""

COEFFICIENTS = [
    1.0000037044659362,
    0.692966122661421,
    0.2416384457248493,
    0.05169035820616256,
    0.013697664475694652,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])
        last = len(code)
    return code
