"""The two channels: data on stdout, everything else on stderr."""

import json
import sys

from evolve.types import JSON

__all__ = ["print_json", "print_line", "say"]


def print_json(document: JSON) -> None:
    """The one JSON document of a command, on stdout. NaN and infinities are words: JSON has no numbers for them."""
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_with_words(document), indent=2, ensure_ascii=False)
    _write(sys.stdout, text)


def print_line(text: str = "") -> None:
    """Data for a person, on stdout."""
    _write(sys.stdout, text)


def say(text: str) -> None:
    """Progress or advice, on stderr."""
    _write(sys.stderr, text)
    sys.stderr.flush()


def _write(stream: object, text: str) -> None:
    # A terminal or pipe that is not UTF-8, and lone surrogates of a model, must not end the command.
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)  # type: ignore[call-overload]


def _with_words(data: JSON) -> JSON:
    if isinstance(data, float) and (data != data or data in {float("inf"), float("-inf")}):  # noqa: PLR0124 (NaN)
        return str(data)
    if isinstance(data, list):
        return [_with_words(item) for item in data]
    if isinstance(data, dict):
        return {key: _with_words(item) for key, item in data.items()}
    return data
