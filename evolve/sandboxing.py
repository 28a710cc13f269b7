"""Which sandbox a run uses: the strongest that works here, or the one asked for, and never a silent step down."""

from dataclasses import dataclass

from evolve import plugins
from evolve.errors import SandboxUnavailable
from evolve.protocols import Availability
from evolve.types import Trust

__all__ = ["SandboxChoice", "choose_sandbox"]

GROUP = "evolve.sandboxes"
AUTO = "auto"
ISOLATING = ("docker", "bubblewrap")  # strongest first
WITHOUT_ISOLATION = "process"
FIX = (
    "apt-get install bubblewrap, or install Docker and run `evolve doctor --build-image`, or pass --sandbox process "
    "if you trust the candidates"
)


@dataclass(frozen=True, slots=True)
class SandboxChoice:
    """The sandbox that a run will use.

    Attributes:
        name: Entry-point name.
        trust: Label that every score will carry.
        detail: What was found, one line.
        warnings: Lines that the user must see.
    """

    name: str
    trust: Trust
    detail: str
    warnings: tuple[str, ...] = ()


def choose_sandbox(name: str, *, is_trusted_proposer: bool) -> SandboxChoice:
    """The sandbox for a run.

    Args:
        name: A provider, or ``auto`` for the strongest that isolates and works here.
        is_trusted_proposer: Whether candidates come from trusted moves only; then ``auto`` may fall back to a provider
            without isolation where nothing else works.

    Raises:
        SandboxUnavailable: The provider does not work here, or ``auto`` found nothing that may be used.
        UsageError: There is no provider of this name.
    """
    return _choose_strongest(is_trusted_proposer=is_trusted_proposer) if name == AUTO else _choose_named(name)


def _choose_named(name: str) -> SandboxChoice:
    provider = plugins.load(GROUP, name)
    found: Availability = provider.probe()
    if not found.is_available:
        raise SandboxUnavailable(f"expected the sandbox {name} to work here: {found.detail}", fix=found.fix or FIX)
    return _choice(name, provider.trust, found.detail)


def _choose_strongest(*, is_trusted_proposer: bool) -> SandboxChoice:
    reasons = []
    installed = {plugin.name for plugin in plugins.available(GROUP)}
    for name in ISOLATING:
        if name not in installed:
            continue
        provider = plugins.load(GROUP, name)
        found: Availability = provider.probe()
        if found.is_available:
            return _choice(name, provider.trust, found.detail)
        reasons.append(f"{name}: {found.detail}")
    why = "; ".join(reasons) or "no provider is installed"
    if not is_trusted_proposer:
        raise SandboxUnavailable(f"expected a sandbox that isolates candidates, found none ({why})", fix=FIX)
    choice = _choose_named(WITHOUT_ISOLATION)
    return SandboxChoice(
        choice.name, choice.trust, choice.detail, (f"nothing here isolates candidates ({why})", *choice.warnings)
    )


def _choice(name: str, trust: Trust, detail: str) -> SandboxChoice:
    if trust is not Trust.UNSAFE:
        return SandboxChoice(name, trust, detail)
    warning = f"sandbox {name} does not isolate: candidates run as you; every score is labelled {trust.value}"
    return SandboxChoice(name, trust, detail, (warning,))
