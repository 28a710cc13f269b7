"""What every proposer must do; subclass `ProposerTestCase` to hold another one to it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from evolve.briefs import Brief, Knob, ParentView, Proposal
from evolve.completions import Completion, ModelRequest
from evolve.errors import ModelUnavailable, ProposerExhausted
from evolve.program import Program
from evolve.proposers._regions import frozen_parts
from evolve.proposers._source import compiles, parse
from evolve.protocols import Model, ModelDesk, Proposer
from evolve.types import (
    Candidate,
    CandidateId,
    Evaluation,
    EvaluationId,
    Objective,
    Purpose,
    Score,
    Split,
    Status,
)

__all__ = ["PlainDesk", "ProposerTestCase", "make_brief", "make_view"]

_SEED = '''"""A seed with everything that a proposer must leave alone."""
import math

# EVOLVE-BLOCK-START
STEP = 0.25  # a knob
ROUNDS = 12


def helper(value, index):
    """Squeeze: 1.5 times."""
    if value > 3 and index != 2:
        return value - 1
    return math.sqrt(abs(value)) + index * 0.5


def solve(count, scale=1.0):
    # keep this comment
    values = []
    for index in range(ROUNDS):
        values.append(helper(count * STEP, index) * scale)
    return sorted(values, key=lambda item: -item)


# EVOLVE-BLOCK-END
LABEL = "outside 1.0"
'''
_MATE = _SEED.replace("0.25", "0.4").replace("index * 0.5", "index * 0.75")
_FROZEN = "NOTES = 'never changed 1 2 3'\n"
_KNOBS = (Knob("STEP", "float", 0.01, 1.0, log=True), Knob("ROUNDS", "int", 1, 100))

_EDIT = """Tune the step.
<<<<<<< SEARCH
STEP = 0.25  # a knob
=======
STEP = 0.{ticket}1  # a knob
>>>>>>> REPLACE
"""
_GARBAGE = (
    "",
    "I am sorry, but I cannot help with that.",
    "```python\nthis is (not python\n```",
    "```python\nprint('no function')\n```",
    "<<<<<<< SEARCH\nnot there\n=======\nx\n>>>>>>> REPLACE",
    '<<<<<<< SEARCH\nLABEL = "outside 1.0"\n=======\nLABEL = 2\n>>>>>>> REPLACE',
    "notes.py\n<<<<<<< SEARCH\nNOTES = 'never changed 1 2 3'\n=======\nNOTES = 4\n>>>>>>> REPLACE",
    "../../etc/passwd\n<<<<<<< SEARCH\n=======\nroot\n>>>>>>> REPLACE",
    "<<<<<<< SEARCH\n" * 50,
    "\ud800\x00\udfff```python\n\x00\n```",
    "`" * 5000,
)


class PlainDesk:
    """A desk that asks a model and keeps nothing; without a model there is no answer."""

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.completions: list[Completion] = []

    async def complete(self, request: ModelRequest) -> Completion:
        """The model's answer."""
        if self.model is None:
            raise ModelUnavailable("expected no call of a model", is_permanent=True)
        self.completions.append(await self.model.complete(request))
        return self.completions[-1]


def make_view(program: Program, number: int = 0, status: Status = Status.OK, feedback: str = "") -> ParentView:
    """A parent with an evaluation; its only score is 1."""
    candidate = CandidateId(f"c{number:04d}")
    evaluation = Evaluation(
        EvaluationId(f"{candidate}.search.1"),
        candidate,
        Split.TRAIN,
        0,
        Purpose.SEARCH,
        status,
        {"score": Score(1.0, 1.0, 1.0)} if status.is_ok else {},
        feedback=feedback,
    )
    return ParentView(Candidate(candidate, program), evaluation)


def make_brief(parents: Sequence[ParentView], *, ticket: int = 1, operator: str = "", **changes: object) -> Brief:
    """A brief over ``program.py`` with the function ``solve``; any field may be given."""
    brief = Brief(
        ticket=ticket,
        candidate=CandidateId(f"c{ticket:04d}"),
        operator=operator,
        seed=7,
        task="Make the score larger.",
        objectives=(Objective("score"),),
        entry="program.py",
        parents=tuple(parents),
        editable=("program.py",),
        function="solve",
    )
    return replace(brief, **changes)  # type: ignore[arg-type]


class ProposerTestCase(ABC):
    """Tests of a proposer; pytest collects them from a subclass whose name begins with ``Test``."""

    @abstractmethod
    def make(self, texts: Sequence[str]) -> tuple[Proposer, ModelDesk]:
        """A fresh proposer and its desk.

        Args:
            texts: What a model answers, ticket by ticket; a proposer that reads no texts leaves them unused.
        """

    tickets = 12

    def test_it_says_what_it_is(self) -> None:
        proposer, _ = self.make(self._edits())
        assert proposer.name
        assert proposer.operators
        assert all(isinstance(flag, bool) for flag in (proposer.is_trusted, proposer.is_deterministic))
        assert isinstance(proposer.uses_models, bool)

    def test_it_proposes_programs_that_compile_and_differ_from_their_parents(self) -> None:
        made = self._run_all(self._edits())
        programs = [proposal.program for proposal in made if proposal.program is not None]
        assert len(programs) >= len(made) // 2
        for program in programs:
            assert compiles(program.files["program.py"]) == ""
            assert program.files["program.py"] not in {_SEED, _MATE}

    def test_a_proposal_is_a_program_or_a_rejection_never_both_nor_neither(self) -> None:
        for proposal in self._run_all([*self._edits()[:4], *_GARBAGE]):
            assert (proposal.program is None) == (proposal.rejection is not None)
            if proposal.rejection is not None:
                assert proposal.rejection.stage
                assert proposal.rejection.reason
                assert "\n" not in proposal.rejection.reason

    def test_text_outside_the_markers_and_other_files_stay_byte_for_byte(self) -> None:
        for proposal in self._run_all([*self._edits()[:4], *_GARBAGE]):
            if proposal.program is not None:
                assert frozen_parts(proposal.program.files["program.py"]) == frozen_parts(_SEED)
                assert proposal.program.files["notes.py"] == _FROZEN
                assert set(proposal.program.files) == {"program.py", "notes.py"}

    def test_the_function_keeps_its_signature(self) -> None:
        for proposal in self._run_all([*self._edits()[:4], *_GARBAGE]):
            if proposal.program is not None:
                assert "def solve(count, scale=1.0):" in proposal.program.files["program.py"]

    def test_garbage_is_a_rejection_and_never_an_exception(self) -> None:
        proposer, _ = self.make(_GARBAGE)
        made = self._run_all(_GARBAGE)
        if not proposer.is_trusted:
            assert made
            assert all(proposal.rejection is not None for proposal in made)

    def test_equal_briefs_give_equal_proposals_where_that_is_claimed(self) -> None:
        proposer, _ = self.make(self._edits())
        if proposer.is_deterministic:
            assert self._run_all(self._edits()) == self._run_all(self._edits())

    def test_a_parent_that_does_not_parse_does_no_harm(self) -> None:
        broken = Program({"program.py": "def solve(:\n", "notes.py": _FROZEN})
        proposer, desk = self.make(self._edits())
        proposal = self._propose(proposer, desk, make_brief([make_view(broken)], operator=proposer.operators[0]))
        assert proposal is None or proposal.program is None or parse(proposal.program.files["program.py"]) is not None

    def test_no_editable_file_is_a_rejection(self) -> None:
        proposer, desk = self.make(self._edits())
        brief = make_brief(self._parents(), operator=proposer.operators[0], editable=("nothing.here",))
        proposal = self._propose(proposer, desk, brief)
        assert proposal is None or proposal.rejection is not None

    def _edits(self) -> list[str]:
        return [_EDIT.format(ticket=ticket) for ticket in range(1, self.tickets + 1)]

    @staticmethod
    def _parents() -> list[ParentView]:
        files = {"program.py": _SEED, "notes.py": _FROZEN}
        mate = {"program.py": _MATE, "notes.py": _FROZEN}
        return [make_view(Program(files), 0), make_view(Program(mate), 1)]

    def _run_all(self, texts: Sequence[str]) -> list[Proposal]:
        """One proposal per text and operator in turn; what the proposer cannot give is left out."""
        proposer, desk = self.make(texts)
        made = []
        for ticket in range(1, len(texts) + 1):
            operator = proposer.operators[ticket % len(proposer.operators)]
            brief = make_brief(self._parents(), ticket=ticket, operator=operator, knobs=_KNOBS)
            made.append(self._propose(proposer, desk, brief))
        return [proposal for proposal in made if proposal is not None]

    @staticmethod
    def _propose(proposer: Proposer, desk: ModelDesk, brief: Brief) -> Proposal | None:
        try:
            return asyncio.run(proposer.propose(brief, desk))
        except ProposerExhausted:
            return None
