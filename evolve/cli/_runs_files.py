"""``evolve runs export``, ``path`` and ``rm``."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TextIO

import typer

from evolve.cli import _options as opt
from evolve.cli._output import print_json, print_line, say
from evolve.cli._runs import resolve_run
from evolve.errors import RunError, StoreUnavailable, UsageError
from evolve.store import RunStore, export_csv, export_jsonl

__all__ = ["export", "path", "rm"]


def path(run: opt.Run, *, run_dir: opt.RunsDir = None, as_json: opt.AsJson = False) -> None:
    """Print the folder of a run, e.g. for `sqlite3 "$(evolve runs path latest)/run.sqlite"`."""
    folder = resolve_run(run, run_dir)
    print_json({"run": folder.name, "run_dir": str(folder)}) if as_json else print_line(str(folder))


def export(
    run: opt.Run,
    *,
    html: Annotated[bool, typer.Option("--html", help="One self-contained page [default].")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object per event.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="One line per candidate.")] = False,
    with_blobs: Annotated[bool, typer.Option("--with-blobs", help="Programs and prompts too, with --jsonl.")] = False,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="RUN", help="A best-of-n run to show beside it, with --html.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write; `-` for stdout.")
    ] = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Write a run as HTML, JSON lines or CSV.

    HTML goes to report.html in the run's folder, the others to stdout, unless -o says otherwise. `--json` prints
    what was written where.
    """
    if sum((html, jsonl, csv)) > 1:
        raise UsageError("expected one of --html, --jsonl and --csv, got several", fix="export twice")
    if with_blobs and not jsonl:
        raise UsageError("expected --jsonl with --with-blobs", fix="evolve runs export RUN --jsonl --with-blobs")
    if baseline is not None and (jsonl or csv):
        raise UsageError("expected --html with --baseline", fix="evolve runs export RUN --html --baseline RUN")
    folder = resolve_run(run, run_dir)
    if jsonl or csv:
        kind = "jsonl" if jsonl else "csv"
        if as_json and output is None:
            raise UsageError("expected -o FILE with --json, both would go to stdout", fix=f"-o {folder.name}.{kind}")
        written = _export_text(folder, output, export_csv if csv else _jsonl(with_blobs=with_blobs))
    else:
        from evolve.report import write_report

        other = resolve_run(baseline, run_dir) if baseline is not None else None
        kind, written = "html", write_report(folder, output, baseline=other)
    if as_json:
        print_json({"run": folder.name, "format": kind, "path": str(written) if written else ""})
    elif written is not None and kind == "html":
        print_line(str(written))
    elif written is not None:
        say(f"wrote {written}")


def _jsonl(*, with_blobs: bool) -> Callable[[RunStore, TextIO], int]:
    return lambda store, out: export_jsonl(store, out, with_blobs=with_blobs)


def _export_text(folder: Path, output: Path | None, write: Callable[[RunStore, TextIO], int]) -> Path | None:
    with RunStore.open(folder, read_only=True) as store:
        if output is None or str(output) == "-":
            write(store, sys.stdout)
            return None
        try:
            with output.open("w", encoding="utf-8", newline="\n") as out:
                write(store, out)
        except OSError as error:
            raise StoreUnavailable(
                f"expected to write {output}, got: {error.strerror}", fix="choose a file that you may write"
            ) from error
        return output


def rm(
    run: opt.Run,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Remove a run, its record, report and all.

    Refused while the run is live. Without --yes it asks on a terminal and refuses elsewhere.
    """
    folder = resolve_run(run, run_dir)
    pid = RunStore.live_pid(folder)
    if pid is not None:
        raise RunError(
            f"expected a run without a live writer, process {pid} writes it", fix=f"evolve stop {folder.name}"
        )
    if not yes:
        _ask(folder)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreUnavailable(
            f"expected to remove {folder}, got: {error.strerror}", fix="remove it by hand: it may be incomplete now"
        ) from error
    print_json({"removed": str(folder)}) if as_json else print_line(f"removed {folder}")


def _ask(folder: Path) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"expected --yes to remove {folder} without a terminal", fix=f"evolve runs rm {folder.name} --yes"
        )
    typer.confirm(f"remove {folder} and everything in it?", abort=True, err=True)
