"""Everything that `evolve` raises on purpose, each with the exit code that the command line ends with.

A candidate that fails is data, not an error; only users' mistakes and broken infrastructure raise::

    EvolveError                     1  internal error
    ├── UsageError                  2  a wrong option, name, file or configuration key
    │   ├── ConfigError             2
    │   ├── ProblemError            2  a problem folder that cannot be used
    │   └── RunError                2  a run that is missing, locked or of another version
    ├── ProblemCheckFailed          3  `evolve problems check` found a fault
    ├── InfrastructureError         5  Docker, a sandbox, a model provider or the disk is unavailable
    │   ├── SandboxUnavailable      5
    │   ├── ModelUnavailable        5
    │   ├── EvaluatorCrashed        5
    │   └── StoreUnavailable        5
    └── BudgetTooSmall              6  the budget cannot buy a single proposal

Every message says what was expected, what arrived, and what to do next.
"""

from enum import IntEnum

__all__ = [
    "BudgetTooSmall",
    "ConfigError",
    "EvaluatorCrashed",
    "EvolveError",
    "ExitCode",
    "InfrastructureError",
    "ModelUnavailable",
    "ProblemCheckFailed",
    "ProblemError",
    "ProposerExhausted",
    "RunError",
    "SandboxUnavailable",
    "StoreUnavailable",
    "UsageError",
]


class ExitCode(IntEnum):
    """What the process tells its caller; documented in ``docs/cli.md`` and tested."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    CHECK_FAILED = 3
    NOTHING_BETTER = 4
    INFRASTRUCTURE = 5
    BUDGET_TOO_SMALL = 6
    INTERRUPTED = 130


class EvolveError(Exception):
    """Root of every error that `evolve` raises on purpose.

    Args:
        message: What was expected and what arrived, in one line.
        fix: The next step for the reader, in one line; rendered after the message.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n  next: {self.fix}" if self.fix else self.message


class UsageError(EvolveError):
    """The user asked for something that does not exist or cannot be combined."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A configuration file, variable or option has an unknown key or a wrong value."""


class ProblemError(UsageError):
    """A problem folder cannot be loaded: a missing part, a wrong key, a seed that does not parse."""


class RunError(UsageError):
    """A run folder is missing, locked by a live process, or written by a newer version."""


class ProblemCheckFailed(EvolveError):
    """`evolve problems check` found a seed, reference or red-team program that does not behave as declared."""

    exit_code = ExitCode.CHECK_FAILED


class InfrastructureError(EvolveError):
    """Something outside the candidate failed; the run stops in a resumable state."""

    exit_code = ExitCode.INFRASTRUCTURE


class SandboxUnavailable(InfrastructureError):
    """No sandbox of the wanted strength can be opened on this machine."""


class ModelUnavailable(InfrastructureError):
    """A model provider did not give an answer after the allowed retries.

    Args:
        is_permanent: Whether another try is pointless (a wrong key, an unknown model).
    """

    def __init__(self, message: str, *, fix: str = "", is_permanent: bool = False) -> None:
        super().__init__(message, fix=fix)
        self.is_permanent = is_permanent


class EvaluatorCrashed(InfrastructureError):
    """The trusted verifier process died or raised; a fault of the problem or the machine, never of the candidate."""


class StoreUnavailable(InfrastructureError):
    """The run folder cannot be written: disk full, read-only, or gone."""


class BudgetTooSmall(EvolveError):
    """The budget cannot buy a single proposal and its evaluation."""

    exit_code = ExitCode.BUDGET_TOO_SMALL


class ProposerExhausted(EvolveError):
    """The proposer has nothing more to propose (a script that has ended); the run finishes normally."""
