"""``evolve stop``."""

import os
import signal
import time
from pathlib import Path

from evolve.cli import _options as opt
from evolve.errors import RunError

__all__ = ["stop"]

_PID_PATIENCE_S = 1.0


def stop(run: opt.Run, *, run_dir: opt.RunsDir = None, as_json: opt.AsJson = False) -> None:
    """Ask a live run to finish what is in flight and stop; a second call drops what is in flight.

    The run stays resumable.
    """
    from evolve.cli._output import print_json, print_line
    from evolve.cli._runs import resolve_run

    folder = resolve_run(run, run_dir)
    pid = _writer(folder)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        raise _not_live(folder) from None
    except PermissionError as error:
        raise RunError(f"expected to stop process {pid}, got: {error.strerror}", fix="ask its owner") from error
    if as_json:
        print_json({"run": folder.name, "run_dir": str(folder), "pid": pid, "signal": "SIGTERM"})
    else:
        print_line(f"asked process {pid} to stop {folder.name}; evolve resume {folder.name} goes on")


def _writer(folder: Path) -> int:
    from evolve.store import RunStore

    deadline = time.monotonic() + _PID_PATIENCE_S
    while (pid := RunStore.live_pid(folder)) is not None:
        if pid > 0:
            return pid
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)  # the writer has its lock and is about to write its process id
    raise _not_live(folder)


def _not_live(folder: Path) -> RunError:
    return RunError(f"expected a live run, nobody writes {folder.name}", fix=f"evolve runs show {folder.name}")
