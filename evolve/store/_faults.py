"""What SQLite and the operating system complain about, in the words of this project."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evolve.errors import EvolveError, RunError, StoreUnavailable

__all__ = ["disk_faults", "explained"]

_NEXT_STEPS = (
    ("disk is full", "free some space, then: evolve resume {folder}"),
    ("readonly", "make the folder writable, or copy it elsewhere and resume the copy"),
    ("read-only", "make the folder writable, or copy it elsewhere and resume the copy"),
    ("permission denied", "make the folder writable, or choose another with --run-dir"),
    ("no space left", "free some space, then: evolve resume {folder}"),
    ("locked", "another program holds run.sqlite; close it (a database browser?), then: evolve resume {folder}"),
    ("unable to open", "check that the folder exists and is writable"),
    ("disk i/o", "check space, quota and health of the disk, then: evolve resume {folder}"),
)


def explained(error: Exception, folder: Path) -> EvolveError:
    """The error of this project that says the same with a next step."""
    text = str(error)
    lowered = text.lower()
    if isinstance(error, sqlite3.DatabaseError) and ("not a database" in lowered or "malformed" in lowered):
        return RunError(
            f"expected a run in {folder}, its run.sqlite is damaged or something else ({text})",
            fix="restore the folder from a copy, or choose another run: evolve runs list",
        )
    fix = next((step for word, step in _NEXT_STEPS if word in lowered), "check the disk that holds the folder")
    return StoreUnavailable(f"expected to read and write {folder}, got: {text}", fix=fix.format(folder=folder))


@contextmanager
def disk_faults(folder: Path) -> Iterator[None]:
    """Turn faults of the disk into `StoreUnavailable` and foreign files into `RunError`."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of this program, not of the disk
    except (sqlite3.DatabaseError, OSError) as error:
        raise explained(error, folder) from error
