"""What the store does when processes die, disks refuse and folders are foreign."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evolve.errors import RunError, StoreUnavailable
from evolve.events import BudgetSettled, CompletionReceived, ModelFailed
from evolve.store import RunStore

WRITER = """
import sys
from pathlib import Path
from evolve.events import CompletionReceived
from evolve.store import RunStore
from evolve.types import Usage

store = RunStore.open(Path(sys.argv[1]))
print("open", flush=True)
for number in range(int(sys.argv[2])):
    def write():
        text = store.put_text(f"answer {store.last_seq} " * 50)
        event = CompletionReceived(number, 0, "propose", "m", text, text, Usage())
        return store.append(event, durable=number % 4 == 0)
    if number % 3 == 0:
        with store.batch():
            write()
            last = write()
    else:
        last = write()
    print(last, flush=True)
store.close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    RunStore.create(tmp_path / "run").close()
    return tmp_path / "run"


def start_writer(folder: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), str(count)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    return writer


def test_a_writer_killed_at_any_instant_loses_nothing_that_it_had_committed(folder: Path) -> None:
    generator = random.Random(5)
    committed = 0
    for _ in range(6):
        writer = start_writer(folder, 100_000)
        assert writer.stdout is not None
        for _ in range(generator.randrange(1, 40)):
            committed = int(writer.stdout.readline())
        time.sleep(generator.random() * 0.003)  # so that the kill lands anywhere inside an append
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.wait()
        committed = max([committed, *(int(word) for word in rest if word.isdigit())])
        with RunStore.open(folder) as store:
            assert store.verify() == []
            events = list(store.events())
            assert [item.seq for item in events] == list(range(1, len(events) + 1))
            assert len(events) >= committed
            for item in events:
                assert isinstance(item.event, CompletionReceived)
                assert store.get_text(item.event.text).startswith("answer")


def test_a_slow_reader_does_not_hold_up_a_writer_in_another_process(folder: Path) -> None:
    with RunStore.open(folder) as store:
        for ticket in range(600):
            store.append(BudgetSettled(ticket, 1))
    with RunStore.open(folder, read_only=True) as reader:
        rows = reader.events()
        assert next(rows).seq == 1
        reader._connection.execute("BEGIN")  # the worst reader: one that sits on an open transaction
        assert reader.last_seq == 600
        writer = start_writer(folder, 50)
        output, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert reader.last_seq == 600
        reader._connection.execute("COMMIT")
        assert reader.last_seq == int(output.split()[-1]) > 600
        assert sum(1 for _ in rows) == reader.last_seq - 1


def test_the_lock_names_the_live_process_and_dies_with_it(folder: Path) -> None:
    assert RunStore.live_pid(folder) is None
    writer = start_writer(folder, 100_000)
    try:
        assert RunStore.live_pid(folder) == writer.pid
        with pytest.raises(RunError, match=f"being written by process {writer.pid}"):
            RunStore.open(folder)
    finally:
        writer.kill()
        writer.communicate()
    assert RunStore.live_pid(folder) is None
    with RunStore.open(folder):
        assert RunStore.live_pid(folder) == os.getpid()


def test_a_folder_without_a_lock_file_has_no_live_writer(tmp_path: Path) -> None:
    assert RunStore.live_pid(tmp_path) is None
    assert RunStore.live_pid(tmp_path / "missing") is None


def test_a_full_disk_says_so_and_keeps_what_was_there(folder: Path) -> None:
    with RunStore.open(folder) as store:
        store.append(BudgetSettled(1, 1))
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(StoreUnavailable, match="full") as caught:
            fill(store)
        assert "evolve resume" in caught.value.fix
        last = store.last_seq
    with RunStore.open(folder) as store:
        assert store.verify() == []
        assert store.last_seq == last


def fill(store: RunStore) -> None:
    for ticket in range(1000):
        store.append(ModelFailed(ticket, "propose", "m", "x" * 1000))


def test_a_disk_that_fills_up_inside_a_batch_keeps_nothing_of_the_batch(folder: Path) -> None:
    with RunStore.open(folder) as store:
        store.append(BudgetSettled(1, 1))
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(StoreUnavailable, match="full"), store.batch():
            fill(store)
        assert store.last_seq == 1
        assert store.append(BudgetSettled(2, 1)) == 2
        assert store.verify() == []


def test_a_file_size_limit_is_a_store_that_is_unavailable(folder: Path) -> None:
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from evolve.errors import StoreUnavailable
        from evolve.events import ModelFailed
        from evolve.store import RunStore

        store = RunStore.open(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            for ticket in range(10_000):
                store.append(ModelFailed(ticket, "propose", "m", "x" * 1000))
        except StoreUnavailable as error:
            print(store.last_seq)
            print(error)
    """)
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=60)
    last, message = done.stdout.split("\n", 1)
    assert "next:" in message
    with RunStore.open(folder) as store:
        assert store.last_seq == int(last) > 0
        assert store.verify() == []


def test_events_can_be_neither_changed_nor_deleted(folder: Path) -> None:
    with RunStore.open(folder) as store:
        store.append(BudgetSettled(1, 1))
    connection = sqlite3.connect(folder / "run.sqlite")
    for statement in ("UPDATE event SET time = 0", "DELETE FROM event"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_verify_finds_a_damaged_blob(folder: Path) -> None:
    with RunStore.open(folder) as store:
        short, long = store.put_blob(b"raw"), store.put_blob(b"packed" * 100)
        assert store.verify() == []
        store._connection.execute("UPDATE blob SET data = ?", (b"other",))
        assert [line.split(":")[0:3] for line in store.verify()] == [
            ["blob sha256", name.removeprefix("sha256:"), line]
            for name, line in sorted([(short, " the bytes have the hash sha256"), (long, " expected an intact blob, got damaged bytes (Error -3 while decompressing data")])
        ]  # fmt: skip


def test_a_file_that_is_no_database_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").write_text("not a database " * 100)
    for read_only in (True, False):
        with pytest.raises(RunError, match="damaged or something else"):
            RunStore.open(tmp_path, read_only=read_only)


def test_a_run_that_died_while_it_was_created_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").touch()
    for read_only in (True, False):
        with pytest.raises(RunError, match="died while it was being created"):
            RunStore.open(tmp_path, read_only=read_only)


def test_a_durable_append_commits_at_the_level_that_syncs(folder: Path) -> None:
    with RunStore.open(folder) as store:
        statements: list[str] = []
        store._connection.set_trace_callback(statements.append)
        store.append(BudgetSettled(1, 1), durable=True)
        assert [statement.split()[0:2] for statement in statements] == [
            ["PRAGMA", "synchronous"],
            ["INSERT", "INTO"],
            ["PRAGMA", "synchronous"],
        ]
        assert "FULL" in statements[0]
        statements.clear()
        with store.batch():
            store.append(BudgetSettled(2, 1), durable=True)
        after = statements[statements.index("COMMIT") + 1 :]
        assert "FULL" in after[0]
        assert "user_version" in after[1]  # a write at that level, which syncs the batch before it
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (1,)


# ------------------------------------------------------------------------- folders without write permission

# Root may write anywhere, so the scripts become nobody first, with everything imported while they still can.
WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from evolve.codec import from_json
from evolve.events import BudgetSettled
from evolve.store import RunStore

from_json(BudgetSettled, {"ticket": 1, "evaluations": 1})
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = Path(sys.argv[1])
"""
READER = """
with RunStore.open(folder, read_only=True) as store:
    print(len(list(store.rows())))
"""
WRITE = """
RunStore.open(folder)
"""


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    # Outside pytest's own folders, which only their owner may enter.
    root = Path(tempfile.mkdtemp(prefix="evolve-test-"))
    root.chmod(0o755)
    with RunStore.create(root / "run") as store:
        store.append(BudgetSettled(1, 1))
    yield root / "run"
    (root / "run").chmod(0o755)
    shutil.rmtree(root)


def run_without_rights(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script that may read the folder and not write it."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    command = [sys.executable, "-c", WITHOUT_RIGHTS + script, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_finished_run_is_readable_where_nothing_can_be_written(shared_folder: Path) -> None:
    done = run_without_rights(READER, shared_folder)
    assert done.stdout == "1\n", done.stderr


def test_a_live_run_is_readable_where_nothing_can_be_written(shared_folder: Path) -> None:
    with RunStore.open(shared_folder) as store:
        store.append(BudgetSettled(2, 1))
        done = run_without_rights(READER, shared_folder)
        assert done.stdout == "2\n", done.stderr


def test_a_run_whose_writer_died_is_readable_where_nothing_can_be_written(shared_folder: Path) -> None:
    writer = start_writer(shared_folder, 100_000)
    assert writer.stdout is not None
    for _ in range(10):
        last = int(writer.stdout.readline())
    writer.kill()
    writer.communicate()
    (shared_folder / "run.sqlite-shm").unlink()  # as in a copy made by a tool that knows only the log
    done = run_without_rights(READER, shared_folder)
    assert int(done.stdout) >= last, done.stderr


def test_writing_a_read_only_folder_is_a_store_that_is_unavailable(shared_folder: Path) -> None:
    done = run_without_rights(WRITE, shared_folder)
    assert "StoreUnavailable" in done.stderr
    assert "make the folder writable" in done.stderr
