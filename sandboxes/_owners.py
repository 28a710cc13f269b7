"""Who owns a container: a process, named so that another one with its number is never taken for it."""

import os
from functools import cache
from pathlib import Path

__all__ = ["is_gone", "this_process"]


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_time(pid: int) -> str:
    """Start of a process in clock ticks since boot; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def this_process() -> str:
    """The label value of this process: ``pid:start time:boot id``."""
    return f"{os.getpid()}:{_start_time(os.getpid())}:{_boot_id()}"


def is_gone(owner: str) -> bool:
    """Whether the process that a label names has ended; false for a label that cannot be read."""
    pid, _, rest = owner.partition(":")
    start, _, boot = rest.partition(":")
    if not pid.isdigit() or not start or not boot:
        return False
    return boot != _boot_id() or _start_time(int(pid)) != start
