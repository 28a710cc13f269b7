"""The durable record of runs: one run is one folder with ``run.sqlite``."""

from evolve.store._run_store import RunStore, StoredEvent
from evolve.store.export import export_csv, export_jsonl
from evolve.store.runs import find_run, list_runs, new_run_folder, runs_folder

__all__ = [
    "RunStore",
    "StoredEvent",
    "export_csv",
    "export_jsonl",
    "find_run",
    "list_runs",
    "new_run_folder",
    "runs_folder",
]
