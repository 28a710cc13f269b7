"""``evolve doctor``."""

from typing import Annotated

import typer

from evolve.cli import _options as opt
from evolve.errors import ConfigError, ExitCode

__all__ = ["doctor"]


def doctor(
    *,
    build_image: Annotated[
        bool, typer.Option("--build-image", help="Build the container image evolve-cpu for the docker sandbox.")
    ] = False,
    base: Annotated[
        str | None, typer.Option("--base", metavar="IMAGE", help="Base image that has Python, for --build-image.")
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", metavar="NAME", help="Network of the build; `host` without a bridge.")
    ] = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Say what works on this machine and how to get the rest.

    Ends with 0 if a search with the genetic proposer would work here, else with 5. Keys are shown by name only.
    """
    from evolve.cli._configure import configured_runs_dir
    from evolve.cli._output import print_json, print_line, say
    from evolve.codec import to_json
    from evolve.doctor import diagnose
    from evolve.store.runs import runs_folder

    if build_image:
        from evolve.cli._image import build

        build(base, network)
    mistake: ConfigError | None = None
    try:
        folder = configured_runs_dir(run_dir)
    except ConfigError as error:
        folder, mistake = runs_folder(run_dir), error
    diagnosis = diagnose(folder, configuration=mistake)
    if as_json:
        print_json(to_json(diagnosis))
    else:
        width = max(len(check.name) for check in diagnosis.checks)
        for check in diagnosis.checks:
            print_line(f"{check.status.ljust(4)}  {check.name.ljust(width)}  {check.detail}")
            if check.fix and check.status != "ok":
                print_line(f"{' ' * (width + 6)}  {check.fix}")
    if diagnosis.can_launch:
        say("a search with the genetic proposer works here: evolve demo")
        return
    say("a search does not work here yet; see `fail` above")
    raise typer.Exit(int(ExitCode.INFRASTRUCTURE))
