"""``evolve schema``."""

from typing import Annotated

import typer

from evolve.errors import UsageError
from evolve.plugins import suggest
from evolve.types import JSON

__all__ = ["schema", "schemas"]


def schemas() -> dict[str, JSON]:
    """Name -> JSON Schema of everything that this program prints, records or reads."""
    from evolve._problem_file import FileOfProblem
    from evolve.check import CheckReport
    from evolve.codec import json_schema
    from evolve.config import RunConfig
    from evolve.doctor import Diagnosis
    from evolve.events import EVENT_TYPES
    from evolve.planning import Plan
    from evolve.plugins import PluginInfo
    from evolve.summary import Summary

    problem_file: JSON = FileOfProblem.model_json_schema()
    return {
        "check": json_schema(CheckReport),
        "doctor": json_schema(Diagnosis),
        "events": {name: json_schema(event) for name, event in EVENT_TYPES.items()},
        "plan": json_schema(Plan),
        "plugin": json_schema(PluginInfo),
        "problem.toml": problem_file,
        "run_config": json_schema(RunConfig),
        "summary": json_schema(Summary),
    }


def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this one, e.g. summary.")] = None,
) -> None:
    """Print the JSON schemas of everything that `--json` prints, that a run records, and of problem.toml.

    Without a NAME all of them, as one JSON object.
    """
    from evolve.cli._output import print_json

    known = schemas()
    if name is None:
        print_json(known)
    elif name in known:
        print_json(known[name])
    else:
        raise UsageError(
            f"expected a schema out of {', '.join(known)}, got {name!r}{suggest(name, list(known))}",
            fix="evolve schema prints all of them",
        )
