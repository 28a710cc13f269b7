"""The host side of a session: requests, deadlines, limits, and a typed status for whatever comes back."""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from evolve.calls import CallResult, Data
from evolve.errors import SandboxUnavailable
from evolve.types import Limits, Status
from sandboxes import _proctree
from sandboxes._links import Link
from sandboxes._text import PrintedText, clean_text
from sandboxes.frames import FrameLimits, FrameReader, FrameTooLarge, ProtocolError, encode_frame

__all__ = ["GuestSession", "GuestSetup", "OpenSessions", "frame_limits"]

MIB = 1 << 20
OPEN_LIMIT_S = 30.0  # an interpreter starts in 20 ms, a container in 300 ms; beyond this something is broken
TEXT_GRACE_S = 0.5  # printed text follows its reply within a pipe's length; only a tampering candidate is late
DEATH_GRACE_S = 1.0  # the supervisor's last words
WATCH_EVERY_S = 0.1
_FROM_HOST = FrameLimits(header_bytes=64 * MIB, payload_bytes=1 << 32, nodes=5_000_000)
_GUEST_FAILURES = {
    Status.CRASHED,
    Status.INVALID,
    Status.OUT_OF_MEMORY,
    Status.OUTPUT_LIMIT,
    Status.PROTOCOL_VIOLATION,
}


@dataclass(frozen=True, slots=True)
class GuestSetup:
    """What the guest is told when it starts.

    Attributes:
        root: Folder of the program inside the sandbox.
        entry: Module to import, relative to it.
        scratch: Writable working folder.
        packages: Folders that are added to the import path.
        guest: Folder that the guest itself was imported from, taken off the import path.
        files: Files that the guest has to write first, where the host cannot put them there.
        rlimits: Resource limits of the worker, lower-case names without ``RLIMIT_``.
    """

    root: str
    entry: str
    scratch: str
    packages: tuple[str, ...]
    guest: str
    files: Mapping[str, str]
    rlimits: Mapping[str, int]


def frame_limits(limits: Limits) -> FrameLimits:
    """What a reply may hold: most of it as arrays, a small part as JSON."""
    return FrameLimits(header_bytes=min(limits.reply_mb, 4) * MIB, payload_bytes=limits.reply_mb * MIB)


class GuestSession:
    """An open sandbox behind a link; fulfils `evolve.protocols.Session`.

    Args:
        link: To a guest that has just been started.
        setup: What it is told.
        limits: Limits of every call.
        nonce: Shared secret that tells the guest's frames and marks from stray bytes.

    Raises:
        SandboxUnavailable: The guest did not come up.
    """

    def __init__(self, link: Link, setup: GuestSetup, limits: Limits, nonce: str) -> None:
        self._link = link
        self._limits = limits
        self._nonce = nonce
        self._text = PrintedText(limits.output_kb * 1024, nonce)
        self._frames = frame_limits(limits)
        self._calls = 0
        self._final: CallResult | None = None
        self._used_cpu_s = 0.0
        try:
            self._open(setup)
        except BaseException:
            self._link.destroy()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, function: str, *args: Data, timeout_s: float | None = None) -> CallResult:
        """See `evolve.protocols.Session.call`.

        Raises:
            ProtocolError: An argument cannot cross; a fault of the caller.
        """
        if self._final is not None:
            return self._final
        self._calls += 1
        limit_s = min(self._limits.timeout_s, timeout_s if timeout_s is not None else self._limits.timeout_s)
        request = encode_frame(
            {"kind": "call", "id": self._calls, "function": function, "args": list(args)}, _FROM_HOST
        )
        start = time.monotonic()
        cpu_before = self._used_cpu_s
        try:
            outcome = self._exchange(request, start + limit_s)
        except BaseException:  # an interrupt or a broken daemon: nothing may keep running
            self.close()
            raise
        wall_s = time.monotonic() - start
        if isinstance(outcome, _Failure):
            if outcome.status is Status.TIMEOUT:
                outcome = _Failure(Status.TIMEOUT, f"no answer within the limit of {limit_s:g} s")
            return self._fail(outcome, wall_s, self._used_cpu_s - cpu_before)
        if self._drain(self._calls):
            outcome = _Failure(Status.PROTOCOL_VIOLATION, "bytes came that belong to no reply")
            return self._fail(outcome, wall_s, self._used_cpu_s - cpu_before)
        usage = self._link.usage()
        self._used_cpu_s = usage.cpu_s if usage else 0.0
        return self._result(outcome, wall_s, self._used_cpu_s - cpu_before)

    def close(self) -> None:
        """See `evolve.protocols.Session.close`."""
        self._link.destroy()
        if self._final is None:
            self._final = CallResult(Status.CRASHED, message="the session is closed")

    @property
    def is_over(self) -> bool:
        """Whether the session is closed or has failed for good; nothing of it is left then."""
        return self._final is not None

    # ---------------------------------------------------------------------------------------- exchange

    def _open(self, setup: GuestSetup) -> None:
        hello = encode_frame(
            {
                "root": setup.root,
                "entry": setup.entry,
                "scratch": setup.scratch,
                "packages": list(setup.packages),
                "guest": setup.guest,
                "files": dict(setup.files),
                "limits": dict(setup.rlimits),
                "header_bytes": self._frames.header_bytes,
                "payload_bytes": self._frames.payload_bytes,
            },
            _FROM_HOST,
        )
        answer = self._exchange(hello, time.monotonic() + OPEN_LIMIT_S)
        if isinstance(answer, _Failure) or answer.get("kind") != "hello" or answer.get("nonce") != self._nonce:
            self._drain(-1)
            words = " ".join(self._text.take()[0].split())[-400:]
            raise SandboxUnavailable(
                f"expected the guest runner to start, got: {words or 'no answer'}", fix="evolve doctor"
            )

    def _exchange(self, request: bytes, deadline: float) -> "dict[str, Data] | _Failure":
        """Send a request and read one reply, or say how that failed."""
        outgoing = memoryview(request)
        reader = FrameReader(self._frames)
        watch_at = time.monotonic() + WATCH_EVERY_S
        try:
            while not reader.is_complete:
                now = time.monotonic()
                if now >= deadline:
                    return _Failure(Status.TIMEOUT, "")
                if now >= watch_at:
                    watch_at = now + WATCH_EVERY_S
                    if (excess := self._excess()) is not None:
                        return excess
                step = self._link.step(outgoing, min(deadline, watch_at) - now)
                outgoing = outgoing[step.written :]
                self._text.feed(step.text)
                reader.feed(step.frames)
                if step.is_closed:
                    return self._death(is_partial=not reader.is_empty)
            if outgoing or reader.surplus:
                return _Failure(Status.PROTOCOL_VIOLATION, "bytes came that belong to no reply")
            value = reader.value()
        except FrameTooLarge as error:
            return _Failure(Status.OUTPUT_LIMIT, f"the reply is too large: {error.message}")
        except ProtocolError as error:
            return _Failure(Status.PROTOCOL_VIOLATION, f"the reply is not a legal frame: {error.message}")
        if not isinstance(value, dict):
            return _Failure(Status.PROTOCOL_VIOLATION, "the reply is not a message")
        return value

    def _excess(self) -> "_Failure | None":
        """Whether the tree of processes uses more than it may; a second line behind rlimits and cgroups."""
        usage = self._link.usage()
        if usage is None:
            return None
        self._used_cpu_s = usage.cpu_s
        if usage.tasks > self._limits.processes + 4:  # bubblewrap's two, the supervisor, the worker
            return _Failure(Status.CRASHED, f"more than {self._limits.processes} processes and threads")
        limit = self._limits.memory_mb * MIB
        if usage.resident_bytes > limit:
            used = _proctree.shared_memory_bytes(usage.pids)
            if (usage.resident_bytes if used is None else used) > limit:
                return _Failure(Status.OUT_OF_MEMORY, f"the processes together use more than {limit // MIB} MiB")
        return None

    def _drain(self, call: int) -> bool:
        """Read the text that belongs to a call, up to the guest's mark or a short grace; whether frames came too."""
        deadline = time.monotonic() + TEXT_GRACE_S
        while (self._text.ended_call < call or call < 0) and (left := deadline - time.monotonic()) > 0:
            step = self._link.step(memoryview(b""), left)
            self._text.feed(step.text)
            if step.frames:
                return True
            if step.is_closed and not step.text:
                break
        return False

    def _death(self, *, is_partial: bool) -> "_Failure":
        """How the worker ended, after the supervisor's last words have been waited for."""
        deadline = time.monotonic() + DEATH_GRACE_S
        while self._text.exit_code is None and (left := deadline - time.monotonic()) > 0:
            step = self._link.step(memoryview(b""), left)
            self._text.feed(step.text)
            if step.is_closed and not step.text:
                break
        code = self._text.exit_code
        if self._text.memory_kills:
            return _Failure(Status.OUT_OF_MEMORY, f"killed at the limit of {self._limits.memory_mb} MiB")
        if is_partial:
            return _Failure(Status.PROTOCOL_VIOLATION, "the reply is not a legal frame: it ends early")
        if code is None:
            return _Failure(Status.CRASHED, "the process ended without a word")
        if code > 128:
            return _Failure(Status.CRASHED, f"the process was killed by {_signal_name(code - 128)}")
        return _Failure(Status.CRASHED, f"the process ended itself with exit code {code}")

    # ---------------------------------------------------------------------------------------- results

    def _result(self, reply: "dict[str, Data]", wall_s: float, cpu_s: float) -> CallResult:
        # A candidate can forge a reply, so no field has a known type: an array has no truth value, a list no hash.
        nonce, number, kind = reply.get("nonce"), reply.get("id"), reply.get("kind")
        if not (isinstance(nonce, str) and type(number) is int and isinstance(kind, str)):
            return self._fail(_Failure(Status.PROTOCOL_VIOLATION, "the reply is not a message"), wall_s, cpu_s)
        if nonce != self._nonce or number != self._calls:
            return self._fail(_Failure(Status.PROTOCOL_VIOLATION, "the reply belongs to no call"), wall_s, cpu_s)
        if kind == "value" and set(reply) == {"kind", "nonce", "id", "value"}:
            text, dropped = self._text.take()
            return CallResult(Status.OK, reply["value"], stdout=text, dropped_bytes=dropped, wall_s=wall_s, cpu_s=cpu_s)
        failure = _told_failure(reply)
        if failure is None:
            failure = _Failure(Status.PROTOCOL_VIOLATION, "the reply is not a message")
        return self._fail(failure, wall_s, cpu_s)

    def _fail(self, failure: "_Failure", wall_s: float, cpu_s: float) -> CallResult:
        if failure.is_final:
            self._link.destroy()
        text, dropped = self._text.take()
        result = CallResult(
            failure.status,
            message=clean_text(failure.message),
            stdout=text,
            dropped_bytes=dropped,
            wall_s=wall_s,
            cpu_s=max(0.0, cpu_s),
        )
        if failure.is_final:
            self._final = result
        return result


class OpenSessions:
    """The sessions of a provider that still have to be closed, forgotten ones too."""

    def __init__(self) -> None:
        self._sessions: list[GuestSession] = []

    def add(self, session: GuestSession) -> GuestSession:
        """Remember a session; gives it back."""
        self._sessions = [*(known for known in self._sessions if not known.is_over), session]
        return session

    def close(self) -> None:
        """Close every one that is open."""
        for session in self._sessions:
            session.close()
        self._sessions = []


@dataclass(frozen=True, slots=True)
class _Failure:
    """How a call failed; a final failure ends the session."""

    status: Status
    message: str
    is_final: bool = True


def _told_failure(reply: "dict[str, Data]") -> _Failure | None:
    """The failure that the guest reports, if the report is legal."""
    if reply["kind"] != "failure" or set(reply) != {"kind", "nonce", "id", "status", "message", "is_final"}:
        return None
    status, message, is_final = reply["status"], reply["message"], reply["is_final"]
    if not (isinstance(status, str) and isinstance(message, str) and isinstance(is_final, bool)):
        return None
    if status not in set(_GUEST_FAILURES):
        return None
    # Only an exception of the candidate leaves its state usable.
    found = Status(str(status))
    return _Failure(found, message[:4096], is_final or found is not Status.CRASHED)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
