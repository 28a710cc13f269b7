"""Python source with exact positions: edits are splices of text, so formatting and comments elsewhere stay."""

import ast
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from evolve.proposers._regions import Span, editable_spans

__all__ = ["Source", "Splice", "apply_splices", "compiles", "parse", "read_source"]

_LINE_END = re.compile(r"\r\n|\r|\n")  # what Python's tokenizer counts; str.splitlines knows more


@dataclass(frozen=True, slots=True)
class Splice:
    """Characters ``start`` to ``end`` become ``text``; ``note`` says so in a few words."""

    start: int
    end: int
    text: str
    note: str = ""


class Source:
    """A parsed file whose nodes know their characters.

    Args:
        text: The file.
        tree: What it parses to.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self.blocks = editable_spans(text)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._is_ascii = text.isascii()

    def span(self, node: ast.AST) -> Span:
        """The characters of an expression or statement."""
        starts = self._starts
        # Every expr and stmt has positions; ast.AST does not declare them.
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        left, right = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
        if self._is_ascii:
            return Span(starts[first - 1] + left, starts[last - 1] + right)
        return Span(self._offset(first, left), self._offset(last, right))

    def _offset(self, line: int, column: int) -> int:
        """Columns count UTF-8 bytes."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode(errors="replace"))

    def lines(self, node: ast.stmt) -> Span | None:
        """The whole lines of a statement, decorators and line end included; ``None`` if it shares a line."""
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
        span = self.span(node)
        start = self._starts[first - 1]
        last = node.end_lineno or node.lineno
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        before = self.text[start : span.start] if first == node.lineno else ""
        after = self.text[span.end : end].strip()
        if before.strip() or (after and not after.startswith("#")) or not self.text[:end].endswith(("\n", "\r")):
            return None
        return Span(start, end)

    def may_change(self, start: int, end: int) -> bool:
        """Whether the characters lie inside one editable block."""
        for block in self.blocks:  # noqa: SIM110 - the hottest call of the proposer; a generator costs twice as much
            if block.start <= start and end <= block.end:
                return True
        return False

    def line_of(self, offset: int) -> int:
        """Line number, from 1, of a character."""
        return self.text.count("\n", 0, offset) + 1


@lru_cache(maxsize=64)
def read_source(text: str) -> Source | None:
    """The parsed file, or ``None`` if it is not Python."""
    tree = parse(text)
    return None if tree is None else Source(text, tree)


def parse(text: str) -> ast.Module | None:
    """The syntax tree, or ``None``; whatever the text holds, nothing is raised or printed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def compiles(text: str, path: str = "program.py") -> str:
    """Why Python does not compile the text, one line; empty if it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        quoted = f": {error.text.strip()[:120]}" if error.text else ""
        return f"{path}, line {error.lineno}: {type(error).__name__}: {error.msg}{quoted}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{path}: {type(error).__name__}: {error}"
    return ""


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """The text with every splice made; they must not overlap."""
    for splice in sorted(splices, key=lambda item: (item.start, item.end), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text
