"""The help of every command, as a snapshot and as docs/cli.md shows it.

After a change of an option: ``UPDATE_DOCS=1 pytest tests/cli/test_docs_help.py --snapshot-update``.
"""

import os
import re
from pathlib import Path

import pytest

from evolve.cli._lazy import LazyGroup
from evolve.cli.app import COMMANDS
from evolve.config_layers import OTHER_VARIABLES
from evolve.errors import ExitCode

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
BEGIN, END = "<!-- help: written by tests/cli/test_docs_help.py -->", "<!-- end of help -->"


def commands() -> list[tuple[str, ...]]:
    """Every command path, the root first."""
    found: list[tuple[str, ...]] = [()]
    root = type("Root", (LazyGroup,), {"entries": COMMANDS})(name="evolve")
    for name in COMMANDS:
        found.append((name,))
        command = root.get_command(None, name)
        if isinstance(command, LazyGroup):
            found.extend((name, sub) for sub in command.entries)
    return found


def help_text(cli, path: tuple[str, ...]) -> str:
    result = cli(*path, "--help")
    assert (result.code, result.err) == (0, "")
    return result.out.rstrip() + "\n"


@pytest.mark.parametrize("path", commands(), ids=lambda path: "-".join(("evolve", *path)))
def test_the_help_of_a_command_is_as_it_was(cli, snapshot, path: tuple[str, ...]) -> None:
    assert help_text(cli, path) == snapshot


def test_the_documentation_shows_the_help_of_every_command(cli) -> None:
    parts = []
    for path in commands():
        name = " ".join(("evolve", *path))
        parts.append(f"### `{name}`\n\n```text\n{help_text(cli, path)}```\n")
    block = f"{BEGIN}\n\n" + "\n".join(parts) + f"\n{END}"
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{DOCS} lost its markers"
    current = before + block + after
    if os.environ.get("UPDATE_DOCS"):
        DOCS.write_text(current, encoding="utf-8")
        text = current
    assert text == current, "docs/cli.md is stale: UPDATE_DOCS=1 pytest tests/cli/test_docs_help.py"


def test_the_documentation_names_every_exit_code() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (\d+) \|", text, re.MULTILINE)) == {str(int(code)) for code in ExitCode}


def test_the_documentation_names_every_variable_that_is_no_setting() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in sorted(OTHER_VARIABLES) if f"`{name}`" not in text] == []
