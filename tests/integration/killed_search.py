"""A search that prints a line per event, to be killed by tests/integration/test_kill_and_resume.py.

Arguments: run folder, log of model requests. The model's answers depend on the ticket alone and take a while, longer
for some tickets than for others; it refuses to be asked for an answer that is on record.
"""

import asyncio
import sys
from pathlib import Path

from evolve.completions import Completion, ModelRequest, Price
from evolve.config import RunConfig
from evolve.events import CompletionReceived, Event
from evolve.state import RunState
from evolve.store import RunStore
from evolve.testing._engine import LiteralEvaluator, ModelProposer, Search, frontier_values, maximize, toy_problem
from evolve.types import Usage

TICKETS = 120


def answer(ticket: int) -> str:
    """Two numbers in opposition, so that the frontier is long; every seventh answer repeats an earlier one."""
    base = ticket - 5 if ticket % 7 == 0 else ticket
    x = (base * 7919 % 1000) / 1000
    return f"VALUE = {x!r}\nOTHER = {(1 - x) ** 2 + (base % 13) / 100!r}\n"


class LoggedModel:
    """Answers by ticket and writes down each request before it answers."""

    name = "logged"
    price: Price | None = Price(1.0, 1.0, "test")

    def __init__(self, log: Path, recorded: set[int]) -> None:
        self._log = log
        self._recorded = recorded

    async def complete(self, request: ModelRequest) -> Completion:
        ticket = request.seed
        assert ticket is not None
        assert ticket not in self._recorded, f"ticket {ticket} was paid for already"
        with self._log.open("a") as log:
            log.write(f"{ticket}\n")
        await asyncio.sleep(0.002 + 0.002 * (ticket % 4))
        return Completion(answer(ticket), Usage(10, 10, cost_usd=0.00002, calls=1), self.name)

    async def close(self) -> None:
        """Nothing to close."""


class Printer:
    """Prints every event, so that the test can kill at a known place."""

    def on_event(self, event: Event, state: RunState) -> None:
        print(event.kind, flush=True)

    def on_message(self, text: str) -> None:
        """Not printed."""


def recorded_tickets(folder: Path) -> set[int]:
    """Tickets whose completion is on disk."""
    if not (folder / "run.sqlite").exists():
        return set()
    with RunStore.open(folder, read_only=True) as store:
        return {s.event.ticket for s in store.events() if isinstance(s.event, CompletionReceived)}


def main() -> None:
    """Run, or go on with, the search."""
    folder, log = Path(sys.argv[1]), Path(sys.argv[2])
    search = Search(
        folder,
        ModelProposer(last=TICKETS),
        LiteralEvaluator(names=("value", "other"), delay_s=0.001),
        models=(LoggedModel(log, recorded_tickets(folder)),),
        config=RunConfig(max_evals=1000, parallel=2, parallel_proposals=4, order="tickets"),
        problem=toy_problem(maximize("value", "other"), seed="VALUE = 0.0\nOTHER = 0.0\n"),
        listener=Printer(),
    )
    state = search.go()
    print("FRONTIER", frontier_values(state), flush=True)


if __name__ == "__main__":
    main()
