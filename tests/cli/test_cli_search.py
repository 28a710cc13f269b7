"""Whole searches through the command line, in processes of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# The weakest sandbox is there on every machine, and these searches run our own seeds and typed mutations only.
SAFE = ("--sandbox", "process", "--proposer", "genetic", "--parallel", "1", "--parallel-proposals", "1")


@pytest.fixture
def small_problem(quiet_place: Path, evolve_process) -> Path:
    folder = quiet_place / "small"
    assert evolve_process("problems", "new", str(folder)).code == 0
    return folder


def test_a_search_prints_one_summary_and_its_lines_go_to_stderr(small_problem: Path, evolve_process) -> None:
    result = evolve_process("launch", str(small_problem), *SAFE, "--max-evals", "12", "--seed", "1", "--json")
    summary = json.loads(result.out)
    assert result.code == (0 if summary["is_better"] else 4), result.err
    assert summary["status"] == "finished"
    assert summary["evaluations"] == 12
    assert (summary["sandbox"], summary["trust"]) == ("process", "unsafe")
    for key in ("run", "run_dir", "problem", "stop_reason", "proposals", "spend_usd", "tokens", "seed", "best"):
        assert key in summary
    assert set(summary["best"]) >= {"candidate", "scores", "path"}
    assert Path(summary["report"]).is_file()
    assert re.search(r"^run small-\S+ started: small, sandbox process \(unsafe\)$", result.err, re.MULTILINE)
    assert "\x1b" not in result.err


def test_resume_goes_on_to_a_larger_budget(small_problem: Path, evolve_process) -> None:
    first = evolve_process("launch", str(small_problem), *SAFE, "--max-evals", "4")
    assert first.code in {0, 4}, first.err
    assert "reproduce" in first.out
    again = evolve_process("resume", "latest", "--max-evals", "8", "--json")
    summary = json.loads(again.out)
    assert summary["evaluations"] == 8
    assert "resumed at 4 evaluations" in again.err
    idle = evolve_process("resume", "latest", "--json")
    assert json.loads(idle.out)["evaluations"] == 8
    assert "nothing to do" in idle.err


def test_nothing_better_ends_with_four(quiet_place: Path, evolve_process) -> None:
    result = evolve_process("launch", "circle_packing", *SAFE, "--max-evals", "1", "--seed", "3", "--json")
    summary = json.loads(result.out)
    assert result.code == (0 if summary["is_better"] else 4)


def test_a_budget_of_money_for_a_model_without_price_is_refused(evolve_process) -> None:
    result = evolve_process(
        "launch", "circle_packing", "--model", "openai/no-such-model", "--base-url", "http://127.0.0.1:9/v1",
        "--max-usd", "1", OPENAI_API_KEY="none",
    )  # fmt: skip
    assert result.code == 2, result.err
    assert "price" in result.err
    assert not Path("runs").exists()


def test_a_budget_that_buys_no_proposal_ends_with_six(evolve_process) -> None:
    result = evolve_process(
        "launch", "circle_packing", "--model", "openai/x", "--base-url", "http://127.0.0.1:9/v1",
        "--max-tokens", "3", "--sandbox", "process", OPENAI_API_KEY="none",
    )  # fmt: skip
    assert result.code == 6, result.err
    assert result.err.splitlines()[-1].startswith("  next: ")


def test_a_sandbox_that_is_not_there_ends_with_five(evolve_process) -> None:
    result = evolve_process(
        "launch", "circle_packing", "--sandbox", "docker", "--max-evals", "1", DOCKER_HOST="unix:///nowhere.sock"
    )
    assert result.code == 5, result.err
    assert "error: " in result.err
    assert "  next: " in result.err


def test_control_c_drains_and_leaves_a_resumable_run(small_problem: Path, evolve_process) -> None:
    script = Path(sys.executable).with_name("evolve")
    words = [str(script), "launch", str(small_problem), *SAFE, "--max-evals", "100000", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("new best") or "evaluations, best" in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert json.loads(out)["status"] == "interrupted"
    assert "evolve resume" in err


def test_stop_ends_a_live_search(small_problem: Path, evolve_process) -> None:
    script = Path(sys.executable).with_name("evolve")
    words = [str(script), "launch", str(small_problem), *SAFE, "--max-evals", "100000", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("new best") or "evaluations, best" in line:
                break
        assert evolve_process("stop", "latest").code == 0
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err


def test_the_demo_with_a_small_budget(evolve_process) -> None:
    result = evolve_process("demo", "--max-evals", "6", "--sandbox", "process")
    assert result.code in {0, 4}, result.err
    report = re.search(r"^  report +(\S+)$", result.out, re.MULTILINE)
    assert report is not None
    assert Path(report.group(1)).is_file()


def test_problems_check_passes_on_a_new_problem_and_fails_with_three_on_a_broken_one(
    small_problem: Path, evolve_process
) -> None:
    passed = evolve_process("problems", "check", str(small_problem), "--sandbox", "process", "--json")
    assert passed.code == 0, passed.err
    report = json.loads(passed.out)
    assert report["ok"] is True
    assert all(cheat["ok"] for cheat in report["redteam"])
    for cheat in (small_problem / "redteam").iterdir():
        # The seed in the place of a cheat is accepted, which is what a check must complain about.
        for file in (small_problem / "seed").iterdir():
            if file.is_file():
                shutil.copy(file, cheat / file.name)
    failed = evolve_process("problems", "check", str(small_problem), "--sandbox", "process")
    assert failed.code == 3, failed.err
    assert "NOT REJECTED" in failed.out


class TestReadOnly:
    """A run folder that may not be written, by a process whom permissions stop."""

    @pytest.fixture
    def place(self, finished_run: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="evolve-read-only-") as name:
            place = Path(name)
            shutil.copytree(finished_run, place / "runs" / finished_run.name)
            for path in (place, *place.rglob("*")):
                path.chmod(0o555 if path.is_dir() else 0o444)
            yield place
            place.chmod(0o755)
            for path in place.rglob("*"):
                path.chmod(0o755)

    def run(self, place: Path, *words: str) -> subprocess.CompletedProcess[str]:
        script = Path(sys.executable).with_name("evolve")
        without_rights: list[str] = []
        if os.geteuid() == 0:
            if shutil.which("setpriv") is None:
                pytest.skip("runs as root, whom permissions do not stop, and setpriv is not there")
            without_rights = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
        return subprocess.run(
            [*without_rights, str(script), *words], cwd=place, capture_output=True, text=True, timeout=60
        )

    def test_reading_works(self, place: Path) -> None:
        found = self.run(place, "runs", "show", "latest")
        assert found.returncode == 0, found.stderr
        assert "c0003" in found.stdout

    @pytest.mark.parametrize(
        "words",
        [
            ("resume", "latest", "--max-evals", "20"),
            ("launch", "circle_packing", "--max-evals", "1"),
            ("runs", "export", "latest", "--html"),
            ("runs", "rm", "latest", "--yes"),
        ],
        ids=" ".join,
    )
    def test_writing_is_refused_and_nothing_is_lost(self, place: Path, words: tuple[str, ...]) -> None:
        before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
        found = self.run(place, *words)
        assert found.returncode == 5, found.stderr
        assert found.stderr.count("error: ") == 1
        assert "  next: " in found.stderr
        assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_a_kill_in_the_middle_can_be_resumed(small_problem: Path, evolve_process) -> None:
    script = Path(sys.executable).with_name("evolve")
    words = [str(script), "launch", str(small_problem), *SAFE, "--max-evals", "30"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "/30 evaluations" in line:
            break
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 30
    while json.loads(evolve_process("runs", "list", "--json").out)[0]["live_pid"] is not None:
        assert time.monotonic() < deadline
    resumed = evolve_process("resume", "latest", "--json")
    assert resumed.code in {0, 4}, resumed.err
    assert json.loads(resumed.out)["evaluations"] == 30
