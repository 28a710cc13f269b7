"""What one proposal will cost at most, from the prompt that would be sent and without sending it."""

import asyncio
from contextlib import suppress

from evolve.briefing import build_brief
from evolve.briefs import Brief
from evolve.completions import Completion, ModelRequest
from evolve.desk import capped, estimated_usage
from evolve.errors import ModelUnavailable, ProposerExhausted
from evolve.events import CandidateCreated, PolicyDecided
from evolve.ingredients import Ingredients
from evolve.search.budget import Ledger
from evolve.state import RunState
from evolve.tickets import SEED
from evolve.types import BlobHash, Candidate, Usage

__all__ = ["usage_of_one_proposal"]


class _CaptureDesk:
    """Takes the first request of a proposer and answers nothing."""

    def __init__(self) -> None:
        self.request: ModelRequest | None = None

    async def complete(self, request: ModelRequest) -> Completion:
        """Never returns."""
        self.request = request
        raise ModelUnavailable("a dry run asks no model")


def usage_of_one_proposal(parts: Ingredients) -> Usage:
    """The estimate for the first proposal from the seed; nothing where no model is asked."""
    if not parts.models:
        return Usage()
    desk = _CaptureDesk()
    with suppress(ModelUnavailable, ProposerExhausted):
        asyncio.run(parts.proposer.propose(_first_brief(parts), desk))
    if desk.request is None:
        return Usage()
    return estimated_usage(capped(desk.request, parts.config.max_output_tokens), parts.models[0])


def _first_brief(parts: Ingredients) -> Brief:
    state = RunState()
    seed = Candidate(SEED, parts.problem.seed)
    state.apply(CandidateCreated(0, SEED, BlobHash(""), (), "seed", "seed", "", ""), 0.0)
    decision = PolicyDecided(1, "expand", (SEED,), parts.proposer.operators[0])
    left = Ledger(parts.budget).left()
    return build_brief(
        decision, parts.problem, state, candidate=lambda _: seed, seed=parts.config.seed, budget_left=left
    )
