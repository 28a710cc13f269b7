"""Never answers."""

import time


def pack():
    time.sleep(3600)
