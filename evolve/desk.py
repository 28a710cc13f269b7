"""Model calls as the engine sees them: reserved before, on disk before they are parsed, settled after."""

import asyncio
import json
from dataclasses import replace

from evolve.completions import Completion, ModelRequest
from evolve.errors import BudgetTooSmall, ModelUnavailable
from evolve.events import CompletionReceived, ModelFailed
from evolve.protocols import Model
from evolve.recorder import Recorder
from evolve.search.budget import Ledger, Reservation
from evolve.types import Usage

__all__ = ["Desk", "DeskFactory", "capped", "estimated_usage"]

_CHARS_PER_TOKEN = (
    3.0  # low on purpose: code runs at 3 to 4 characters a token, and a reservation must not be too small
)
_TOKENS_PER_MESSAGE = 8


def estimated_usage(request: ModelRequest, model: Model) -> Usage:
    """The most that a call can be expected to cost; ``cost_usd`` is ``None`` where the model has no price."""
    characters = sum(len(message.content) for message in request.messages)
    tokens_in = int(characters / _CHARS_PER_TOKEN) + _TOKENS_PER_MESSAGE * len(request.messages)
    price = model.price
    cost = None
    if price is not None:
        micro = tokens_in * price.input_usd_per_mtok + request.max_output_tokens * price.output_usd_per_mtok
        cost = micro / 1e6
    return Usage(input_tokens=tokens_in, output_tokens=request.max_output_tokens, cost_usd=cost)


def capped(request: ModelRequest, max_output_tokens: int) -> ModelRequest:
    """The request with its output limit lowered to the run's."""
    return replace(request, max_output_tokens=min(request.max_output_tokens, max_output_tokens))


class DeskFactory:
    """Opens a desk per ticket; all desks of a run share models, ledger and record.

    Args:
        models: Taken in turn by ticket number; may be empty for proposers that use none.
        recorder: Where completions go.
        ledger: What may still be spent.
        max_output_tokens: Upper limit of every answer.
    """

    def __init__(
        self, models: tuple[Model, ...], recorder: Recorder, ledger: Ledger, *, max_output_tokens: int = 4096
    ) -> None:
        self.models = models
        self.max_output_tokens = max_output_tokens
        self.recorder = recorder
        self.ledger = ledger
        self._in_flight = 0
        self._returned = asyncio.Condition()

    def open(self, ticket: int) -> "Desk":
        """The desk of one ticket."""
        return Desk(ticket, self)

    async def reserve(self, estimate: Usage) -> Reservation:
        """Set the money for one call aside, waiting for calls in flight to give back what they do not need.

        Raises:
            BudgetTooSmall: Nothing is in flight and the rest of the budget cannot pay the call.
        """
        async with self._returned:
            while True:
                reservation = self.ledger.reserve(usd=estimate.cost_usd, tokens=estimate.tokens)
                if reservation is not None:
                    self._in_flight += 1
                    return reservation
                if self._in_flight == 0:
                    raise BudgetTooSmall(
                        f"expected a budget for one more model call (up to {estimate.tokens} tokens), "
                        f"got {self.ledger.left()} left",
                        fix="raise --max-usd or --max-tokens, or lower --max-output-tokens",
                    )
                await self._returned.wait()

    async def give_back(self, reservation: Reservation, usage: Usage | None) -> None:
        """Settle a call that was answered, or release one that was not."""
        async with self._returned:
            self._in_flight -= 1
            if usage is None:
                self.ledger.release(reservation)
            else:
                self.ledger.settle(reservation, usage=usage)
            self._returned.notify_all()


class Desk:
    """The `ModelDesk` of one ticket; see there."""

    def __init__(self, ticket: int, factory: DeskFactory) -> None:
        self._ticket = ticket
        self._factory = factory
        self._calls = 0

    async def complete(self, request: ModelRequest) -> Completion:
        """One answer: the recorded one where this call was already answered, else a new one."""
        call, self._calls = self._calls, self._calls + 1
        recorded = self._factory.recorder.state.ticket(self._ticket).completions
        if call < len(recorded):
            return self._read(recorded[call])
        if not self._factory.models:
            raise ModelUnavailable("expected a model, got none", fix="name one with --model", is_permanent=True)
        return await self._buy(request, call)

    def _read(self, event: CompletionReceived) -> Completion:
        text = self._factory.recorder.store.get_text(event.text)
        return Completion(text, event.usage, event.model, event.finish_reason)

    async def _buy(self, request: ModelRequest, call: int) -> Completion:
        factory, recorder = self._factory, self._factory.recorder
        model = factory.models[self._ticket % len(factory.models)]
        request = capped(request, factory.max_output_tokens)
        reservation = await factory.reserve(estimated_usage(request, model))
        usage: Usage | None = None
        try:
            completion = await model.complete(request)
            usage = completion.usage
            self._write(request, completion, call)
        except ModelUnavailable as error:
            recorder.record(ModelFailed(self._ticket, request.role, model.name, error.message))
            raise
        finally:
            await factory.give_back(reservation, usage)
        return completion

    def _write(self, request: ModelRequest, completion: Completion, call: int) -> None:
        recorder = self._factory.recorder
        prompt = json.dumps([[m.role, m.content] for m in request.messages], ensure_ascii=False)
        event = CompletionReceived(
            ticket=self._ticket,
            call=call,
            role=request.role,
            model=completion.model,
            prompt=recorder.store.put_text(prompt),
            text=recorder.store.put_text(completion.text),
            usage=completion.usage,
            finish_reason=completion.finish_reason,
        )
        recorder.record(event, durable=True)
