"""Sessions whose calls are counted against the time of the whole evaluation."""

from dataclasses import dataclass
from typing import Self

from evolve.calls import CallResult, Data
from evolve.protocols import Session
from evolve.types import Status

__all__ = ["Meter", "MeteredSession"]

_PRINTED_CHARS = 4096


@dataclass(slots=True)
class Meter:
    """What the calls of one evaluation used together.

    Attributes:
        limit_s: Wall seconds that they may use together.
        call_limit_s: Wall seconds of one call.
        wall_s: Used so far.
        cpu_s: CPU seconds where the sandbox can tell.
        printed: End of what the candidate printed.
    """

    limit_s: float
    call_limit_s: float
    wall_s: float = 0.0
    cpu_s: float = 0.0
    printed: str = ""

    def count(self, result: CallResult) -> None:
        """Add one call."""
        self.wall_s += result.wall_s
        self.cpu_s += result.cpu_s
        self.printed = (self.printed + result.stdout)[-_PRINTED_CHARS:]


class MeteredSession:
    """A `Session` that refuses calls once the evaluation's time is used up."""

    def __init__(self, session: Session, meter: Meter) -> None:
        self._session = session
        self._meter = meter

    def call(self, function: str, *args: Data, timeout_s: float | None = None) -> CallResult:
        """Like `Session.call`, and `Status.TIMEOUT` where the calls together took too long."""
        meter = self._meter
        left = meter.limit_s - meter.wall_s
        if left <= 0:
            return CallResult(
                Status.TIMEOUT,
                message=f"the calls of this evaluation took more than {meter.limit_s:g} s together "
                "(problem.toml: [limits] evaluation_s)",
            )
        wanted = meter.call_limit_s if timeout_s is None else min(timeout_s, meter.call_limit_s)
        result = self._session.call(function, *args, timeout_s=min(wanted, left))
        meter.count(result)
        return result

    def close(self) -> None:
        """Close the session below."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
