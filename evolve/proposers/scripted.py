"""Replays given answers, for tests, demonstrations and recorded searches."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from evolve.briefs import Brief, Proposal
from evolve.completions import Message, ModelRequest
from evolve.errors import ConfigError, ProposerExhausted
from evolve.proposers._drafts import draft
from evolve.proposers._options import read_options
from evolve.proposers._scripts import ScriptEntry, read_script, to_entries
from evolve.protocols import ModelDesk

__all__ = ["ScriptedProposer"]


class ScriptedProposer:
    """Gives the k-th text of a script to ticket k, read as a model's answer would be.

    Args:
        options: ``script`` is a list of texts or the path of a JSON or JSON Lines file; an entry is a text or
            ``{"text": ..., "delay_s": ...}``. With ``record`` the texts come from the run's model through the
            desk, so that each is recorded and paid for like any answer; ``script`` is not needed then.
            ``delay_s`` is waited before every proposal.

    Raises:
        ConfigError: There is no script, or it cannot be read.
    """

    name = "scripted"
    is_trusted = False
    is_deterministic = True
    operators = ("improve", "explore", "crossover", "repair")

    def __init__(self, options: Mapping[str, object]) -> None:
        defaults: dict[str, object] = {"script": None, "record": False, "delay_s": 0.0, "max_output_tokens": 4096}
        values = read_options(self.name, options, defaults)
        self.uses_models = bool(values["record"])
        self._delay_s = float(str(values["delay_s"]))
        self._max_output_tokens = int(str(values["max_output_tokens"]))
        self._entries = () if self.uses_models else _load(values["script"])

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """The proposal that the script has for this ticket.

        Raises:
            ProposerExhausted: The script has ended.
        """
        operator = brief.operator if brief.operator in self.operators else self.operators[0]
        if self.uses_models:
            await asyncio.sleep(self._delay_s)
            text = await self._ask(brief, desk)
        else:
            entry = self._entry(brief.ticket)
            await asyncio.sleep(entry.delay_s or self._delay_s)
            text = entry.texts[0]
        return draft(text, brief).as_proposal(operator)

    async def _ask(self, brief: Brief, desk: ModelDesk) -> str:
        messages = (Message("user", f"Text {brief.ticket} of the script, please."),)
        request = ModelRequest(messages, max_output_tokens=self._max_output_tokens, seed=brief.ticket)
        return (await desk.complete(request)).text

    def _entry(self, ticket: int) -> ScriptEntry:
        if ticket > len(self._entries):
            raise ProposerExhausted(f"the script has {len(self._entries)} texts, and ticket {ticket} wants one more")
        return self._entries[ticket - 1]


def _load(script: object) -> tuple[ScriptEntry, ...]:
    if isinstance(script, str | Path):
        return read_script(Path(script))
    if isinstance(script, list | tuple):
        return to_entries(list(script), "the option 'script'")
    raise ConfigError(
        f"expected the proposer option 'script' (a path or a list of texts), got {script!r}",
        fix="evolve launch PROBLEM --proposer scripted -c proposer_options.script=answers.jsonl",
    )
