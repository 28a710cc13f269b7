"""How policies read the options that a user gave them."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from evolve.errors import ConfigError
from evolve.types import JSON

__all__ = ["parse_options", "reject_unknown"]

T = TypeVar("T")


def reject_unknown(policy: str, options: Mapping[str, JSON], known: Iterable[str]) -> None:
    """Accept only options that the policy has.

    Raises:
        ConfigError: An option is unknown; the nearest known one is suggested.
    """
    names = list(known)
    for name in options:
        if name in names:
            continue
        close = difflib.get_close_matches(name, names, n=1)
        fix = f"did you mean {close[0]}?" if close else f"options of {policy}: {', '.join(names) or 'none'}"
        raise ConfigError(f"expected an option of the policy {policy}, got {name!r}", fix=fix)


def parse_options(cls: type[T], policy: str, options: Mapping[str, JSON]) -> T:
    """The options as a dataclass whose fields are numbers, booleans or mappings with defaults.

    Raises:
        ConfigError: An option is unknown or of another kind.
    """
    if not is_dataclass(cls):
        raise TypeError(f"expected a dataclass, got {cls}")
    defaults: dict[str, Any] = {field.name: getattr(cls(), field.name) for field in fields(cls)}
    reject_unknown(policy, options, defaults)
    for name, value in options.items():
        wanted = type(defaults[name])
        is_right = type(value) is wanted or (wanted is float and type(value) is int)
        if not is_right:
            raise ConfigError(f"expected {wanted.__name__} for {policy}.{name}, got {value!r}")
    return cls(**options)
