"""Sessions in plain child processes: limits on resources, no isolation. For candidates that are trusted."""

import contextlib
import os
import secrets
import subprocess
import tempfile
from pathlib import Path

from evolve.calls import Availability, SandboxSetup
from evolve.errors import SandboxUnavailable
from evolve.program import Program
from evolve.types import Limits, Trust
from sandboxes import _proctree
from sandboxes._environment import guest_environment
from sandboxes._folders import make_folder, remove_tree
from sandboxes._links import PipeLink, wait_for
from sandboxes._packages import GUEST_FOLDER, START_GUEST, find_packages, host_python
from sandboxes._session import GuestSession, GuestSetup, OpenSessions

__all__ = ["ProcessSandbox"]

MIB = 1 << 20


class ProcessSandbox:
    """Candidates run as the user, with rlimits, a private working folder and a scrubbed environment.

    A candidate can read what the user can read and reach the network: scores carry `Trust.UNSAFE`.

    Args:
        setup: Limits and packages of every session.

    Raises:
        SandboxUnavailable: A preloaded package is missing.
    """

    name = "process"
    trust = Trust.UNSAFE

    def __init__(self, setup: SandboxSetup) -> None:
        self._setup = setup
        self._python = host_python()
        self._folder = make_folder()
        self._packages = self._folder / "packages"
        self._packages.mkdir()
        self._sessions = OpenSessions()
        try:
            for name, path in find_packages(setup.preload).items():
                (self._packages / name).symlink_to(path)
        except BaseException:
            self.close()
            raise

    @classmethod
    def probe(cls) -> Availability:
        """See `evolve.protocols.Sandbox.probe`."""
        if os.name != "posix" or not Path("/proc/self/stat").exists():
            return Availability(False, "needs Linux with /proc", "use --sandbox docker")
        return Availability(True, "rlimits only, no isolation")

    def open(self, program: Program, entry: str) -> GuestSession:
        """See `evolve.protocols.Sandbox.open`."""
        folder = Path(tempfile.mkdtemp(prefix="session-", dir=self._folder))
        scratch = folder / "scratch"
        scratch.mkdir()
        program.write_to(folder / "program")
        nonce = secrets.token_hex(16)
        limits = self._setup.limits
        process = self._start(scratch, guest_environment(str(scratch), nonce, limits.cpus))
        setup = GuestSetup(
            root=str(folder / "program"),
            entry=entry,
            scratch=str(scratch),
            packages=(str(self._packages),) if self._setup.preload else (),
            guest=str(GUEST_FOLDER),
            files={},
            rlimits=local_rlimits(limits),
        )
        link = PipeLink(process, lambda: _end(process, folder, nonce))
        return self._sessions.add(GuestSession(link, setup, limits, nonce))

    def close(self) -> None:
        """See `evolve.protocols.Sandbox.close`."""
        self._sessions.close()
        remove_tree(self._folder)

    def _start(self, scratch: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        start = START_GUEST.format(guest=str(GUEST_FOLDER))
        try:
            return subprocess.Popen(
                [str(self._python.executable), "-s", "-S", "-c", start, "--subreaper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=scratch,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailable(f"expected {self._python.executable} to start, got: {error}") from error


def local_rlimits(limits: Limits) -> dict[str, int]:
    """Resource limits of a worker that no cgroup holds.

    ``data`` is private memory, what a program allocates; ``as`` leaves room for shared libraries on top.
    """
    return {
        "data": limits.memory_mb * MIB,
        "as": (limits.memory_mb + 512) * MIB,
        "fsize": limits.scratch_mb * MIB,
        "core": 0,
        "nofile": 256,
    }


def _end(process: "subprocess.Popen[bytes]", folder: Path, nonce: str) -> None:
    """Kill the worker and everything that it started, then its supervisor, then look for what has escaped."""
    has_supervisor = process.poll() is None
    is_clean = _proctree.kill_descendants(process.pid) if has_supervisor else process.returncode >= 0
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    wait_for(process, 5.0)
    if not is_clean:
        _proctree.kill_marked(f"EVOLVE_SESSION={nonce}")
    remove_tree(folder)
