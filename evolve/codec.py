"""Frozen dataclasses to JSON and back, checked on the way in."""

from typing import Any, TypeVar, cast

from evolve.errors import EvolveError
from evolve.types import JSON

__all__ = ["from_json", "json_schema", "to_json"]

T = TypeVar("T")

_adapters: dict[type, Any] = {}  # pydantic's TypeAdapter, imported on first use


def _adapter(cls: type) -> Any:
    if cls not in _adapters:
        from pydantic import TypeAdapter

        _adapters[cls] = TypeAdapter(cls)
    return _adapters[cls]


def to_json(value: object) -> JSON:
    """The JSON form of a dataclass of this project; enums become their values, tuples become lists."""
    return cast("JSON", _adapter(type(value)).dump_python(value, mode="json"))


def from_json(cls: type[T], data: JSON) -> T:
    """The value that `to_json` wrote.

    Raises:
        EvolveError: ``data`` does not have the shape of ``cls``.
    """
    from pydantic import ValidationError

    try:
        return cast("T", _adapter(cls).validate_python(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top"
        raise EvolveError(f"expected a {cls.__name__}, got something else at {where}: {first['msg']}") from error


def json_schema(cls: type) -> JSON:
    """The JSON Schema of a dataclass of this project."""
    return cast("JSON", _adapter(cls).json_schema())
