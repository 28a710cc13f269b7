"""Turns a brief into a prompt: templates from ``prompts/``, a budget for every optional part, fences for foreign text."""

import difflib
import re
from functools import cache
from importlib.resources import files
from string import Template

from evolve.briefs import Brief, ParentView
from evolve.completions import Message
from evolve.proposers._regions import editable_paths, is_editable
from evolve.types import Program

__all__ = ["FIXED_CHARS", "PROGRAM_FACTOR", "fence", "render_prompt", "render_retry", "template"]

PROGRAM_FACTOR = 2.5
"""A prompt has at most this many times the program's characters, task and constraints apart ..."""
FIXED_CHARS = 5000
"""... plus this many, for the rules and for small programs."""
_RULES_CHARS = 2600  # what the templates, fences and headings take at most


@cache
def template(name: str) -> Template:
    """A prompt template of the package by name."""
    return Template((files("evolve.proposers") / "prompts" / f"{name}.md").read_text(encoding="utf-8"))


def fence(text: str, label: str, limit: int) -> str:
    """Foreign text between fences that it cannot close, cut to ``limit`` characters."""
    if len(text) > limit:
        text = (
            f"{text[: limit // 2]}\n... ({len(text) - limit} characters left out) ...\n{text[-(limit - limit // 2) :]}"
        )
    marks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{marks}{label}\n{text.rstrip()}\n{marks}"


def render_prompt(brief: Brief, operator: str) -> tuple[Message, ...]:
    """The system and the user turn for one proposal.

    The program stands whole. Feedback, the other parent, inspirations and notes share what remains of
    ``PROGRAM_FACTOR`` times the program, in this order.
    """
    program = brief.parents[0].candidate.program
    shown = _files(program, brief)
    remaining = int(PROGRAM_FACTOR * program.size_chars) + FIXED_CHARS - _RULES_CHARS - len(shown)
    feedback = _feedback(brief.parents[0], max(0, min(2000, remaining)))
    remaining -= len(feedback)
    mate = _mate(brief, operator, remaining)
    remaining -= len(mate)
    inspirations = _inspirations(brief, remaining // 2)
    remaining -= len(inspirations)
    notes = f"\n# Notes of this search\n{fence(brief.notes, 'untrusted', remaining - 200)}\n" if brief.notes else ""
    user = template("user").substitute(
        task=brief.task.strip(),
        constraints=f"\n{brief.constraints.strip()}\n" if brief.constraints.strip() else "",
        objectives=", ".join(f"{item.name} ({item.direction})" for item in brief.objectives),
        notes=notes if remaining > 400 else "",
        inspirations=inspirations,
        scores=_scores(brief.parents[0]),
        program=shown,
        feedback=feedback,
        mate=mate,
        request=template(operator).template.strip(),
    )
    return Message("system", _system(brief, program)), Message("user", user)


def render_retry(error: str) -> Message:
    """The repair turn that quotes an error."""
    return Message("user", template("retry").substitute(error=fence(error, "untrusted", 1200)).strip())


def _system(brief: Brief, program: Program) -> str:
    """Equal for all proposals of a run, so that providers can cache it."""
    has_blocks = any("EVOLVE-BLOCK-START" in text for text in program.files.values())
    signature = f"The top-level function {brief.function}() must keep its name and required parameters."
    return (
        template("system")
        .substitute(
            path=brief.entry,
            language=brief.language,
            editable=", ".join(brief.editable),
            blocks=" Text outside the EVOLVE-BLOCK markers must stay as it is." if has_blocks else "",
            signature=signature if brief.function else "The program must keep working without anything around it.",
        )
        .strip()
    )


def _files(program: Program, brief: Brief) -> str:
    """Every editable file whole; of other files, the names."""
    paths = editable_paths(program, brief.editable)
    parts = [f"{path}\n{_whole(program.files[path], brief.language)}" for path in paths]
    fixed = [path for path in sorted(program.files) if not is_editable(path, brief.editable)]
    if fixed:
        parts.append(f"Files that may not change and are not shown: {', '.join(fixed)}")
    return "\n\n".join(parts)


def _whole(text: str, language: str) -> str:
    return fence(text, language, len(text))


def _scores(view: ParentView) -> str:
    evaluation = view.evaluation
    if evaluation is None:
        return ""
    if not evaluation.is_ok:
        return f" (fails: {evaluation.status})"
    return f" ({', '.join(f'{name} = {score.value:.6g}' for name, score in evaluation.scores.items())})"


def _feedback(view: ParentView, limit: int) -> str:
    if view.evaluation is None or not view.evaluation.feedback.strip() or limit < 200:
        return ""
    return f"\n# Feedback on it\n{fence(view.evaluation.feedback, 'untrusted', limit - 100)}\n"


def _mate(brief: Brief, operator: str, limit: int) -> str:
    """The other parent of a crossover: as a diff where that is shorter."""
    if operator != "crossover" or len(brief.parents) < 2 or limit < 400:
        return ""
    other = brief.parents[1]
    text = _diff(brief.parents[0].candidate.program, other.candidate.program, brief)
    whole = _files(other.candidate.program, brief)
    body = (
        fence(text, "diff untrusted", limit - 200) if len(text) < len(whole) else fence(whole, "untrusted", limit - 200)
    )
    return f"\n# The other program{_scores(other)}\n{body}\n"


def _inspirations(brief: Brief, limit: int) -> str:
    """Other good candidates as diffs against the current program, as many as fit."""
    first = brief.parents[0].candidate.program
    parts: list[str] = []
    for view in brief.inspirations:
        body = fence(_diff(first, view.candidate.program, brief), "diff untrusted", 4000)
        part = f"\n# Another good program{_scores(view)}, as a diff from the current one\n{body}\n"
        if len(part) > limit:
            break
        limit -= len(part)
        parts.append(part)
    return "".join(parts)


def _diff(first: Program, other: Program, brief: Brief) -> str:
    lines: list[str] = []
    for path in editable_paths(other, brief.editable):
        before, after = first.files.get(path, ""), other.files[path]
        lines += difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="", n=1)
    return "\n".join(lines)
