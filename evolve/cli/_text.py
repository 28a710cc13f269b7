"""Numbers and foreign texts as one may print them."""

import re
import unicodedata
from collections.abc import Sequence

from evolve.types import Direction, Objective, Score

__all__ = ["clean", "duration_text", "gain_text", "money_text", "score_text", "sparkline", "table_text"]

# Escape sequences of terminals: CSI, OSC (ended by BEL or ST), and two-character ones.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_BARS = "▁▂▃▄▅▆▇█"


def clean(text: str, limit: int = 160, *, one_line: bool = True) -> str:
    """Text of a candidate or model, safe for a terminal: no escapes, control or direction characters, and bounded.

    Args:
        text: Untrusted.
        limit: Longest result in characters.
        one_line: Whether line ends and tabs become spaces; otherwise they stay.
    """
    text = _ESCAPES.sub("", text)
    kept = "".join(c if _is_printable(c) else (" " if c in "\n\r\t" and one_line else _kept_white(c)) for c in text)
    if one_line:
        kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def _is_printable(character: str) -> bool:
    # Cc, Cf (direction overrides), Cs, Co and Cn are out; so are line separators.
    return unicodedata.category(character)[0] != "C" and unicodedata.category(character) not in {"Zl", "Zp"}


def _kept_white(character: str) -> str:
    return character if character in "\n\t" else ""


def number_text(value: float) -> str:
    """Six significant digits, no exponent where none is needed."""
    return f"{value:.6g}"


def score_text(score: Score, unit: str = "") -> str:
    """A score with its interval and n."""
    suffix = f" {unit}" if unit else ""
    if score.n <= 1:
        return f"{number_text(score.value)}{suffix} (n = 1)"
    return f"{number_text(score.value)}{suffix} [{number_text(score.low)}, {number_text(score.high)}] (n = {score.n})"


def gain_text(gain: Score, objective: Objective | None = None) -> str:
    """A ratio best/seed; never without its interval and n."""
    better = ""
    if objective is not None:
        better = ", higher is better" if objective.direction is Direction.MAXIMIZE else ", lower is better"
    if gain.n <= 1:
        return f"{gain.value:.4g} × the seed on one deterministic instance (n = 1, no interval{better})"
    return f"{gain.value:.4g} × the seed, 95 % interval [{gain.low:.4g}, {gain.high:.4g}], n = {gain.n}{better}"


def money_text(cost_usd: float | None) -> str:
    """US dollars; an unknown price is said, never shown as 0."""
    return "price unknown" if cost_usd is None else f"${cost_usd:.4f}"


def duration_text(seconds: float) -> str:
    """``43s``, ``2m05s`` or ``1h02m``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def sparkline(values: Sequence[float], width: int = 12) -> str:
    """The course of a series as a row of bars, lowest to highest."""
    if not values:
        return ""
    last = len(values) - 1
    count = min(width, len(values))
    picked = [values[round(i * last / max(1, count - 1))] for i in range(count)]
    low, high = min(picked), max(picked)
    if high == low:
        return _BARS[0] * count
    return "".join(_BARS[round((value - low) / (high - low) * (len(_BARS) - 1))] for value in picked)


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned by spaces, without trailing ones; what a terminal may not see is taken out of every cell."""
    lines = [list(header), *[[clean(cell, 400) for cell in row] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
