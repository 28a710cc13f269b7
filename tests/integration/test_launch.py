"""Whole runs of real problems in real sandboxes, from `evolve.launch`."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from evolve.config import RunConfig
from evolve.errors import BudgetTooSmall, RunError, UsageError
from evolve.launch import launch, prepare, resume
from evolve.planning import plan
from evolve.store import RunStore
from evolve.types import Program

CONFIG = RunConfig(problem="circle_packing", max_evals=12, sandbox="process", parallel=2)


def evolve(*arguments: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "evolve.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]


def test_a_run_leaves_its_record_its_winner_and_its_report(tmp_path: Path) -> None:
    summary = launch(replace(CONFIG, runs_dir=str(tmp_path)))
    folder = Path(summary.run_dir)
    assert folder.parent == tmp_path
    assert summary.status == "finished"
    assert summary.evaluations == 12
    assert summary.spend_usd == 0.0
    assert summary.trust == "unsafe"
    assert summary.is_better
    assert summary.best is not None
    assert summary.best.purpose == "certify"
    assert summary.gain["sum_of_radii"].value > 1
    assert Path(summary.report).read_text().lower().startswith("<!doctype html>")
    with RunStore.open(folder, read_only=True) as store:
        stored = {s.event.candidate: s.event.program for s in store.events() if s.event.kind == "CandidateCreated"}
        assert Program.from_folder(folder / "best") == store.get_program(stored[summary.best.candidate])


def test_equal_seeds_give_equal_runs_in_real_sandboxes(tmp_path: Path) -> None:
    first, second = (launch(replace(CONFIG, runs_dir=str(tmp_path), seed=3)) for _ in range(2))
    assert first.best == second.best
    assert first.frontier == second.frontier
    assert first.gain == second.gain


def test_a_resumed_run_may_have_a_larger_budget_and_nothing_else(tmp_path: Path) -> None:
    folder = Path(launch(replace(CONFIG, runs_dir=str(tmp_path))).run_dir)
    with pytest.raises(UsageError, match="to change on resume, got seed"):
        resume(folder, {"seed": 5})
    assert resume(folder, {}).evaluations == 12
    assert resume(folder, {"max_evals": 15}).evaluations == 15


def test_a_problem_that_changed_since_is_not_resumed(tmp_path: Path) -> None:
    import shutil

    from evolve.problems import load_problem

    copy = tmp_path / "problem"
    shutil.copytree(load_problem("circle_packing").folder, copy)
    folder = Path(launch(replace(CONFIG, problem=str(copy), max_evals=3, runs_dir=str(tmp_path / "runs"))).run_dir)
    with (copy / "verify.py").open("a") as verifier:
        verifier.write("\n# changed\n")
    with pytest.raises(RunError, match="has changed since"):
        resume(folder, {"max_evals": 6})


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, random.SystemRandom().randrange(1, 2**31)], ids=["fixed", "fresh"])
def test_the_genetic_search_packs_circles_to_two_and_a_half(tmp_path: Path, seed: int) -> None:
    summary = launch(replace(CONFIG, runs_dir=str(tmp_path), max_evals=600, patience=0, seed=seed))
    assert summary.seed is not None
    assert summary.best is not None
    assert summary.seed.scores["sum_of_radii"].value < 2.0
    assert summary.best.scores["sum_of_radii"].value >= 2.50, f"seed {seed}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, random.SystemRandom().randrange(1, 2**31)], ids=["fixed", "fresh"])
def test_the_genetic_search_saves_eight_percent_of_memory_in_300_evaluations(tmp_path: Path, seed: int) -> None:
    config = replace(CONFIG, problem="tensor_memory", runs_dir=str(tmp_path), max_evals=300, seed=seed)
    summary = launch(config)
    # 8 % on the search's own instances; better beyond its interval on fresh ones.
    best = min(standing.scores["peak_ratio"].value for standing in summary.frontier)
    assert summary.seed is not None
    with RunStore.open(Path(summary.run_dir), read_only=True) as store:
        first = next(s.event.evaluation for s in store.events() if s.event.kind == "EvaluationFinished")
    assert best <= 0.92 * first.value("peak_ratio"), f"seed {seed}"
    assert summary.is_better


def test_a_killed_launch_leaves_no_process_and_is_resumed(tmp_path: Path) -> None:
    arguments = ("launch", "circle_packing", "--sandbox", "process", "--max-evals", "60", "--run-dir", str(tmp_path))
    process = evolve(*arguments, start_new_session=True)
    folder = _wait_for_events(tmp_path, 40)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while (alive := _session_members(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive == []
    summary = resume(folder, {})
    assert summary.evaluations == 60
    assert summary.status == "finished"


def test_ctrl_c_drains_and_ends_with_130(tmp_path: Path) -> None:
    arguments = ("launch", "circle_packing", "--sandbox", "process", "--max-evals", "5000", "--run-dir", str(tmp_path))
    process = evolve(*arguments)
    folder = _wait_for_events(tmp_path, 40)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    with RunStore.open(folder, read_only=True) as store:
        events = [stored.event for stored in store.events()]
    assert events[-1].kind == "RunStopped"
    assert events[-1].status == "interrupted"
    assert any(event.kind == "WinnerNamed" for event in events)


def _wait_for_events(runs: Path, count: int) -> Path:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in runs.glob("*/run.sqlite"):
            try:
                with RunStore.open(path.parent, read_only=True) as store:
                    if store.last_seq >= count:
                        return path.parent
            except RunError:
                pass  # between the making of the file and its schema
        time.sleep(0.05)
    raise AssertionError(f"no run with {count} events in {runs}")


def _session_members(session: int) -> list[str]:
    """Command lines of living processes of a session; zombies are dead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " "))
        except (OSError, IndexError):
            continue  # it ended while it was read
    return found


def test_a_full_disk_ends_with_code_5_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))

    arguments = ("launch", "circle_packing", "--sandbox", "process", "--max-evals", "300", "--run-dir", str(tmp_path))
    process = evolve(*arguments, preexec_fn=small_files)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 5, errors
    assert "Traceback" not in errors
    folder = next(tmp_path.glob("*/run.sqlite")).parent
    with RunStore.open(folder, read_only=True) as store:
        before = [stored.event for stored in store.events()]
    evaluated = sum(event.kind == "EvaluationFinished" for event in before)
    assert evaluated > 2
    summary = resume(folder, {"max_evals": evaluated + 10})
    assert summary.evaluations == evaluated + 10
    with RunStore.open(folder, read_only=True) as store:
        assert [stored.event for stored in store.events()][: len(before)] == before


# --------------------------------------------------------------------------------------- bad configuration


def test_a_run_needs_a_limit() -> None:
    with pytest.raises(UsageError, match="expected a limit"):
        prepare(replace(CONFIG, max_evals=0))


def test_a_model_needs_a_proposer_that_asks_it() -> None:
    with pytest.raises(UsageError, match="expected no model for the proposer 'genetic'"):
        prepare(replace(CONFIG, proposer="genetic", models=("openai/x",)))
    with pytest.raises(UsageError, match="expected a model for the proposer 'llm'"):
        prepare(replace(CONFIG, proposer="llm"))


def test_naming_a_model_chooses_the_llm_proposer() -> None:
    assert prepare(replace(CONFIG, models=("openai/x",), base_url="http://127.0.0.1:9/v1")).config.proposer == "llm"
    assert prepare(CONFIG).config.proposer == "genetic"


def test_a_limit_of_no_dollars_buys_nothing(tmp_path: Path) -> None:
    paid = replace(CONFIG, models=("openai/x",), base_url="http://127.0.0.1:9/v1", price_in=1.0, price_out=2.0)
    with pytest.raises(BudgetTooSmall):
        launch(replace(paid, max_usd=0.0, runs_dir=str(tmp_path)))
    assert launch(replace(CONFIG, max_usd=0.0, max_evals=3, runs_dir=str(tmp_path))).evaluations == 3


@pytest.mark.parametrize("url", ["http://user:secret@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=secret"])
def test_a_secret_in_the_url_is_refused_before_it_is_recorded(url: str) -> None:
    with pytest.raises(UsageError, match="without user, password or query") as caught:
        prepare(replace(CONFIG, models=("openai/x",), base_url=url))
    assert "secret" not in str(caught.value)


def test_dollars_need_a_known_price() -> None:
    local = replace(CONFIG, models=("openai/my-own-model",), base_url="http://127.0.0.1:9/v1", max_usd=1.0)
    with pytest.raises(UsageError, match="expected a known price"):
        prepare(local)
    assert prepare(replace(local, price_in=0.1, price_out=0.4)).models[0].price is not None


def test_a_dry_run_says_what_a_dollar_buys_and_sends_nothing() -> None:
    # Nothing listens on port 9; a request would fail loudly.
    config = replace(CONFIG, models=("openai/x",), base_url="http://127.0.0.1:9/v1", price_in=1.0, price_out=2.0)
    priced = plan(replace(config, max_usd=0.05, max_evals=0, max_output_tokens=1000))
    assert priced.input_tokens_per_proposal > 500
    assert priced.output_tokens_per_proposal_max == 1000
    expected = (priced.input_tokens_per_proposal * 1.0 + 1000 * 2.0) / 1e6
    assert priced.cost_usd_per_proposal_max == pytest.approx(expected)
    assert priced.proposals_low == int(0.05 / expected)
    assert priced.proposals_high is not None
    assert priced.proposals_high > priced.proposals_low
    assert plan(replace(config, price_in=None, price_out=None)).cost_usd_max is None
    free = plan(CONFIG)
    assert free.cost_usd_max == 0.0
    assert free.proposals_low == 12


def test_a_budget_below_one_call_is_refused_before_anything_starts(tmp_path: Path) -> None:
    config = replace(
        CONFIG,
        models=("openai/x",),
        base_url="http://127.0.0.1:9/v1",
        price_in=1.0,
        price_out=2.0,
        max_usd=0.0000001,
        runs_dir=str(tmp_path),
    )
    with pytest.raises(BudgetTooSmall):
        launch(config)
    assert list(tmp_path.iterdir()) == []
