"""A model that answers from a script: deterministic, free, and it counts what it was asked."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from evolve.completions import Completion, ModelRequest, Price
from evolve.errors import ProposerExhausted
from evolve.proposers._scripts import ScriptEntry, read_script, to_entries
from evolve.types import Usage

__all__ = ["ScriptedModel"]

Answer = Callable[[ModelRequest], str]


class ScriptedModel:
    """Answers request.seed = k with the k-th text, so that order and parallelism do not matter.

    Args:
        texts: Texts, lists of texts (the second answers the repair turn), objects with ``text`` and ``delay_s``; or a
            function of the request.
        delay_s: Seconds before every answer.
        price: Price of its tokens, of which four characters make one.
        log: File that gets one line, ``seed role``, per request, at its start; for counting across processes.
        name: Name of the model.

    Attributes:
        requests: Every request, in order.
    """

    def __init__(
        self,
        texts: Sequence[object] | Answer,
        *,
        delay_s: float = 0.0,
        price: Price | None = None,
        log: Path | None = None,
        name: str = "scripted",
    ) -> None:
        self.name = name
        self.price = price
        self.requests: list[ModelRequest] = []
        self._answer = texts if callable(texts) else None
        self._entries = () if callable(texts) else to_entries(list(texts), "the script")
        self._delay_s = delay_s
        self._log = log

    @classmethod
    def from_file(cls, path: Path, *, price: Price | None = None) -> "ScriptedModel":
        """A model of the name ``scripted:PATH`` that answers out of a JSON or JSON Lines file.

        It is free unless a price is given. Requests are logged to ``PATH.log`` if that file exists.

        Raises:
            ConfigError: The file cannot be read.
        """
        log = path.with_name(path.name + ".log")
        entries = [{"text": list(entry.texts), "delay_s": entry.delay_s} for entry in read_script(path)]
        free = Price(0.0, 0.0, "local")
        return cls(entries, price=price or free, log=log if log.is_file() else None, name=f"scripted:{path}")

    async def complete(self, request: ModelRequest) -> Completion:
        """The text for the request's seed.

        Raises:
            ProposerExhausted: The script has ended.
        """
        self.requests.append(request)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{request.seed} {request.role}\n")
        text, delay_s = self._find(request)
        await asyncio.sleep(delay_s or self._delay_s)
        tokens_in = sum(len(message.content) for message in request.messages) // 4 + 1
        tokens_out = len(text) // 4 + 1
        cost = None
        if self.price is not None:
            cost = (tokens_in * self.price.input_usd_per_mtok + tokens_out * self.price.output_usd_per_mtok) / 1e6
        source = self.price.source if self.price else "unknown"
        return Completion(text, Usage(tokens_in, tokens_out, 0, cost, source, calls=1, seconds=delay_s), self.name)

    async def close(self) -> None:
        """Nothing to close."""

    def _find(self, request: ModelRequest) -> tuple[str, float]:
        if self._answer is not None:
            return self._answer(request), 0.0
        number = request.seed if request.seed is not None else len(self.requests)
        if not 1 <= number <= len(self._entries):
            raise ProposerExhausted(f"the script has {len(self._entries)} answers, and request {number} wants another")
        entry: ScriptEntry = self._entries[number - 1]
        turn = sum(message.role == "assistant" for message in request.messages)
        return entry.texts[min(turn, len(entry.texts) - 1)], entry.delay_s
