"""Numbers of the built-in problems that come from outside their verifiers."""

import importlib.util
import math
import random
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from evolve.problems import load_problem, problems_folder
from evolve.types import Instance, Split


def module_of(problem: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A trusted module of a problem folder, loaded as the worker does it."""
    folder: Path = problems_folder() / problem
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_file_location(f"{problem}_{name}", folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(text: str, function: str, *args: object) -> object:
    """What a trusted reference program returns."""
    names: dict[str, object] = {}
    exec(text, names)
    return names[function](*args)  # type: ignore[operator]


def as_float32(value: Fraction) -> np.float32:
    """The float32 nearest to a rational, ties to even; exact arithmetic only."""
    near = np.float32(float(value))
    around = {near, np.nextafter(near, np.float32(-np.inf)), np.nextafter(near, np.float32(np.inf))}
    best = min(abs(Fraction(float(one)) - value) for one in around)
    ties = [one for one in around if abs(Fraction(float(one)) - value) == best]
    return min(ties, key=lambda one: int(np.float32(one).view(np.uint32)) & 1)


def test_the_emulated_fma_rounds_once(monkeypatch: pytest.MonkeyPatch):
    machine = module_of("float_exp2", "machine", monkeypatch)
    generator = random.Random(1)
    wrong_by_two_roundings = 0
    for number in range(3000):
        if number % 2:
            # (1 + i 2^-12)(1 + j 2^-12) with odd i j lies on a tie of float32; a tiny addend decides, and is lost in double.
            a, b = (np.float32(1 + generator.randrange(1, 999, 2) * 2.0**-12) for _ in range(2))
            c = np.float32(generator.choice([-1, 1]) * 2.0 ** generator.randint(-120, -30))
        else:
            a, b, c = (np.float32(generator.uniform(-2, 2) * 2.0 ** generator.randint(-20, 20)) for _ in range(3))
        exact = as_float32(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))
        assert float(machine.fma(a, b, c)[0]) == float(exact)
        wrong_by_two_roundings += float(np.float32(np.float64(a) * np.float64(b) + np.float64(c))) != float(exact)
    near_tie = machine.fma(np.float32(1 + 2**-12), np.float32(1 + 2**-12), np.float32(2**-60))[0]
    assert float(near_tie) == float(as_float32(Fraction(1 + 2**-12) ** 2 + Fraction(1, 2**60)))
    # (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24 lies on a tie of float32, and 2^-60 is lost when added in double:
    # rounding twice goes to even, down; the exact sum lies above the tie.
    assert float(np.float32(np.float64(1 + 2**-12) ** 2 + 2.0**-60)) < float(near_tie)
    assert wrong_by_two_roundings > 300  # the cases are hard enough to tell one rounding from two


@pytest.mark.parametrize(
    ("name", "operations", "max_ulp"),
    # Chebyshev interpolants in float32 Horner form, as measured for the project's survey with another program.
    [("chebyshev_3", 6, 962), ("chebyshev_4", 8, 33.9), ("chebyshev_5", 10, 2.18), ("chebyshev_6", 12, 1.33)],
)
def test_chebyshev_polynomials_have_their_known_errors(
    name: str, operations: int, max_ulp: float, monkeypatch: pytest.MonkeyPatch
):
    verify = module_of("float_exp2", "verify", monkeypatch)
    machine = module_of("float_exp2", "machine", monkeypatch)
    program = next(one for one in load_problem("float_exp2").references if one.name == name).program
    instructions = verify.parse(answer(program.files["program.py"], "program"))
    assert machine.cost(instructions) == operations
    error, _ = verify.largest_error(instructions, verify.points(Split.TRAIN, 0, 2**20))
    assert error == pytest.approx(max_ulp, rel=3e-3)


def test_no_point_is_in_two_splits_and_all_are_exact(monkeypatch: pytest.MonkeyPatch):
    verify = module_of("float_exp2", "verify", monkeypatch)
    train, validation, test = (verify.points(split, 3, 2**20) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST))
    everything = np.concatenate([train, validation, test])
    assert len(np.unique(everything)) == len(everything)
    assert everything.dtype == np.float32
    assert everything.min() == 0.0
    assert everything.max() < 1.0
    assert np.array_equal(verify.points(Split.TEST, 3, 2**20), test)
    assert not np.array_equal(verify.points(Split.TEST, 4, 2**20), test)


def test_correct_rounding_is_not_below_the_bound(monkeypatch: pytest.MonkeyPatch):
    verify = module_of("float_exp2", "verify", monkeypatch)
    bound = load_problem("float_exp2").headline.bound
    for split in Split:
        for count in (4096, 2**20):
            exact = np.exp2(verify.points(split, 0, count).astype(np.float64))
            best = np.max(np.abs(exact.astype(np.float32).astype(np.float64) - exact)) / verify.ULP
            assert bound < best < 0.5


def test_the_area_bound_of_circle_packing_is_what_it_says():
    bound = load_problem("circle_packing").headline.bound
    assert bound == pytest.approx(math.sqrt(26 / math.pi), abs=1e-12)


def test_the_grid_packing_has_the_sum_of_its_closed_form(monkeypatch: pytest.MonkeyPatch):
    verify = module_of("circle_packing", "verify", monkeypatch)
    program = next(one for one in load_problem("circle_packing").references if one.name == "grid_and_one").program
    rows = answer(program.files["program.py"], "pack")
    assert verify._fault(rows) == ""
    assert sum(row[2] for row in rows) == pytest.approx(2.5 + 0.1 * (math.sqrt(2) - 1), abs=1e-12)


@pytest.mark.parametrize(("growth", "is_valid"), [(0.9e-9, True), (1.1e-9, False)])
def test_the_tolerance_of_circle_packing_is_exact(growth: float, is_valid: bool, monkeypatch: pytest.MonkeyPatch):
    verify = module_of("circle_packing", "verify", monkeypatch)
    # Two touching circles, all numbers exact in binary but the growth; the others are points in the corners.
    rows = [[0.25, 0.5, 0.25], [0.75, 0.5, 0.25 + growth]] + [[0.0, 0.0, 0.0] for _ in range(24)]
    rows[1][0] = 0.75 - growth  # stays inside the square; only the overlap grows, by twice the growth
    assert (verify._fault(rows) == "") is (2 * growth <= 1e-9)
    rows[1][0] = 0.75
    assert (verify._fault(rows) == "") is is_valid


@pytest.mark.parametrize("split", list(Split))
def test_largest_first_leaves_three_percent_in_every_instance(split: Split, monkeypatch: pytest.MonkeyPatch):
    verify = module_of("tensor_memory", "verify", monkeypatch)
    program = next(one for one in load_problem("tensor_memory").references if one.name == "largest_first").program
    instances: list[Instance] = verify.Verifier().instances(split, 5)
    for instance in instances:
        buffers = instance.data
        offsets = answer(program.files["program.py"], "allocate", [list(one) for one in buffers])
        assert verify.find_clash(buffers, offsets) is None
        peak = max(offset + size for offset, (size, _, _) in zip(offsets, buffers, strict=True))
        assert peak == verify.largest_first_peak(buffers)
        # The bound again, by another way: the live sum changes at starts only.
        bound = max(sum(b[0] for b in buffers if b[1] <= a[1] < b[2]) for a in buffers)
        assert bound == verify.most_live_bytes(buffers)
        assert peak >= 1.03 * bound


def test_clashes_are_found_wherever_byte_maps_find_them(monkeypatch: pytest.MonkeyPatch):
    verify = module_of("tensor_memory", "verify", monkeypatch)
    generator = random.Random(2)
    found = 0
    for _ in range(300):
        buffers = [
            (generator.randint(1, 5), s := generator.randint(0, 5), s + generator.randint(1, 4)) for _ in range(4)
        ]
        offsets = [generator.randint(0, 12) for _ in buffers]
        cells = [
            (step, byte)
            for (size, start, end), offset in zip(buffers, offsets, strict=True)
            for step in range(start, end)
            for byte in range(offset, offset + size)
        ]
        clash = verify.find_clash(buffers, offsets)
        assert (clash is not None) is (len(set(cells)) < len(cells))
        found += clash is not None
    assert 50 < found < 250
