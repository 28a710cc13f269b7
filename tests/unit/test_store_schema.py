"""The schema as it is, as it was, and as a newer version may make it."""

import sqlite3
from pathlib import Path

import pytest

from evolve.errors import RunError
from evolve.events import BudgetSettled, EvaluationFinished
from evolve.store import RunStore
from evolve.store._schema import MIGRATIONS
from evolve.types import CandidateId, Evaluation, EvaluationId, Purpose, Score, Split, Status

TABLES = {
    "blob": ["hash TEXT", "size INTEGER", "codec TEXT", "data BLOB"],
    "event": ["seq INTEGER", "time REAL", "kind TEXT", "version INTEGER", "payload TEXT"],
    "migration": ["name TEXT", "applied REAL"],
}
VIEWS = {
    "candidate": "candidate ticket parents operator proposer program fingerprint rationale seq time",
    "completion": "ticket call role model input_tokens output_tokens cached_tokens cost_usd price_source seconds "
    "finish_reason prompt text seq time",
    "evaluation": "evaluation candidate ticket purpose split seed status scores feedback sandbox trust wall_s cpu_s "
    "seq time",
    "score": "evaluation candidate purpose split objective value low high n",
    "spend": "model role calls input_tokens output_tokens cost_usd",
}

# What the first version wrote; never to be changed.
FIRST = """
CREATE TABLE migration (name TEXT PRIMARY KEY, applied REAL NOT NULL);
CREATE TABLE event (seq INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE TABLE blob (hash TEXT PRIMARY KEY, size INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL);
CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
INSERT INTO migration VALUES ('m001_events_and_blobs', 1.0);
INSERT INTO event VALUES (1, 2.0, 'BudgetSettled', 1, '{"ticket":1,"evaluations":1,"usage":{"input_tokens":5}}');
INSERT INTO blob VALUES ('sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', 1, 'raw', x'78');
"""


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "run.sqlite")
    connection.executescript(FIRST)
    connection.close()
    return tmp_path


def schema(folder: Path) -> dict[str, dict[str, object]]:
    connection = sqlite3.connect(folder / "run.sqlite")
    names = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for _, name in names}
    connection.close()
    found: dict[str, dict[str, object]] = {"table": {}, "view": {}, "trigger": {}}
    for kind, name in names:
        rows = columns[name]
        found[kind][name] = [f"{r[1]} {r[2]}" for r in rows] if kind == "table" else " ".join(r[1] for r in rows)
    return found


def test_the_schema_is_the_documented_one(tmp_path: Path) -> None:
    RunStore.create(tmp_path / "run").close()
    found = schema(tmp_path / "run")
    assert found["table"] == TABLES
    assert found["view"] == VIEWS
    assert sorted(found["trigger"]) == ["event_is_never_deleted", "event_is_never_updated"]


def test_migrations_are_numbered_in_order() -> None:
    assert [migration.name[:4] for migration in MIGRATIONS] == [f"m{n:03d}" for n in range(1, len(MIGRATIONS) + 1)]


def test_a_run_of_the_first_version_is_brought_up_to_date_with_all_its_events(old_run: Path) -> None:
    with RunStore.open(old_run) as store:
        (stored,) = store.events()
        assert isinstance(stored.event, BudgetSettled)
        assert stored.event.usage.input_tokens == 5
        assert store.append(BudgetSettled(2, 1)) == 2
        assert store.verify() == []
    assert schema(old_run)["table"] == TABLES
    assert schema(old_run)["view"] == VIEWS
    connection = sqlite3.connect(old_run / "run.sqlite")
    names = [row[0] for row in connection.execute("SELECT name FROM migration ORDER BY name")]
    connection.close()
    assert names == [migration.name for migration in MIGRATIONS]


def test_a_reader_of_an_old_run_leaves_it_as_it_is(old_run: Path) -> None:
    with RunStore.open(old_run, read_only=True) as store:
        assert [item.seq for item in store.events()] == [1]
    assert schema(old_run)["view"] == {}


def test_a_run_of_a_newer_version_is_refused_with_the_next_step(tmp_path: Path) -> None:
    RunStore.create(tmp_path / "run").close()
    connection = sqlite3.connect(tmp_path / "run" / "run.sqlite")
    connection.execute("INSERT INTO migration VALUES ('m999_colours', 1.0)")
    connection.commit()
    connection.close()
    for read_only in (True, False):
        with pytest.raises(RunError, match="m999_colours: it was written by a newer evolve") as caught:
            RunStore.open(tmp_path / "run", read_only=read_only)
        assert "upgrade" in caught.value.fix
    assert RunStore.live_pid(tmp_path / "run") is None


def test_an_event_of_an_unknown_kind_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with RunStore.create(tmp_path / "run") as store:
        store._connection.execute("INSERT INTO event VALUES (1, 0, 'Teleported', 1, '{}')")
        with pytest.raises(RunError, match="'Teleported': it was written by a newer evolve"):
            list(store.events())


def test_numbers_that_json_cannot_write_come_back_and_do_not_break_the_views(tmp_path: Path) -> None:
    score = Score(1.0, float("-inf"), float("inf"))
    name = CandidateId("c0001")
    evaluation = Evaluation(EvaluationId("e"), name, Split.TRAIN, 0, Purpose.SEARCH, Status.OK, {"speed": score})
    with RunStore.create(tmp_path / "run") as store:
        store.append(EvaluationFinished(1, evaluation))
        (stored,) = store.events()
        assert stored.event == EvaluationFinished(1, evaluation)
        assert store._connection.execute("SELECT value, low FROM score").fetchall() == [(1.0, "-inf")]
