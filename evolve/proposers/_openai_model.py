"""OpenAI and every endpoint that speaks its chat API, through the openai SDK."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evolve.completions import Completion, ModelRequest, Price
from evolve.errors import ModelUnavailable
from evolve.proposers._chat import read_chat
from evolve.proposers._retry import PermanentFault, Retrier, RetryPolicy, TransientFault, fault_of_status

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["Endpoint", "OpenaiModel"]

_MAX_BODY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served: its name there, the URL (``None`` is the provider's own), and the key."""

    model: str
    base_url: str | None
    api_key: str

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine, so that no proxy is to be used."""
        host = urlsplit(self.base_url or "").hostname or ""
        return host in {"localhost", "::1"} or host.startswith("127.")


class OpenaiModel:
    """A model behind the OpenAI chat API. The body is read and decoded here, so that no shape of it can surprise.

    Args:
        name: As the user wrote it.
        endpoint: Where it is.
        price: ``None`` where no price is known.
        policy: How long to try.
    """

    def __init__(self, name: str, endpoint: Endpoint, price: Price | None, policy: RetryPolicy) -> None:
        self.name = name
        self.price = price
        self._endpoint = endpoint
        self._policy = policy
        self._retrier = Retrier(name, policy)
        self._client: AsyncOpenAI | None = None

    async def complete(self, request: ModelRequest) -> Completion:
        """One answer, empty if the model had nothing to say.

        Raises:
            ModelUnavailable: No answer after the allowed retries.
        """
        started = monotonic()
        completion = await self._retrier.run(lambda: self._once(request))
        return replace(completion, usage=replace(completion.usage, seconds=monotonic() - started))

    async def close(self) -> None:
        """Close connections; safe to call twice."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def _open(self) -> "AsyncOpenAI":
        if self._client is None:
            from openai import AsyncOpenAI, DefaultAsyncHttpxClient

            endpoint = self._endpoint
            self._client = AsyncOpenAI(
                api_key=endpoint.api_key,
                base_url=endpoint.base_url,
                max_retries=0,
                timeout=self._policy.timeout_s,
                http_client=DefaultAsyncHttpxClient(trust_env=not endpoint.is_loopback),
            )
        return self._client

    async def _once(self, request: ModelRequest) -> Completion:
        body = await self._fetch(request)
        try:
            data = json.loads(body.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            start = " ".join(body[:200].decode(errors="replace").split())
            raise TransientFault(f"a body that is no JSON: {start[:120]!r}") from error
        return read_chat(data, name=self.name, request=request, price=self.price)

    async def _fetch(self, request: ModelRequest) -> bytes:
        import httpx
        import openai

        # Arguments depend on the server; the SDK's overloads want to know them at type-check time.
        create: Any = self._open().chat.completions.with_streaming_response.create
        try:
            async with create(**self._arguments(request)) as response:
                body = bytearray()
                async for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _MAX_BODY_BYTES:
                        # Another try would pay for the same again.
                        raise ModelUnavailable(
                            f"expected an answer of {self.name} below {_MAX_BODY_BYTES >> 20} MiB, got more",
                            fix="lower max_output_tokens, or check what --base-url serves",
                        )
                return bytes(body)
        except openai.APIStatusError as error:
            text = str(error)
            with suppress(httpx.HTTPError, UnicodeError):
                text = error.response.text or text
            raise fault_of_status(error.status_code, text, error.response.headers.get("retry-after")) from error
        except (openai.APIConnectionError, httpx.HTTPError) as error:
            raise TransientFault(f"{type(error).__name__}: {error.__cause__ or error}") from error
        except (openai.OpenAIError, httpx.InvalidURL) as error:
            raise PermanentFault(f"{type(error).__name__}: {error}", "check --model and --base-url") from error

    def _arguments(self, request: ModelRequest) -> dict[str, object]:
        # OpenAI's own reasoning models know only the newer name of the limit, most other servers only the older.
        limit = "max_tokens" if self._endpoint.base_url else "max_completion_tokens"
        arguments: dict[str, object] = {
            "model": self._endpoint.model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            limit: request.max_output_tokens,
        }
        if request.temperature is not None:
            arguments["temperature"] = request.temperature
        if request.seed is not None:
            arguments["seed"] = request.seed
        return arguments
