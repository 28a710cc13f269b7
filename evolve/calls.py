"""What passes between a verifier and a sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, Union

from evolve.types import Judgement, Limits, Status

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Availability", "CallResult", "Data", "SandboxSetup"]

Data: TypeAlias = Union[None, bool, int, float, str, Sequence["Data"], Mapping[str, "Data"], "np.ndarray"]
"""What may cross the trust boundary: JSON values and numeric arrays."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came back from one call into a candidate.

    Attributes:
        status: `Status.OK`, or how the call failed (never `INVALID`/`INCORRECT`: only a verifier can say that).
        value: The returned value where the status is ok; arrays are fresh, writable copies.
        message: One or few lines on a failure, for the proposer; untrusted where the candidate wrote it.
        stdout: What the candidate printed, cut at `Limits.output_kb`; untrusted.
        dropped_bytes: Printed bytes beyond the limit.
        wall_s: Wall seconds on the trusted clock, from request sent to reply read.
        cpu_s: CPU seconds of the candidate where the provider can tell, else 0.
    """

    status: Status
    value: Data = None
    message: str = ""
    stdout: str = ""
    dropped_bytes: int = 0
    wall_s: float = field(default=0.0, compare=False)
    cpu_s: float = field(default=0.0, compare=False)

    @property
    def is_ok(self) -> bool:
        """Whether a value came back."""
        return self.status.is_ok

    def as_judgement(self) -> Judgement:
        """The failure as a judgement, for a verifier to return."""
        return Judgement(self.status, feedback=self.message)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a sandbox provider can work on this machine.

    Attributes:
        is_available: Whether `Sandbox.open` can be expected to work.
        detail: What was found (a version, a missing binary), one line.
        fix: What the user can do where it is not available.
    """

    is_available: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class SandboxSetup:
    """What a provider is constructed with.

    Attributes:
        label: Run id; providers put it on what outlives a process (containers), so that a reaper can find it.
        image: Container image for providers that use one.
        preload: Modules that the candidate may expect (``numpy``); providers make them importable.
        limits: Limits of every session.
    """

    label: str = "adhoc"
    image: str = "evolve-cpu"
    preload: tuple[str, ...] = ()
    limits: Limits = Limits()
