"""What every store of runs must do; subclass `StoreTestCase` to hold another one to it."""

import json
from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from evolve.errors import RunError
from evolve.events import BudgetSettled, EvaluationFinished, Event, ModelFailed, RunStarted
from evolve.program import Program
from evolve.store import RunStore
from evolve.types import (
    BlobHash,
    CandidateId,
    Evaluation,
    EvaluationId,
    InstanceResult,
    Purpose,
    Score,
    Split,
    Status,
    Usage,
)

__all__ = ["StoreTestCase"]


def _events() -> list[Event]:
    evaluation = Evaluation(
        EvaluationId("c0001.search.1"),
        CandidateId("c0001"),
        Split.TRAIN,
        7,
        Purpose.SEARCH,
        Status.OK,
        {"speed": Score(1.5, 1.25, 1.75, 3)},
        (InstanceResult("a", Status.OK, {"speed": 1.5}),),
        feedback='"quoted" \u2028 text',
    )
    return [
        RunStarted("r", "p", "h", {"nested": {"list": [1, None, True, "x"]}}, 3, "process", "unsafe"),
        EvaluationFinished(1, evaluation, {"plan": BlobHash("sha256:00")}),
        ModelFailed(2, "propose", "m", "lone surrogate \ud800, NUL \0, newline \n"),
        BudgetSettled(2, 1, Usage(10, 20, 5, None, "unknown", 1)),
    ]


def _fail_inside_a_batch(store: RunStore) -> None:
    with store.batch():
        store.put_blob(b"blob")
        store.append(_events()[0])
        raise ZeroDivisionError


class StoreTestCase(ABC):
    """Tests of a store; pytest collects them from a subclass whose name begins with ``Test``."""

    @abstractmethod
    def create(self, folder: Path) -> RunStore:
        """A new store, open for writing."""

    @abstractmethod
    def open(self, folder: Path, *, read_only: bool) -> RunStore:
        """An existing store."""

    def test_events_come_back_equal_in_order_and_numbered_from_one(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            numbers = [store.append(event) for event in _events()]
        with self.open(tmp_path / "run", read_only=True) as store:
            stored = list(store.events())
        assert numbers == [1, 2, 3, 4]
        assert [item.seq for item in stored] == numbers
        assert [item.event for item in stored] == _events()

    def test_events_after_a_number_leave_out_that_number(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            for event in _events():
                store.append(event)
            assert [item.seq for item in store.events(after=2)] == [3, 4]
            assert list(store.events(after=4)) == []

    def test_a_writer_goes_on_numbering_where_the_last_one_stopped(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            store.append(_events()[0])
        with self.open(tmp_path / "run", read_only=False) as store:
            assert store.last_seq == 1
            assert store.append(_events()[1]) == 2

    def test_a_durable_event_is_there_for_a_reader_at_once(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store, self.open(tmp_path / "run", read_only=True) as reader:
            store.append(_events()[0], durable=True)
            assert [item.event for item in reader.events()] == _events()[:1]

    def test_a_blob_is_named_by_its_content_and_kept_once(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            first, second = store.put_blob(b"same" * 100), store.put_blob(b"same" * 100)
            assert first == second
            assert store.get_blob(first) == b"same" * 100
            assert list(store.blob_hashes()) == [first]

    @pytest.mark.parametrize("text", ["", "x", "lone \ud800", "NUL \0", "é" * 10_000])
    def test_text_comes_back_as_it_was(self, tmp_path: Path, text: str) -> None:
        with self.create(tmp_path / "run") as store:
            assert store.get_text(store.put_text(text)) == text

    def test_a_program_comes_back_with_all_its_files(self, tmp_path: Path) -> None:
        program = Program({"b.py": "x = 1\n", "a/c.txt": "é\r\n"})
        with self.create(tmp_path / "run") as store:
            assert store.get_program(store.put_program(program)) == program

    def test_an_unknown_blob_is_a_run_error(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store, pytest.raises(RunError, match="expected the blob"):
            store.get_blob(BlobHash("sha256:" + "0" * 64))

    def test_a_batch_becomes_visible_together(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store, self.open(tmp_path / "run", read_only=True) as reader:
            with store.batch():
                store.append(_events()[0])
                store.append(_events()[1], durable=True)
                assert list(reader.events()) == []
            assert [item.seq for item in reader.events()] == [1, 2]

    def test_a_batch_whose_body_raises_leaves_nothing_and_no_gap(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            with pytest.raises(ZeroDivisionError):
                _fail_inside_a_batch(store)
            assert list(store.blob_hashes()) == []
            assert store.append(_events()[1]) == 1
            assert store.verify() == []

    def test_a_second_writer_is_refused_and_a_reader_is_not(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run"):
            with pytest.raises(RunError, match="is being written by process"):
                self.open(tmp_path / "run", read_only=False)
            self.open(tmp_path / "run", read_only=True).close()
        self.open(tmp_path / "run", read_only=False).close()

    def test_creating_over_a_run_is_refused(self, tmp_path: Path) -> None:
        self.create(tmp_path / "run").close()
        with pytest.raises(RunError, match="holds one"):
            self.create(tmp_path / "run")

    def test_opening_what_is_no_run_is_refused(self, tmp_path: Path) -> None:
        for read_only in (True, False):
            with pytest.raises(RunError, match="expected a run"):
                self.open(tmp_path, read_only=read_only)

    def test_a_reader_cannot_write(self, tmp_path: Path) -> None:
        self.create(tmp_path / "run").close()
        with self.open(tmp_path / "run", read_only=True) as reader:
            for write in (lambda: reader.append(_events()[0]), lambda: reader.put_blob(b"x")):
                with pytest.raises(RunError, match="open for reading"):
                    write()

    def test_closing_twice_is_harmless(self, tmp_path: Path) -> None:
        store = self.create(tmp_path / "run")
        store.close()
        store.close()

    def test_rows_are_the_events_as_json_text(self, tmp_path: Path) -> None:
        with self.create(tmp_path / "run") as store:
            store.append(_events()[3])
            ((seq, _time, kind, version, payload),) = store.rows()
        assert (seq, kind, version) == (1, "BudgetSettled", 1)
        assert json.loads(payload)["usage"]["cost_usd"] is None
