"""Proposals by a language model: one prompt, one answer, at most one repair."""

from collections.abc import Mapping

from evolve.briefs import Brief, Proposal
from evolve.completions import Completion, Message, ModelRequest
from evolve.errors import ConfigError
from evolve.proposers._drafts import Draft, draft
from evolve.proposers._options import read_options
from evolve.proposers._prompting import render_prompt, render_retry
from evolve.protocols import ModelDesk

__all__ = ["LlmProposer"]

_LONGEST_QUOTE = 20_000  # characters of an unusable answer that the repair turn shows the model again


class LlmProposer:
    """Asks a model for SEARCH/REPLACE edits or a whole file, and checks them before they cost an evaluation.

    An answer that does not apply, does not parse or breaks the signature gets one repair turn that quotes the
    error; after that it is a rejection. A refusal or an empty answer is never a program.

    Args:
        options: ``max_output_tokens`` (4096), ``temperature`` (the provider's default), ``repair`` (true).
    """

    name = "llm"
    is_trusted = False
    is_deterministic = False
    uses_models = True
    operators = ("improve", "explore", "crossover", "repair")

    def __init__(self, options: Mapping[str, object]) -> None:
        values = read_options(self.name, options, {"max_output_tokens": 4096, "temperature": None, "repair": True})
        self._max_output_tokens = int(str(values["max_output_tokens"]))
        temperature = values["temperature"]
        if temperature is not None and (isinstance(temperature, bool) or not isinstance(temperature, int | float)):
            raise ConfigError(f"expected a number for proposer option 'temperature', got {temperature!r}")
        self._temperature = temperature
        self._repairs = bool(values["repair"])

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """One proposal, with one repair turn where the first answer cannot be used."""
        operator = _choose(brief)
        messages = render_prompt(brief, operator)
        answer = await desk.complete(self._request(messages, "propose", brief))
        first = _judge(answer, brief)
        if first.program is not None or not self._repairs or not _is_repairable(answer, first):
            return first.as_proposal(operator)
        quoted = Message("assistant", answer.text[:_LONGEST_QUOTE])
        retry = (*messages, quoted, render_retry(first.reason))
        return _judge(await desk.complete(self._request(retry, "repair", brief)), brief).as_proposal(operator)

    def _request(self, messages: tuple[Message, ...], role: str, brief: Brief) -> ModelRequest:
        # The ticket as the sampling seed: no two requests of a run share one, and a scripted model finds its text.
        return ModelRequest(messages, role, self._max_output_tokens, self._temperature, brief.ticket)


def _choose(brief: Brief) -> str:
    """The move that will really be made: a failing parent is repaired, a crossover needs two programs."""
    evaluation = brief.parents[0].evaluation
    if evaluation is not None and not evaluation.is_ok:
        return "repair"
    if brief.operator == "crossover" and len(brief.parents) > 1:
        return "crossover"
    return "explore" if brief.operator == "explore" else "improve"


def _judge(answer: Completion, brief: Brief) -> Draft:
    if not answer.text.strip():
        return Draft(
            None, stage="parsed", reason=f"the model's answer is empty (finish reason: {answer.finish_reason})"
        )
    found = draft(answer.text, brief)
    if found.program is None and answer.finish_reason == "length":
        return Draft(None, found.rationale, found.stage, f"the answer was cut at its token limit; {found.reason}")
    return found


def _is_repairable(answer: Completion, first: Draft) -> bool:
    """A second call pays where the model tried: not for an empty or filtered answer, nor for one that changes nothing."""
    return (
        bool(answer.text.strip()) and first.stage in {"parsed", "static"} and answer.finish_reason != "content_filter"
    )
