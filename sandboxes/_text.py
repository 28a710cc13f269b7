"""Text that comes out of a sandbox: bounded, cleaned, with the guest's own marks taken out."""

import re

__all__ = ["PrintedText", "clean_text"]

# Control characters could steer a terminal or split a log line; tab and newline stay.
_CONTROL = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_MAX_MARK_BYTES = 120


def clean_text(raw: bytes | str) -> str:
    """Text without control characters; bytes that are not UTF-8 and lone surrogates are replaced."""
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw.encode(errors="replace").decode()
    return text.translate(_CONTROL)


class PrintedText:
    """The text stream of one session: keeps ``limit_bytes`` per call, counts the rest.

    The guest ends the text of each call with a mark, and its supervisor leaves one when the worker has ended. A
    candidate can forge both; it gains nothing, because they only say where text belongs and which failure it was.

    Attributes:
        ended_call: Number of the last call whose text is complete.
        exit_code: How the worker ended (128 + signal where it was killed), or ``None``.
        memory_kills: How often the kernel had to kill for memory.
    """

    def __init__(self, limit_bytes: int, nonce: str) -> None:
        self.limit_bytes = limit_bytes
        self.ended_call = -1
        self.exit_code: int | None = None
        self.memory_kills = 0
        self._mark = re.compile(rb"\0evolve:%s:(?:end:(\d{1,9})|exit:(\d{1,3}):(\d{1,9}))\n" % nonce.encode())
        self._kept = bytearray()
        self._dropped = 0
        self._pending = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if not data:
            return
        pending = self._pending + data
        start = 0
        for mark in self._mark.finditer(pending):
            self._keep(pending[start : mark.start()])
            start = mark.end()
            if mark[1] is not None:
                self.ended_call = int(mark[1])
            else:
                self.exit_code, self.memory_kills = int(mark[2]), int(mark[3])
        # The tail may be the first part of a mark.
        tail = pending.find(b"\0evolve:", max(start, len(pending) - _MAX_MARK_BYTES))
        if tail < 0:
            partial = pending.rfind(b"\0", max(start, len(pending) - len(b"\0evolve:")))
            tail = partial if partial >= 0 else len(pending)
        self._keep(pending[start:tail])
        self._pending = pending[tail:]

    def take(self) -> tuple[str, int]:
        """The text since the last time and how many bytes of it were dropped."""
        self._keep(self._pending)
        text, dropped = clean_text(bytes(self._kept)), self._dropped
        self._kept, self._dropped, self._pending = bytearray(), 0, b""
        return text, dropped

    def _keep(self, data: bytes) -> None:
        room = max(0, self.limit_bytes - len(self._kept))
        self._kept += data[:room]
        self._dropped += max(0, len(data) - room)
