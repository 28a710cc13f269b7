"""Python's negative index: the last thing that was stored."""


def program():
    return [["add", -1, 0.0]]
