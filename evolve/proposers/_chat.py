"""Reads the chat-completion shape that nearly all providers answer in, however badly it is filled in."""

from collections.abc import Mapping

from evolve.completions import Completion, ModelRequest, Price
from evolve.proposers._retry import TransientFault
from evolve.types import Usage

__all__ = ["MAX_TEXT_CHARS", "read_chat"]

MAX_TEXT_CHARS = 1024 * 1024
"""What is kept of an answer; the rest is cut and the finish reason says ``length``."""
_CHARS_PER_TOKEN = 4.0  # for estimates where a provider reports no usage


def read_chat(data: object, *, name: str, request: ModelRequest, price: Price | None) -> Completion:
    """The completion that a decoded body holds; an empty answer is one, too: it was paid for.

    Raises:
        TransientFault: The body has another shape.
    """
    if not isinstance(data, Mapping):
        raise TransientFault(f"a body that is no chat completion ({type(data).__name__})")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if choices == [] and _tokens(data.get("usage")) is not None:
        # Filtered whole, and billed: asking again would only be billed again.
        return Completion("", _usage(data.get("usage"), "", request, price), name, "content_filter")
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise TransientFault(f"a body without an answer: {str(data.get('error') or dict(data))[:200]}")
    text = _text(message.get("content"))
    finish = choice.get("finish_reason")
    finish_reason = finish if isinstance(finish, str) else "stop"
    if len(text) > MAX_TEXT_CHARS:
        text, finish_reason = text[:MAX_TEXT_CHARS], "length"
    usage = _usage(data.get("usage"), text, request, price)
    return Completion(text, usage, name, finish_reason)


def _text(content: object) -> str:
    """The answer's text; half surrogate pairs, which no file can hold, become question marks."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content.encode(errors="replace").decode() if isinstance(content, str) else ""


def _usage(reported: object, text: str, request: ModelRequest, price: Price | None) -> Usage:
    source = price.source if price else "unknown"
    tokens = _tokens(reported)
    if tokens is None:
        asked = sum(len(message.content) for message in request.messages)
        tokens = (int(asked / _CHARS_PER_TOKEN) + 1, int(len(text) / _CHARS_PER_TOKEN) + 1, 0)
        source = "estimated"
    cost = None
    if price is not None:
        cost = (tokens[0] * price.input_usd_per_mtok + tokens[1] * price.output_usd_per_mtok) / 1e6
    return Usage(tokens[0], tokens[1], tokens[2], cost, source, calls=1)


def _tokens(reported: object) -> tuple[int, int, int] | None:
    """Input, output and cached tokens, if they are reported as numbers that make sense."""
    if not isinstance(reported, Mapping):
        return None
    given, made = reported.get("prompt_tokens"), reported.get("completion_tokens")
    if not _is_count(given) or not _is_count(made):
        return None
    details = reported.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    return int(str(given)), int(str(made)), int(str(cached)) if _is_count(cached) else 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
