"""The console script ``evolve``: the table of commands and the one place where errors become exit codes."""

import contextlib
import os
import sys
from collections.abc import Sequence

import typer

from evolve._version import __version__
from evolve.cli._errors import report_error
from evolve.cli._lazy import Entry, lazy_group

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = {
    "launch": Entry("evolve.cli.launch:launch", "Search for a better program of a problem."),
    "resume": Entry("evolve.cli.resume:resume", "Go on with a run, possibly with a larger budget."),
    "stop": Entry("evolve.cli.stop:stop", "Ask a live run to finish what is in flight and stop."),
    "demo": Entry("evolve.cli.demo:demo", "A real search without a key, GPU or Docker, in under two minutes."),
    "problems": Entry("evolve.cli.problems:app", "List, show, write and check problems."),
    "runs": Entry("evolve.cli.runs:app", "List, show, export and remove runs."),
    "doctor": Entry("evolve.cli.doctor:doctor", "Say what works on this machine and how to get the rest."),
    "plugins": Entry("evolve.cli.plugins:plugins", "List installed proposers, policies, sandboxes and evaluators."),
    "config": Entry("evolve.cli.config:app", "Show the configuration and where each value comes from."),
    "schema": Entry("evolve.cli.schema:schema", "Print the JSON schemas of everything that `--json` prints."),
}

app = lazy_group(
    "evolve",
    "Search for measurably better programs; a win that is reported was verified on fresh inputs.\n\n"
    "Start with `evolve demo`, or `evolve launch circle_packing`. "
    "Results go to stdout, progress to stderr; every command that prints results takes --json.",
    COMMANDS,
    with_completion=True,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"evolve {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", callback=_print_version, is_eager=True
    ),
) -> None:
    pass


def _end_quietly() -> int:
    # The reader (head, less) has what it wanted; without this the interpreter complains at its end.
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    try:
        code = app(args=None if argv is None else list(argv), prog_name="evolve", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _end_quietly()
    except SystemExit as exit_of_click:
        if isinstance(exit_of_click.__context__, BrokenPipeError):
            return _end_quietly()
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every error is told to the user here
        return report_error(error, sys.argv[1:] if argv is None else argv)
    return code if isinstance(code, int) else 0
