"""Programs out of blobs, and the difference of two programs as a unified diff of bounded size."""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evolve.report._text import clip, visible

__all__ = ["DiffLine", "diff_lines", "program_files", "unified_diff"]

_MAX_INPUT_LINES = 6000  # difflib is quadratic at worst; a program beyond this is not read as a diff by anybody
_MAX_OUTPUT_LINES = 1500
_MAX_LINE = 600
_MAX_PATH = 200
_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a unified diff.

    Attributes:
        kind: ``file``, ``hunk``, ``add``, ``del``, ``same`` or ``note``.
        old: Line number before, empty where there is none.
        new: Line number after.
        text: The line without its mark.
    """

    kind: str
    old: str
    new: str
    text: str


def program_files(blob: bytes) -> dict[str, str]:
    """The files of a program as the store keeps them: a JSON object of path and text.

    A blob that is no such thing is shown as one file, so that a damaged or foreign run still has a report.
    """
    try:
        data = json.loads(blob)
    except ValueError:
        data = None
    if isinstance(data, dict) and all(isinstance(text, str) for text in data.values()):
        return {str(path): text for path, text in data.items()}
    return {"program": blob.decode("utf-8", "replace")}


def unified_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The change from one program to another; empty where there is none. Harmless to show, long parts clipped."""
    parts: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        name = clip(visible(path), _MAX_PATH)
        parts.append(f"--- {name}" if old is not None else "--- /dev/null")
        parts.append(f"+++ {name}" if new is not None else "+++ /dev/null")
        parts.extend(_file_diff(_lines(old), _lines(new)))
    if len(parts) > _MAX_OUTPUT_LINES:
        left_out = len(parts) - _MAX_OUTPUT_LINES
        parts = [*parts[:_MAX_OUTPUT_LINES], f"\\ {left_out:,} more lines of this diff were left out"]
    return "\n".join(parts)


def _lines(text: str | None) -> list[str]:
    return [] if text is None else visible(text).removesuffix("\n").split("\n")


def _file_diff(old: list[str], new: list[str]) -> Iterator[str]:
    if max(len(old), len(new)) > _MAX_INPUT_LINES:
        yield f"\\ {len(old):,} lines became {len(new):,}: too many to compare here"
        return
    matcher = difflib.SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (" " + clip(line, _MAX_LINE) for line in old[i1:i2])
                continue
            yield from ("-" + clip(line, _MAX_LINE) for line in old[i1:i2])
            yield from ("+" + clip(line, _MAX_LINE) for line in new[j1:j2])


def _span(start: int, stop: int) -> str:
    return f"{start + 1 if stop > start else start},{stop - start}"


def diff_lines(diff: str) -> list[DiffLine]:
    """A unified diff taken apart for display."""
    lines: list[DiffLine] = []
    old = new = old_left = new_left = 0
    for line in diff.split("\n") if diff else []:
        mark, text = line[:1], line[1:]
        if mark == "\\":
            lines.append(DiffLine("note", "", "", text.strip()))
        elif old_left <= 0 and new_left <= 0:
            if line.startswith("@@"):
                (old, old_left), (new, new_left) = (_numbers(part) for part in line.split()[1:3])
            lines.append(DiffLine("hunk" if line.startswith("@@") else "file", "", "", line))
        else:
            kind = {"+": "add", "-": "del"}.get(mark, "same")
            lines.append(DiffLine(kind, "" if mark == "+" else str(old), "" if mark == "-" else str(new), text))
            old, old_left = (old, old_left) if mark == "+" else (old + 1, old_left - 1)
            new, new_left = (new, new_left) if mark == "-" else (new + 1, new_left - 1)
    return lines


def _numbers(part: str) -> tuple[int, int]:
    start, _, count = part[1:].partition(",")
    return int(start), int(count or 1)
