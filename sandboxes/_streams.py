"""A link over the attach stream of a container: one socket both ways, text and frames interleaved."""

import contextlib
import select
import socket
import struct
from collections.abc import Callable

from sandboxes import _proctree
from sandboxes._links import Step

__all__ = ["AttachLink"]

_CHUNK = 1 << 18
_HEADER = struct.Struct(">BxxxL")  # stream number, length of what follows
_TEXT_STREAM = 2


class AttachLink:
    """A link over a container's hijacked attach socket.

    The socket is closed before the container is killed: an unread stream wedges the daemon (moby#41827).

    Args:
        stream: The attach socket; owned from now on.
        end: Kills and removes the container.
    """

    def __init__(self, stream: socket.socket, end: Callable[[], None]) -> None:
        self._stream = stream
        self._end = end
        self._is_ended = False
        self._header = b""
        self._left = 0
        self._number = 0
        stream.setblocking(False)

    def step(self, outgoing: memoryview, timeout_s: float) -> Step:
        """See `sandboxes._links.Link.step`."""
        result = Step(is_closed=self._is_ended)
        if self._is_ended:
            return result
        poll = select.poll()
        poll.register(self._stream, select.POLLIN | (select.POLLOUT if outgoing else 0))
        for _number, event in poll.poll(max(0.0, timeout_s) * 1000):
            if event & select.POLLOUT:
                result.written = self._write(outgoing)
            if event & ~select.POLLOUT:
                self._read(result)
        return result

    def usage(self) -> _proctree.TreeUsage | None:
        """Nothing: the control group holds the limits, and asking the daemon takes a second."""
        return None

    def destroy(self) -> None:
        """See `sandboxes._links.Link.destroy`."""
        if self._is_ended:
            return
        self._is_ended = True
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._end()

    def _write(self, outgoing: memoryview) -> int:
        try:
            return self._stream.send(outgoing)
        except BlockingIOError:
            return 0
        except OSError:  # the container is gone: reading will tell how
            return len(outgoing)

    def _read(self, result: Step) -> None:
        try:
            data = self._stream.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            result.is_closed = True
            return
        frames, text = bytearray(), bytearray()
        view = memoryview(data)
        while view:
            if not self._left:
                view = self._take_header(view)
                continue
            part = view[: self._left]
            if self._number == _TEXT_STREAM:
                text += part
            else:
                frames += part
            self._left -= len(part)
            view = view[len(part) :]
        result.frames, result.text = bytes(frames), bytes(text)

    def _take_header(self, view: memoryview) -> memoryview:
        missing = _HEADER.size - len(self._header)
        self._header += bytes(view[:missing])
        if len(self._header) == _HEADER.size:
            self._number, self._left = _HEADER.unpack(self._header)
            self._header = b""
        return view[missing:]
