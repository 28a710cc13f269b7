"""Finds and moves the knobs that a problem declares: ``NAME = literal`` at the top level of the program."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from evolve.briefs import Knob
from evolve.proposers._numbers import render, step_knob
from evolve.proposers._regions import Span, editable_spans
from evolve.proposers._sites import number_of
from evolve.proposers._source import Splice, read_source

__all__ = ["KnobSite", "find_knobs", "turn_knobs"]


@dataclass(frozen=True, slots=True)
class KnobSite:
    """Where a knob's literal stands and what it says."""

    knob: Knob
    span: Span
    value: str | int | float


def find_knobs(text: str, knobs: Sequence[Knob], language: str) -> list[KnobSite]:
    """The declared knobs that this file assigns, in the order of declaration, inside editable blocks only."""
    if not knobs:
        return []
    found = _python_literals(text, knobs) if language == "python" else _other_literals(text, knobs)
    blocks = editable_spans(text)
    sites = [KnobSite(knob, *found[knob.name]) for knob in knobs if knob.name in found]
    return [site for site in sites if any(block.holds(site.span.start, site.span.end) for block in blocks)]


def _python_literals(text: str, knobs: Sequence[Knob]) -> dict[str, tuple[Span, str | int | float]]:
    source = read_source(text)
    if source is None:
        return {}
    wanted = {knob.name for knob in knobs}
    found: dict[str, tuple[Span, str | int | float]] = {}
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id in wanted:
            literal = value.value if isinstance(value, ast.Constant) else number_of(value)
            if isinstance(literal, str | int | float):
                found[target.id] = (source.span(value), literal)
    return found


# One pattern serves C, C++, CUDA, Rust, JavaScript, TOML and the like: a definition at the start of a line.
_DEFINITION = (
    r"^(?:[ \t]*\#[ \t]*define[ \t]+{name}[ \t]+|"
    r"(?:[A-Za-z_][\w:<>]*[ \t*&]+)*{name}(?:[ \t]*:[ \t]*\w+)?[ \t]*:?=[ \t]*)"
    r"(?P<literal>[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\"[^\"\\\n]*\")(?P<suffix>[fFlLuU]*)(?![\w.])"
)


def _other_literals(text: str, knobs: Sequence[Knob]) -> dict[str, tuple[Span, str | int | float]]:
    found: dict[str, tuple[Span, str | int | float]] = {}
    for knob in knobs:
        match = re.search(_DEFINITION.format(name=re.escape(knob.name)), text, re.MULTILINE)
        if match is not None:
            span = Span(match.start("literal"), match.end("literal"))
            found[knob.name] = (span, _value(match["literal"]))
    return found


def _value(literal: str) -> str | int | float:
    if literal.startswith('"'):
        return literal[1:-1]
    try:
        return int(literal)
    except ValueError:
        return float(literal)


def turn_knobs(sites: Sequence[KnobSite], rng: Random, language: str) -> list[Splice] | None:
    """Move one knob most of the time, a few or all else."""
    if not sites:
        return None
    kind = rng.random()
    if kind < 0.55 or len(sites) == 1:
        chosen = [rng.choice(sites)]
    elif kind < 0.9:
        chosen = rng.sample(list(sites), min(len(sites), rng.randint(2, 3)))
    else:
        chosen = list(sites)
    splices = [_turn(site, rng, language) for site in chosen]
    return [splice for splice in splices if splice is not None] or None


def _turn(site: KnobSite, rng: Random, language: str) -> Splice | None:
    value = step_knob(rng, site.knob, site.value)
    if value == site.value:
        return None
    text = _literal(value, site.value, language)
    return Splice(site.span.start, site.span.end, text, f"{site.knob.name}: {site.value} -> {value}")


def _literal(value: str | float, before: str | float, language: str) -> str:
    if isinstance(value, str) and language != "python":
        return f'"{value}"'
    return render(value, before if isinstance(before, int | float) else 0.0)
