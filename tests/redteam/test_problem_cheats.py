"""Every built-in problem and the skeleton, with all their cheats, under each sandbox that works here."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from evolve.check import new_problem
from evolve.plugins import load
from evolve.problems import load_problem
from evolve.testing._problem_suite import ProblemTestCase
from evolve.types import Trust


class _InBubblewrap(ProblemTestCase):
    sandbox = "bubblewrap"

    @pytest.fixture(autouse=True)
    def _needs_bubblewrap(self) -> None:
        availability = load("evolve.sandboxes", "bubblewrap").probe()
        if not availability.is_available:
            pytest.skip(f"bubblewrap: {availability.detail}")

    def test_the_check_says_where_the_programs_ran(self) -> None:
        assert (self.report().sandbox, self.report().trust) == ("bubblewrap", Trust.ISOLATED_NS.value)


class TestCirclePackingInAProcess(ProblemTestCase):
    def reference(self) -> str:
        return "circle_packing"


class TestCirclePackingInBubblewrap(_InBubblewrap):
    def reference(self) -> str:
        return "circle_packing"


class TestTensorMemoryInAProcess(ProblemTestCase):
    def reference(self) -> str:
        return "tensor_memory"


class TestTensorMemoryInBubblewrap(_InBubblewrap):
    def reference(self) -> str:
        return "tensor_memory"


class TestFloatExp2InAProcess(ProblemTestCase):
    def reference(self) -> str:
        return "float_exp2"


class TestFloatExp2InBubblewrap(_InBubblewrap):
    def reference(self) -> str:
        return "float_exp2"


@cache
def _skeleton() -> tuple[Path, TemporaryDirectory[str]]:
    folder = TemporaryDirectory(prefix="evolve-skeleton-")
    return new_problem(Path(folder.name) / "skeleton"), folder


class TestSkeletonInAProcess(ProblemTestCase):
    def reference(self) -> Path:
        return _skeleton()[0]


def test_circle_packing_starts_below_two_so_that_the_demo_shows_a_search():
    problem = load_problem("circle_packing")
    names: dict[str, object] = {}
    exec(problem.seed.files[problem.entry], names)
    assert 1.5 < sum(radius for _, _, radius in names["pack"]()) < 2.0  # type: ignore[operator]
