"""Finds plug-ins by entry point. Nothing is imported until a plug-in is asked for by name."""

import difflib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from evolve.errors import UsageError

__all__ = ["GROUPS", "PluginInfo", "available", "load", "suggest"]

GROUPS = ("evolve.evaluators", "evolve.policies", "evolve.proposers", "evolve.sandboxes")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """One registered plug-in.

    Attributes:
        group: Entry-point group.
        name: What the user writes.
        target: ``module:Class``.
        distribution: Who provides it, with its version.
    """

    group: str
    name: str
    target: str
    distribution: str


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)}


def available(group: str) -> list[PluginInfo]:
    """Every plug-in of a group, by name; none of them is imported."""
    return [_describe(entry) for entry in _entries(group).values()]


def _describe(entry: EntryPoint) -> PluginInfo:
    distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""
    return PluginInfo(entry.group, entry.name, entry.value, distribution)


# A plug-in's class has the shape of its group's protocol; no common type says so.
def load(group: str, name: str) -> Any:
    """The class that a plug-in names.

    Raises:
        UsageError: There is no such plug-in, or importing it failed; the message names its distribution.
    """
    entries = _entries(group)
    kind = group.rsplit(".", 1)[-1].removesuffix("s").replace("policie", "policy").replace("sandboxe", "sandbox")
    if name not in entries:
        hint = suggest(name, list(entries))
        raise UsageError(
            f"expected a {kind} out of {', '.join(entries) or 'none installed'}; got {name!r}{hint}",
            fix="`evolve plugins` lists what is installed",
        )
    try:
        return cast("Any", entries[name].load())
    except (ImportError, AttributeError) as error:
        info = _describe(entries[name])
        raise UsageError(
            f"expected the {kind} {name!r} of {info.distribution} to import, got {type(error).__name__}: {error}",
            fix=f"reinstall {info.distribution.split(' ')[0]} or choose another {kind}",
        ) from error


def suggest(name: str, known: list[str]) -> str:
    """``; did you mean 'x'?`` where a known name is close, else nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""
