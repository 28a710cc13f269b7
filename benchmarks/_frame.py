"""What every benchmark prints beside its figures: machine, versions, commit."""

import argparse
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from evolve.environment import describe_environment

__all__ = ["arguments", "publish"]

Row = Mapping[str, str | int | float | None]


def arguments(description: str) -> argparse.Namespace:
    """The options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--quick", action="store_true", help="less work, coarser figures")
    return parser.parse_args()


def publish(results: Sequence[Row], *, as_json: bool) -> None:
    """Print the results with where they come from."""
    environment = describe_environment()
    machine = {key: environment[key] for key in ("processor", "cores", "platform")}
    versions = {"evolve": environment["evolve"], "python": platform.python_version()}
    commit = _commit()
    if as_json:
        print(
            json.dumps({"results": list(results), "machine": machine, "versions": versions, "commit": commit}, indent=2)
        )
        return
    columns = list(results[0])
    cells = [columns, *[[_cell(row[column]) for column in columns] for row in results]]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    print(f"\n{machine['processor']}, {machine['cores']} cores; Python {versions['python']}; commit {commit}")


def _cell(value: str | float | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _commit() -> str:
    here = Path(__file__).parent
    run = subprocess.run(
        ["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return run.stdout.strip() or "unknown"
