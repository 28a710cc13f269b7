import ast
import math
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from evolve.briefs import Knob
from evolve.program import Program
from evolve.proposers import GeneticProposer
from evolve.proposers._numbers import render, step, step_knob
from evolve.testing import make_brief, make_view

NAMES = st.sampled_from(["a", "b", "größe", "X_1"])
NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False)).map(repr)


@st.composite
def expressions(draw, depth=2):
    if depth == 0:
        return draw(st.one_of(NAMES, NUMBERS))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    operator = draw(st.sampled_from([" + ", "*", " <= ", " and ", " // ", "-", " if a else "]))
    return f"({left}{operator}{right})"


@st.composite
def programs(draw):
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.integers(0, 4))
        name, value = draw(NAMES), draw(expressions())
        body = [f"{name} = {value}  # note 1.5"]
        if kind == 1:
            body = [f"if {value}:", f"    {name} = {draw(expressions())}", "else:", "    pass"]
        elif kind == 2:
            body = [f"def f(x, {name}=3):", '    """Doc 4.5."""', f"    return [{value} for i in x]"]
        elif kind == 3:
            body = [f"{name} = lambda q: {value}", "", f"s = 'text 9.5 {name}'"]
        elif kind == 4:
            body = [f"for {name} in (1, 2.5):", f"\t{name} += {value}"]
        lines += body
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + newline


@settings(max_examples=120, deadline=None)
@given(programs(), programs(), st.integers(0, 10**6), st.sampled_from(["mutate", "crossover"]))
def test_a_mutant_of_any_program_compiles_differs_and_keeps_strings(text, mate, ticket, operator):
    parents = [make_view(Program.single(text)), make_view(Program.single(mate), 1)]
    proposal = GeneticProposer({}).mutate(make_brief(parents, ticket=ticket, operator=operator, function="f"))
    if proposal.program is None:
        return
    child = proposal.program.files["program.py"]
    assert child not in {text, mate}
    compile(child, "child", "exec")
    allowed = strings(text) | strings(mate)
    assert strings(child) <= allowed


def strings(text: str) -> set[str]:
    tree = ast.parse(text)
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@given(st.integers(0, 10**9), st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_step_is_a_finite_float_with_a_literal(seed, value):
    moved = step(Random(seed), value)
    assert isinstance(moved, float)
    assert math.isfinite(moved)
    assert math.isclose(ast.literal_eval(render(moved, value)), moved, rel_tol=1e-3, abs_tol=1e-300)


@given(st.integers(0, 10**9), st.integers(-(10**12), 10**12))
def test_an_int_step_is_another_int_that_does_not_explode(seed, value):
    moved = step(Random(seed), value)
    assert isinstance(moved, int)
    assert moved != value or value == 0
    assert abs(moved) <= max(10**9, 2 * abs(value))


@given(
    st.integers(0, 10**9), st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.booleans(), st.sampled_from(["int", "float"])
)
def test_a_knob_never_leaves_its_range(seed, low, width, log, kind):
    low, high = (abs(low) + 0.1, abs(low) + 0.1 + width) if log else (low, low + width)
    if kind == "int":
        low, high = math.ceil(low), math.ceil(high)
    knob = Knob("K", kind, low, high, log)
    value: float = low
    random = Random(seed)
    for _ in range(5):
        moved = step_knob(random, knob, value)
        assert low <= moved <= high
        assert isinstance(moved, int if kind == "int" else float)
        value = moved
