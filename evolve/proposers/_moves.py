"""Single moves on a Python file. Each gives splices of its text, or ``None`` where it finds no place."""

import ast
import re
from collections.abc import Callable
from itertools import pairwise
from random import Random

from evolve.proposers._numbers import render, step
from evolve.proposers._regions import Span
from evolve.proposers._sites import MODULE_BLOCK, Number, Sites, Statement
from evolve.proposers._source import Splice

__all__ = ["Move", "change_numbers", "change_structure"]

Move = Callable[[Sites, Random], "list[Splice] | None"]

_OPERATOR = {
    "arithmetic": re.compile(r"\*\*|//|[-+*/%]"),
    "comparison": re.compile(r"<=|>=|==|!=|<|>"),
    "boolean": re.compile(r"\b(?:and|or)\b"),
}
# Near relatives come first and are drawn more often.
_ALTERNATIVES = {
    "+": ("-", "*"),
    "-": ("+", "/"),
    "*": ("/", "+", "**"),
    "/": ("*", "-", "//"),
    "//": ("/", "%"),
    "%": ("//",),
    "**": ("*",),
    "<": ("<=", ">", ">="),
    "<=": ("<", ">=", ">"),
    ">": (">=", "<", "<="),
    ">=": (">", "<=", "<"),
    "==": ("!=", "<=", ">="),
    "!=": ("==", "<", ">"),
    "and": ("or",),
    "or": ("and",),
}
_CALLEES = {
    "min": ("max",),
    "max": ("min",),
    "sin": ("cos", "tanh"),
    "cos": ("sin", "exp"),
    "floor": ("ceil",),
    "ceil": ("floor",),
    "exp": ("expm1", "cosh"),
    "sqrt": ("cbrt", "log1p"),
    "log": ("log2", "log1p", "sqrt"),
    "abs": ("round",),
    "sum": ("max", "min"),
    "any": ("all",),
    "all": ("any",),
}
_KEPT_STATEMENTS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Return)
_WORTH_REPEATING = (ast.AugAssign, ast.For, ast.While, ast.If, ast.Expr)
_LONGEST_OPERAND = 100


def change_numbers(sites: Sites, rng: Random) -> list[Splice] | None:
    """Step one number, a few, or many at one scale."""
    if not sites.numbers:
        return None
    kind = rng.random()
    if kind < 0.55:
        chosen = [_draw_number(sites, rng)]
    elif kind < 0.85:
        chosen = [_draw_number(sites, rng) for _ in range(rng.randint(2, 4))]
    else:
        share = rng.uniform(0.05, 0.6)
        chosen = [number for number in sites.numbers if rng.random() < share * number.weight]
    scale = 10.0 ** rng.uniform(-4.0, 0.0)
    return [_step(sites, number, rng, scale) for number in dict.fromkeys(chosen)] or None


def _draw_number(sites: Sites, rng: Random) -> Number:
    return rng.choices(sites.numbers, [number.weight for number in sites.numbers])[0]


def _step(sites: Sites, number: Number, rng: Random, scale: float) -> Splice:
    value = step(rng, number.value, scale)
    before = sites.source.text[number.span.start : number.span.end]
    after = render(value, number.value)
    return Splice(number.span.start, number.span.end, after, f"{before} -> {after}")


def change_structure(sites: Sites, rng: Random) -> list[Splice] | None:
    """One structural move, drawn by weight."""
    moves, weights = zip(*_STRUCTURAL, strict=True)
    move: Move = rng.choices(moves, weights)[0]
    return move(sites, rng)


def _swap_operator(sites: Sites, rng: Random) -> list[Splice] | None:
    if not sites.gaps:
        return None
    gap = rng.choice(sites.gaps)
    text = sites.source.text[gap.start : gap.end]
    match = _OPERATOR[gap.kind].search(text)
    if match is None:
        return None
    others = _ALTERNATIVES[match.group()]
    other = rng.choices(others, [3.0, 2.0, 1.0][: len(others)])[0]
    start = gap.start + match.start()
    return [Splice(start, gap.start + match.end(), other, f"{match.group()} -> {other}")]


def _negate_test(sites: Sites, rng: Random) -> list[Splice] | None:
    if not sites.tests:
        return None
    span = rng.choice(sites.tests)
    text = sites.source.text[span.start : span.end]
    return [Splice(span.start, span.end, f"not ({text})", "negate a condition")]


def _flip_flag(sites: Sites, rng: Random) -> list[Splice] | None:
    if not sites.flags:
        return None
    span = rng.choice(sites.flags)
    other = "False" if sites.source.text[span.start : span.end] == "True" else "True"
    return [Splice(span.start, span.end, other, f"a flag becomes {other}")]


def _swap_callee(sites: Sites, rng: Random) -> list[Splice] | None:
    names = [(span, sites.source.text[span.start : span.end]) for span in sites.callees]
    known = [(span, name) for span, name in names if name.rpartition(".")[2] in _CALLEES]
    if not known:
        return None
    span, name = rng.choice(known)
    module, dot, function = name.rpartition(".")
    other = rng.choice(_CALLEES[function])
    return [Splice(span.start, span.end, f"{module}{dot}{other}", f"{function} -> {other}")]


def _replace_operand(sites: Sites, rng: Random) -> list[Splice] | None:
    """A numeric expression in the place of another one, both of one scope."""
    if len(sites.operands) < 2:
        return None
    target = rng.choice(sites.operands)
    donors = [
        donor.span
        for donor in sites.operands
        if target.scope[: len(donor.scope)] == donor.scope and donor.span.end - donor.span.start <= _LONGEST_OPERAND
    ]
    before = sites.source.text[target.span.start : target.span.end]
    texts = sorted({sites.source.text[span.start : span.end] for span in donors} - {before})
    if not texts:
        return None
    after = rng.choice(texts)
    spliced = after if after.isidentifier() else f"({after})"
    return [Splice(target.span.start, target.span.end, spliced, f"{_short(before)} -> {_short(after)}")]


def _extend_operand(sites: Sites, rng: Random) -> list[Splice] | None:
    """``x`` becomes ``(x * 1.07)`` or ``(x + 0.3 * y)``: a new number for later moves to tune."""
    if not sites.operands:
        return None
    target = rng.choice(sites.operands)
    before = sites.source.text[target.span.start : target.span.end]
    size = float(f"{10.0 ** rng.uniform(-3.0, 0.3):.2g}")
    kind = rng.random()
    others = [
        sites.source.text[other.span.start : other.span.end]
        for other in sites.operands
        if other.is_leaf and target.scope[: len(other.scope)] == other.scope
    ]
    sign = rng.choice("+-")
    if kind < 0.4:
        after = f"({before} * {render(float(f'{1.0 + rng.choice((-1, 1)) * size:.3g}'))})"
    elif kind < 0.7 or not others:
        after = f"({before} {sign} {size!r})"
    else:
        after = f"({before} {sign} {size!r} * {rng.choice(others)})"
    return [Splice(target.span.start, target.span.end, after, f"{_short(before)} -> {_short(after)}")]


def _delete_statement(sites: Sites, rng: Random) -> list[Splice] | None:
    found = [
        item
        for item in sites.statements
        if not item.is_only
        and not isinstance(item.node, _KEPT_STATEMENTS)
        # A constant of the module has readers; without it the program only crashes.
        and not (item.block == MODULE_BLOCK and isinstance(item.node, ast.Assign | ast.AnnAssign))
    ]
    if not found:
        return None
    lines = rng.choice(found).lines
    return [Splice(lines.start, lines.end, "", f"delete line {sites.source.line_of(lines.start)}")]


def _repeat_statement(sites: Sites, rng: Random) -> list[Splice] | None:
    found = [item.lines for item in sites.statements if isinstance(item.node, _WORTH_REPEATING)]
    source = sites.source.text
    # A run of repeats would double the program at every step.
    found = [
        lines for lines in found if source[lines.start : lines.end] != source[lines.end : 2 * lines.end - lines.start]
    ]
    if not found:
        return None
    lines = rng.choice(found)
    text = source[lines.start : lines.end]
    return [Splice(lines.end, lines.end, text, f"repeat line {sites.source.line_of(lines.start)}")]


def _swap_statements(sites: Sites, rng: Random) -> list[Splice] | None:
    pairs = list(_neighbours(sites.statements))
    if not pairs:
        return None
    first, second = rng.choice(pairs)
    text = sites.source.text
    between = text[first.end : second.start]
    swapped = text[second.start : second.end] + between + text[first.start : first.end]
    return [
        Splice(first.start, second.end, swapped, f"swap the statements at line {sites.source.line_of(first.start)}")
    ]


def _neighbours(statements: list[Statement]) -> list[tuple[Span, Span]]:
    ordered = sorted(statements, key=lambda item: (item.block, item.index))
    return [
        (first.lines, second.lines)
        for first, second in pairwise(ordered)
        if first.block == second.block
        and first.index + 1 == second.index
        and not isinstance(first.node, _KEPT_STATEMENTS)
        and not isinstance(second.node, _KEPT_STATEMENTS)
    ]


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


_STRUCTURAL: tuple[tuple[Move, float], ...] = (
    (_swap_operator, 3.0),
    (_replace_operand, 3.0),
    (_extend_operand, 3.0),
    (_swap_statements, 1.0),
    (_delete_statement, 1.5),
    (_repeat_statement, 1.0),
    (_swap_callee, 0.7),
    (_flip_flag, 1.0),
    (_negate_test, 0.4),
)
