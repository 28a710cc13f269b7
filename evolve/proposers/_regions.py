"""Which text of a program may change: editable globs and EVOLVE-BLOCK markers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from evolve.types import Program

__all__ = ["Span", "editable_paths", "editable_spans", "frozen_parts", "is_editable", "restore_frozen"]

# A marker stands alone on its line, behind any language's comment sign.
_MARKER = re.compile(
    r"^[ \t]*(?:#|//|/\*|--|;|%|<!--)?[ \t]*EVOLVE-BLOCK-(START|END)\b[^\r\n]*(?:\r\n|\r|\n|\Z)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) of a text."""

    start: int
    end: int

    def holds(self, start: int, end: int) -> bool:
        """Whether the given characters lie inside."""
        return self.start <= start and end <= self.end


def is_editable(path: str, globs: Iterable[str]) -> bool:
    """Whether one of the globs matches the path; ``*`` matches ``/``, too."""
    return any(fnmatchcase(path, pattern) for pattern in globs)


def editable_paths(program: Program, globs: Iterable[str]) -> list[str]:
    """Files of the program that may change, sorted."""
    patterns = tuple(globs)
    return sorted(path for path in program.files if is_editable(path, patterns))


def editable_spans(text: str) -> tuple[Span, ...]:
    """What lies between the markers (markers excluded); the whole text where there are none.

    A block without an end reaches to the end of the text.
    """
    if "EVOLVE-BLOCK-" not in text:
        return (Span(0, len(text)),)
    spans: list[Span] = []
    opened: int | None = None
    seen = False
    for match in _MARKER.finditer(text):
        seen = True
        if match.group(1) == "START" and opened is None:
            opened = match.end()
        elif match.group(1) == "END" and opened is not None:
            spans.append(Span(opened, match.start()))
            opened = None
    if opened is not None:
        spans.append(Span(opened, len(text)))
    return tuple(spans) if seen else (Span(0, len(text)),)


def frozen_parts(text: str) -> tuple[str, ...]:
    """The text outside the blocks, in order; empty strings where there are no markers."""
    edges = [0]
    for span in editable_spans(text):
        edges += [span.start, span.end]
    edges.append(len(text))
    return tuple(text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2))


def restore_frozen(parent: str, child: str) -> str | None:
    """The child with the parent's frozen text, byte for byte.

    ``None`` if the child changes more of it than line ends and trailing white space.
    """
    kept, given = frozen_parts(parent), frozen_parts(child)
    if kept == given:
        return child
    if [_loosely(part) for part in kept] != [_loosely(part) for part in given]:
        return None
    blocks = [child[span.start : span.end] for span in editable_spans(child)]
    pieces = [kept[0]]
    for block, part in zip(blocks, kept[1:], strict=True):
        pieces += [block, part]
    return "".join(pieces)


def _loosely(part: str) -> list[str]:
    return [line.rstrip() for line in part.rstrip().splitlines()]
