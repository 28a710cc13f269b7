"""Writes a new problem folder that works as it stands: a small, complete example to change step by step."""

import re
from pathlib import Path

from evolve.errors import ProblemError

__all__ = ["new_problem"]

_TEMPLATES = Path(__file__).resolve().parent / "_templates" / "problem"


def new_problem(folder: Path, name: str | None = None) -> Path:
    """A new problem folder that passes `evolve problems check`.

    Args:
        folder: Must not exist, or be empty.
        name: Name of the problem; by default that of the folder.

    Raises:
        ProblemError: The folder holds something, cannot be written, or the name is no name.
    """
    wanted = folder.resolve().name if name is None else name
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", wanted):
        raise ProblemError(
            f"expected a name of letters, digits, '_', '-' and '.', got {wanted!r}", fix="choose another folder name"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProblemError(f"expected a new or empty folder, found something at {folder}", fix="choose another place")
    try:
        for template in sorted(_TEMPLATES.rglob("*.tmpl")):
            target = folder / template.relative_to(_TEMPLATES).with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(template.read_text(encoding="utf-8").replace("{{name}}", wanted), encoding="utf-8")
    except OSError as error:
        raise ProblemError(
            f"expected to write a problem folder at {folder}, got: {error.strerror}", fix="choose another place"
        ) from error
    return folder
