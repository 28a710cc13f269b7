"""``evolve runs``."""

from evolve.cli._lazy import Entry, lazy_group

__all__ = ["app"]

app = lazy_group(
    "runs",
    "List, show, export and remove runs. RUN is a name, the beginning of one, a path, or `latest`.",
    {
        "list": Entry("evolve.cli._runs_reading:list_", "List the runs, oldest first."),
        "show": Entry("evolve.cli._runs_reading:show", "Show what a run came to, and its configuration."),
        "best": Entry("evolve.cli._runs_reading:best", "Print or write the winning program."),
        "lineage": Entry("evolve.cli._runs_reading:lineage", "Show the way from the seed to the winner."),
        "export": Entry("evolve.cli._runs_files:export", "Write a run as HTML, JSON lines or CSV."),
        "path": Entry("evolve.cli._runs_files:path", "Print the folder of a run."),
        "rm": Entry("evolve.cli._runs_files:rm", "Remove a run."),
    },
)
