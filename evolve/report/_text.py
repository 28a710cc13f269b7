"""Untrusted text made harmless to look at, and numbers made pleasant to read."""

import math
import re

from evolve.types import Objective, Score

__all__ = ["clip", "duration", "number", "one_line", "percent_change", "score_text", "titled", "usd", "visible"]

# Characters that change how their neighbours look: bidi controls, zero-width characters, line separators, BOM, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def visible(text: str) -> str:
    """The text with every control, bidi and zero-width character spelled out; line ends and tabs stay.

    A terminal escape would be noise and a bidi override could make a diff read as something that it is not.
    """
    return _UNSEEN.sub(_shown, text.replace("\r\n", "\n"))


def clip(text: str, limit: int) -> str:
    """At most about ``limit`` characters of the text, saying how many were left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} characters left out)"


def one_line(text: str, limit: int = 160) -> str:
    """The first line that says something, clipped."""
    line = next((part.strip() for part in text[: 50 * limit].splitlines() if part.strip()), "")
    return line if len(line) <= limit else f"{line[:limit]}…"


def number(value: float | None, digits: int = 6) -> str:
    """A number with ``digits`` significant digits, thousands grouped, no trailing zeros; a dash for none."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}".replace("-", "−")
    text = f"{value:.{digits}g}"
    if abs(value) >= 1000 and abs(value) < 1e12:
        text = f"{float(text):,.{max(0, digits - len(str(int(abs(value)))))}f}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def titled(objective: Objective) -> str:
    """The objective's name with its unit, where that says more than the name."""
    unit = objective.unit
    return f"{objective.name} ({unit})" if unit and unit != objective.name else objective.name


def usd(value: float | None) -> str:
    """US dollars; ``unknown`` is not zero."""
    if value is None:
        return "unknown"
    if value == 0:
        return "$0"
    return f"${value:,.2f}" if value >= 1 else f"${value:.4f}" if value >= 0.0001 else "< $0.0001"


def duration(seconds: float | None) -> str:
    """A length of time in the two largest units."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def percent_change(ratio: float) -> str:
    """A positive ratio as a change: ``+12.3 %``, ``−4 %``; beyond a factor of 3 or of 1/10 ``3.4×`` and ``÷25``."""
    if ratio >= 3:
        return f"{number(ratio, 3)}×"
    if 0 < ratio <= 0.1:
        return f"÷{number(1 / ratio, 3)}"
    change = (ratio - 1) * 100
    sign = "+" if change >= 0 else "−"
    return f"{sign}{number(abs(change), 3)} %"


def score_text(score: Score | None, unit: str = "") -> str:
    """A score with its unit, and with its interval where there is one."""
    if score is None:
        return "–"
    text = f"{number(score.value)} {unit}".rstrip()
    if score.low == score.high:
        return text
    return f"{text} [{number(score.low, 5)}, {number(score.high, 5)}]"
