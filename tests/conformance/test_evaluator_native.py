"""The native evaluator, held to the shipped suite under real sandboxes."""

from pathlib import Path

import pytest

from evaluators import NativeEvaluator
from evolve.plugins import load
from evolve.testing._evaluator_suite import EvaluatorTestCase


class TestNativeEvaluatorInAProcess(EvaluatorTestCase):
    def create(self, problem_folder: Path, *, parallel: int) -> NativeEvaluator:
        return NativeEvaluator(problem_folder, sandbox="process", parallel=parallel, label="test")


class TestNativeEvaluatorInBubblewrap(EvaluatorTestCase):
    @pytest.fixture(autouse=True)
    def _needs_bubblewrap(self) -> None:
        availability = load("evolve.sandboxes", "bubblewrap").probe()
        if not availability.is_available:
            pytest.skip(f"bubblewrap: {availability.detail}")

    def create(self, problem_folder: Path, *, parallel: int) -> NativeEvaluator:
        return NativeEvaluator(problem_folder, sandbox="bubblewrap", parallel=parallel, label="test")
