"""``evolve config``."""

from typing import Annotated

import typer

from evolve.cli import _options as opt
from evolve.cli._lazy import Entry, lazy_group

__all__ = ["app", "show"]

app = lazy_group(
    "config",
    "Show the configuration and where each value comes from.",
    {"show": Entry("evolve.cli.config:show", "Print every setting that a launch here would use.")},
)


def show(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Also say which layer set each value.")] = False,
    problem: Annotated[str | None, typer.Option("--problem", metavar="PROBLEM", help="Include its defaults.")] = None,
    config: opt.ConfigFile = None,
    set_values: opt.Assignments = None,
    as_json: opt.AsJson = False,
) -> None:
    """Print every setting that a launch here would use.

    Layers, weakest first: defaults, the problem's [defaults], the user's file, ./evolve.toml (or --config),
    environment variables EVOLVE_*, -c, options.
    """
    from evolve.cli._configure import configure
    from evolve.cli._output import print_json, print_line
    from evolve.cli._plan import config_rows
    from evolve.cli._text import table_text
    from evolve.codec import to_json
    from evolve.problems import load_problem

    loaded = load_problem(problem) if problem else None
    flags = opt.given({"problem": problem})
    resolved = configure(loaded, flags, config_file=config, assignments=set_values or [])
    if as_json:
        print_json({"config": to_json(resolved.config), "origins": dict(resolved.origins)})
        return
    rows = config_rows(resolved.config, resolved.origins)
    if origin:
        print_line(table_text(("setting", "value", "from"), rows))
    else:
        print_line(table_text(("setting", "value"), [row[:2] for row in rows]))
