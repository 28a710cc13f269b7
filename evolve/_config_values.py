"""The type of every configuration value, checked; and values written as text."""

import math
import re
import tomllib
from dataclasses import fields
from typing import cast

from evolve.config import RunConfig
from evolve.errors import ConfigError
from evolve.types import JSON

__all__ = ["FIELD_NAMES", "checked", "from_text", "parse_duration"]

_TYPES: dict[str, object] = {field.name: field.type for field in fields(RunConfig)}
FIELD_NAMES = tuple(_TYPES)

_ABOVE_ZERO = {"max_output_tokens", "model_timeout_s"}
_CHOICES = {"order": ("auto", "tickets", "arrival")}
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


def parse_duration(text: str, where: str = "--max-time") -> float:
    """Seconds of ``90``, ``90s``, ``10m``, ``2h`` or ``1h30m``.

    Raises:
        ConfigError: The text is no duration.
    """
    text = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ConfigError(
            f"{where}: expected a duration such as 90s, 10m, 2h or 1h30m, got {text!r}",
            fix="write hours, minutes, seconds",
        )
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), _UNITS_S.values(), strict=True))


def from_text(key: str, text: str) -> object:
    """The value of a ``-c`` or an environment variable: TOML syntax, or else the bare text itself."""
    if _TYPES.get(key) is str:
        # A name is a name: `-c problem=2024` must not become a number.
        return _toml(text) if text[:1] in {'"', "'"} else text
    return _toml(text)


def _toml(text: str) -> object:
    try:
        # One line only: a value must not be able to open another key.
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except tomllib.TOMLDecodeError:
        return text


def checked(key: str, value: object, origin: str) -> JSON:
    """The value as the configuration keeps it.

    Args:
        key: Field name, or ``proposer.NAME``.
        value: As a layer gave it.
        origin: For the message.

    Raises:
        ConfigError: It has the wrong type or range.
    """
    if "." in key:
        return _json(key, value, origin)
    kind = _TYPES[key]
    if kind is bool:
        if not isinstance(value, bool):
            raise _wrong(key, origin, "true or false", value)
        return value
    if kind is int:
        return _integer(key, value, origin)
    if kind == int | None:
        return None if value is None else _integer(key, value, origin)
    if kind is float:
        return _number(key, value, origin)
    if kind == float | None:
        return None if value is None else _number(key, value, origin)
    if kind == tuple[str, ...]:
        return _names(key, value, origin)
    if not isinstance(value, str):
        raise _wrong(key, origin, "a text", value)
    if key in _CHOICES and value not in _CHOICES[key]:
        raise _wrong(key, origin, f"one of {', '.join(_CHOICES[key])}", value)
    return value


def _integer(key: str, value: object, origin: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(key, origin, "a whole number", value)
    if value < (1 if key in _ABOVE_ZERO else 0):
        raise _wrong(key, origin, "1 or more" if key in _ABOVE_ZERO else "0 or more", value)
    return value


def _number(key: str, value: object, origin: str) -> float:
    if key == "max_time_s" and isinstance(value, str):
        return parse_duration(value, f"{origin}: `{key}`")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(key, origin, "a number", value)
    if not math.isfinite(value) or value < 0 or (key in _ABOVE_ZERO and value == 0):
        raise _wrong(
            key, origin, "a finite number above 0" if key in _ABOVE_ZERO else "a finite number from 0 on", value
        )
    return float(value)


def _names(key: str, value: object, origin: str) -> JSON:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise _wrong(key, origin, "a name or a list of names", value)
    return cast("JSON", list(names))


def _json(key: str, value: object, origin: str) -> JSON:
    if isinstance(value, dict):
        return {str(name): _json(f"{key}.{name}", item, origin) for name, item in value.items()}
    if isinstance(value, list):
        return [_json(key, item, origin) for item in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise _wrong(key, origin, "a text, number, boolean, list or table", value)


def _wrong(key: str, origin: str, expected: str, value: object) -> ConfigError:
    names = {
        bool: "the boolean",
        int: "the number",
        float: "the number",
        str: "the text",
        list: "the list",
        dict: "the table",
    }
    got = f"{names.get(type(value), 'the value')} {value!r:.80}"
    return ConfigError(f"{origin}: `{key}`: expected {expected}, got {got}", fix=f"correct it in {origin}")
