"""What a run notes about the machine and the software that it ran on; never an environment variable's value."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evolve._version import __version__
from evolve.types import JSON

__all__ = ["describe_environment"]

_PACKAGES = ("litellm", "openai", "anthropic", "docker", "numpy")


def describe_environment() -> dict[str, JSON]:
    """Versions, platform and processor, for the record."""
    packages: dict[str, JSON] = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "evolve": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "packages": packages,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
