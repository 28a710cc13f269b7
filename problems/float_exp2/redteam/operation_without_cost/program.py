"""An operation of its own invention, in the hope that it costs nothing."""


def program():
    return [["nop", 0], ["__class__", 0], ["add", 0, 1.0]]
