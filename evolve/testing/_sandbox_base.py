"""What the parts of the sandbox suite share: how a candidate is run, and how its processes are looked for."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from evolve.calls import CallResult, Data, SandboxSetup
from evolve.program import Program
from evolve.protocols import Sandbox
from evolve.types import Limits

__all__ = ["LIMITS", "SandboxSuite", "is_running", "settles"]

LIMITS = Limits(timeout_s=20.0, memory_mb=256, processes=32, output_kb=64, reply_mb=32, scratch_mb=8, cpus=1.0)

# Candidates call this to give their process a name that the host can look for.
NAME_PROCESS = """
import ctypes
def name_process(token):
    ctypes.CDLL(None).prctl(15, token.encode(), 0, 0, 0)
"""


class SandboxSuite(ABC):
    """Base of every part of the suite.

    Attributes:
        isolates_files: Whether candidates must not see the host's files.
        isolates_network: Whether candidates must not reach the host's network.
        bounds_scratch: Whether the size of the scratch folder is bounded.
        shares_kernel: Whether the candidate's processes can be seen in this machine's ``/proc``.
    """

    isolates_files = True
    isolates_network = True
    bounds_scratch = True
    shares_kernel = True

    @abstractmethod
    def create(self, setup: SandboxSetup) -> Sandbox:
        """A provider with this setup."""

    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls) -> Iterator[Sandbox]:
        """One provider with moderate limits for all tests of a class."""
        sandbox = cls().create(SandboxSetup(label="conformance", preload=("numpy",), limits=LIMITS))
        yield sandbox
        sandbox.close()

    @pytest.fixture
    def token(self) -> str:
        """A process name that nothing else on this machine has."""
        return f"t{os.urandom(6).hex()}"  # the kernel keeps 15 characters


def run(
    sandbox: Sandbox, source: str, *args: Data, function: str = "main", timeout_s: float | None = None
) -> CallResult:
    """One call into a fresh session that holds one file."""
    with sandbox.open(Program.single(source), "program.py") as session:
        return session.call(function, *args, timeout_s=timeout_s)


def is_running(token: str) -> bool:
    """Whether a live process or thread of this name exists."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "comm").read_text().strip() != token:
                continue
            if (path / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX":
                return True
        except OSError:
            continue
    return False


def settles(token: str, *, running: bool, limit_s: float = 5.0) -> bool:
    """Whether a name is there (or gone) before the limit; killed processes take a moment to go."""
    deadline = time.monotonic() + limit_s
    while is_running(token) is not running:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
