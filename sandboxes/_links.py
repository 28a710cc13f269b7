"""A link: the two byte streams of an open sandbox and the means to end it."""

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandboxes import _proctree

__all__ = ["Link", "PipeLink", "Step"]

_CHUNK = 1 << 18


@dataclass(slots=True)
class Step:
    """What one step over a link did.

    Attributes:
        written: Bytes of the outgoing data that were accepted.
        frames: Bytes that came on the frame stream.
        text: Bytes that came on the text stream.
        is_closed: Whether no frame can come any more.
    """

    written: int = 0
    frames: bytes = b""
    text: bytes = b""
    is_closed: bool = False


class Link(Protocol):
    """The host's end of an open sandbox."""

    def step(self, outgoing: memoryview, timeout_s: float) -> Step:
        """Move what can be moved now, or wait up to ``timeout_s`` until something can."""
        ...

    def usage(self) -> _proctree.TreeUsage | None:
        """What the candidate's processes use, where this side can see it."""
        ...

    def destroy(self) -> None:
        """End every process of the sandbox and remove what it left; safe to call twice."""
        ...


@dataclass
class PipeLink:
    """A link over the standard streams of a child process.

    Attributes:
        process: Started with pipes for all three streams; its standard error is the text stream.
        end: Ends every process of the sandbox, the child included.
    """

    process: "subprocess.Popen[bytes]"
    end: Callable[[], None]
    _is_ended: bool = field(default=False, init=False)
    _open: dict[int, str] = field(default_factory=dict, init=False)
    _pidfd: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        streams = self.process.stdin, self.process.stdout, self.process.stderr
        for stream, name in zip(streams, ("in", "frames", "text"), strict=True):
            if stream is None:
                raise ValueError("expected a process with three pipes")
            os.set_blocking(stream.fileno(), False)
            if name != "in":
                self._open[stream.fileno()] = name
        # A grandchild may hold the pipes open after the death of the sandbox: watch the process as well.
        with contextlib.suppress(OSError):
            self._pidfd = os.pidfd_open(self.process.pid)

    def step(self, outgoing: memoryview, timeout_s: float) -> Step:
        """See `Link.step`."""
        result = Step(is_closed=self._is_ended)
        if self._is_ended:
            return result
        poll = select.poll()
        for number in self._open:
            poll.register(number, select.POLLIN)
        if self._pidfd >= 0:
            poll.register(self._pidfd, select.POLLIN)
        stdin = self.process.stdin
        if outgoing and stdin is not None and not stdin.closed:
            poll.register(stdin.fileno(), select.POLLOUT)
        has_ended = False
        for number, _event in poll.poll(max(0.0, timeout_s) * 1000):
            if number in self._open:
                self._read(number, result)
            elif number == self._pidfd:
                has_ended = True
            else:
                result.written = self._write(number, outgoing)
        no_frames = "frames" not in self._open.values()
        result.is_closed = (no_frames and not result.frames) or (has_ended and not result.frames and not result.text)
        return result

    def _read(self, number: int, result: Step) -> None:
        try:
            data = os.read(number, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            del self._open[number]
        elif self._open[number] == "frames":
            result.frames = data
        else:
            result.text = data

    @staticmethod
    def _write(number: int, outgoing: memoryview) -> int:
        try:
            return os.write(number, outgoing)
        except BlockingIOError:
            return 0
        except OSError:  # the other end is gone: the streams will tell how
            return len(outgoing)

    def usage(self) -> _proctree.TreeUsage | None:
        """See `Link.usage`."""
        return None if self._is_ended else _proctree.measure(self.process.pid)

    def destroy(self) -> None:
        """See `Link.destroy`."""
        if self._is_ended:
            return
        self._is_ended = True
        self.end()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)


def wait_for(process: "subprocess.Popen[bytes]", limit_s: float) -> bool:
    """Wait until a child is gone; whether it is."""
    deadline = time.monotonic() + limit_s
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True
