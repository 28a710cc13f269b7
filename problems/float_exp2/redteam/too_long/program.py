"""More instructions than allowed."""


def program():
    return [["add", 0, 1.0]] * 10000
