"""What launch, resume and demo share: watching a search and telling how it ended."""

from collections.abc import Callable
from pathlib import Path

from evolve.cli._card import card
from evolve.cli._live import progress
from evolve.cli._output import print_json, print_line, say
from evolve.cli._runs import read_run, summary_document
from evolve.doctor import refuse_shadowing
from evolve.errors import ExitCode
from evolve.recorder import Listener
from evolve.summary import Summary

__all__ = ["search"]


def search(start: Callable[[Listener], Summary], *, as_json: bool) -> int:
    """Run a search under a live view, print what it came to, and give the exit code."""
    refuse_shadowing()
    with progress() as listener:
        summary = start(listener)
    if as_json:
        print_json(summary_document(summary))
    else:
        run = read_run(Path(summary.run_dir))
        print_line(card(summary, run.objectives, run.config))
    if summary.exit_code is ExitCode.INTERRUPTED:
        say(f"interrupted; go on with: evolve resume {summary.run}")
    return int(summary.exit_code)
