"""Runs as the commands read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from evolve.cli._configure import configured_runs_dir
from evolve.codec import to_json
from evolve.state import RunState, fold
from evolve.store import RunStore
from evolve.store.runs import find_run
from evolve.summary import Summary, run_objectives, summarize
from evolve.types import JSON, Objective

__all__ = ["RecordedRun", "read_run", "resolve_run", "summary_document"]


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as its events tell it at this moment.

    Attributes:
        folder: Where it is.
        state: The folded events.
        summary: What it came to; ``interrupted`` where its process died without a word.
        live_pid: The process that writes it, ``None`` if nobody does.
    """

    folder: Path
    state: RunState
    summary: Summary
    live_pid: int | None

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives of the run, headline first."""
        return run_objectives(self.state)

    @property
    def config(self) -> Mapping[str, object]:
        """The configuration in force."""
        return self.state.config


def resolve_run(reference: str, runs_dir: str | None = None) -> Path:
    """The folder that a user's RUN names."""
    return find_run(reference, configured_runs_dir(runs_dir))


def read_run(folder: Path) -> RecordedRun:
    """Fold a run; its writer is not disturbed.

    Raises:
        RunError: The folder holds no run, or a newer evolve wrote it.
    """
    with RunStore.open(folder, read_only=True) as store:
        state = fold((stored.time, stored.event) for stored in store.events())
    pid = RunStore.live_pid(folder)
    summary = summarize(state, folder)
    if summary.status == "running" and pid is None:
        reason = "the process that wrote it ended without a word"
        summary = replace(summary, status="interrupted", stop_reason=reason)
    return RecordedRun(folder, state, summary, pid)


def summary_document(summary: Summary) -> dict[str, JSON]:
    """The JSON of a summary; each gain also has its value as ``ratio``, the key that scripts rely on."""
    document = cast("dict[str, JSON]", to_json(summary))
    for gain in cast("dict[str, dict[str, JSON]]", document["gain"]).values():
        gain["ratio"] = gain["value"]
    return document
