"""The one retry layer of all models: SDK retries are off, so delay and spend have one owner."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from evolve.errors import ModelUnavailable

__all__ = ["PermanentFault", "Retrier", "RetryPolicy", "TransientFault", "fault_of_status"]

T = TypeVar("T")

_RETRIED_STATUSES = frozenset({408, 409, 425, 429})  # and every 5xx


class TransientFault(Exception):
    """A call failed in a way that another try may mend; ``retry_after_s`` is what the provider asked to wait."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class PermanentFault(Exception):
    """A call failed in a way that no other try mends; ``fix`` is the next step for the user."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to try.

    Attributes:
        timeout_s: Wall seconds of one try, from the request to the last byte of the answer.
        max_retries: Further tries after the first.
        backoff_s: Mean wait before the first retry; doubled for each one after it, drawn from [0.5, 1.5] times that.
        longest_wait_s: A provider that asks for a longer wait than this has no answer for us.
    """

    timeout_s: float = 120.0
    max_retries: int = 4
    backoff_s: float = 1.0
    longest_wait_s: float = 120.0


class Retrier:
    """Makes calls of one model; a Retry-After that one call is given holds all of them back.

    Args:
        name: The model's name, for messages.
        policy: How long to try.
    """

    def __init__(self, name: str, policy: RetryPolicy) -> None:
        self._name = name
        self._policy = policy
        self._resume_at = 0.0

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """The first result that arrives.

        Raises:
            ModelUnavailable: All tries failed, or one failed for good.
        """
        policy = self._policy
        loop = asyncio.get_running_loop()
        reason = ""
        for attempt in range(policy.max_retries + 1):
            await asyncio.sleep(max(0.0, self._resume_at - loop.time()))
            try:
                async with asyncio.timeout(policy.timeout_s):
                    return await call()
            except TimeoutError:
                reason, wait_s = f"no complete answer within {policy.timeout_s:g} s", None
            except TransientFault as fault:
                reason, wait_s = fault.reason, fault.retry_after_s
            except PermanentFault as fault:
                raise ModelUnavailable(
                    f"expected an answer of {self._name}, got {fault.reason}", fix=fault.fix, is_permanent=True
                ) from fault
            if wait_s is not None and wait_s > policy.longest_wait_s:
                reason += f" and asks to wait {wait_s:g} s"
                break
            if wait_s is not None:
                self._resume_at = max(self._resume_at, loop.time() + wait_s)
            elif attempt < policy.max_retries:
                await asyncio.sleep(policy.backoff_s * 2**attempt * random.uniform(0.5, 1.5))
        raise ModelUnavailable(
            f"expected an answer of {self._name}, got none in {attempt + 1} tries (the last: {reason})",
            fix="check the provider or the URL, then `evolve resume`; a longer model_timeout_s helps slow servers",
        )


def fault_of_status(status: int, text: str, retry_after: str | None) -> TransientFault | PermanentFault:
    """What an HTTP error status means for the next try."""
    reason = f"HTTP {status}: {' '.join(text.split())[:300]}"
    if "insufficient_quota" in text:
        return PermanentFault(reason, "the account has no credit left; pay or name another --model")
    if status >= 500 or status in _RETRIED_STATUSES:
        return TransientFault(reason, _seconds(retry_after))
    fixes = {
        401: "set the provider's API key in its environment variable (or the one that --api-key-env names)",
        403: "the key may not use this model; name another --model or key",
        404: "check --model and --base-url",
    }
    return PermanentFault(reason, fixes.get(status, "the provider refuses the request as it is; check --model"))


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header; dates are rare with model providers and count as not given."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        return None
    return seconds if 0.0 <= seconds < 1e9 else None
