"""NaN as a constant."""


def program():
    return [["mul", 0, float("nan")]]
