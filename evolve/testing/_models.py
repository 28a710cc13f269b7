"""Models for tests: a scripted one in memory, and a scripted endpoint that speaks the OpenAI chat API, badly if told to."""

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from evolve.proposers._scripted_model import ScriptedModel

__all__ = ["Fault", "FaultServer", "ScriptedModel"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What the endpoint does with one request; made by the class methods.

    Attributes:
        status: HTTP status.
        body: Bytes of the body.
        content_type: Its type.
        retry_after: Value of the header of that name, if any.
        how: ``send``, ``cut`` (the connection ends in mid-body), ``hang`` (nothing is sent) or ``drip`` (a byte at a time).
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    retry_after: str | None = None
    how: str = "send"

    @classmethod
    def ok(cls, text: str | None, *, usage: bool = True, finish_reason: str = "stop") -> "Fault":
        """A well-formed answer, which says what it says."""
        body: dict[str, object] = {
            "id": "chat-1",
            "object": "chat.completion",
            "created": 0,
            "model": "fault-server",
            "choices": [
                {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
            ],
        }
        if usage:
            body["usage"] = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        return cls(body=json.dumps(body).encode())

    @classmethod
    def error(cls, status: int, message: str = "no", *, retry_after: str | None = None, code: str = "") -> "Fault":
        """An error status with a JSON body."""
        body = json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode()
        return cls(status, body, retry_after=retry_after)

    @classmethod
    def raw(cls, body: bytes, content_type: str = "application/json") -> "Fault":
        """Status 200 with any body."""
        return cls(body=body, content_type=content_type)

    @classmethod
    def html(cls) -> "Fault":
        """What a proxy's login page looks like."""
        return cls.raw(b"<!doctype html><html><body><h1>Please log in</h1></body></html>", "text/html")

    @classmethod
    def not_utf8(cls, text: str) -> "Fault":
        """A good answer whose text holds bytes that are no UTF-8; ``%%`` in the text marks where."""
        good = cls.ok(text)
        return replace(good, body=good.body.replace(b"%%", b"\xff\xfe\xe9"))

    @classmethod
    def cut(cls) -> "Fault":
        """A good answer that ends in the middle."""
        return replace(cls.ok("never complete"), how="cut")

    @classmethod
    def hang(cls) -> "Fault":
        """No answer."""
        return cls(how="hang")

    @classmethod
    def drip(cls) -> "Fault":
        """A good answer, a byte every 50 ms: no single read is slow, the whole is."""
        return replace(cls.ok("slow"), how="drip")


class FaultServer:
    """An endpoint on loopback. Request k gets the k-th fault of the script, later ones the last; a context manager.

    Args:
        script: At least one.

    Attributes:
        url: Base URL for ``--base-url``, with ``/v1``.
        requests: Decoded bodies, in order of arrival.
        keys: Authorization headers, in the same order.
    """

    def __init__(self, script: Sequence[Fault]) -> None:
        self.requests: list[dict[str, object]] = []
        self.keys: list[str] = []
        self._script = list(script)
        self._arrived = threading.Condition()
        self._is_closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def set_script(self, script: Sequence[Fault]) -> None:
        """Begin a new script and forget the requests."""
        with self._arrived:
            self._script = list(script)
            self.requests.clear()
            self.keys.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, body: bytes, key: str) -> Fault:
        """Note a request and give what is to be done with it."""
        with self._arrived:
            self.requests.append(json.loads(body))
            self.keys.append(key)
            self._arrived.notify_all()
            return self._script[min(len(self.requests), len(self._script)) - 1]

    def wait_for_requests(self, count: int, limit_s: float = 30.0) -> None:
        """Wait until that many requests have arrived.

        Raises:
            TimeoutError: They have not within the limit.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, limit_s):
                raise TimeoutError(f"expected {count} requests within {limit_s} s, got {len(self.requests)}")

    def wait(self, seconds: float) -> bool:
        """Wait, unless the server closes first; whether it does."""
        return self._is_closing.wait(seconds)


def _handler(owner: FaultServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = owner.take(body, self.headers.get("Authorization", ""))
            self.close_connection = True
            if fault.how == "hang":
                owner.wait(60.0)
                return
            with suppress(OSError):  # the client may be gone, which is its right
                self._send(fault)

        def _send(self, fault: Fault) -> None:
            self.send_response(fault.status)
            self.send_header("Content-Type", fault.content_type)
            self.send_header("Content-Length", str(len(fault.body)))
            self.send_header("Connection", "close")
            if fault.retry_after is not None:
                self.send_header("Retry-After", fault.retry_after)
            self.end_headers()
            if fault.how == "cut":
                self.wfile.write(fault.body[: len(fault.body) // 2])
                return
            if fault.how == "drip":
                for index in range(len(fault.body)):
                    self.wfile.write(fault.body[index : index + 1])
                    self.wfile.flush()
                    if owner.wait(0.05):
                        return
                return
            self.wfile.write(fault.body)

        # The name of the parameter is the standard library's.
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler
