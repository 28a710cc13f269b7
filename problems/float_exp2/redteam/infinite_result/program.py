"""Overflows float32 for almost every x."""


def program():
    return [["mul", 0, 3e38], ["mul", 1, 3e38]]
