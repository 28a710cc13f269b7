"""The way of one ticket: propose, admit, evaluate. Each step is recorded when it is done, and skipped if it was."""

import asyncio
from dataclasses import dataclass, replace

from evolve.briefing import build_brief, candidate_id
from evolve.briefs import Proposal, Rejection
from evolve.config import RunConfig
from evolve.desk import DeskFactory
from evolve.errors import BudgetTooSmall, ModelUnavailable, ProposerExhausted
from evolve.events import (
    CandidateCreated,
    EvaluationFinished,
    EvaluationStarted,
    PolicyDecided,
    ProposalRejected,
    ProposalRequested,
)
from evolve.protocols import Evaluator, Model, Policy, Proposer
from evolve.recorder import Recorder
from evolve.search.budget import Ledger
from evolve.search.novelty import fingerprint
from evolve.spec import Problem
from evolve.types import Candidate, CandidateId, Evaluation, EvaluationId, EvaluationRequest, Purpose, Split

__all__ = ["Parts", "TicketWork", "Turnstile"]

SEED = CandidateId("c0000")


@dataclass(frozen=True, slots=True)
class Parts:
    """What an engine is put together from; `evolve.launch` chooses them.

    Attributes:
        problem: What is searched.
        policy: Decides; already at the point where the record ends.
        proposer: Writes programs.
        models: For proposers that use them.
        evaluator: Judges programs; started.
        ledger: What may still be spent; already at the point where the record ends.
        parallel: Evaluations at once.
        parallel_proposals: Proposals at once.
        is_ordered: Whether results are told in ticket order.
    """

    problem: Problem
    policy: Policy
    proposer: Proposer
    models: tuple[Model, ...]
    evaluator: Evaluator
    ledger: Ledger
    parallel: int
    parallel_proposals: int
    is_ordered: bool


class Turnstile:
    """Lets tickets pass one by one in their order; without order everybody passes at once."""

    def __init__(self, *, is_ordered: bool) -> None:
        self._is_ordered = is_ordered
        self._next = 0
        self.is_broken = False  # a ticket failed: nothing new may start
        self._moved = asyncio.Condition()

    def start_at(self, ticket: int) -> None:
        """The first ticket that may pass."""
        self._next = ticket

    async def wait(self, ticket: int) -> None:
        """Return when all earlier tickets have passed.

        Raises:
            asyncio.CancelledError: An earlier ticket failed and will never pass.
        """
        if not self._is_ordered:
            return
        async with self._moved:
            await self._moved.wait_for(lambda: self.is_broken or self._next >= ticket)
            if self._next < ticket:
                raise asyncio.CancelledError

    async def move_on(self, ticket: int) -> None:
        """This ticket has passed."""
        async with self._moved:
            self._next = max(self._next, ticket + 1)
            self._moved.notify_all()

    async def break_down(self) -> None:
        """A ticket failed: whoever waits behind it gives up, to be taken up again when the run is resumed."""
        async with self._moved:
            self.is_broken = True
            self._moved.notify_all()


class TicketWork:
    """Does the work of tickets, any number at once.

    Args:
        parts: What the run is put together from.
        config: Of the run.
        recorder: The run's record.
    """

    def __init__(self, parts: Parts, config: RunConfig, recorder: Recorder) -> None:
        self._parts = parts
        self._config = config
        self._recorder = recorder
        self._state = recorder.state
        self._desks = DeskFactory(parts.models, recorder, parts.ledger, max_output_tokens=config.max_output_tokens)
        self._proposals = asyncio.Semaphore(parts.parallel_proposals)
        self._evaluations = asyncio.Semaphore(parts.parallel)
        self.admission = Turnstile(is_ordered=parts.is_ordered)
        self._known: dict[str, CandidateId] = {}  # fingerprint -> who had it first
        for candidate in recorder.state.candidates.values():
            self._known.setdefault(candidate.created.fingerprint, candidate.created.candidate)

    async def do(self, ticket: int) -> None:
        """Everything between the decision and the outcome of a ticket."""
        try:
            candidate = await self._find_candidate(ticket)
        except Exception:
            await self.admission.break_down()
            raise
        await self.admission.wait(ticket)
        await self.admission.move_on(ticket)
        state = self._state.ticket(ticket)
        if candidate is not None and state.evaluation is None:
            seed = state.decision.seed if state.decision is not None else 0
            await self.judge(ticket, candidate, split=Split.TRAIN, seed=seed, purpose=Purpose.SEARCH)

    async def _find_candidate(self, ticket: int) -> CandidateId | None:
        """The candidate to evaluate: the recorded one, or a new proposal; ``None`` if it was rejected."""
        state = self._state.ticket(ticket)
        decision = state.decision
        if decision is None or decision.action == "reevaluate":
            return decision.parents[0] if decision is not None else None
        if state.candidate is None and state.rejection is None:
            proposal = await self._propose(decision)
            # In ticket order duplicates are decided in that order too: the earlier ticket keeps the program.
            await self.admission.wait(ticket)
            self._admit(decision, proposal)
        return state.candidate

    async def _propose(self, decision: PolicyDecided) -> Proposal:
        async with self._proposals:
            if self.admission.is_broken:
                raise asyncio.CancelledError
            brief = build_brief(
                decision,
                self._parts.problem,
                self._state,
                candidate=self._recorder.candidate,
                seed=self._config.seed,
                budget_left=self._parts.ledger.left(),
            )
            if not self._state.ticket(decision.ticket).is_requested:
                name = self._parts.proposer.name
                event = ProposalRequested(decision.ticket, brief.candidate, name, decision.operator, brief.seed)
                self._recorder.record(event)
            try:
                return await self._parts.proposer.propose(brief, self._desks.open(decision.ticket))
            except ProposerExhausted as error:
                return Proposal(None, rejection=Rejection("exhausted", error.message))
            except ModelUnavailable as error:
                if error.is_permanent:
                    raise
                return Proposal(None, rejection=Rejection("model", error.message))
            except BudgetTooSmall as error:
                if self._state.usage.calls == 0:
                    raise
                return Proposal(None, rejection=Rejection("budget", error.message))

    def _admit(self, decision: PolicyDecided, proposal: Proposal) -> None:
        """Make the proposal a candidate, or record why not; a program that is known already is not new."""
        program, rejection = proposal.program, proposal.rejection
        mark = fingerprint(program) if program is not None else ""
        if program is None:
            rejection = rejection or Rejection("parsed", "the proposer returned nothing")
        elif mark in self._known:
            rejection = Rejection("new", f"the same program as {self._known[mark]}")
        if program is None or rejection is not None:
            rejection = rejection or Rejection("parsed", "")
            self._recorder.record(ProposalRejected(decision.ticket, rejection.stage, rejection.reason[:2000]))
            return
        candidate = Candidate(
            id=candidate_id(decision.ticket),
            program=program,
            parents=decision.parents,
            operator=proposal.operator or decision.operator,
            proposer=self._parts.proposer.name,
            rationale=proposal.rationale[:2000],
            fingerprint=mark,
        )
        self.create(decision.ticket, candidate)

    def create(self, ticket: int, candidate: Candidate) -> None:
        """Record a new candidate."""
        self._known[candidate.fingerprint] = candidate.id
        self._recorder.record(
            CandidateCreated(
                ticket=ticket,
                candidate=candidate.id,
                program=self._recorder.put_program(candidate.program),
                parents=candidate.parents,
                operator=candidate.operator,
                proposer=candidate.proposer,
                rationale=candidate.rationale,
                fingerprint=candidate.fingerprint,
            )
        )

    async def certify(self, candidate: CandidateId, seed: int, times: int) -> Evaluation:
        """Judge a candidate on fresh inputs, unless just that was recorded before an interruption.

        Args:
            candidate: Whom.
            seed: Of the instances.
            times: How often it was judged before with this seed.
        """
        evaluations = self._state.candidates[candidate].evaluations
        known = [e for e in evaluations if e.purpose is Purpose.CERTIFY and e.seed == seed]
        if len(known) > times:
            return known[times]
        return await self.judge(0, candidate, split=Split.VALIDATION, seed=seed, purpose=Purpose.CERTIFY)

    async def judge(
        self, ticket: int, candidate: CandidateId, *, split: Split, seed: int, purpose: Purpose
    ) -> Evaluation:
        """Evaluate a candidate when a place is free, and record the verdict.

        Raises:
            InfrastructureError: The evaluator failed; nothing is held against the candidate.
        """
        async with self._evaluations:
            if self.admission.is_broken:
                raise asyncio.CancelledError
            count = sum(e.purpose is purpose for e in self._state.candidates[candidate].evaluations) + 1
            name = EvaluationId(f"{candidate}.{purpose}.{count}")
            self._recorder.record(EvaluationStarted(ticket, name, candidate, split, seed, purpose))
            program = self._recorder.candidate(candidate).program
            request = EvaluationRequest(name, candidate, program, split, seed, purpose)
            evaluation = await self._parts.evaluator.evaluate(request)
            artifacts = {key: self._recorder.store.put_text(text) for key, text in evaluation.artifacts.items()}
            self._recorder.record(EvaluationFinished(ticket, replace(evaluation, artifacts={}), artifacts))
            return evaluation
