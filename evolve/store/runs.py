"""Where runs live and how a person names one."""

import difflib
import os
import re
import secrets
import time
from pathlib import Path

from evolve.errors import RunError
from evolve.store._connections import FILE_NAME
from evolve.store._faults import disk_faults

__all__ = ["find_run", "list_runs", "new_run_folder", "runs_folder"]


def runs_folder(override: str | Path | None = None) -> Path:
    """The folder that holds the runs: ``override``, else ``$EVOLVE_RUNS_DIR``, else ``./runs``; absolute."""
    chosen = override or os.environ.get("EVOLVE_RUNS_DIR") or "runs"
    return Path(chosen).expanduser().absolute()


def new_run_folder(root: Path, problem: str) -> Path:
    """A fresh empty folder ``<problem>-<YYYYmmdd-HHMMSS>-<4 hex>`` under ``root``.

    Raises:
        StoreUnavailable: The folder cannot be made.
    """
    word = re.sub(r"[^A-Za-z0-9_.]+", "_", problem).strip("._") or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with disk_faults(root):
        root.mkdir(parents=True, exist_ok=True)
        while True:
            folder = root / f"{word}-{stamp}-{secrets.token_hex(2)}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # two launches of one second drew the same four digits
            return folder


def list_runs(root: Path) -> list[Path]:
    """The run folders directly under ``root``, oldest start first; empty if there is no such folder."""
    if not root.is_dir():
        return []
    found = [folder for folder in root.iterdir() if (folder / FILE_NAME).is_file()]
    return sorted(found, key=lambda folder: (_started(folder), folder.name))


def find_run(reference: str, root: Path) -> Path:
    """The folder of a run.

    Args:
        reference: A path, a full name, an unambiguous beginning of a name, or ``latest``.
        root: Where named runs are looked up.

    Raises:
        RunError: No run, or several, answer to the reference.
    """
    path = Path(reference).expanduser()
    if (path / FILE_NAME).is_file():
        return path.absolute()
    runs = list_runs(root)
    names = [folder.name for folder in runs]
    if reference == "latest":
        if not runs:
            raise RunError(f"expected a run under {root}, found none", fix="evolve demo, or evolve launch PROBLEM")
        return runs[-1]
    if reference in names:
        return root / reference
    matches = [name for name in names if reference and name.startswith(reference)]
    if len(matches) == 1:
        return root / matches[0]
    if matches:
        raise RunError(
            f"expected one run that begins with {reference!r}, found {len(matches)}: {', '.join(matches[:5])}",
            fix="write more of its name",
        )
    close = difflib.get_close_matches(reference, names, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}? " if close else ""
    raise RunError(f"expected a run, got {reference!r}; no such run under {root}", fix=f"{hint}evolve runs list")


def _started(folder: Path) -> str:
    # The stamp in the name says when it began; a renamed folder goes by the age of its file.
    stamp = re.search(r"-(\d{8}-\d{6})-[0-9a-f]{4}$", folder.name)
    if stamp:
        return stamp.group(1)
    return time.strftime("%Y%m%d-%H%M%S", time.localtime((folder / FILE_NAME).stat().st_mtime))
