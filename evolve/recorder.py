"""The only writer of a run: an event goes to the store, then into the state, then to whoever looks on."""

from collections import OrderedDict
from typing import Protocol

from evolve.clock import Clock
from evolve.events import Event
from evolve.program import BlobHash, Program
from evolve.state import RunState
from evolve.store import RunStore
from evolve.types import Candidate, CandidateId

__all__ = ["Listener", "Recorder"]

_PROGRAMS_IN_MEMORY = 512


class Listener(Protocol):
    """Somebody who looks on, such as the live view; must be quick and must not raise."""

    def on_event(self, event: Event, state: RunState) -> None:
        """An event was recorded and folded into ``state``."""
        ...

    def on_message(self, text: str) -> None:
        """One line about the run that is not an event."""
        ...


class Recorder:
    """Appends events and keeps the state that they fold to.

    Args:
        store: An open run, writable.
        clock: Where event times come from.
        listener: Told of every event after it is stored.
    """

    def __init__(self, store: RunStore, clock: Clock, listener: Listener | None = None) -> None:
        self.store = store
        self.clock = clock
        self.listener = listener
        self.state = RunState()
        self._programs: OrderedDict[BlobHash, Program] = OrderedDict()

    def load(self) -> list[Event]:
        """Fold what the store already holds, and return it in order."""
        events = []
        for stored in self.store.events():
            self.state.apply(stored.event, stored.time)
            events.append(stored.event)
        return events

    def record(self, event: Event, *, durable: bool = False) -> None:
        """Store an event and fold it.

        Args:
            event: What happened.
            durable: Whether it must survive a power cut when this returns (something was paid for).

        Raises:
            StoreUnavailable: The run folder cannot be written; nothing was folded.
        """
        self.store.append(event, durable=durable)
        self.state.apply(event, self.clock.now())
        if self.listener is not None:
            self.listener.on_event(event, self.state)

    def say(self, text: str) -> None:
        """Tell the listener something that is not an event."""
        if self.listener is not None:
            self.listener.on_message(text)

    def put_program(self, program: Program) -> BlobHash:
        """Keep a program."""
        key = self.store.put_program(program)
        self._remember(key, program)
        return key

    def program(self, key: BlobHash) -> Program:
        """The program behind a blob."""
        if key not in self._programs:
            self._remember(key, self.store.get_program(key))
        return self._programs[key]

    def _remember(self, key: BlobHash, program: Program) -> None:
        self._programs[key] = program
        if len(self._programs) > _PROGRAMS_IN_MEMORY:
            self._programs.popitem(last=False)

    def candidate(self, candidate: CandidateId) -> Candidate:
        """A candidate with its program."""
        created = self.state.candidates[candidate].created
        return Candidate(
            id=created.candidate,
            program=self.program(created.program),
            parents=created.parents,
            operator=created.operator,
            proposer=created.proposer,
            rationale=created.rationale,
            fingerprint=created.fingerprint,
        )
