"""What a user installs: the wheel's content, and the wheel at work from another folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT]
    run = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stdout + run.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked into a folder of its own; its dependencies come from this environment."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    run = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr
    return target


def evolve(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "evolve.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)


def test_the_wheel_holds_three_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == {"evolve", "evaluators", "sandboxes"}
    for needed in (
        "evolve/_builtin/problems/circle_packing/problem.toml",
        "evolve/_builtin/problems/circle_packing/redteam",
        "evolve/_templates/problem/problem.toml.tmpl",
        "evolve/proposers/prompts/",
        "evolve/report/templates/",
        "evolve/report/static/",
        "evolve/py.typed",
        "sandboxes/guest/runner.py",
        "sandboxes/Dockerfile",
    ):
        assert any(name.startswith(needed) for name in names), needed
    assert not [name for name in names if "__pycache__" in name or name.endswith(".sqlite")]


def test_the_installed_wheel_lists_checks_and_searches_from_another_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "evaluators").mkdir()  # a folder of this name beside the user must not get in the way
    (tmp_path / "evaluators" / "__init__.py").write_text("raise ImportError('not ours')\n")
    where = "import evolve, evaluators.native; print(evolve.__file__); print(evaluators.__file__)"
    located = subprocess.run(
        [sys.executable, "-P", "-c", where],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert located.stdout.count(str(installed)) == 2, located.stderr
    assert "circle_packing" in evolve(installed, tmp_path, "problems", "list").stdout
    checked = evolve(installed, tmp_path, "problems", "check", "float_exp2", "--sandbox", "process")
    assert checked.returncode == 0, checked.stderr
    searched = evolve(
        installed, tmp_path, "launch", "circle_packing", "--sandbox", "process", "--max-evals", "6", "--json"
    )
    assert searched.returncode in {0, 4}, searched.stderr
    assert (tmp_path / "runs").is_dir()
