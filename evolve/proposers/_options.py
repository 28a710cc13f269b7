"""Reads a proposer's own options: unknown keys and wrong types are errors with a suggestion."""

from collections.abc import Mapping

from evolve.errors import ConfigError
from evolve.plugins import suggest

__all__ = ["read_options"]


def read_options(proposer: str, options: Mapping[str, object], defaults: Mapping[str, object]) -> dict[str, object]:
    """The options with defaults filled in; each value has the type of its default (an int is a float, too).

    A default of ``None`` takes any type; the caller checks it.

    Raises:
        ConfigError: An option is unknown or has another type.
    """
    for key, value in options.items():
        if key not in defaults:
            known = ", ".join(sorted(defaults)) or "no options at all"
            raise ConfigError(
                f"the proposer {proposer!r} takes {known}; got {key!r}{suggest(key, list(defaults))}",
                fix=f"remove or rename proposer option {key!r}",
            )
        if not _fits(value, defaults[key]):
            raise ConfigError(
                f"expected {type(defaults[key]).__name__} for proposer option {key!r}, got {value!r}",
                fix=f"the default is {defaults[key]!r}",
            )
    return {**defaults, **options}


def _fits(value: object, default: object) -> bool:
    if default is None or value is None:
        return default is None
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))
