"""Scripts of answers: lists of texts in memory or in JSON and JSON Lines files."""

import json
from dataclasses import dataclass
from pathlib import Path

from evolve.errors import ConfigError

__all__ = ["ScriptEntry", "read_script", "to_entries"]


@dataclass(frozen=True, slots=True)
class ScriptEntry:
    """The answers of one ticket, the first one first, and a delay in seconds before each."""

    texts: tuple[str, ...]
    delay_s: float = 0.0


def read_script(path: Path) -> tuple[ScriptEntry, ...]:
    """The entries of a ``.json`` file (a list) or of a file with one JSON value per line.

    Raises:
        ConfigError: The file is missing, is no JSON, or an entry has another shape.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"expected a script of answers at {path}: {error}", fix="give a JSON Lines file") from error
    try:
        if path.suffix == ".json":
            values = json.loads(content)
        else:
            values = [json.loads(line) for line in content.split("\n") if line.strip()]
    except ValueError as error:
        raise ConfigError(f"expected JSON in {path}: {error}", fix="write one JSON text per line") from error
    if not isinstance(values, list):
        raise ConfigError(f"expected a list of texts in {path}, got {type(values).__name__}")
    return to_entries(values, str(path))


def to_entries(values: list[object], where: str) -> tuple[ScriptEntry, ...]:
    """Entries from texts, lists of texts (answer, repair), or objects with ``text`` and ``delay_s``.

    Raises:
        ConfigError: An entry has another shape.
    """
    return tuple(_entry(value, f"entry {number} of {where}") for number, value in enumerate(values, 1))


def _entry(value: object, where: str) -> ScriptEntry:
    delay_s: object = 0.0
    if isinstance(value, dict):
        unknown = set(value) - {"text", "delay_s"}
        if unknown:
            raise ConfigError(f"expected the keys text and delay_s in {where}, got {', '.join(sorted(unknown))}")
        delay_s, value = value.get("delay_s", 0.0), value.get("text")
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts) or not isinstance(delay_s, int | float):
        raise ConfigError(f"expected a text in {where}, got {str(value)[:80]!r}")
    return ScriptEntry(tuple(str(text) for text in texts), float(delay_s))
