"""2^x on [0, 1) as a polynomial in Horner's form; the coefficients are a Taylor series, roughly."""

C0 = 1.0
C1 = 0.69
C2 = 0.24
C3 = 0.0
C4 = 0.0
FUSED = 0


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
    coefficients = [C0, C1, C2, C3, C4]
    while len(coefficients) > 2 and coefficients[-1] == 0.0:
        coefficients.pop()
    return horner(coefficients)
