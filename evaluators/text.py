"""Makes text that a candidate or a verifier wrote safe to keep and to show: clean, bounded, quoted."""

import unicodedata
from collections.abc import Mapping

__all__ = ["FEEDBACK_BYTES", "clean", "clean_artifacts", "with_printed"]

FEEDBACK_BYTES = 4096
"""Feedback of one evaluation, UTF-8; enough for a traceback and a few instances, little enough for a prompt."""

_ARTIFACTS = 16
_ARTIFACT_BYTES = 64 * 1024
_PRINTED_BYTES = 1024
_CUT = " [cut]"


def clean(text: str, limit_bytes: int) -> str:
    """The text without control, format and surrogate characters, at most ``limit_bytes`` long in UTF-8."""
    # Cut roughly first: a candidate may print megabytes, and looking up categories is slow.
    rough = text[: limit_bytes + 1]
    kept = "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        else "\N{REPLACEMENT CHARACTER}"
        for char in rough
    )
    raw = kept.encode()
    if len(raw) <= limit_bytes:
        return kept
    return raw[: max(0, limit_bytes - len(_CUT))].decode(errors="ignore") + _CUT


def clean_artifacts(artifacts: Mapping[str, str]) -> dict[str, str]:
    """At most 16 artifacts of 64 KiB each, by name."""
    kept = sorted(artifacts)[:_ARTIFACTS]
    return {clean(name, 64): clean(artifacts[name], _ARTIFACT_BYTES) for name in kept}


def with_printed(feedback: str, printed: str) -> str:
    """The feedback, and below it the end of what the program printed, quoted line by line; bounded."""
    if not printed.strip():
        return clean(feedback, FEEDBACK_BYTES)
    cleaned = clean(printed[-_PRINTED_BYTES:], 4 * _PRINTED_BYTES).strip("\n")
    end = cleaned.encode()[-_PRINTED_BYTES:].decode(errors="ignore")  # what was printed last explains most
    lines = end.split("\n")
    quoted = "the program printed (its end):\n" + "\n".join(f"> {line}" for line in lines)
    room = FEEDBACK_BYTES - len(quoted.encode()) - 1
    if room < FEEDBACK_BYTES // 4:
        # Thousands of empty lines would grow when quoted; the verdict matters more.
        return clean(feedback, FEEDBACK_BYTES)
    return f"{clean(feedback, room)}\n{quoted}".lstrip("\n")
