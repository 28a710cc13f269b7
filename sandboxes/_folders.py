"""Private folders of local sandboxes, and the removal of those that a killed process has left."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sandboxes import _owners

__all__ = ["make_folder", "remove_tree"]

_PREFIX = "evolve-sandbox-"


def make_folder() -> Path:
    """A new private folder, marked with its owner; folders of owners that have ended are removed on the way."""
    _remove_orphans(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (folder / "owner").write_text(_owners.this_process())
    return folder


def remove_tree(folder: Path) -> None:
    """Remove a folder that a candidate may have filled with anything."""
    with contextlib.suppress(RecursionError):  # a chain of folders deeper than Python can follow
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # such a chain, or folders without permissions
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", str(folder)], check=False, capture_output=True)


def _remove_orphans(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            is_ours = not folder.is_symlink() and folder.stat().st_uid == os.getuid()
            owner = (folder / "owner").read_text() if is_ours else ""
        except OSError:  # removed by its owner in this moment, or not marked yet
            continue
        if _owners.is_gone(owner):
            remove_tree(folder)
