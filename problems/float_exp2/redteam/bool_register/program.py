"""Truth values as registers."""


def program():
    return [["add", 0, 1.0], ["add", True, False]]
