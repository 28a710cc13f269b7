"""Minimax polynomial of degree 6 for 2^x on [0, 1], Horner with fma."""

COEFFICIENTS = [
    1.0000000026442721,
    0.6931469245643943,
    0.2402305501875437,
    0.05548022099757056,
    0.009684976321969047,
    0.001238430349706367,
    0.00021889229027149777,
]


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
        code.append(["fma", last, 0, coefficient])
        last = len(code)
    return code
