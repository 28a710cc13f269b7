"""What a tree of processes uses, read from ``/proc`` on the trusted side, and how to end all of it."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TreeUsage", "descendants", "kill_descendants", "kill_marked", "measure", "shared_memory_bytes"]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class TreeUsage:
    """What a process and its descendants use.

    Attributes:
        pids: Those alive, the root included.
        tasks: Processes and threads.
        resident_bytes: Resident memory, pages that several share counted several times.
        cpu_s: CPU seconds so far, of ended and awaited children too; in steps of 10 ms.
    """

    pids: tuple[int, ...]
    tasks: int
    resident_bytes: int
    cpu_s: float


def descendants(root: int) -> list[int]:
    """Every live descendant of ``root``, nearest first; zombies are left out."""
    found: list[int] = []
    queue = [root]
    while queue:
        for pid in _children(queue.pop(0)):
            queue.append(pid)
            if _state(pid) not in "ZX":
                found.append(pid)
    return found


def measure(root: int) -> TreeUsage:
    """What ``root`` and its descendants use now; processes that end meanwhile count as nothing."""
    pids = (root, *descendants(root))
    tasks = resident = 0
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        if fields:
            ticks += sum(int(field) for field in fields[11:15])
            tasks += int(fields[17])
            resident += int(fields[21]) * _PAGE
    return TreeUsage(pids, tasks, resident, ticks / _TICKS)


def shared_memory_bytes(pids: tuple[int, ...]) -> int | None:
    """Memory of all, each shared page counted once (PSS); ``None`` where the kernel does not tell."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except OSError:
            return None
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def kill_descendants(root: int, *, limit_s: float = 3.0) -> bool:
    """Kill every descendant of ``root`` but not itself; whether none is left.

    A fork bomb makes new processes while the list is read, so that the sweep is repeated until it finds nothing.
    """
    deadline = time.monotonic() + limit_s
    while alive := descendants(root):
        _kill_all(alive)
        if time.monotonic() > deadline:
            return False
    return True


def kill_marked(mark: str, *, limit_s: float = 3.0) -> None:
    """Kill every process whose environment carries ``mark``: what has escaped from its tree."""
    wanted = mark.encode()
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = [pid for pid in _all_pids() if wanted in _environment(pid) and _state(pid) not in "ZX"]
        if not found:
            return
        _kill_all(found)


def _kill_all(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]  # noqa: PTH208 - pids, not paths


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[int]:
    children: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - task numbers, not paths
            children += [int(text) for text in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
    except FileNotFoundError:
        if not Path("/proc/self/task").is_dir() or not _has_children_file():
            return [other for other in _all_pids() if (fields := _stat(other)) and int(fields[1]) == pid]
    except OSError:
        pass
    return children


def _has_children_file() -> bool:
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def _stat(pid: int) -> list[str]:
    """Fields of ``/proc/PID/stat`` from the state on; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else "X"
