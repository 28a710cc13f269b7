"""Proposers: what writes new programs. Classical evolution, language models, and scripts of answers.

Importing this package loads no SDK; `create_model` does, when it is called.
"""

from evolve.proposers.edits import EditResult, EditRules, apply_answer, render_block
from evolve.proposers.genetic import GeneticProposer
from evolve.proposers.llm import LlmProposer
from evolve.proposers.models import create_model, find_price
from evolve.proposers.scripted import ScriptedProposer

__all__ = [
    "EditResult",
    "EditRules",
    "GeneticProposer",
    "LlmProposer",
    "ScriptedProposer",
    "apply_answer",
    "create_model",
    "find_price",
    "render_block",
]
