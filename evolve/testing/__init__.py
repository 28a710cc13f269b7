"""Conformance suites and doubles for whoever writes a plug-in; the built-in parts are tested with the same ones.

Subclass a ``...TestCase`` in a test module of your own, fill in its fixture or factory, and pytest collects the
whole suite. Needs the extra ``testing`` (pytest, hypothesis); nothing is imported before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.testing._engine import LiteralEvaluator, ModelProposer, NumberProposer, Search, toy_problem
    from evolve.testing._evaluator_double import InstantEvaluator
    from evolve.testing._evaluator_suite import EvaluatorTestCase
    from evolve.testing._example_run import example_events
    from evolve.testing._models import Fault, FaultServer, ScriptedModel
    from evolve.testing._policy import PolicyTestCase
    from evolve.testing._problem_suite import ProblemTestCase
    from evolve.testing._proposer import PlainDesk, ProposerTestCase, make_brief, make_view
    from evolve.testing._sandbox import SandboxTestCase
    from evolve.testing._store import StoreTestCase

_HOMES = {
    "EvaluatorTestCase": "_evaluator_suite",
    "Fault": "_models",
    "FaultServer": "_models",
    "InstantEvaluator": "_evaluator_double",
    "LiteralEvaluator": "_engine",
    "ModelProposer": "_engine",
    "NumberProposer": "_engine",
    "PlainDesk": "_proposer",
    "PolicyTestCase": "_policy",
    "ProblemTestCase": "_problem_suite",
    "ProposerTestCase": "_proposer",
    "SandboxTestCase": "_sandbox",
    "ScriptedModel": "_models",
    "Search": "_engine",
    "StoreTestCase": "_store",
    "example_events": "_example_run",
    "make_brief": "_proposer",
    "make_view": "_proposer",
    "toy_problem": "_engine",
}

__all__ = [
    "EvaluatorTestCase",
    "Fault",
    "FaultServer",
    "InstantEvaluator",
    "LiteralEvaluator",
    "ModelProposer",
    "NumberProposer",
    "PlainDesk",
    "PolicyTestCase",
    "ProblemTestCase",
    "ProposerTestCase",
    "SandboxTestCase",
    "ScriptedModel",
    "Search",
    "StoreTestCase",
    "example_events",
    "make_brief",
    "make_view",
    "toy_problem",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
