"""Sessions in namespaces of their own, made by bubblewrap: no root, no daemon, no image."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import evolve
from evolve.calls import Availability, SandboxSetup
from evolve.errors import SandboxUnavailable
from evolve.program import Program
from evolve.types import Limits, Trust
from sandboxes._environment import guest_environment
from sandboxes._folders import make_folder, remove_tree
from sandboxes._links import PipeLink, wait_for
from sandboxes._packages import GUEST_FOLDER, START_GUEST, HostPython, find_packages, host_python
from sandboxes._session import GuestSession, GuestSetup, OpenSessions
from sandboxes.process import local_rlimits

__all__ = ["BubblewrapSandbox"]

MIB = 1 << 20
FIX = "apt-get install bubblewrap (Debian, Ubuntu), or install Docker and run: evolve doctor --build-image"
_ISOLATE = (
    "--unshare-all",
    "--unshare-user",
    "--disable-userns",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--uid",
    "65534",
    "--gid",
    "65534",
    "--hostname",
    "sandbox",
)


class BubblewrapSandbox:
    """Candidates run in their own user, mount, process, network, IPC and host-name namespaces, with rlimits.

    They see the interpreter, its standard library, the system's shared libraries and the preloaded packages, all
    read-only, their own program, and a scratch folder of bounded size. There is no network and no cgroup.

    A session dies with the thread that opened it.

    Args:
        setup: Limits and packages of every session.

    Raises:
        SandboxUnavailable: bubblewrap or a preloaded package is missing.
    """

    name = "bubblewrap"
    trust = Trust.ISOLATED_NS

    def __init__(self, setup: SandboxSetup) -> None:
        binary = shutil.which("bwrap")
        if binary is None:
            raise SandboxUnavailable("expected the program bwrap, found none", fix=FIX)
        self._setup = setup
        self._python = host_python()
        self._mounts = [binary, *_fixed_mounts(self._python, find_packages(setup.preload))]
        self._folder = make_folder()
        self._sessions = OpenSessions()

    @classmethod
    def probe(cls) -> Availability:
        """See `evolve.protocols.Sandbox.probe`; really starts one."""
        return _probe()

    def open(self, program: Program, entry: str) -> GuestSession:
        """See `evolve.protocols.Sandbox.open`."""
        folder = Path(tempfile.mkdtemp(prefix="session-", dir=self._folder))
        program.write_to(folder)
        nonce = secrets.token_hex(16)
        limits = self._setup.limits
        process, info = self._start(folder, guest_environment("/scratch", nonce, limits.cpus))
        setup = GuestSetup(
            root="/program",
            entry=entry,
            scratch="/scratch",
            packages=("/packages",) if self._setup.preload else (),
            guest="/guest",
            files={},
            rlimits={**local_rlimits(limits), **_process_limit(limits)},
        )
        return self._sessions.add(
            GuestSession(PipeLink(process, lambda: _end(process, info, folder)), setup, limits, nonce)
        )

    def close(self) -> None:
        """See `evolve.protocols.Sandbox.close`."""
        self._sessions.close()
        remove_tree(self._folder)

    def _start(self, folder: Path, environment: dict[str, str]) -> tuple["subprocess.Popen[bytes]", int]:
        info, info_write = os.pipe()
        command = [*self._mounts, "--info-fd", str(info_write), "--ro-bind", str(folder), "/program"]
        command += ["--size", str(self._setup.limits.scratch_mb * MIB), "--perms", "0700", "--tmpfs", "/scratch"]
        command += ["--remount-ro", "/", "--chdir", "/scratch"]
        for name, value in environment.items():
            command += ["--setenv", name, value]
        command += ["--", str(self._python.executable), "-s", "-S", "-c", START_GUEST.format(guest="/guest")]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd="/",
                env={},
                pass_fds=(info_write,),
            )
        except OSError as error:
            os.close(info)
            raise SandboxUnavailable(f"expected bwrap to start, got: {error}", fix=FIX) from error
        finally:
            os.close(info_write)
        return process, info


def _fixed_mounts(python: HostPython, packages: dict[str, Path]) -> list[str]:
    """Everything that all sessions see, in mount order."""
    mounts = [*_ISOLATE, "--proc", "/proc", "--dev", "/dev"]
    shown = _system_mounts(python)
    mounts += shown
    for path in _hidden_folders(python):
        if _is_under(path, [Path(p) for p in shown[2::3]]):
            mounts += ["--tmpfs", str(path), "--remount-ro", str(path)]
    mounts += ["--ro-bind", str(GUEST_FOLDER), "/guest"]
    for name, path in packages.items():
        mounts += ["--ro-bind", str(path), f"/packages/{name}"]
    # /dev is a tmpfs without a limit: nobody may fill it. /tmp leads to the bounded scratch.
    return [*mounts, "--remount-ro", "/dev", "--symlink", "/scratch", "/tmp"]  # noqa: S108 - inside the sandbox


def _system_mounts(python: HostPython) -> list[str]:
    """Shared libraries, the interpreter and its standard library; three words per mount."""
    mounts = []
    for name in ("/lib", "/lib32", "/lib64"):  # links into /usr on most systems
        if Path(name).is_symlink():
            mounts += ["--symlink", os.readlink(name), name]  # noqa: PTH115 - the text of the link as it is
    for folder in _library_folders():
        mounts += ["--ro-bind", str(folder), str(folder)]
    if Path("/etc/ld.so.cache").exists():
        mounts += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    shown = [Path(p) for p in mounts[2::3]]
    for part in (python.executable, python.library, *_shared_python(python)):
        if not _is_under(part, shown):
            mounts += ["--ro-bind", str(part), str(part)]
    return mounts


def _library_folders() -> list[Path]:
    """Folders of shared libraries; the narrow one of the architecture where there is one (Debian, Ubuntu)."""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    narrow = [Path(parent, triplet) for parent in ("/usr/lib", "/lib") if triplet]
    found = [path for path in narrow if path.is_dir()] or [Path("/usr/lib"), Path("/lib")]
    found += [Path("/usr/lib64"), Path("/lib64")]
    return [path for path in found if path.is_dir() and not any(p.is_symlink() for p in (path, *path.parents))]


def _shared_python(python: HostPython) -> list[Path]:
    """The interpreter's own shared library, where it is built with one."""
    return [path for path in (python.prefix / "lib").glob("libpython3*.so*") if path.is_file()]


def _hidden_folders(python: HostPython) -> list[Path]:
    """Folders of installed packages, and this project itself wherever it lies: a candidate must not read verifiers."""
    folders = {Path(path) for path in (*sys.path, *site.getsitepackages()) if path.endswith("-packages")}
    for parent in (python.library.parent, Path("/usr/lib")):
        folders |= set(parent.glob("python3*/*-packages"))
    project = Path(evolve.__file__).resolve().parent.parent
    if not project.name.endswith("-packages"):
        folders.add(project)
    return sorted(path for path in folders if path.is_dir())


def _is_under(path: Path, folders: list[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def _process_limit(limits: Limits) -> dict[str, int]:
    """RLIMIT_NPROC counts per user namespace since Linux 5.14; root is not held by it, the session's watch is."""
    release = tuple(int(part) for part in os.uname().release.split(".")[:2] if part.isdigit())
    return {"nproc": limits.processes + 4} if release >= (5, 14) and os.getuid() != 0 else {}


def _end(process: "subprocess.Popen[bytes]", info: int, folder: Path) -> None:
    """Kill the first process of the namespace: the kernel ends all others before its parent hears of it."""
    with contextlib.suppress(OSError, ValueError):
        os.set_blocking(info, False)
        first = int(json.loads(os.read(info, 4096))["child-pid"])
        if process.poll() is None:
            os.kill(first, signal.SIGKILL)
            wait_for(process, 5.0)
    os.close(info)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    wait_for(process, 5.0)
    remove_tree(folder)


@cache
def _probe() -> Availability:
    binary = shutil.which("bwrap")
    if binary is None:
        return Availability(False, "the program bwrap is not installed", FIX)
    command = [binary, *_ISOLATE, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=4, check=False)
        version = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=1, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Availability(False, f"bwrap does not start: {error}", FIX)
    if done.returncode:
        reason = " ".join(done.stderr.split())[:200] or f"exit code {done.returncode}"
        return Availability(False, f"bwrap cannot make namespaces: {reason}", _explain(reason))
    return Availability(True, f"{version.stdout.strip()}, user namespaces, no cgroup")


def _explain(reason: str) -> str:
    if "disable-userns" in reason or "Unknown option" in reason:
        return "bubblewrap 0.8 or newer is needed: upgrade it, or install Docker"
    if "uid map" in reason or "Operation not permitted" in reason or "Permission denied" in reason:
        return (
            "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu "
            "kernel.apparmor_restrict_unprivileged_userns=0; inside a container add --security-opt seccomp=unconfined"
        )
    return FIX
