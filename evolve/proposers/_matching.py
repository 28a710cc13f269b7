"""Finds the lines that a SEARCH section means, in steps from exact to close, and never guesses between two places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

__all__ = ["Ambiguous", "Match", "NoMatch", "find_lines"]

CLOSE_RATIO = 0.9
"""A window of lines at least this alike (difflib ratio, white space trimmed) is taken for the one that is meant ..."""
CLEAR_LEAD = 0.05
"""... if no other place comes this near to it."""
_MIN_CLOSE_CHARS = 16
_MAX_CLOSE_LINES = 4000
_MAX_CLOSE_CHARS = 6000
_MAX_COMPARED = 3000  # windows that are compared; with more than that, no place is clear enough


@dataclass(frozen=True, slots=True)
class Match:
    """Lines ``start`` to ``end`` (exclusive); ``reindent`` fits the replacement to their indentation."""

    start: int
    end: int
    reindent: Callable[[Sequence[str]], list[str]]
    how: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one place fits; ``lines`` are their first line numbers, from 1."""

    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No place fits; ``nearest`` is the most similar line, ``line`` its number from 1 (0 if there is none)."""

    nearest: str = ""
    line: int = 0


def find_lines(lines: Sequence[str], search: Sequence[str]) -> Match | Ambiguous | NoMatch:
    """Where ``search`` stands in ``lines``; both without line ends.

    Steps: exact; trailing white space; indentation; blank lines; close. The first step that finds anything decides.
    """
    trimmed = _trim(search)
    if not trimmed:
        return NoMatch()
    for how, find in (("exact", _exact), ("trailing white space", _stripped)):
        found = find(lines, search) or find(lines, trimmed)
        if found:
            return _only([Match(start, end, list, how) for start, end in found])
    found_shifted = _shifted(lines, trimmed)
    if found_shifted:
        return _only(found_shifted)
    return _close(lines, trimmed)


def _only(matches: list[Match]) -> Match | Ambiguous:
    return matches[0] if len(matches) == 1 else Ambiguous(tuple(match.start + 1 for match in matches))


def _trim(lines: Sequence[str]) -> list[str]:
    """The lines without blank ones at both ends."""
    kept = [index for index, line in enumerate(lines) if line.strip()]
    return list(lines[kept[0] : kept[-1] + 1]) if kept else []


def _exact(lines: Sequence[str], search: Sequence[str]) -> list[tuple[int, int]]:
    size, first = len(search), search[0]
    wanted = list(search)
    return [
        (start, start + size)
        for start in range(len(lines) - size + 1)
        if lines[start] == first and list(lines[start : start + size]) == wanted
    ]


def _stripped(lines: Sequence[str], search: Sequence[str]) -> list[tuple[int, int]]:
    return _exact([line.rstrip() for line in lines], [line.rstrip() for line in search])


# ------------------------------------------------------------------------------------------- indentation


def _shifted(lines: Sequence[str], search: Sequence[str]) -> list[Match]:
    """Places that agree line by line but for one common shift of the indentation and for blank lines."""
    wanted = [line.strip() for line in search if line.strip()]
    filled = [index for index, line in enumerate(lines) if line.strip()]
    texts = [lines[index].strip() for index in filled]
    matches = []
    for start in range(len(texts) - len(wanted) + 1):
        if texts[start] != wanted[0] or texts[start : start + len(wanted)] != wanted:
            continue
        place = filled[start : start + len(wanted)]
        reindent = _reindenter([line for line in search if line.strip()], [lines[index] for index in place])
        if reindent is not None:
            matches.append(Match(place[0], place[-1] + 1, reindent, "indentation"))
    return matches


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _reindenter(search: Sequence[str], found: Sequence[str]) -> Callable[[Sequence[str]], list[str]] | None:
    """What turns indentation as in ``search`` into indentation as in ``found``; ``None`` if no one rule does."""
    pairs = {(_indent(given), _indent(real)) for given, real in zip(search, found, strict=True)}
    if all(given == real for given, real in pairs):
        return list
    table = dict(pairs)
    if len(table) != len(pairs):  # one indentation stands for two: only a lost first indentation can be mended
        return _first_line_only(search, found)

    def reindent(replace: Sequence[str]) -> list[str]:
        return [_shift(line, table) if line.strip() else "" for line in replace]

    return reindent


def _first_line_only(search: Sequence[str], found: Sequence[str]) -> Callable[[Sequence[str]], list[str]] | None:
    rest = [(_indent(given), _indent(real)) for given, real in zip(search[1:], found[1:], strict=True)]
    if any(given != real for given, real in rest):
        return None
    given, real = _indent(search[0]), _indent(found[0])

    def reindent(replace: Sequence[str]) -> list[str]:
        if replace and replace[0].strip() and _indent(replace[0]) == given:
            return [real + replace[0].lstrip(), *replace[1:]]
        return list(replace)

    return reindent


def _shift(line: str, table: dict[str, str]) -> str:
    """The line with the indentation that stands for its own; a deeper one keeps what goes beyond the nearest known."""
    own = _indent(line)
    if own in table:
        return table[own] + line.lstrip()
    known = [given for given in table if own.startswith(given)]
    if known:
        base = max(known, key=len)
        return table[base] + own[len(base) :] + line.lstrip()
    # Shallower than anything that was searched for: move it by as much as the shallowest known.
    base = min(table, key=len)
    real = table[base]
    cut = len(base) - len(own)
    return (real[:-cut] if cut and len(real) >= cut else "" if cut else real) + line.lstrip()


# ------------------------------------------------------------------------------------------------- close


def _close(lines: Sequence[str], search: Sequence[str]) -> Match | Ambiguous | NoMatch:
    if len(lines) > _MAX_CLOSE_LINES:
        return NoMatch()
    wanted = [line.strip() for line in search]
    texts = [line.strip() for line in lines]
    size = sum(map(len, wanted))
    scored = _score_windows(texts, wanted) if _MIN_CLOSE_CHARS <= size <= _MAX_CLOSE_CHARS else []
    if not scored:
        return _nearest(lines, search)
    ratio, start, end = max(scored)
    rivals = [other for other in scored if other[0] > ratio - CLEAR_LEAD and (other[2] <= start or other[1] >= end)]
    if ratio < CLOSE_RATIO:
        return _nearest(lines, search)
    if rivals:
        return Ambiguous(tuple(sorted({start + 1, *(other[1] + 1 for other in rivals)})))
    reindent = _first_indent(search, lines[start:end])
    return Match(start, end, reindent, f"close ({ratio:.2f})")


def _score_windows(texts: Sequence[str], wanted: Sequence[str]) -> list[tuple[float, int, int]]:
    """Windows of one line more or less that could be meant; cheap bounds spare most comparisons."""
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2("\n".join(wanted))
    floor = CLOSE_RATIO - CLEAR_LEAD
    windows = _windows(texts, wanted)
    scored = []
    for start, end in windows if len(windows) <= _MAX_COMPARED else ():
        matcher.set_seq1("\n".join(texts[start:end]))
        if matcher.real_quick_ratio() >= floor and matcher.quick_ratio() >= floor:
            ratio = matcher.ratio()
            if ratio >= floor:
                scored.append((ratio, start, end))
    return scored


def _windows(texts: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Windows of about the right length, a third of whose lines are those of the search if that has three or more."""
    known = {line for line in wanted if line}
    size = sum(map(len, wanted))
    shared, chars = [0], [0]
    for text in texts:
        shared.append(shared[-1] + (text in known))
        chars.append(chars[-1] + len(text))
    need = 0 if len(wanted) < 3 else max(1, len(known) // 3)
    return [
        (start, start + length)
        for length in sorted({max(1, len(wanted) - 1), len(wanted), len(wanted) + 1})
        for start in range(len(texts) - length + 1)
        if shared[start + length] - shared[start] >= need
        and 0.8 * size <= chars[start + length] - chars[start] <= 1.25 * size
        and texts[start]
        and texts[start + length - 1]
    ]


def _first_indent(search: Sequence[str], found: Sequence[str]) -> Callable[[Sequence[str]], list[str]]:
    """Shift by the difference of the first lines' indentation."""
    table = {_indent(search[0]): _indent(found[0])}
    if all(given == real for given, real in table.items()):
        return list

    def reindent(replace: Sequence[str]) -> list[str]:
        return [_shift(line, table) if line.strip() else "" for line in replace]

    return reindent


def _nearest(lines: Sequence[str], search: Sequence[str]) -> NoMatch:
    """The line of the program most like the longest searched line, as a hint for the repair."""
    wanted = max((line.strip() for line in search), key=len)
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(wanted)
    best = (0.6, 0)
    for index, line in enumerate(lines[:_MAX_CLOSE_LINES]):
        matcher.set_seq1(line.strip())
        if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0]:
            best = max(best, (matcher.ratio(), index + 1))
    return NoMatch(lines[best[1] - 1].strip(), best[1]) if best[1] else NoMatch()
