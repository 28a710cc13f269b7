"""A list nested a hundred thousand deep, that holds itself besides."""


def pack():
    bomb = []
    for _ in range(100000):
        bomb = [bomb, bomb]
    return bomb
