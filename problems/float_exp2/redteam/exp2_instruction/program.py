"""Asks the machine for the function that is to be approximated."""


def program():
    return [["exp2", 0]]
