"""The run that ships with the repository can still be read, and says what its README says."""

import shutil
from pathlib import Path

import pytest

from evolve.report import write_report
from evolve.state import fold
from evolve.store import RunStore
from evolve.summary import summarize
from evolve.types import Program

EXAMPLE = Path(__file__).parents[2] / "runs" / "example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def test_the_example_run_is_whole_and_has_the_win_of_its_readme(folder: Path) -> None:
    with RunStore.open(folder, read_only=True) as store:
        assert store.verify() == []
        state = fold((stored.time, stored.event) for stored in store.events())
        assert state.winner is not None
        winner = state.candidates[state.winner.candidate].created.program
        assert store.get_program(winner) == Program.from_folder(folder / "best")
    summary = summarize(state, folder)
    assert summary.is_better
    gain = summary.gain["peak_ratio"]
    readme = (EXAMPLE / "README.md").read_text()
    for figure in (gain.value, gain.low, gain.high):
        assert f"{figure:.3f}" in readme


def test_its_report_can_be_written_again(folder: Path) -> None:
    page = write_report(folder, folder / "again.html").read_text()
    assert "11.4 % lower than the seed" in page
