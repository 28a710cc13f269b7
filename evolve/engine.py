"""The loop: ask -> propose -> admit -> evaluate -> tell -> record, with proposals and evaluations in flight side by side.

Every step of a ticket is an event, so a run that is killed goes on where it was: a recorded completion is not
bought again, a recorded candidate is not proposed again, a recorded verdict is not measured again.

In ``tickets`` order a result is told to the policy only after those of all earlier tickets, and new tickets are asked
for before a result is told: then decisions do not depend on which task was faster, and equal seeds give equal runs.
"""

import asyncio

from evolve.certification import certify
from evolve.config import RunConfig
from evolve.decisions import Expand, Outcome, Reevaluate, Stop
from evolve.errors import EvolveError, ModelUnavailable, ProblemError
from evolve.events import BudgetSettled, FrontierChanged, PolicyDecided, RunStopped
from evolve.recorder import Recorder
from evolve.replay import decided, outcome_of
from evolve.search.budget import Reservation
from evolve.search.frontier import ParetoFrontier
from evolve.search.novelty import fingerprint
from evolve.tickets import SEED, Parts, TicketWork
from evolve.types import Candidate, CandidateId, Purpose, Split

__all__ = ["Engine"]

_FAILED_CALLS_TO_STOP = 8  # in a row, each after the model's own retries: the provider is down, not unlucky
_GRACE_S = 10.0  # what is in flight at --max-time may take this long, or this share of the limit
_GRACE_SHARE = 0.1
_REJECTIONS_TO_STOP = 500  # in a row: the proposer has run dry


class Engine:
    """One search. `run` drives it to its end; `request_stop` may be called meanwhile."""

    def __init__(self, parts: Parts, config: RunConfig, recorder: Recorder) -> None:
        self._parts = parts
        self._config = config
        self._recorder = recorder
        self._state = recorder.state
        self._work = TicketWork(parts, config, recorder)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._done: dict[int, None] = {}  # tickets whose work is over and whose outcome is not told
        self._reservations: dict[int, Reservation] = {}
        self._next_ticket = max(self._state.tickets, default=0) + 1
        self._next_told = 0
        self._frontier = ParetoFrontier(parts.problem.objectives)
        self._stop_reason = ""
        self._stops_requested = 0
        self._failure: BaseException | None = None
        self._failed_calls = 0
        self._rejected_in_a_row = 0
        self._main: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Search until the budget or the policy ends it, then certify the winner and record the stop.

        Raises:
            InfrastructureError: The sandbox, the evaluator, the store or a provider failed; recorded as a resumable stop.
            BudgetTooSmall: The budget could not pay a single proposal.
        """
        self._main = asyncio.ensure_future(self._run())
        try:
            await self._main
        except asyncio.CancelledError:
            if self._stops_requested == 0:
                raise
            self._recorder.record(RunStopped("interrupted", "stopped by the user; work in flight was dropped"))
        except Exception as error:
            self._recorder.record(RunStopped("failed", _one_line(error)))
            raise
        finally:
            await self._cancel_tasks()

    async def _run(self) -> None:
        self._rebuild_frontier()
        await self._judge_seed()
        self._reopen_tickets()
        while True:
            self._advance()
            if not self._tasks:
                break
            await self._something_finishes()
        if self._failure is not None:
            raise self._failure
        await certify(self._parts.problem, self._recorder, self._work.certify, attempts=self._config.certify)
        status = "interrupted" if self._stops_requested else "finished"
        self._recorder.record(RunStopped(status, self._stop_reason or "nothing left to do"))

    def _advance(self) -> None:
        """Start whatever may start, then tell one outcome that is ready, until neither is possible."""
        while self._start_next() or self._tell_next():
            pass

    async def _something_finishes(self) -> None:
        running = self._tasks.values()
        finished, _ = await asyncio.wait(running, timeout=self._seconds_left(), return_when=asyncio.FIRST_COMPLETED)
        for number in [n for n, task in self._tasks.items() if task in finished]:
            self._collect(number, self._tasks.pop(number))
        if not finished and self._stop_reason:
            self._recorder.say(f"{len(self._tasks)} tickets in flight are dropped; `evolve resume` takes them up again")
            await self._cancel_tasks()

    def _seconds_left(self) -> float | None:
        """How long to wait: until the time limit, and then a little longer for what is in flight."""
        limit = self._parts.ledger.budget.max_time_s
        if limit is None:
            return None
        grace = max(_GRACE_S, _GRACE_SHARE * limit) if self._stop_reason else 0.0
        return max(0.05, limit + grace - self._parts.ledger.elapsed_s)

    def _collect(self, ticket: int, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # another ticket failed before this one could start its next step
            self._release(ticket)
        elif (error := task.exception()) is not None:
            # What is in flight beside it may still finish and be recorded; nothing new starts.
            self._failure = self._failure or error
            self._stop_reason = self._stop_reason or _one_line(error)
            self._release(ticket)
        else:
            self._done[ticket] = None

    def request_stop(self) -> None:
        """Stop: the first time finish what is in flight, the second time drop it. Both leave a resumable run."""
        self._stops_requested += 1
        if self._stops_requested == 1:
            self._stop_reason = "stopped by the user"
            self._recorder.say("stopping: what is in flight will be finished; once more stops at once")
        elif self._main is not None:
            self._main.cancel()

    async def _cancel_tasks(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    # -------------------------------------------------------------------------------------- asking, telling

    def _start_next(self) -> bool:
        """Ask the policy for a decision and start it, if there is room and budget."""
        self._stop_reason = self._stop_reason or self._parts.ledger.exhausted() or ""
        open_tickets = len(self._tasks) + len(self._done)
        if self._stop_reason or open_tickets >= self._parts.parallel + self._parts.parallel_proposals:
            return False
        # The policy is asked only with an evaluation in hand.
        reservation = self._parts.ledger.reserve(evaluations=1)
        if reservation is None:
            return False  # what is in flight has the rest; the end is decided when it is settled
        decision = self._parts.policy.ask(self._next_ticket)
        if isinstance(decision, Expand | Reevaluate):
            ticket, self._next_ticket = self._next_ticket, self._next_ticket + 1
            self._reservations[ticket] = reservation
            self._recorder.record(decided(ticket, decision))
            self._start(ticket)
            return True
        self._parts.ledger.release(reservation)
        if isinstance(decision, Stop):
            self._recorder.record(PolicyDecided(self._next_ticket, "stop", why=decision.why))
            self._stop_reason = decision.why or "the policy stopped"
        elif open_tickets == 0:
            self._stop_reason = f"the policy waits with nothing in flight: {decision.why}"
        return False

    def _start(self, ticket: int) -> None:
        self._tasks[ticket] = asyncio.create_task(self._work.do(ticket), name=f"ticket {ticket}")

    def _tell_next(self) -> bool:
        """Tell the policy one outcome that is ready; in ticket order only the next one is."""
        if self._parts.is_ordered:
            if self._stops_requested:
                return False  # told after the resume, so that the decisions are those of an undisturbed run
            self._skip_settled()
            ticket = self._next_told
            if ticket not in self._done:
                return False
        elif self._done:
            ticket = next(iter(self._done))
        else:
            return False
        del self._done[ticket]
        self._settle(ticket)
        return True

    def _skip_settled(self) -> None:
        while (known := self._state.tickets.get(self._next_told)) is not None and known.is_settled:
            self._next_told += 1

    def _settle(self, ticket: int) -> None:
        outcome = outcome_of(ticket, self._recorder)
        made = 1 if outcome.evaluation is not None and ticket != 0 else 0
        with self._recorder.store.batch():
            has_improved = self._update_frontier(outcome)
            self._recorder.record(BudgetSettled(ticket, made, self._state.ticket(ticket).usage))
        reservation = self._reservations.pop(ticket, None)
        if reservation is not None and made:
            self._parts.ledger.settle(reservation, evaluations=1, has_improved=has_improved)
        elif reservation is not None:
            self._parts.ledger.release(reservation)
        self._parts.policy.tell(outcome)
        self._watch_for_trouble(outcome)

    def _release(self, ticket: int) -> None:
        reservation = self._reservations.pop(ticket, None)
        if reservation is not None:
            self._parts.ledger.release(reservation)

    def _update_frontier(self, outcome: Outcome) -> bool:
        evaluation = outcome.evaluation
        if evaluation is None:
            return False
        before = set(self._frontier.candidates)
        if len(self._state.candidates[evaluation.candidate].evaluations) > 1:
            self._rebuild_frontier()  # it was measured again: its scores changed, and what it beat may come back
        self._add_to_frontier(evaluation.candidate)
        after = self._frontier.candidates
        added = tuple(candidate for candidate in after if candidate not in before)
        if added or len(after) != len(before):
            removed = tuple(sorted(before.difference(after)))
            self._recorder.record(FrontierChanged(outcome.ticket, added, removed, len(after)))
        return bool(added)

    def _rebuild_frontier(self) -> None:
        """The archive from everything that was told, at pooled scores."""
        self._frontier = ParetoFrontier(self._parts.problem.objectives)
        told = (self._state.tickets[ticket].evaluation for ticket in self._state.told)
        for candidate in dict.fromkeys(evaluation.candidate for evaluation in told if evaluation is not None):
            self._add_to_frontier(candidate)

    def _add_to_frontier(self, candidate: CandidateId) -> None:
        state = self._state.candidates[candidate]
        values = [state.pooled(objective.name) for objective in self._parts.problem.objectives]
        known = [value for value in values if value is not None]
        if len(known) == len(values) and candidate not in self._frontier:
            self._frontier.add(candidate, known)

    def _watch_for_trouble(self, outcome: Outcome) -> None:
        stage = outcome.rejection.stage if outcome.rejection else ""
        if stage in {"exhausted", "budget"} and outcome.rejection is not None:
            self._stop_reason = self._stop_reason or outcome.rejection.reason
        self._failed_calls = self._failed_calls + 1 if stage == "model" else 0
        self._rejected_in_a_row = self._rejected_in_a_row + 1 if stage else 0
        if self._failed_calls >= _FAILED_CALLS_TO_STOP and self._failure is None:
            reason = outcome.rejection.reason if outcome.rejection else ""
            self._failure = ModelUnavailable(
                f"expected an answer from the model, got {self._failed_calls} failures in a row; the last: {reason}",
                fix=f"check the provider, then: evolve resume {self._recorder.store.folder}",
            )
            self._stop_reason = "the model provider does not answer"
        elif self._rejected_in_a_row >= _REJECTIONS_TO_STOP:
            self._stop_reason = f"{self._rejected_in_a_row} proposals in a row were rejected ({stage})"

    # ------------------------------------------------------------------------------------ seed and resume

    async def _judge_seed(self) -> None:
        """Admit and judge the seed, unless that is recorded; a search needs a seed that its verifier accepts.

        Raises:
            ProblemError: The verifier does not accept the seed.
        """
        problem = self._parts.problem
        if not self._state.candidates:
            self._work.create(0, Candidate(SEED, problem.seed, fingerprint=fingerprint(problem.seed)))
        evaluation = self._state.ticket(0).evaluation
        if evaluation is None:
            evaluation = await self._work.judge(0, SEED, split=Split.TRAIN, seed=0, purpose=Purpose.SEED)
        if not self._state.ticket(0).is_settled:
            self._settle(0)
        if not evaluation.is_ok:
            raise ProblemError(
                f"expected a seed program that its own verifier accepts, got {evaluation.status}: "
                f"{evaluation.feedback[:500]}",
                fix=f"evolve problems check {problem.folder}",
            )

    def _reopen_tickets(self) -> None:
        """Go on with the tickets that were decided and not told when the record ended."""
        open_tickets = [ticket for ticket in self._state.open_tickets if ticket != 0]
        self._work.admission.start_at(min(open_tickets, default=self._next_ticket))
        for ticket in sorted(open_tickets):
            reservation = self._parts.ledger.reserve(evaluations=1)
            if reservation is None:  # the budget was lowered since; the rest stays open for a later resume
                self._stop_reason = self._parts.ledger.refusal(evaluations=1) or "no budget"
                break
            self._reservations[ticket] = reservation
            self._start(ticket)


def _one_line(error: BaseException) -> str:
    text = error.message if isinstance(error, EvolveError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:500]
