"""From the command's options to a resolved configuration."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.config_layers import Layers, Resolved, resolve, user_file
from evolve.types import JSON

if TYPE_CHECKING:
    from evolve.spec import Problem

__all__ = ["configure", "configured_runs_dir", "local_file"]


def local_file(config_file: Path | None) -> Path | None:
    """The file of ``--config``, else ``./evolve.toml`` where there is one."""
    if config_file is not None:
        return config_file
    local = Path("evolve.toml")
    return local.absolute() if local.is_file() else None


def configure(
    problem: "Problem | None",
    flags: Mapping[str, JSON],
    *,
    config_file: Path | None = None,
    assignments: Sequence[str] = (),
) -> Resolved:
    """The configuration of all layers for this machine, folder and command line.

    Raises:
        ConfigError: A layer has an unknown key or a wrong value.
    """
    files = [path for path in (user_file(environment=os.environ),) if path.is_file()]
    local = local_file(config_file)
    if local is not None:
        files.append(local)
    layers = Layers(
        problem_defaults=problem.defaults if problem else {},
        problem_file=str(problem.folder / "problem.toml") if problem else "problem.toml",
        files=tuple(files),
        environment=os.environ,
        assignments=assignments,
        flags=flags,
    )
    return resolve(layers)


def configured_runs_dir(runs_dir: str | None) -> Path:
    """The folder of runs for commands that only read runs: the option, else what the layers say, else ``./runs``."""
    from evolve.store.runs import runs_folder

    return runs_folder(configure(None, {"runs_dir": runs_dir} if runs_dir else {}).config.runs_dir)
