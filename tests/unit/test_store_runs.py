"""Names of runs, and runs as text."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from evolve.errors import RunError
from evolve.events import BudgetSettled, CandidateCreated, CompletionReceived, EvaluationFinished, RunStarted
from evolve.program import Program
from evolve.store import RunStore, export_csv, export_jsonl, find_run, list_runs, new_run_folder, runs_folder
from evolve.types import CandidateId, Evaluation, EvaluationId, Purpose, Score, Split, Status, Usage


def make_run(root: Path, name: str) -> Path:
    RunStore.create(root / name).close()
    return root / name


def test_the_runs_folder_is_the_override_then_the_variable_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVOLVE_RUNS_DIR", raising=False)
    assert runs_folder() == tmp_path / "runs"
    monkeypatch.setenv("EVOLVE_RUNS_DIR", "elsewhere")
    assert runs_folder() == tmp_path / "elsewhere"
    assert runs_folder("here") == tmp_path / "here"


def test_a_new_run_folder_is_named_by_problem_and_time_and_is_never_reused(tmp_path: Path) -> None:
    folders = {new_run_folder(tmp_path / "runs", "circle_packing") for _ in range(20)}
    assert len(folders) == 20
    assert all(re.fullmatch(r"circle_packing-\d{8}-\d{6}-[0-9a-f]{4}", folder.name) for folder in folders)


def test_a_problem_given_as_a_path_cannot_lead_the_run_out_of_its_folder(tmp_path: Path) -> None:
    assert new_run_folder(tmp_path / "runs", "../../x y").parent == tmp_path / "runs"


def test_runs_are_listed_by_their_start_and_other_folders_are_left_out(tmp_path: Path) -> None:
    late = make_run(tmp_path, "a-20260102-000000-0000")
    early = make_run(tmp_path, "b-20260101-000000-ffff")
    (tmp_path / "notes").mkdir()
    (tmp_path / "file").touch()
    assert list_runs(tmp_path) == [early, late]
    assert list_runs(tmp_path / "missing") == []


def test_a_run_is_found_by_path_name_beginning_or_latest(tmp_path: Path) -> None:
    first = make_run(tmp_path, "packing-20260101-000000-aaaa")
    second = make_run(tmp_path, "packing-20260102-000000-bbbb")
    assert find_run(str(first), tmp_path / "elsewhere") == first
    assert find_run(first.name, tmp_path) == first
    assert find_run("packing-20260102", tmp_path) == second
    assert find_run("latest", tmp_path) == second


def test_an_ambiguous_or_unknown_reference_says_what_there_is(tmp_path: Path) -> None:
    make_run(tmp_path, "packing-20260101-000000-aaaa")
    make_run(tmp_path, "packing-20260102-000000-bbbb")
    with pytest.raises(RunError, match="found 2: packing-20260101-000000-aaaa, packing-20260102-000000-bbbb"):
        find_run("packing", tmp_path)
    with pytest.raises(RunError, match="expected a run, got 'pakcing-20260101-000000-aaaa'") as caught:
        find_run("pakcing-20260101-000000-aaaa", tmp_path)
    assert "did you mean packing-20260101-000000-aaaa?" in caught.value.fix
    with pytest.raises(RunError, match="expected a run, got ''"):
        find_run("", tmp_path)
    with pytest.raises(RunError, match="found none"):
        find_run("latest", tmp_path / "empty")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore.create(tmp_path / "run")
    objectives = [{"name": "speed"}, {"name": "size"}]
    store.append(RunStarted("r", "p", "h", {}, 3, "process", "unsafe", list(objectives)))
    for ticket, status in ((0, Status.OK), (1, Status.CRASHED)):
        name = CandidateId(f"c{ticket:04d}")
        parents = (CandidateId("c0000"),) if ticket else ()
        program = store.put_program(Program.single(f"x = {ticket}"))
        store.append(CandidateCreated(ticket, name, program, parents, "mutate", "llm", "=cmd()", "f"))
        if ticket:
            text = store.put_text("answer")
            store.append(CompletionReceived(ticket, 0, "propose", "m", text, text, Usage(10, 5, 0, 0.25)))
        scores = {"speed": Score(2.0, 1.0, 3.0, 4), "size": Score(7.0, 7.0, 7.0)} if status.is_ok else {}
        purpose = Purpose.SEARCH if ticket else Purpose.SEED
        evaluation = Evaluation(EvaluationId(f"{name}.x.1"), name, Split.TRAIN, 0, purpose, status, scores)
        store.append(EvaluationFinished(ticket, evaluation))
        store.append(BudgetSettled(ticket, ticket, Usage(10, 5, 0, 0.25) if ticket else Usage()))
    return store


def test_jsonl_has_every_event_and_on_request_every_blob(store: RunStore) -> None:
    out = io.StringIO()
    assert export_jsonl(store, out, with_blobs=True) == store.last_seq == 8
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["seq"] for line in lines[:8]] == list(range(1, 9))
    assert lines[0]["payload"]["problem"] == "p"
    assert {line["text"] for line in lines[8:]} == {"answer", '{"program.py": "x = 0"}', '{"program.py": "x = 1"}'}


def test_csv_has_a_line_per_candidate_and_no_text_that_a_model_wrote(store: RunStore) -> None:
    out = io.StringIO()
    assert export_csv(store, out) == 2
    seed, child = csv.DictReader(io.StringIO(out.getvalue()))
    assert (seed["candidate"], seed["speed"], seed["speed_low"], seed["speed_n"], seed["size"]) == (
        "c0000", "2.0", "1.0", "4", "7.0",
    )  # fmt: skip
    assert (child["parents"], child["status"], child["speed"], child["tokens"], child["cost_usd"]) == (
        "c0000", "crashed", "", "15", "0.25",
    )  # fmt: skip
    assert "cmd()" not in out.getvalue()


def test_the_views_show_candidates_evaluations_scores_and_spend(store: RunStore) -> None:
    def query(sql: str) -> list[tuple[object, ...]]:
        return store._connection.execute(sql).fetchall()

    assert query("SELECT candidate, parents, ticket FROM candidate") == [("c0000", "[]", 0), ("c0001", '["c0000"]', 1)]
    assert query("SELECT candidate, status, purpose FROM evaluation") == [
        ("c0000", "ok", "seed"),
        ("c0001", "crashed", "search"),
    ]
    assert query("SELECT objective, value, low, high, n FROM score") == [
        ("speed", 2.0, 1.0, 3.0, 4),
        ("size", 7.0, 7.0, 7.0, 1),
    ]
    assert query("SELECT ticket, model, output_tokens, cost_usd FROM completion") == [(1, "m", 5, 0.25)]
    assert query("SELECT * FROM spend") == [("m", "propose", 1, 10, 5, 0.25)]


def test_spend_with_one_unknown_price_is_unknown(store: RunStore) -> None:
    text = store.put_text("answer")
    store.append(CompletionReceived(2, 0, "propose", "m", text, text, Usage(1, 1, 0, None)))
    assert store._connection.execute("SELECT calls, cost_usd FROM spend").fetchall() == [(2, None)]
