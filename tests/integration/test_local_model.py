"""The llm proposer with a real, small, local model: most answers are unusable, and nothing breaks."""

import asyncio

import pytest

from evolve.briefs import Proposal
from evolve.program import Program
from evolve.proposers import LlmProposer, create_model
from evolve.testing import PlainDesk, make_brief, make_view

pytestmark = [pytest.mark.local_model, pytest.mark.slow, pytest.mark.timeout(900)]

TEXT = "LIMIT = 10\n\n\ndef solve(count):\n    return count + LIMIT\n"
PROPOSALS = 4
MAX_TOKENS = 64  # a small model rambles to any limit; 64 keep the test short on a busy machine


def test_a_small_model_proposes_and_every_answer_ends_as_a_program_or_a_rejection(llama_server):
    # No price: the endpoint is the user's own, and nobody but the user knows what it costs.
    model = create_model("openai/smollm2", base_url=llama_server, timeout_s=300.0, max_retries=0)
    proposer = LlmProposer({"max_output_tokens": MAX_TOKENS})
    desk = PlainDesk(model)

    async def main() -> list[Proposal]:
        parents = [make_view(Program.single(TEXT))]
        try:
            return [
                await proposer.propose(make_brief(parents, ticket=ticket, operator="improve"), desk)
                for ticket in range(1, PROPOSALS + 1)
            ]
        finally:
            await model.close()

    made = asyncio.run(main())
    for proposal in made:
        assert (proposal.program is None) == (proposal.rejection is not None)
        if proposal.program is not None:
            assert "def solve(count" in proposal.program.files["program.py"]
        else:
            assert proposal.rejection.stage in {"parsed", "static", "new"}
    assert PROPOSALS <= len(desk.completions) <= 2 * PROPOSALS
    for completion in desk.completions:
        assert completion.usage.input_tokens > 100
        assert 0 <= completion.usage.output_tokens <= MAX_TOKENS
        assert completion.usage.cost_usd is None
