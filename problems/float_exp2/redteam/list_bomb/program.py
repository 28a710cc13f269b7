"""Doubles itself thirty times."""


def program():
    code = [["add", 0, 1.0]]
    for _ in range(30):
        code = code + code
    return code
