"""``evolve problems``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolve.cli import _options as opt
from evolve.cli._lazy import Entry, lazy_group
from evolve.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from evolve.check import CheckReport
    from evolve.spec import Problem
    from evolve.types import JSON, Objective

__all__ = ["app", "check", "list_", "new", "show"]

app = lazy_group(
    "problems",
    "List, show, write and check problems.",
    {
        "list": Entry("evolve.cli.problems:list_", "List the built-in problems."),
        "show": Entry("evolve.cli.problems:show", "Show one problem: objectives, limits, statement."),
        "new": Entry("evolve.cli.problems:new", "Write a small problem folder that works, to start from."),
        "check": Entry("evolve.cli.problems:check", "Run seed, references and red team, and measure noise and time."),
    },
)


def list_(*, as_json: opt.AsJson = False) -> None:
    """List the built-in problems."""
    from evolve.cli._output import print_json, print_line
    from evolve.cli._text import table_text
    from evolve.problems import list_problems

    found = list_problems()
    if as_json:
        print_json([_brief(problem) for problem in found])
        return
    rows = [(p.name, p.category, _goals(p), p.summary) for p in found]
    print_line(table_text(("name", "category", "objectives", "summary"), rows))


def show(problem: opt.ProblemName, *, as_json: opt.AsJson = False) -> None:
    """Show one problem: objectives, limits, statement."""
    from evolve.cli._output import print_json, print_line
    from evolve.cli._text import clean
    from evolve.codec import to_json
    from evolve.problems import load_problem

    loaded = load_problem(problem)
    if as_json:
        print_json(
            {
                **_brief(loaded),
                "statement": loaded.statement,
                "source": loaded.source,
                "limits": to_json(loaded.limits),
                "stages": [to_json(stage) for stage in loaded.stages],
                "knobs": [to_json(knob) for knob in loaded.knobs],
                "defaults": to_json(dict(loaded.defaults)),
            }
        )
        return
    rows = [
        ("name", loaded.name),
        ("summary", loaded.summary),
        ("category", loaded.category),
        ("source", loaded.source),
        ("folder", str(loaded.folder)),
        *(("objective", _objective_text(objective)) for objective in loaded.objectives),
        ("program", f"{loaded.function}() in {loaded.entry} ({loaded.language})"),
        ("stages", ", ".join(stage.name for stage in loaded.stages)),
        ("limits", f"{loaded.limits.timeout_s:g} s and {loaded.limits.memory_mb} MiB per call"),
        ("references", ", ".join(one.name for one in loaded.references) or "none"),
        ("red team", ", ".join(one.name for one in loaded.redteam) or "none"),
    ]
    for label, text in rows:
        print_line(f"{label.ljust(10)}  {clean(text, 400)}")
    print_line()
    print_line(clean(loaded.statement, 20_000, one_line=False))


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    *,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Instead of the folder's name.")] = None,
    as_json: opt.AsJson = False,
) -> None:
    """Write a small problem folder that works, to start from."""
    from evolve.check import new_problem
    from evolve.cli._output import print_json, print_line, say

    made = new_problem(folder, name)
    if as_json:
        print_json({"folder": str(made.absolute())})
    else:
        print_line(str(made))
    say(f"next: evolve problems check {made}")


def check(
    problems: Annotated[
        list[str] | None, typer.Argument(metavar="[PROBLEM]...", help="Names or folders of problems.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check every built-in problem.")] = False,
    sandbox: opt.Sandbox = None,
    parallel: opt.Parallel = None,
    as_json: opt.AsJson = False,
) -> None:
    """Run seed, references and red team, and measure noise and time.

    The seed must be valid, references better than it in something, every cheat rejected as declared. Ends with 3 if
    something is not so. `--json` prints one report, or a list of reports with --all or several problems.
    """
    from evolve.cli._checking import check_one, report_text
    from evolve.cli._output import print_json, print_line
    from evolve.codec import to_json
    from evolve.doctor import refuse_shadowing
    from evolve.problems import load_problem, problem_names

    references = [*(problems or []), *(problem_names() if every else [])]
    if not references:
        raise UsageError("expected a problem or --all, got nothing", fix="evolve problems check --all")
    refuse_shadowing()
    loaded = [load_problem(reference) for reference in references]
    reports: list[CheckReport] = []
    for problem in loaded:
        report = check_one(problem, sandbox=sandbox or "auto", parallel=parallel or 1)
        reports.append(report)
        if not as_json:
            print_line(report_text(report))
    if as_json:
        documents = [to_json(report) for report in reports]
        print_json(documents[0] if len(references) == 1 and not every else documents)
    if not all(report.ok for report in reports):
        raise typer.Exit(int(ExitCode.CHECK_FAILED))


def _brief(problem: "Problem") -> "dict[str, JSON]":
    from evolve.codec import to_json

    return {
        "name": problem.name,
        "summary": problem.summary,
        "category": problem.category,
        "folder": str(problem.folder),
        "objectives": [to_json(objective) for objective in problem.objectives],
        "evaluator": problem.evaluator,
        "references": [one.name for one in problem.references],
        "redteam": [one.name for one in problem.redteam],
    }


def _goals(problem: "Problem") -> str:
    return ", ".join(f"{objective.direction.value} {objective.name}" for objective in problem.objectives)


def _objective_text(objective: "Objective") -> str:
    parts = [f"{objective.direction.value} {objective.name}{f' ({objective.unit})' if objective.unit else ''}"]
    if objective.bound is not None:
        parts.append(f"proven bound {objective.bound:g}")
    if objective.best_known is not None:
        parts.append(f"best known {objective.best_known:.10g}")
    return ", ".join(parts)
