"""The README's commands do what it says, in its order."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def commands() -> list[str]:
    block = re.search(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    return [line.split("#")[0].strip() for line in block[1].splitlines()]


@pytest.mark.slow
def test_the_five_minutes_of_the_readme_work_as_written(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EVOLVE_")} | {"NO_COLOR": "1"}
    assert len(commands()) >= 8
    for command in commands():
        program, *arguments = shlex.split(command)
        assert program == "evolve"
        if arguments[0] == "launch" or arguments[:2] == ["problems", "check"]:
            arguments += ["--sandbox", "process"]  # Docker's sessions would make this slow; other tests use them
        run = subprocess.run(
            [sys.executable, "-m", "evolve.cli", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert run.returncode == 0, f"{command}\n{run.stdout}{run.stderr}"
        assert run.stdout.strip(), command


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *sorted(p.name for p in (ROOT / "docs").glob("*.md"))]
)
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    path = ROOT / page if (ROOT / page).exists() else ROOT / "docs" / page
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    assert [t for t in targets if "://" not in t and not (path.parent / t).exists()] == []
