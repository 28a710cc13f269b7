"""The commands that read runs: data on stdout, one JSON document, untrusted text made harmless."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.cli._runs import read_run
from evolve.codec import from_json, to_json
from evolve.config import RunConfig
from evolve.events import RunStarted
from evolve.store import RunStore
from evolve.summary import Summary
from evolve.types import Objective


def harmless(text: str) -> bool:
    return not any(c in text for c in "\x1b\x07\u202e")


def test_list_shows_best_course_and_trust(cli, finished_run: Path) -> None:
    result = cli("runs", "list")
    assert result.code == 0
    header, row = result.out.splitlines()
    assert header.split() == ["run", "problem", "status", "evals", "best", "verified", "course", "spend", "trust"]
    assert "score 2 points [2, 2.02] (n = 3)" in row
    assert "▁▅▅█" in row
    assert row.endswith("unsafe")


def test_list_as_json_has_the_course(cli, finished_run: Path) -> None:
    (run,) = json.loads(cli("runs", "list", "--json").out)
    assert run["course"] == [1.0, 1.5, 1.5, 2.0]
    assert run["is_better"] is True
    assert run["live_pid"] is None


def test_a_run_whose_process_died_is_interrupted(cli, write_run) -> None:
    writer = write_run()
    writer.candidate(0, 1.0)
    writer.store.close()
    (run,) = json.loads(cli("runs", "list", "--json").out)
    assert run["status"] == "interrupted"
    assert "evolve resume" in cli("runs", "show", "latest").out


def test_a_live_run_is_running(cli, write_run) -> None:
    writer = write_run()
    writer.candidate(0, 1.0)
    (run,) = json.loads(cli("runs", "list", "--json").out)
    assert (run["status"], run["live_pid"]) == ("running", os.getpid())
    writer.stop()


def test_show_prints_the_card(cli, finished_run: Path) -> None:
    out = cli("runs", "show", "latest").out
    assert "2 × the seed, 95 % interval" in out.replace("2.0 ×", "2 ×") or "× the seed, 95 % interval" in out
    assert "n = 3, higher is better" in out
    assert "yes, on fresh inputs" in out
    assert "UNSAFE" in out
    assert "failed: crashed 1" in out
    assert "evolve launch toy --proposer genetic" in out


def test_show_as_json_has_summary_and_configuration(cli, finished_run: Path) -> None:
    shown = json.loads(cli("runs", "show", finished_run.name[:6], "--json").out)
    assert shown["best"]["candidate"] == "c0003"
    assert shown["gain"]["score"]["ratio"] == shown["gain"]["score"]["value"]
    assert from_json(Summary, shown) == read_run(finished_run).summary
    assert shown["config"]["max_evals"] == 10
    assert shown["reproduce"].startswith("evolve launch toy")


def test_a_single_instance_has_no_interval_and_says_so(cli, write_run) -> None:
    writer = write_run()
    writer.candidate(0, 1.0, n=1)
    writer.candidate(1, 1.5, ("c0000",), n=1)
    writer.certify("c0001", 1.5, 1.0, n=1)
    writer.stop()
    out = cli("runs", "show", "latest").out
    assert "1.5 × the seed on one deterministic instance (n = 1, no interval, higher is better)" in out


def test_a_run_without_certificate_says_that_nothing_is_verified(cli, write_run) -> None:
    writer = write_run()
    writer.candidate(0, 1.0)
    writer.candidate(1, 1.5, ("c0000",))
    writer.stop("interrupted")
    shown = cli("runs", "show", "latest").out
    assert "no: nothing was measured on fresh inputs" in shown
    assert "× the seed" not in shown
    best = cli("runs", "best", "latest")
    assert best.out == "VALUE = 1\n"
    assert "not verified on fresh inputs" in best.err


def test_best_prints_or_writes_the_winner(cli, finished_run: Path, quiet_place: Path) -> None:
    assert cli("runs", "best", "latest").out == "VALUE = 3\n"
    result = cli("runs", "best", "latest", "-o", "out/winner.py")
    assert (result.out, (quiet_place / "out" / "winner.py").read_text()) == ("", "VALUE = 3\n")
    document = json.loads(cli("runs", "best", "latest", "--json").out)
    assert document["files"] == {"program.py": "VALUE = 3\n"}
    assert document["is_verified"] is True


def test_lineage_goes_from_seed_to_winner(cli, finished_run: Path) -> None:
    result = cli("runs", "lineage", "latest", "--diff")
    steps = [line.split()[0] for line in result.out.splitlines() if line.startswith("c0")]
    assert steps == ["c0000", "c0001", "c0003"]
    assert "    -VALUE = 1" in result.out
    assert "    +VALUE = 3" in result.out
    assert harmless(result.out)
    assert "red [bold]loud[/bold]" in result.out


def test_lineage_of_another_candidate(cli, finished_run: Path) -> None:
    way = json.loads(cli("runs", "lineage", "latest", "--candidate", "c0001", "--json").out)
    assert [step["candidate"] for step in way["steps"]] == ["c0000", "c0001"]
    assert cli("runs", "lineage", "latest", "--candidate", "c9").code == 2


def test_export_as_csv_and_json_lines(cli, finished_run: Path, quiet_place: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("runs", "export", "latest", "--csv").out)))
    assert [row["candidate"] for row in rows] == ["c0000", "c0001", "c0002", "c0003"]
    lines = [json.loads(line) for line in cli("runs", "export", "latest", "--jsonl").out.splitlines()]
    assert lines[0]["kind"] == "RunStarted"
    assert lines[-1]["kind"] == "RunStopped"
    result = cli("runs", "export", "latest", "--jsonl", "--with-blobs", "-o", "run.jsonl", "--json")
    assert json.loads(result.out)["path"] == "run.jsonl"
    assert '"blob"' in (quiet_place / "run.jsonl").read_text()


def test_export_writes_one_page(cli, finished_run: Path) -> None:
    result = cli("runs", "export", "latest")
    assert result.out.strip() == str(finished_run / "report.html")
    assert (finished_run / "report.html").read_text().lower().startswith("<!doctype html>")


def test_export_refuses_two_formats_and_two_documents_on_stdout(cli, finished_run: Path) -> None:
    assert cli("runs", "export", "latest", "--csv", "--html").code == 2
    assert cli("runs", "export", "latest", "--csv", "--json").code == 2


def test_path_prints_the_folder(cli, finished_run: Path) -> None:
    assert cli("runs", "path", "latest").out == f"{finished_run}\n"
    assert cli("runs", "path", str(finished_run)).out == f"{finished_run}\n"


def test_rm_needs_yes_without_a_terminal_and_removes_then(cli, finished_run: Path) -> None:
    assert cli("runs", "rm", "latest").code == 2
    assert finished_run.exists()
    assert cli("runs", "rm", "latest", "--yes").code == 0
    assert not finished_run.exists()


def test_rm_refuses_a_live_run(cli, write_run) -> None:
    writer = write_run()
    result = cli("runs", "rm", "latest", "--yes")
    assert (result.code, writer.folder.exists()) == (2, True)
    assert "evolve stop" in result.err
    writer.store.close()


def test_stop_sends_sigterm_to_the_writer(cli, quiet_place: Path) -> None:
    code = (
        "import pathlib, signal, sys; from evolve.store import RunStore; "
        "store = RunStore.create(pathlib.Path('runs/live')); print('ready', flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=quiet_place) as process:
        assert process.stdout is not None
        process.stdout.readline()
        result = cli("stop", "live", "--json")
        assert result.code == 0
        assert json.loads(result.out)["pid"] == process.pid
        assert process.wait(timeout=30) == -signal.SIGTERM


def test_stop_of_a_run_that_is_not_live_is_an_error(cli, finished_run: Path) -> None:
    assert cli("stop", "latest").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["runs", "list"],
        ["runs", "show", "latest"],
        ["runs", "best", "latest"],
        ["runs", "lineage", "latest"],
        ["runs", "export", "latest"],
        ["runs", "path", "latest"],
        ["problems", "list"],
        ["problems", "show", "tensor_memory"],
        ["plugins"],
        ["config", "show"],
        ["doctor"],
        ["launch", "circle_packing", "--dry-run", "--sandbox", "process"],
    ],
    ids=" ".join,
)
def test_json_is_one_document_on_stdout(cli, finished_run: Path, words: list[str]) -> None:
    result = cli(*words, "--json")
    assert result.code == 0, result.err
    json.loads(result.out)


def test_where_runs_are_looked_up_follows_option_variable_and_file(
    cli, finished_run: Path, quiet_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished_run.parent.rename(quiet_place / "elsewhere")
    assert cli("runs", "list").out == ""
    assert finished_run.name in cli("runs", "list", "--run-dir", "elsewhere").out
    (quiet_place / "evolve.toml").write_text('runs_dir = "elsewhere"\n')
    assert finished_run.name in cli("runs", "list").out
    monkeypatch.setenv("EVOLVE_RUNS_DIR", "nowhere")
    assert cli("runs", "list").out == ""


def test_names_of_a_foreign_run_cannot_write_to_the_terminal(cli, quiet_place: Path) -> None:
    folder = quiet_place / "runs" / "foreign"
    objective = to_json(Objective("sc\x1b[31more"))
    with RunStore.create(folder) as store:
        settings = to_json(RunConfig(problem="to\x1b[2Jy", models=("m\x07",)))
        store.append(
            RunStarted("r\x1b[1mun", "to\x1b[2Jy", "h", settings, 0, "x\x1b[0m", "un\u202esafe", objectives=[objective])
        )
    for words in (["runs", "list"], ["runs", "show", "foreign"], ["runs", "lineage", "foreign"]):
        result = cli(*words)
        assert result.code == 0
        assert harmless(result.out)
