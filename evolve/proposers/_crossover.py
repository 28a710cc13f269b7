"""Recombines two or three parents of one file: whole functions, top-level constants, or all numbers at once."""

import ast
import re
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from evolve.proposers._numbers import blend, render
from evolve.proposers._regions import Span
from evolve.proposers._sites import Number, Sites, find_sites, number_of
from evolve.proposers._source import Source, Splice, read_source

__all__ = ["cross"]


def cross(text: str, mates: Sequence[str], function: str, rng: Random) -> list[Splice] | None:
    """Splices that bring something of the mates into the first parent; ``None`` where they have nothing to give.

    Args:
        text: The file of the edited parent.
        mates: The same file of other candidates, the second parent first.
        function: The function whose signature stays.
        rng: Source of randomness.
    """
    moves = [_blend_numbers, _take_functions, _take_constants]
    rng.shuffle(moves)
    for move in moves:
        splices = move(text, mates, function, rng)
        if splices:
            return splices
    return None


# ------------------------------------------------------------------------------------ all numbers at once


_LITERAL = re.compile(r"-?\b\d+\.?\d*(?:[eE][-+]?\d+)?")


@lru_cache(maxsize=128)
def _skeleton(text: str) -> str:
    """The text with everything blanked that looks like a number: unequal skeletons spare the search for sites."""
    return _LITERAL.sub("0", text)


@lru_cache(maxsize=128)
def _shape(text: str, function: str) -> str:
    """The text with its numbers blanked, so that equal shapes have numbers of equal meaning."""
    sites = find_sites(text, function)
    if sites is None:
        return ""
    pieces, last = [], 0
    for number in _ordered(sites):
        pieces.append(text[last : number.span.start])
        last = number.span.end
    pieces.append(text[last:])
    return "\0".join(pieces)


def _ordered(sites: Sites) -> list[Number]:
    return sorted(sites.numbers, key=lambda number: number.span.start)


def _blend_numbers(text: str, mates: Sequence[str], function: str, rng: Random) -> list[Splice] | None:
    same = [mate for mate in mates if mate != text and _skeleton(mate) == _skeleton(text)]
    same = [mate for mate in same if _shape(mate, function) == _shape(text, function)]
    parents = [_ordered(sites) for sites in (find_sites(item, function) for item in (text, *same)) if sites is not None]
    if len(parents) < 2:
        return None
    splices = _differential(parents, rng) if len(parents) > 2 and rng.random() < 0.4 else _towards(parents, rng)
    return splices or None


def _towards(parents: list[list[Number]], rng: Random) -> list[Splice]:
    """Toward the second parent, past it, or away from it; or each number from either."""
    is_uniform = rng.random() < 0.35
    share = rng.choice((rng.uniform(0.2, 0.8), rng.uniform(1.0, 1.8), rng.uniform(-0.6, -0.05)))
    splices = []
    for number, mate in zip(parents[0], parents[1], strict=True):
        if number.value == mate.value or (is_uniform and rng.random() < 0.5):
            continue
        value = mate.value if is_uniform else blend(number.value, mate.value, share)
        splices.append(_put(number, value))
    return [splice for splice in splices if splice is not None]


def _differential(parents: list[list[Number]], rng: Random) -> list[Splice]:
    """``a + F * (b - c)`` (Storn & Price 1997, eq. 2) on a share of the numbers."""
    one, other = rng.sample(range(1, len(parents)), 2)
    factor = rng.uniform(0.3, 1.0)
    splices = []
    for number, plus, minus in zip(parents[0], parents[one], parents[other], strict=True):
        if plus.value != minus.value and rng.random() < 0.8:
            moved = number.value + factor * (plus.value - minus.value)
            value = float(moved) if isinstance(number.value, float) else round(moved)
            splices.append(_put(number, value))
    return [splice for splice in splices if splice is not None]


def _put(number: Number, value: float) -> Splice | None:
    if value == number.value or not abs(value) < 1e100:
        return None
    text = render(value, number.value)
    return Splice(number.span.start, number.span.end, text, f"{number.value} -> {text}")


# ---------------------------------------------------------------------------------------- named pieces


def _take_functions(text: str, mates: Sequence[str], function: str, rng: Random) -> list[Splice] | None:
    first, mate = read_source(text), read_source(mates[0])
    if first is None or mate is None:
        return None
    mine, theirs = _functions(first), _functions(mate)
    names = [
        name
        for name, node in mine.items()
        if name in theirs and _text(first, node) != _text(mate, theirs[name]) and _fits(node, theirs[name], function)
    ]
    if not names:
        return None
    chosen = rng.sample(names, rng.randint(1, min(2, len(names))))
    splices = []
    for index, name in enumerate(chosen):
        span = first.lines(mine[name])
        taken = mate.lines(theirs[name])
        if span is None or taken is None or not first.may_change(span.start, span.end):
            continue
        helpers = _missing(first, mate, theirs[name]) if index == 0 else ""
        new = helpers + mate.text[taken.start : taken.end]
        splices.append(Splice(span.start, span.end, new, f"{name}() of the other parent"))
    return splices or None


def _fits(mine: ast.FunctionDef, other: ast.FunctionDef, function: str) -> bool:
    return mine.name != function or ast.dump(mine.args) == ast.dump(other.args)


def _functions(source: Source) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}


def _text(source: Source, node: ast.stmt) -> str:
    span = source.lines(node)
    return "" if span is None else source.text[span.start : span.end]


def _missing(first: Source, mate: Source, node: ast.stmt) -> str:
    """Lines of the mate's top level that ``node`` needs and the first parent lacks."""
    known = set(_bindings(first))
    available = _bindings(mate)
    wanted: list[ast.stmt] = []
    todo = [node]
    while todo:
        for name in sorted({item.id for item in ast.walk(todo.pop()) if isinstance(item, ast.Name)}):
            if name in available and name not in known:
                known.add(name)
                wanted.append(available[name])
                todo.append(available[name])
    unique = sorted({id(item): item for item in wanted}.values(), key=lambda item: item.lineno)
    return "".join(_text(mate, item) for item in unique if item is not node)


def _bindings(source: Source) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(dict.fromkeys((item.asname or item.name.split(".")[0] for item in node.names), node))
        elif isinstance(node, ast.Assign):
            found.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
    return found


def _take_constants(text: str, mates: Sequence[str], function: str, rng: Random) -> list[Splice] | None:
    del function
    first, mate = read_source(text), read_source(mates[0])
    if first is None or mate is None:
        return None
    mine, theirs = _constants(first), _constants(mate)
    names = [name for name, node in mine.items() if name in theirs and _of(first, node) != _of(mate, theirs[name])]
    splices = []
    for name in names:
        if rng.random() < 0.5 and len(names) > 1:
            continue
        span = first.span(mine[name])
        if not first.may_change(span.start, span.end):
            continue
        splices.append(_constant(first, mate, (mine[name], theirs[name]), rng))
    return splices or None


def _constant(first: Source, mate: Source, pair: tuple[ast.expr, ast.expr], rng: Random) -> Splice:
    span = first.span(pair[0])
    one, other = number_of(pair[0]), number_of(pair[1])
    text = _of(mate, pair[1])
    if one is not None and other is not None and rng.random() < 0.6:
        mixed = blend(one, other, rng.uniform(-0.5, 1.5))
        if mixed != one:
            text = render(mixed, one)
    return Splice(span.start, span.end, text, f"{_of(first, pair[0])[:30]} -> {text[:30]}")


def _of(source: Source, node: ast.expr) -> str:
    span: Span = source.span(node)
    return source.text[span.start : span.end]


def _constants(source: Source) -> dict[str, ast.expr]:
    """Top-level ``NAME = numbers`` (a number, or a list, tuple or dict of literals)."""
    found = {}
    for node in source.tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        is_data = number_of(value) is not None or isinstance(value, ast.List | ast.Tuple | ast.Dict)
        if isinstance(target, ast.Name) and is_data:
            found[target.id] = value
    return found
