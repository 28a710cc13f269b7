from collections.abc import Sequence

from evolve.proposers import GeneticProposer, LlmProposer, ScriptedProposer
from evolve.protocols import ModelDesk, Proposer
from evolve.testing import PlainDesk, ProposerTestCase, ScriptedModel


class TestGenetic(ProposerTestCase):
    tickets = 40

    def make(self, texts: Sequence[str]) -> tuple[Proposer, ModelDesk]:
        return GeneticProposer({}), PlainDesk()


class TestLlm(ProposerTestCase):
    def make(self, texts: Sequence[str]) -> tuple[Proposer, ModelDesk]:
        return LlmProposer({}), PlainDesk(ScriptedModel(list(texts)))


class TestScripted(ProposerTestCase):
    def make(self, texts: Sequence[str]) -> tuple[Proposer, ModelDesk]:
        return ScriptedProposer({"script": list(texts)}), PlainDesk()


class TestScriptedWithRecording(ProposerTestCase):
    def make(self, texts: Sequence[str]) -> tuple[Proposer, ModelDesk]:
        return ScriptedProposer({"record": True}), PlainDesk(ScriptedModel(list(texts)))
