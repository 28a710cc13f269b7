"""Models by name.

Two adapters: names that begin with ``openai/`` (and any name with a base URL and no provider) go through the openai
SDK, everything else through litellm. The SDK takes a quarter of litellm's import time (1.0 against 4.8 CPU seconds),
and lets the adapter read an endpoint's body itself, which matters for local servers whose answers are odd; litellm
knows some hundred providers. Neither is imported before the first call.
"""

import os
from pathlib import Path

from evolve.completions import Price
from evolve.errors import ConfigError, ModelUnavailable
from evolve.proposers._litellm_model import LitellmModel
from evolve.proposers._openai_model import Endpoint, OpenaiModel
from evolve.proposers._prices import find_price
from evolve.proposers._retry import RetryPolicy
from evolve.proposers._scripted_model import ScriptedModel
from evolve.protocols import Model

__all__ = ["create_model", "find_price"]


def create_model(
    name: str,
    *,
    base_url: str | None = None,
    api_key_env: str | None = None,
    price: Price | None = None,
    timeout_s: float = 120.0,
    max_retries: int = 4,
    backoff_s: float = 1.0,
) -> Model:
    """The model of a name, without a request and without importing an SDK.

    Args:
        name: ``openai/gpt-5-mini``, ``anthropic/...`` or any other litellm name, or ``scripted:PATH``.
        base_url: An OpenAI-compatible endpoint, e.g. ``http://127.0.0.1:8080/v1``. It is sent the key that
            ``api_key_env`` names, else none: a provider's key goes to that provider only.
        api_key_env: Environment variable that holds the key.
        price: The user's price; without it, litellm's price list is asked, for providers' own endpoints only.
        timeout_s: Wall seconds of one try, to the last byte.
        max_retries: Further tries after the first.
        backoff_s: Mean wait before the first retry, doubled for each one after it.

    Raises:
        ConfigError: The name is empty, or the script of ``scripted:PATH`` cannot be read.
        ModelUnavailable: A key is missing.
    """
    if name.startswith("scripted:"):
        return ScriptedModel.from_file(Path(name.removeprefix("scripted:")), price=price)
    if not name.strip() or name.endswith("/"):
        raise ConfigError(f"expected a model's name, got {name!r}", fix="for example --model openai/gpt-5-mini")
    policy = RetryPolicy(timeout_s, max_retries, backoff_s)
    api_key = _key(api_key_env) if api_key_env else None
    known = price if price is not None or base_url else find_price(name)
    if name.startswith("openai/") or (base_url and "/" not in name):
        key = api_key or ("none" if base_url else _key("OPENAI_API_KEY"))
        return OpenaiModel(name, Endpoint(name.removeprefix("openai/"), base_url or None, key), known, policy)
    return LitellmModel(name, base_url=base_url or None, api_key=api_key, price=known, policy=policy)


def _key(variable: str) -> str:
    key = os.environ.get(variable, "")
    if not key:
        raise ModelUnavailable(
            f"expected an API key in the environment variable {variable}, found none",
            fix=f"export {variable}=..., or name a local server with --base-url",
            is_permanent=True,
        )
    return key
