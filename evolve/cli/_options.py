"""The options that several commands share; each that configures a run is named for a field of `RunConfig`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from evolve.types import JSON

__all__ = [
    "ApiKeyEnv",
    "AsJson",
    "Assignments",
    "BaseUrl",
    "ConfigFile",
    "DryRun",
    "MaxEvals",
    "MaxTime",
    "MaxTokens",
    "MaxUsd",
    "Models",
    "Order",
    "Parallel",
    "ParallelProposals",
    "Patience",
    "Policy",
    "PriceIn",
    "PriceOut",
    "ProblemName",
    "Proposer",
    "Run",
    "RunsDir",
    "Sandbox",
    "Seed",
    "given",
]

ProblemName = Annotated[
    str, typer.Argument(metavar="PROBLEM", help="Name of a built-in problem, or path of a problem folder.")
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Name, beginning of a name, path, or `latest`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
RunsDir = Annotated[
    str | None, typer.Option("--run-dir", "--runs-dir", metavar="DIR", help="Folder that holds the runs [./runs].")
]

Proposer = Annotated[
    str | None,
    typer.Option("--proposer", metavar="NAME", help="Who writes candidates [llm with --model, else genetic]."),
]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="NAME", help="Model of the proposer, e.g. openai/gpt-5-mini; may be repeated."),
]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="OpenAI-compatible endpoint for openai/... models.")
]
ApiKeyEnv = Annotated[
    str | None, typer.Option("--api-key-env", metavar="VAR", help="Environment variable that holds the key.")
]
PriceIn = Annotated[
    float | None, typer.Option("--price-in", metavar="USD", help="Price per million input tokens, where unknown.")
]
PriceOut = Annotated[float | None, typer.Option("--price-out", metavar="USD", help="Price per million output tokens.")]
Policy = Annotated[
    str | None, typer.Option("--policy", metavar="NAME", help="What decides what comes next [pareto-queue].")
]
Sandbox = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="NAME", help="auto, docker, bubblewrap or process (unsafe) [auto]."),
]
MaxEvals = Annotated[
    int | None, typer.Option("--max-evals", metavar="N", help="Stop after N evaluations; 0 for no limit [launch: 200].")
]
MaxUsd = Annotated[float | None, typer.Option("--max-usd", metavar="X", help="Spend at most X US dollars on models.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", metavar="N", help="Use at most N model tokens.")]
MaxTime = Annotated[
    str | None, typer.Option("--max-time", metavar="TIME", help="Stop after this wall time: 90s, 10m, 1h30m.")
]
Patience = Annotated[
    int | None,
    typer.Option(
        "--patience", metavar="N", help="Stop after N evaluations in a row that leave the Pareto frontier as it is."
    ),
]
Parallel = Annotated[
    int | None, typer.Option("--parallel", metavar="N", help="Evaluations at once [one per CPU core].")
]
ParallelProposals = Annotated[
    int | None, typer.Option("--parallel-proposals", metavar="N", help="Proposals at once [8 with models].")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="S", help="Seed of every random choice [0].")]
Order = Annotated[
    str | None,
    typer.Option("--order", metavar="HOW", help="tickets (repeatable), arrival (no waiting) or auto [auto]."),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings [./evolve.toml if there].")
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("-c", metavar="KEY=VALUE", help="Any setting, e.g. -c policy.exploration=0.5; may be repeated."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print configuration and an estimate of cost; start nothing, spend nothing.")
]


def given(values: Mapping[str, object]) -> dict[str, JSON]:
    """The options that the user wrote, as configuration values."""
    found: dict[str, JSON] = {}
    for name, value in values.items():
        if value is None or value == []:
            continue
        if name == "max_time_s" and isinstance(value, str):
            from evolve.config_layers import parse_duration

            found[name] = parse_duration(value)
        else:
            found[name] = value  # type: ignore[assignment]
    return found
