"""``evolve runs list``, ``show``, ``best`` and ``lineage``."""

from pathlib import Path
from typing import Annotated, cast

import typer

from evolve.cli import _options as opt
from evolve.cli._card import card, launch_command
from evolve.cli._configure import configured_runs_dir
from evolve.cli._output import print_json, print_line, say
from evolve.cli._runs import RecordedRun, read_run, resolve_run, summary_document
from evolve.cli._text import clean, money_text, score_text, sparkline, table_text
from evolve.codec import to_json
from evolve.errors import RunError, StoreUnavailable
from evolve.program import Program
from evolve.store import RunStore
from evolve.store.runs import list_runs
from evolve.types import JSON, CandidateId, Purpose

__all__ = ["best", "lineage", "list_", "show"]


# ------------------------------------------------------------------------------------------------- list


def list_(*, run_dir: opt.RunsDir = None, as_json: opt.AsJson = False) -> None:
    """List the runs, oldest first.

    The bars are the best score so far over the evaluations; `verified` tells whether the score was measured on
    fresh inputs. A run that this version cannot read is listed as unreadable.
    """
    root = configured_runs_dir(run_dir)
    found = [_listed(folder) for folder in list_runs(root)]
    if as_json:
        print_json([document for document, _ in found])
        return
    if not found:
        say(f"no runs under {root}; start with: evolve demo")
        return
    header = ("run", "problem", "status", "evals", "best", "verified", "course", "spend", "trust")
    print_line(table_text(header, [row for _, row in found]))


def _listed(folder: Path) -> tuple[JSON, tuple[str, ...]]:
    try:
        run = read_run(folder)
    except (RunError, StoreUnavailable) as error:
        document: JSON = {"run": folder.name, "run_dir": str(folder), "status": "unreadable", "error": error.message}
        return document, (folder.name, "–", "unreadable", "", clean(error.message, 60), "", "", "", "")
    summary, course = run.summary, _course(run)
    document = {
        "run": summary.run,
        "run_dir": str(folder),
        "problem": summary.problem,
        "status": summary.status,
        "stop_reason": summary.stop_reason,
        "live_pid": run.live_pid,
        "proposer": str(run.config.get("proposer", "")),
        "policy": str(run.config.get("policy", "")),
        "sandbox": summary.sandbox,
        "trust": summary.trust,
        "proposals": summary.proposals,
        "evaluations": summary.evaluations,
        "spend_usd": summary.spend_usd,
        "tokens": summary.tokens,
        "best": to_json(summary.best) if summary.best else None,
        "is_better": summary.is_better,
        "course": list(course),
    }
    is_certified = summary.best is not None and summary.best.purpose == Purpose.CERTIFY.value
    row = (
        folder.name,
        summary.problem,
        summary.status,
        str(summary.evaluations),
        _headline(run),
        "yes" if is_certified else "no",
        sparkline(course),
        money_text(summary.spend_usd) if summary.tokens else "–",
        summary.trust,
    )
    return document, row


def _headline(run: RecordedRun) -> str:
    objectives, standing = run.objectives, run.summary.best
    if not objectives or standing is None or objectives[0].name not in standing.scores:
        return "–"
    return f"{objectives[0].name} {score_text(standing.scores[objectives[0].name], objectives[0].unit)}"


def _course(run: RecordedRun) -> list[float]:
    """Best headline so far after each search evaluation, in order of creation; the seed's first."""
    if not run.objectives:
        return []
    goal = run.objectives[0]
    course: list[float] = []
    for candidate in run.state.candidates.values():
        evaluation = candidate.search_evaluation
        if evaluation is None or (not evaluation.is_ok and not course):
            continue
        value = evaluation.value(goal.name) if evaluation.is_ok else course[-1]
        course.append(value if not course or goal.is_better(value, course[-1]) else course[-1])
    return course


# ------------------------------------------------------------------------------------------------- show


def show(run: opt.Run, *, run_dir: opt.RunsDir = None, as_json: opt.AsJson = False) -> None:
    """Show what a run came to, and its configuration."""
    found = read_run(resolve_run(run, run_dir))
    if as_json:
        summary = summary_document(found.summary)
        config = cast("JSON", dict(found.config))
        print_json({**summary, "live_pid": found.live_pid, "config": config, "reproduce": launch_command(found.config)})
        return
    print_line(card(found.summary, found.objectives, found.config))
    if found.live_pid is not None:
        say(f"live: process {found.live_pid} writes it")


# ------------------------------------------------------------------------------------------------- best


def best(
    run: opt.Run,
    *,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="PATH", help="Write there: a file, or a folder for several files."),
    ] = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Print or write the winning program.

    The winner is the candidate that held up on fresh inputs; a run without one gives its best so far, and says so.
    """
    found = read_run(resolve_run(run, run_dir))
    chosen, is_verified = _winner(found)
    with RunStore.open(found.folder, read_only=True) as store:
        program = store.get_program(found.state.candidates[chosen].created.program)
    if output is not None:
        _write_program(program, output)
        say(f"wrote {output}")
    if not is_verified:
        say(f"{chosen} is not verified on fresh inputs; it leads by the search's own scores")
    if as_json:
        evaluation = found.state.candidates[chosen].search_evaluation
        standing = to_json(found.summary.best) if is_verified and found.summary.best else None
        scores = {name: to_json(score) for name, score in evaluation.scores.items()} if evaluation else {}
        print_json(
            {
                "run": found.summary.run,
                "candidate": chosen,
                "is_verified": is_verified,
                "best": standing,
                "search_scores": scores,
                "files": dict(program.files),
                "output": str(output) if output else "",
            }
        )
    elif output is None:
        _print_program(program)


def _winner(run: RecordedRun) -> tuple[CandidateId, bool]:
    winner = run.state.winner
    if winner is not None and winner.candidate in run.state.candidates:
        return winner.candidate, True
    from evolve.report import lineage as lineage_of

    # A read of the same figure as the report's, so that both name the same candidate.
    steps = lineage_of(run.state, lambda _: b"{}").steps
    if not steps:
        raise RunError(f"expected a run with candidates, {run.summary.run} has none", fix="evolve resume it first")
    return steps[-1].candidate, False


def _print_program(program: Program) -> None:
    many = len(program.files) > 1
    for name, text in sorted(program.files.items()):
        if many:
            print_line(f"# ---- {clean(name)}")
        # A person looks at this; `-o` writes the bytes as they are.
        print_line(clean(text, len(text) + 1, one_line=False).removesuffix("\n"))


def _write_program(program: Program, output: Path) -> None:
    try:
        if len(program.files) == 1 and not output.is_dir():
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_bytes(next(iter(program.files.values())).encode("utf-8", "surrogatepass"))
        else:
            program.write_to(output)
    except OSError as error:
        raise StoreUnavailable(
            f"expected to write {output}, got: {error.strerror}", fix="choose a place that you may write"
        ) from error


# ---------------------------------------------------------------------------------------------- lineage


def lineage(
    run: opt.Run,
    *,
    diff: Annotated[bool, typer.Option("--diff", help="Also show what each step changed.")] = False,
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="ID", help="Of this candidate instead of the winner.")
    ] = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Show the way from the seed to the winner, step by step, with scores and the proposer's words.

    Scores are those of the search; only the winner's were measured again on fresh inputs.
    """
    from evolve.report.figures import lineage as lineage_of
    from evolve.report.figures import open_run

    store, record = open_run(resolve_run(run, run_dir))
    with store:
        if candidate is not None and candidate not in record.state.candidates:
            raise RunError(
                f"expected a candidate of {record.summary.run}, got {candidate!r}", fix="evolve runs export RUN --csv"
            )
        way = lineage_of(record.state, store.get_blob, candidate=CandidateId(candidate) if candidate else None)
    if as_json:
        print_json(to_json(way))
        return
    for step in way.steps:
        scores = ", ".join(f"{name} {score_text(score)}" for name, score in step.scores.items()) or "no score"
        from_text = f" from {', '.join(step.parents)}" if step.parents else ""
        print_line(f"{step.candidate}  {step.operator}{from_text} by {step.proposer}: {scores}")
        if step.rationale:
            print_line(f"    {clean(step.rationale)}")
        if diff and step.diff:
            print_line("\n".join(f"    {line}" for line in clean(step.diff, 200_000, one_line=False).split("\n")))
    if way.reason:
        say(way.reason)
