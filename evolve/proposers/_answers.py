"""Reads what a model wrote: SEARCH/REPLACE blocks or whole files. Nothing here touches a program."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["MAX_ANSWER_CHARS", "Answer", "EditBlock", "WholeFile", "read_answer", "render_block"]

_OPEN = re.compile(r"^[ \t>]*(<{5,})[ \t]*SEARCH\b[ \t:>]*(?P<path>[\w./\\-]*)[ \t]*$")
_DIVIDER = re.compile(r"^[ \t]*(={5,})[ \t]*$")
_CLOSE = re.compile(r"^[ \t]*(>{5,})(?:[ \t]*(?:REPLACE|UPDATED))?[ \t]*$")
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([^`]*)$")
_PATH_WORD = re.compile(r"(?:path|file|filename|title)\s*[=:]\s*[\"']?([\w./-]+)")
_PATH_ALONE = re.compile(r"^[\w./-]*\w\.\w+$")
_THOUGHTS = ("think", "thinking", "reasoning")
_LONGEST_MARKER = 300  # characters; a longer line is no marker, and patterns stay cheap on any line
_MOST_BLOCKS = 200
MAX_ANSWER_CHARS = 400_000
"""Longer answers are refused unread: eight times the longest program of any peer's examples."""


@dataclass(frozen=True, slots=True)
class EditBlock:
    """One edit: lines to find and lines to put there, without line ends; ``path`` may be empty."""

    path: str
    search: tuple[str, ...]
    replace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A fenced block: its language word, a path if one is given, its text, and whether its fence was closed."""

    language: str
    path: str
    text: str
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer; ``errors`` name blocks that were begun and make no sense."""

    blocks: tuple[EditBlock, ...] = ()
    files: tuple[WholeFile, ...] = ()
    errors: tuple[str, ...] = ()
    prose: str = ""


def read_answer(text: str) -> Answer:
    """The edit blocks of an answer; where it has none, its fenced blocks."""
    if len(text) > MAX_ANSWER_CHARS:
        return Answer(errors=(f"the answer has {len(text)} characters; at most {MAX_ANSWER_CHARS} are read",))
    lines = _lines(_without_thoughts(text))
    first = next((i for i, line in enumerate(lines) if _match(_OPEN, line)), None)
    if first is None:
        files, prose = _read_fences(lines)
        return Answer(files=files, prose=prose)
    blocks, errors = _read_blocks(lines, first)
    return Answer(tuple(blocks), errors=tuple(errors), prose=_first_words(lines[:first]))


def _without_thoughts(text: str) -> str:
    """The text without reasoning sections that some models print before their answer."""
    for name in _THOUGHTS:
        start = text.find(f"<{name}>")
        while start >= 0:
            end = text.find(f"</{name}>", start)
            if end < 0:
                break
            text = text[:start] + text[end + len(name) + 3 :]
            start = text.find(f"<{name}>", start)
    return text


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    return pattern.match(line) if len(line) <= _LONGEST_MARKER else None


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


# ------------------------------------------------------------------------------------------------- blocks


def _read_blocks(lines: list[str], first: int) -> tuple[list[EditBlock], list[str]]:
    blocks: list[EditBlock] = []
    errors: list[str] = []
    index, last_path, after = first, "", 0
    while index < len(lines):
        opened = _match(_OPEN, lines[index])
        if opened is None:
            index += 1
            continue
        path = opened["path"].strip() or _path_above(lines, index, after) or last_path
        number = len(blocks) + len(errors) + 1
        if number > _MOST_BLOCKS:
            errors.append(f"expected at most {_MOST_BLOCKS} blocks")
            break
        end = _find_parts(lines, index, len(opened.group(1)))
        if isinstance(end, str):
            errors.append(f"block {number}: {end}")
            index += 1
            continue
        divider, close = end
        blocks.append(EditBlock(path, _unfenced(lines[index + 1 : divider]), _unfenced(lines[divider + 1 : close])))
        last_path = path
        index = after = close + 1
    return blocks, errors


def _find_parts(lines: list[str], opened: int, length: int) -> tuple[int, int] | str:
    """Index of the divider and of the end; markers as long as the opening one are preferred to others."""
    limit = next((i for i in range(opened + 1, len(lines)) if _is(_OPEN, lines[i], length)), len(lines))
    divider = _first(_DIVIDER, lines, range(opened + 1, limit), length)
    if divider is None:
        return "expected a line '=======' between SEARCH and REPLACE, found none"
    close = _first(_CLOSE, lines, range(divider + 1, limit), length)
    if close is None:
        return "expected a line '>>>>>>> REPLACE' at its end, found none (was the answer cut off?)"
    if any(_is(_DIVIDER, lines[i], length) for i in range(divider + 1, close)):
        return "found two lines '=======' in one block, so it is unclear what is replaced by what"
    return divider, close


def _first(pattern: re.Pattern[str], lines: list[str], indices: range, length: int) -> int | None:
    exact = next((i for i in indices if _is(pattern, lines[i], length)), None)
    if exact is not None:
        return exact
    return next((i for i in indices if _match(pattern, lines[i])), None)


def _is(pattern: re.Pattern[str], line: str, length: int) -> bool:
    match = _match(pattern, line)
    return match is not None and len(match.group(1)) == length


def _unfenced(lines: list[str]) -> tuple[str, ...]:
    """The lines without a code fence that wraps all of them."""
    if len(lines) >= 2 and lines[0].lstrip().startswith("```") and lines[-1].strip() == "```":
        return tuple(lines[1:-1])
    return tuple(lines)


def _path_above(lines: list[str], index: int, stop: int) -> str:
    """A file name on the line above a block; a blank line and the opening of a fence may stand between."""
    for line in reversed(lines[max(stop, index - 3) : index]):
        fence = _match(_FENCE, line)
        if fence is not None:
            path = _path_in(fence.group(2))
        elif not line.strip():
            continue
        else:
            return _path_in(line)
        if path:
            return path
    return ""


def _path_in(text: str) -> str:
    """The path that a fence's info string or a heading line names, else nothing."""
    named = _PATH_WORD.search(text)
    if named:
        return _tidy(named.group(1))
    bare = text.strip().strip("#*`:\"' \t").removeprefix("//").strip()
    return _tidy(bare) if _PATH_ALONE.match(bare) else ""


def _tidy(path: str) -> str:
    return PurePosixPath(path).as_posix()


def render_block(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """The text of one edit block; its markers are longer than any that the lines themselves hold."""
    length = 7
    lines = [*search, *replace]
    while any(_is(marker, line, length) for line in lines for marker in (_OPEN, _DIVIDER, _CLOSE)):
        length += 1
    body = [f"{'<' * length} SEARCH", *search, "=" * length, *replace, f"{'>' * length} REPLACE"]
    return "\n".join([path, *body] if path else body) + "\n"


# ------------------------------------------------------------------------------------------------- fences


def _read_fences(lines: list[str]) -> tuple[tuple[WholeFile, ...], str]:
    files: list[WholeFile] = []
    prose: list[str] = []
    index = 0
    while index < len(lines):
        fence = _match(_FENCE, lines[index])
        if fence is None:
            prose.append(lines[index])
            index += 1
            continue
        end = _fence_end(lines, index + 1, fence.group(1))
        info = fence.group(2).strip()
        language, path = _language_of(info), _path_in(info) or _path_above(lines, index, 0)
        body = "".join(f"{line}\n" for line in lines[index + 1 : end])
        files.append(WholeFile(language, path, body, is_closed=end < len(lines)))
        index = end + 1
    return tuple(files), _first_words(prose)


def _fence_end(lines: list[str], start: int, mark: str) -> int:
    closing = re.compile(rf"^[ \t]{{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    return next((i for i in range(start, len(lines)) if _match(closing, lines[i])), len(lines))


def _language_of(info: str) -> str:
    word = re.match(r"[\w+#-]+", info)
    if word is None or _PATH_ALONE.match((info.split(maxsplit=1) or [""])[0]):
        return ""
    return word.group().lower()


def _first_words(lines: list[str]) -> str:
    """The first paragraph of prose, for the rationale."""
    text = " ".join(line.strip() for line in lines if line.strip() and not _match(_FENCE, line))
    return text[:400]
