"""One worker process, seen from the engine's side."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from evolve.errors import EvaluatorCrashed
from evolve.types import JSON

__all__ = ["WorkerDied", "WorkerProcess", "scrubbed_environment"]

_LINE_LIMIT = 256 * 1024 * 1024
_STDERR_BYTES = 8192
_START_S = 60.0
_GRACE_S = 2.0

_ALLOWED = frozenset(
    {"DOCKER_HOST", "HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
)
_ALLOWED_PREFIXES = ("DOCKER_", "LC_", "XDG_RUNTIME_")


class WorkerDied(Exception):
    """The process ended without an answer; ``code`` is negative for a signal."""

    def __init__(self, code: int | None, stderr: str) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.stderr = stderr


def scrubbed_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The few variables that a verifier needs; keys and tokens of the user are not among them."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in _ALLOWED or (name.startswith(_ALLOWED_PREFIXES) and "AUTH" not in name)
    }
    # Sets of strings must iterate alike in every worker, or equal evaluations could differ.
    return {**kept, "PYTHONHASHSEED": "0"}


class WorkerProcess:
    """A started worker: one question at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._stderr = b""
        self._drain = asyncio.create_task(self._keep_stderr())

    @classmethod
    async def start(cls, folder: Path, *, sandbox: str, label: str) -> "tuple[WorkerProcess, dict[str, JSON]]":
        """A new worker and its first line (``ready`` or ``fault``).

        Raises:
            WorkerDied: It ended before it said anything.
            EvaluatorCrashed: It said nothing in time.
        """
        command = ["-P", "-m", "evaluators.worker", "--problem", str(folder), "--sandbox", sandbox, "--label", label]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            "--parent",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=scrubbed_environment(os.environ),
            limit=_LINE_LIMIT,
            start_new_session=True,  # a Ctrl-C in the terminal must not reach it
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_S):
                return worker, await worker._read()
        except TimeoutError:
            await worker.kill()
            raise EvaluatorCrashed(
                f"expected the verifier of {folder} to start within {_START_S:g} s, got nothing",
                fix="`evolve doctor` tests the sandbox; look for slow work at the top of verify.py",
            ) from None
        except BaseException:
            await worker.kill()
            raise

    async def ask(self, question: JSON) -> dict[str, JSON]:
        """The answer to one request.

        Raises:
            WorkerDied: There will be none.
        """
        stdin = self._process.stdin
        if stdin is None:
            raise WorkerDied(self._process.returncode, "")
        try:
            stdin.write(json.dumps(question).encode() + b"\n")
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise await self._died() from None
        return await self._read()

    async def close(self) -> None:
        """Let it end by itself, and kill it if it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_GRACE_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End it and its process group now; it gets a moment to remove containers. Safe to call twice."""
        if self._process.returncode is None:
            # Not Process.terminate(): it polls first, may so reap the process before asyncio does, and the exit
            # code is lost (asyncio then reports 255).
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(_GRACE_S):
                    await self._process.wait()
            except TimeoutError:
                pass
            finally:
                self._kill_group()
            await self._process.wait()
        else:
            self._kill_group()
        self._drain.cancel()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _read(self) -> dict[str, JSON]:
        stdout = self._process.stdout
        line = b"" if stdout is None else await stdout.readline()
        if not line.endswith(b"\n"):
            raise await self._died()
        return cast("dict[str, JSON]", json.loads(line))

    async def _died(self) -> WorkerDied:
        await self.kill()
        with contextlib.suppress(asyncio.CancelledError):
            await self._drain
        return WorkerDied(self._process.returncode, self._stderr.decode(errors="replace").strip())

    async def _keep_stderr(self) -> None:
        stderr = self._process.stderr
        while stderr is not None and (chunk := await stderr.read(_STDERR_BYTES)):
            self._stderr = (self._stderr + chunk)[-_STDERR_BYTES:]
