"""Every provider that litellm knows, with litellm's own retries, telemetry, downloads and chatter off."""

import logging
import os
from dataclasses import replace
from time import monotonic
from types import ModuleType

from evolve.completions import Completion, ModelRequest, Price
from evolve.errors import ModelUnavailable
from evolve.proposers._chat import read_chat
from evolve.proposers._retry import PermanentFault, Retrier, RetryPolicy, TransientFault, fault_of_status

__all__ = ["LitellmModel"]


class LitellmModel:
    """A model by its litellm name, e.g. ``anthropic/claude-sonnet-4-5`` or ``gemini/gemini-2.5-flash``.

    Args:
        name: As the user wrote it.
        base_url: Another URL than the provider's own.
        api_key: ``None`` lets litellm find the provider's environment variable.
        price: ``None`` where no price is known.
        policy: How long to try.
    """

    def __init__(
        self, name: str, *, base_url: str | None, api_key: str | None, price: Price | None, policy: RetryPolicy
    ) -> None:
        self.name = name
        self.price = price
        self._base_url = base_url
        self._api_key = api_key
        self._policy = policy
        self._retrier = Retrier(name, policy)
        self._litellm: ModuleType | None = None

    async def complete(self, request: ModelRequest) -> Completion:
        """One answer, empty if the model had nothing to say.

        Raises:
            ModelUnavailable: No answer after the allowed retries.
        """
        started = monotonic()
        if self._litellm is None:
            self._litellm = _import_litellm()
        completion = await self._retrier.run(lambda: self._once(request))
        return replace(completion, usage=replace(completion.usage, seconds=monotonic() - started))

    async def close(self) -> None:
        """Close connections; safe to call twice."""
        if self._litellm is not None:
            litellm, self._litellm = self._litellm, None
            await litellm.close_litellm_async_clients()

    async def _once(self, request: ModelRequest) -> Completion:
        assert self._litellm is not None
        try:
            answer = await self._litellm.acompletion(**self._arguments(request))
            data = answer.model_dump()
        except ModelUnavailable:
            raise
        except Exception as error:  # litellm wraps most errors of its providers, and lets others through
            raise _fault(error) from error
        return read_chat(data, name=self.name, request=request, price=self.price)

    def _arguments(self, request: ModelRequest) -> dict[str, object]:
        arguments: dict[str, object] = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_output_tokens,
            "timeout": self._policy.timeout_s,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,  # of optional parameters (seed, temperature), those that the provider does not take
        }
        optional = {
            "temperature": request.temperature,
            "seed": request.seed,
            "api_base": self._base_url,
            "api_key": self._api_key,
        }
        return arguments | {key: value for key, value in optional.items() if value is not None}


def _fault(error: Exception) -> TransientFault | PermanentFault:
    status = getattr(error, "status_code", None)
    text = " ".join(str(error)[:1000].split())
    is_answer = isinstance(status, int) and status < 400  # a good status whose body litellm could not read
    if type(error).__name__ in {"APIConnectionError", "Timeout"} or is_answer or not isinstance(status, int):
        return TransientFault(f"{type(error).__name__}: {text[:300]}")
    headers = getattr(error, "litellm_response_headers", None) or {}
    return fault_of_status(status, text, headers.get("retry-after"))


def _import_litellm() -> ModuleType:
    # Before the import: it fetches a price list from the network otherwise.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    try:
        import litellm
    except ImportError as error:
        raise ModelUnavailable(
            f"expected litellm to import, got {error}", fix="pip install 'litellm>=1.84'", is_permanent=True
        ) from error
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.turn_off_message_logging = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    module: ModuleType = litellm
    return module
