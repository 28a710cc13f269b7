"""Nothing."""


def program():
    return []
