"""Builds the container image of the docker sandbox."""

from importlib import import_module

from evolve.cli._output import say
from evolve.cli._text import clean
from evolve.plugins import load

__all__ = ["DEFAULT_BASE", "build"]

DEFAULT_BASE = "python:3.12-slim"  # as the Dockerfile has it


def build(base: str | None, network: str | None) -> str:
    """Build the image and give its id.

    Raises:
        SandboxUnavailable: No engine answers, or the build fails.
    """
    # The provider's own module knows how; the command line reaches it as it reaches any plug-in.
    provider = load("evolve.sandboxes", "docker")
    identity: str = import_module(provider.__module__).build_image(
        base or DEFAULT_BASE, network=network, on_line=lambda line: say(clean(line, 400))
    )
    say(f"built {identity}")
    return identity
