"""How ``run.sqlite`` is opened, by its writer and by readers with whatever rights they have."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from evolve.errors import RunError
from evolve.store._faults import disk_faults, explained
from evolve.store._schema import applied_names, apply_missing, check_known

__all__ = ["FILE_NAME", "connect_reader", "connect_writer", "scratch_folder"]

FILE_NAME = "run.sqlite"


def connect_writer(folder: Path, *, is_new: bool, now: float) -> sqlite3.Connection:
    """A connection that may append, schema up to date; the caller holds the run's lock.

    Raises:
        RunError: The file is no run, or a newer evolve wrote it.
        StoreUnavailable: The disk refuses.
    """
    with disk_faults(folder):
        connection = _connect(folder / FILE_NAME, "mode=rwc" if is_new else "mode=rw")
        try:
            applied = applied_names(connection)
            if not is_new:
                _check_is_run(applied, folder)
            check_known(applied, str(folder))
            connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL: a commit survives the process, and a power cut never damages the file but may take the last
            # commits; what must survive that too is appended with durable=True.
            connection.execute("PRAGMA synchronous = NORMAL")
            apply_missing(connection, applied, now)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_reader(folder: Path, scratch: Path) -> sqlite3.Connection:
    """A connection that only reads, whether or not somebody writes and whether or not the folder can be written.

    Args:
        folder: The run.
        scratch: An empty folder that lives as long as the connection; used only where a run must be copied.

    Raises:
        RunError: The file is no run, or a newer evolve wrote it.
        StoreUnavailable: The disk refuses.
    """
    path = folder / FILE_NAME
    try:
        return _checked(_connect(path, "mode=ro"), folder)
    except sqlite3.DatabaseError as error:
        # In a folder that cannot be written SQLite cannot make the shared memory that belongs to a WAL file.
        if os.access(folder, os.W_OK) or not isinstance(error, sqlite3.OperationalError):
            raise explained(error, folder) from error
    log = folder / f"{FILE_NAME}-wal"
    with disk_faults(folder):
        if not log.exists() or log.stat().st_size == 0:
            return _checked(_connect(path, "mode=ro&immutable=1"), folder)
        # A writer died here and its log was never folded back: SQLite may recover a copy.
        for source in (path, log):
            shutil.copyfile(source, scratch / source.name)
        return _checked(_connect(scratch / FILE_NAME, "mode=rw"), folder)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """The scratch for `connect_reader`."""
    return tempfile.TemporaryDirectory(prefix="evolve-read-")


def _checked(connection: sqlite3.Connection, folder: Path) -> sqlite3.Connection:
    try:
        connection.execute("PRAGMA query_only = ON")
        applied = applied_names(connection)
        _check_is_run(applied, folder)
        check_known(applied, str(folder))
        # An older schema is read as it is: so far every later step only added views.
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, query: str) -> sqlite3.Connection:
    # isolation_level None: a batch begins its transaction itself, every other statement commits itself.
    uri = f"{path.absolute().as_uri()}?{query}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)


def _check_is_run(applied: tuple[str, ...], folder: Path) -> None:
    if not applied:
        raise RunError(
            f"expected a run, {folder / FILE_NAME} has no events: it died while it was being created",
            fix=f"remove the folder and launch again: rm -r {folder}",
        )
