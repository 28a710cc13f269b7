import ast
import asyncio
import math
import re
from random import Random

import pytest

from evolve.briefs import Knob, Proposal
from evolve.errors import ConfigError, ModelUnavailable
from evolve.program import Program
from evolve.proposers import GeneticProposer
from evolve.testing import PlainDesk, make_brief, make_view

PROGRAM = '''"""Doc 3.5."""
import math

STEP = 0.25
ROUNDS = 10
NAME = "text 7"


def helper(a, b=2):
    """Helper 4."""
    if a > b and a != 9:
        return a - b * 1.5
    return min(a, b) + math.sin(a)


def solve(count, scale=1.0):
    total = 0.0
    for index in range(ROUNDS):  # a comment 5
        total += helper(index, count) * STEP
        total = total - 0.125
    print(f"{total:.3f} 6")
    return total * scale
'''


def mutants(text=PROGRAM, *, count=300, operator="mutate", mates=(), options=None, **changes):
    proposer = GeneticProposer(options or {})
    parents = [make_view(Program.single(item), number) for number, item in enumerate((text, *mates))]
    return [proposer.mutate(make_brief(parents, ticket=n, operator=operator, **changes)) for n in range(1, count + 1)]


def texts(proposals: list[Proposal]) -> list[str]:
    return [proposal.program.files["program.py"] for proposal in proposals if proposal.program]


def test_every_kind_of_move_is_made_and_every_mutant_compiles_and_differs():
    made = texts(mutants())
    assert len(made) == 300
    for text in made:
        compile(text, "mutant", "exec")
        assert text != PROGRAM
    assert len(set(made)) > 250
    joined = "\n".join(made)
    assert re.search(r"STEP = 0\.(?!25\b)\d", joined), "a float moved"
    assert re.search(r"ROUNDS = (?!10\b)\d+\n", joined), "an int moved and stayed an int"
    assert "max(a, b)" in joined, "min became max"
    assert re.search(r"a (<|>=|<=) b", joined), "a comparison changed"
    assert re.search(r"a > b or", joined), "and became or"
    assert any(text.count("total = total - 0.125") == 2 or text.count("total += helper") == 2 for text in made)
    assert any("total = total - 0.125" not in text and text.count("\n") == PROGRAM.count("\n") - 1 for text in made)


def test_strings_docstrings_comments_and_the_signature_are_never_touched():
    for text in texts(mutants()):
        tree = ast.parse(text)
        assert ast.get_docstring(tree) == "Doc 3.5."
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert ast.unparse(functions["solve"].args) == "count, scale=1.0"
        assert '"text 7"' in text
        assert "# a comment 5" in text or "range(" not in text
        assert 'f"{total:.3f} 6"' in text or "print" not in text


def test_ints_stay_ints_in_every_numeric_move():
    kinds = {
        type(node.value)
        for text in texts(mutants(options={"structure": 0.0}))
        for node in ast.walk(ast.parse(text))
        if is_rounds(node)
    }
    assert kinds == {int}


def is_rounds(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and getattr(node, "lineno", 0) == 5


def test_steps_span_many_scales_so_that_coarse_and_fine_tuning_both_happen():
    changes = []
    for text in texts(mutants("X = 0.5\n\ndef solve():\n    return X\n", count=600, options={"structure": 0.0})):
        value = ast.literal_eval(text.splitlines()[0].removeprefix("X = "))
        changes.append(abs(value - 0.5))
    assert sum(change < 1e-3 for change in changes) > 60
    assert sum(1e-3 <= change < 0.05 for change in changes) > 60
    assert sum(change >= 0.05 for change in changes) > 60


def test_equal_briefs_give_equal_proposals_and_tickets_differ():
    assert mutants(count=20) == mutants(count=20)
    assert len({proposal.program.content_hash for proposal in mutants(count=20)}) > 15


def test_only_text_between_markers_changes():
    text = f"A = 1.5\n# EVOLVE-BLOCK-START\nB = 2.5\n# EVOLVE-BLOCK-END\n{PROGRAM}"
    for mutant in texts(mutants(text, count=100)):
        assert mutant.startswith("A = 1.5\n# EVOLVE-BLOCK-START\n")
        assert mutant.endswith(f"# EVOLVE-BLOCK-END\n{PROGRAM}")


def test_windows_line_ends_and_non_ascii_text_survive():
    text = 'NAME = "größe ≤ 5"; SIZE = 3.5\r\n\r\ndef solve():\r\n    ä = "😀" * 2; return 4.5 + SIZE\r\n'
    made = texts(mutants(text, count=120, function="solve"))
    assert made
    for mutant in made:
        assert "größe ≤ 5" in mutant
        assert '"😀"' in mutant
        assert "\n" not in mutant.replace("\r\n", "")


def test_an_editable_glob_decides_which_file_changes():
    program = Program({"program.py": "A = 1\n", "lib/b.py": "B = 2\n"})
    brief = make_brief([make_view(program)], operator="mutate", editable=("lib/*.py",), function="")
    child = GeneticProposer({}).mutate(brief).program
    assert child.files["program.py"] == "A = 1\n"
    assert child.files["lib/b.py"] != "B = 2\n"


def test_crossover_takes_a_function_and_what_it_needs_from_the_other_parent():
    mate = PROGRAM.replace("return min(a, b) + math.sin(a)", "return cube(a) * OTHER").replace(
        "def helper", "OTHER = 3.25\n\n\ndef cube(x):\n    return x**3\n\n\ndef helper"
    )
    made = [text for text in texts(mutants(mates=[mate], operator="crossover", count=80)) if "return cube(a)" in text]
    assert made
    for text in made:
        names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        assert "cube" in names
        assert "OTHER = " in text
    assert len(ast.parse(min(made, key=len)).body) == len(ast.parse(PROGRAM).body) + 2


def test_crossover_of_parents_of_one_shape_moves_along_the_line_between_them():
    first, second = "X = 1.0\nY = 2.0\n", "X = 3.0\nY = 6.0\n"
    on_line = 0
    for proposal in mutants(first, mates=[second], operator="crossover", count=200, function=""):
        text = proposal.program.files["program.py"]
        numbers = [float(item) for item in re.findall(r"= (-?[\d.e-]+)", text)]
        if len(numbers) == 2 and math.isclose((numbers[0] - 1.0) / 2.0, (numbers[1] - 2.0) / 4.0, abs_tol=1e-3):
            on_line += 1
    assert on_line > 25


def test_crossover_with_oneself_is_a_mutation_and_says_so():
    for proposal in mutants(mates=[PROGRAM], operator="crossover", count=20):
        assert proposal.operator == "mutate"
        assert proposal.program is not None


def test_knob_moves_stay_in_range_and_touch_nothing_else():
    knobs = (Knob("STEP", "float", 0.01, 1.0, log=True), Knob("ROUNDS", "int", 2, 20))
    seen = set()
    for text in texts(mutants(operator="knobs", knobs=knobs)):
        lines = text.splitlines()
        step, rounds = ast.literal_eval(lines[3].split("= ")[1]), ast.literal_eval(lines[4].split("= ")[1])
        assert 0.01 <= step <= 1.0
        assert 2 <= rounds <= 20
        assert isinstance(rounds, int)
        assert lines[5:] == PROGRAM.splitlines()[5:]
        seen.add(rounds)
    assert len(seen) > 8


def test_a_choice_knob_takes_every_other_choice_and_no_more():
    knobs = (Knob("NAME", "choice", choices=("text 7", "b", "c")),)
    found = {text.splitlines()[5] for text in texts(mutants(operator="knobs", knobs=knobs, count=40))}
    assert found == {"NAME = 'b'", "NAME = 'c'"}


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("#define BLOCK 64", r"#define BLOCK (\d+)"),
        ("const int BLOCK = 64;", r"const int BLOCK = (\d+);"),
        ("static constexpr unsigned BLOCK = 64u;", r"static constexpr unsigned BLOCK = (\d+)u;"),
        ("let BLOCK: usize = 64;", r"let BLOCK: usize = (\d+);"),
        ("BLOCK = 64", r"BLOCK = (\d+)"),
    ],
)
def test_in_other_languages_declared_knobs_are_moved_and_nothing_else(line, pattern):
    text = f"// 1.5\n{line}\nfloat f(float x) {{ return x * 2.0f; }}\n"
    program = Program({"kernel.cu": text})
    brief = make_brief(
        [make_view(program)],
        operator="mutate",
        entry="kernel.cu",
        editable=("kernel.cu",),
        language="cuda",
        knobs=(Knob("BLOCK", "int", 1, 1024, log=True),),
    )
    child = GeneticProposer({}).mutate(brief).program.files["kernel.cu"].splitlines()
    assert 1 <= int(re.fullmatch(pattern, child[1]).group(1)) <= 1024
    assert [child[0], *child[2:]] == [text.splitlines()[0], *text.splitlines()[2:]]


def test_another_language_without_knobs_is_a_rejection_with_its_reason():
    brief = make_brief([make_view(Program({"a.c": "int x = 3;\n"}))], entry="a.c", editable=("*.c",), language="c")
    proposal = GeneticProposer({}).mutate(brief)
    assert proposal.rejection.stage == "new"
    assert "knobs" in proposal.rejection.reason


def test_a_program_without_any_place_to_move_is_a_rejection():
    proposal = GeneticProposer({}).mutate(make_brief([make_view(Program.single("pass\n"))], function=""))
    assert proposal.rejection.stage == "new"


def test_a_deeply_nested_program_is_survived():
    text = "X = " + "-" * 3000 + "1\n"
    proposal = GeneticProposer({}).mutate(make_brief([make_view(Program.single(text))], function=""))
    assert proposal.program is not None or proposal.rejection is not None


def test_an_unknown_option_is_an_error_with_a_suggestion():
    with pytest.raises(ConfigError, match="did you mean 'structure'"):
        GeneticProposer({"structur": 0.5})
    with pytest.raises(ConfigError, match="expected float"):
        GeneticProposer({"structure": "much"})


def test_the_desk_is_never_asked():
    desk = PlainDesk()
    proposal = asyncio.run(GeneticProposer({}).propose(make_brief([make_view(Program.single(PROGRAM))]), desk))
    assert proposal.program is not None
    with pytest.raises(ModelUnavailable):
        asyncio.run(desk.complete(None))


def test_a_plain_hill_climb_tunes_twelve_numbers():
    """Not a benchmark: 400 proposals must do much better than nothing on a sphere with its minimum off the seed."""
    target = [0.37 * index - 1.0 for index in range(12)]
    text = f"X = {[0.5] * 12}\n\ndef solve():\n    return X\n"

    def loss(program: str) -> float:
        scope: dict[str, object] = {}
        try:
            exec(program, scope)
            values = scope["solve"]()
            return sum((a - b) ** 2 for a, b in zip(values, target, strict=True))
        except Exception:
            return math.inf

    best = [(loss(text), text)]
    proposer = GeneticProposer({})
    random = Random(0)
    for ticket in range(1, 401):
        parents = [make_view(Program.single(random.choice(best[:4])[1])) for _ in range(2)]
        operator = random.choice(["mutate", "mutate", "crossover"])
        program = proposer.mutate(make_brief(parents, ticket=ticket, operator=operator)).program
        best.append((loss(program.files["program.py"]), program.files["program.py"]))
        best.sort(key=lambda item: item[0])
    assert best[0][0] < 0.25 * loss(text)
