"""One writer per run: an advisory lock that the kernel releases when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

from evolve.errors import RunError
from evolve.store._faults import disk_faults

__all__ = ["WriterLock", "holder"]

LOCK_NAME = "run.lock"

# `holder` takes the lock for an instant to see whether it is free; a writer must not take that for a rival.
_PROBE_PATIENCE_S = 0.25


class WriterLock:
    """The right to append to a run, held until `release` or the end of this process.

    The lock file stays behind: removing it would let two processes lock two files of one name.

    Raises:
        RunError: A live process holds it.
        StoreUnavailable: The folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_NAME
        with disk_faults(folder):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            with disk_faults(folder):
                _take(self._descriptor, folder)
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder(folder: Path) -> int | None:
    """Process id of the live writer of a run, ``None`` if there is none; 0 if it has not written its id yet."""
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(path)
    except OSError:
        return None
    finally:
        os.close(descriptor)  # also gives the shared lock back
    return None


def _take(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _PROBE_PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RunError(
                    f"expected a run without a live writer, {folder} is being written by process "
                    f"{_read_pid(folder / LOCK_NAME)}",
                    fix=f"wait for it, or end it: evolve stop {folder}",
                ) from error
            time.sleep(0.01)  # a probe holds it for microseconds
        else:
            return


def _read_pid(path: Path) -> int:
    try:
        return int(path.read_text() or 0)
    except (OSError, ValueError):
        return 0
