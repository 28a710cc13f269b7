"""The tutorial docs/write-a-problem.md, run block by block: files are written, commands are executed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "write-a-problem.md"
BLOCK = re.compile(r"^```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, dict[str, str], str]]:
    found = []
    for match in BLOCK.finditer(DOCUMENT.read_text()):
        options = dict(part.split("=", 1) for part in match["options"].split())
        found.append((match["language"], options, match["text"]))
    return found


def run_command(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line)
    if words[0] == "evolve":
        words = [sys.executable, "-m", "evolve.cli", *words[1:]]
        if words[3:5] == ["problems", "check"] or words[3] == "launch":
            # The weakest sandbox, so that the tutorial can be followed on any machine; the real ones have tests of their own.
            words += ["--sandbox", "process"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=200)


def test_the_tutorial_works_as_it_is_written(tmp_path: Path):
    commands = 0
    for language, options, text in blocks():
        if "file" in options:
            target = tmp_path / options["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            continue
        assert language == "console", f"a block of {language} that is neither a file nor commands"
        for line in text.splitlines():
            done = run_command(line.removeprefix("$ "), tmp_path)
            assert done.returncode == int(options.get("exit", "0")), f"{line}\n{done.stdout}\n{done.stderr}"
            if done.returncode == 3:
                assert "twice" in done.stdout + done.stderr
            commands += 1
    assert commands >= 6
    assert any((tmp_path / "runs").iterdir())
