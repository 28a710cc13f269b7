"""The durable record of one run: append-only events and content-addressed blobs in ``run.sqlite``."""

import json
import math
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from evolve.clock import Clock, SystemClock
from evolve.codec import from_json, to_json
from evolve.errors import RunError
from evolve.events import EVENT_TYPES, Event
from evolve.program import Program
from evolve.store._blobs import blob_hash, pack, unpack
from evolve.store._connections import FILE_NAME, connect_reader, connect_writer, scratch_folder
from evolve.store._faults import disk_faults, explained
from evolve.store._lock import WriterLock, holder
from evolve.types import JSON, BlobHash

__all__ = ["RunStore", "StoredEvent"]

_PAGE = 512  # events per read; a long read transaction would keep the writer's log from being folded back

_INSERT_EVENT = "INSERT INTO event (seq, time, kind, version, payload) VALUES (?, ?, ?, ?, ?)"
_INSERT_BLOB = "INSERT OR IGNORE INTO blob (hash, size, codec, data) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the run.

    Attributes:
        seq: 1, 2, 3, ... without gaps.
        time: Seconds since the epoch when it was appended; not compared with other runs.
        event: What happened.
    """

    seq: int
    time: float
    event: Event


class RunStore:
    """One run on disk. A writer holds the run's lock; any number of readers read beside it.

    Every append is atomic and survives the death of the process; ``durable=True`` also survives a power cut.
    Append a blob before the event that names it, so that no committed event lacks its blob. One thread uses a store.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        lock: WriterLock | None,
        clock: Clock,
        *,
        scratch: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._connection = connection
        self._lock = lock
        self._clock = clock
        self._in_batch = False
        self._batch_is_durable = False
        self._scratch = scratch
        self._last_seq = int(connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])

    # ------------------------------------------------------------------------------- opening and closing

    @classmethod
    def create(cls, folder: Path, *, clock: Clock | None = None) -> Self:
        """A new, empty run in ``folder``, which is made where it is missing, open for writing.

        Raises:
            RunError: The folder holds a run already.
            StoreUnavailable: The folder cannot be written.
        """
        with disk_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if (folder / FILE_NAME).exists():
            raise RunError(f"expected a folder without a run, {folder} holds one", fix=f"evolve resume {folder}")
        return cls._open_writer(folder, clock or SystemClock(), is_new=True)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False, clock: Clock | None = None) -> Self:
        """An existing run.

        Args:
            folder: The run's folder.
            read_only: Readers neither take the lock nor hinder the writer, and need no right to write.
            clock: Where event times come from.

        Raises:
            RunError: There is no run, a live process writes it, or a newer evolve wrote it.
            StoreUnavailable: The disk refuses.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            raise RunError(f"expected a run folder with {FILE_NAME}, got {folder}", fix="evolve runs list")
        if not read_only:
            return cls._open_writer(folder, clock or SystemClock(), is_new=False)
        scratch = scratch_folder()
        try:
            connection = connect_reader(folder, Path(scratch.name))
            return cls(folder, connection, None, clock or SystemClock(), scratch=scratch)
        except BaseException:
            scratch.cleanup()
            raise

    @classmethod
    def live_pid(cls, folder: Path) -> int | None:
        """Process id of the run's live writer, ``None`` if nobody writes it."""
        return holder(folder)

    @classmethod
    def _open_writer(cls, folder: Path, clock: Clock, *, is_new: bool) -> Self:
        lock = WriterLock(folder)
        try:
            connection = connect_writer(folder, is_new=is_new, now=clock.now())
            return cls(folder, connection, lock, clock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Fold the log back, release the lock; safe to call twice."""
        try:
            self._connection.close()
        finally:
            if self._lock is not None:
                self._lock.release()
            if self._scratch is not None:
                self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def is_read_only(self) -> bool:
        """Whether this store was opened for reading."""
        return self._lock is None

    # ------------------------------------------------------------------------------------------ writing

    def append(self, event: Event, *, durable: bool = False) -> int:
        """Append an event and give its sequence number.

        Args:
            event: What happened.
            durable: Whether it must be on disk, not only with the kernel, when this returns; inside a `batch`,
                when the batch ends.

        Raises:
            RunError: The store is open for reading only.
            StoreUnavailable: The disk refuses; nothing was appended.
        """
        self._check_writable()
        payload = _dump(to_json(event))
        row = (self._last_seq + 1, self._clock.now(), event.kind, getattr(event, "version", 1), payload)
        try:
            if durable and not self._in_batch:
                self._insert_durably(row)
            else:
                self._batch_is_durable |= durable
                self._connection.execute(_INSERT_EVENT, row)
        except sqlite3.OperationalError as error:
            raise explained(error, self.folder) from error
        self._last_seq += 1
        return self._last_seq

    def _insert_durably(self, row: tuple[int, float, str, int, str]) -> None:
        # The commit of this one statement syncs the log, and with it everything that was appended before.
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            self._connection.execute(_INSERT_EVENT, row)
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def put_blob(self, data: bytes) -> BlobHash:
        """Store bytes under their hash, once, and give the hash.

        Raises:
            StoreUnavailable: The disk refuses.
        """
        self._check_writable()
        name = blob_hash(data)
        try:
            if self._connection.execute("SELECT 1 FROM blob WHERE hash = ?", (name,)).fetchone() is None:
                self._connection.execute(_INSERT_BLOB, (name, len(data), *pack(data)))
        except sqlite3.OperationalError as error:
            raise explained(error, self.folder) from error
        return name

    def put_text(self, text: str) -> BlobHash:
        """Store text; lone surrogates, which models do write, survive."""
        return self.put_blob(text.encode("utf-8", "surrogatepass"))

    def put_program(self, program: Program) -> BlobHash:
        """Store all files of a program as one blob."""
        return self.put_blob(json.dumps(dict(program.files), sort_keys=True).encode())

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Everything that is put and appended inside becomes visible together, or not at all if the body raises.

        Raises:
            RunError: A batch is open already.
            StoreUnavailable: The disk refuses; nothing of the batch was kept.
        """
        self._check_writable()
        if self._in_batch:
            raise RunError("expected one batch at a time, got a batch inside a batch")
        before = self._last_seq
        self._in_batch, self._batch_is_durable = True, False
        try:
            with disk_faults(self.folder):
                self._connection.execute("BEGIN IMMEDIATE")
            yield
            with disk_faults(self.folder):
                self._connection.execute("COMMIT")
                if self._batch_is_durable:
                    self._sync()
        except BaseException:
            self._last_seq = before
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._in_batch = False

    def _sync(self) -> None:
        # SQLite has no call to sync the log, and the level cannot change inside a transaction; the smallest
        # write that commits at level FULL does it for all commits before.
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            self._connection.execute("PRAGMA user_version = 1")
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def _check_writable(self) -> None:
        if self._lock is None:
            raise RunError(f"expected a store that is open for writing, {self.folder} is open for reading")

    # ------------------------------------------------------------------------------------------ reading

    @property
    def last_seq(self) -> int:
        """Sequence number of the newest event, 0 if there is none."""
        if self._lock is not None:
            return self._last_seq
        with disk_faults(self.folder):
            return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])

    def events(self, after: int = 0) -> Iterator[StoredEvent]:
        """The events with a larger sequence number than ``after``, in order, those that arrive meanwhile included.

        Raises:
            RunError: An event is of a kind that this version does not know.
        """
        for seq, time, kind, _version, payload in self.rows(after):
            cls = EVENT_TYPES.get(kind)
            if cls is None:
                raise RunError(
                    f"expected a known event, {self.folder} has a {kind!r}: it was written by a newer evolve",
                    fix="upgrade: pip install --upgrade adrs-evolve",
                )
            yield StoredEvent(seq, time, from_json(cls, json.loads(payload)))

    def rows(self, after: int = 0) -> Iterator[tuple[int, float, str, int, str]]:
        """The events as they are stored: sequence number, time, kind, version, JSON text."""
        query = "SELECT seq, time, kind, version, payload FROM event WHERE seq > ? ORDER BY seq LIMIT ?"
        while True:
            with disk_faults(self.folder):
                page = self._connection.execute(query, (after, _PAGE)).fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1][0]

    def get_blob(self, name: BlobHash) -> bytes:
        """The bytes of this hash.

        Raises:
            RunError: There is no such blob, or it is damaged.
        """
        with disk_faults(self.folder):
            row = self._connection.execute("SELECT codec, data FROM blob WHERE hash = ?", (name,)).fetchone()
        if row is None:
            raise RunError(f"expected the blob {name} in {self.folder}, found none")
        return unpack(*row)

    def get_text(self, name: BlobHash) -> str:
        """The text of this hash."""
        return self.get_blob(name).decode("utf-8", "surrogatepass")

    def get_program(self, name: BlobHash) -> Program:
        """The program that `put_program` stored."""
        return Program(json.loads(self.get_blob(name)))

    def has_blob(self, name: BlobHash) -> bool:
        """Whether there is a blob of this hash."""
        return self._connection.execute("SELECT 1 FROM blob WHERE hash = ?", (name,)).fetchone() is not None

    def blob_hashes(self) -> Iterator[BlobHash]:
        """The hashes of all blobs, sorted."""
        for row in self._connection.execute("SELECT hash FROM blob ORDER BY hash").fetchall():
            yield BlobHash(row[0])

    def verify(self) -> list[str]:
        """What is wrong with the file, one line each; empty if every event and blob is as it was written."""
        with disk_faults(self.folder):
            found = [row[0] for row in self._connection.execute("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else [f"SQLite: {line}" for line in found]
        numbers = [row[0] for row in self.rows()]
        if numbers != list(range(1, len(numbers) + 1)):
            problems.append(f"expected events 1 to {len(numbers)} without gaps")
        for name in self.blob_hashes():
            try:
                data = self.get_blob(name)
            except RunError as error:
                problems.append(f"blob {name}: {error.message}")
                continue
            if blob_hash(data) != name:
                problems.append(f"blob {name}: the bytes have the hash {blob_hash(data)}")
        return problems


def _dump(data: JSON) -> str:
    # ASCII only: every JSON reader agrees on it, and lone surrogates survive as escapes.
    try:
        return json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_with_words_for_numbers(data), separators=(",", ":"), allow_nan=False)


def _with_words_for_numbers(data: JSON) -> JSON:
    # JSON has no NaN or Infinity and SQLite's JSON functions refuse them; pydantic reads these words as floats.
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, list):
        return [_with_words_for_numbers(item) for item in data]
    if isinstance(data, dict):
        return {key: _with_words_for_numbers(value) for key, value in data.items()}
    return data
