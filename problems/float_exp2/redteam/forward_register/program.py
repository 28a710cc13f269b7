"""Uses the register that it is about to write."""


def program():
    return [["add", 1, 1.0]]
