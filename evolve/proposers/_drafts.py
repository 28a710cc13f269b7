"""From a model's text to a checked program: the part of the way that ``llm`` and ``scripted`` share."""

from dataclasses import dataclass

from evolve.briefs import Brief, Proposal, Rejection
from evolve.proposers._static import check_program
from evolve.proposers.edits import EditRules, apply_answer
from evolve.types import Program

__all__ = ["Draft", "draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A program, or the stage at which the answer failed and why."""

    program: Program | None
    rationale: str = ""
    stage: str = ""
    reason: str = ""

    def as_proposal(self, operator: str) -> Proposal:
        """The proposal that this draft amounts to."""
        if self.program is None:
            return Proposal(None, self.rationale, operator, Rejection(self.stage, _one_line(self.reason)))
        return Proposal(self.program, self.rationale, operator)


def draft(text: str, brief: Brief) -> Draft:
    """What an answer makes of the brief's first parent."""
    parent = brief.parents[0].candidate.program
    rules = EditRules(brief.entry, brief.editable, brief.language, brief.function)
    result = apply_answer(text, parent, rules)
    if result.program is None:
        return Draft(None, result.rationale, "parsed", "\n".join(result.errors))
    if not result.is_change:
        return Draft(None, result.rationale, "new", "the answer changes nothing")
    problem = check_program(result.program, parent, entry=brief.entry, function=brief.function)
    if problem:
        return Draft(None, result.rationale, "static", problem)
    return Draft(result.program, result.rationale)


def _one_line(text: str) -> str:
    return " | ".join(text.split("\n"))[:500]
