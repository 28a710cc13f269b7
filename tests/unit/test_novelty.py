"""Which programs count as the same."""

import pytest

from evolve.program import Program
from evolve.search import fingerprint

BASE = """
def solve(n):
    total = 0
    for i in range(n):
        total += i * 2
    return total
"""


def same(first: str, second: str, path: str = "program.py") -> bool:
    return fingerprint(Program({path: first})) == fingerprint(Program({path: second}))


@pytest.mark.parametrize(
    "variant",
    [
        BASE + "\n\n# a comment\n",
        BASE.replace("total = 0", "total = 0  # start"),
        BASE.replace("    ", "  "),
        BASE.replace("i * 2", "(i*2)"),
        BASE.replace("def solve(n):", 'def solve(n):\n    """Text."""'),
        '"""Module text."""\n' + BASE,
        BASE.replace("\n", "\r\n"),
    ],
)
def test_formatting_comments_and_docstrings_do_not_count(variant: str) -> None:
    assert variant != BASE
    assert same(BASE, variant)


@pytest.mark.parametrize(
    "variant",
    [
        BASE.replace("2", "3"),
        BASE.replace("2", "2.0"),
        BASE.replace("0", "False"),
        BASE.replace("total", "sum_"),
        BASE.replace("i * 2", "i ** 2"),
        BASE.replace("i * 2", "2 * i"),
        BASE.replace("    return total", "return_ = total"),
        BASE.replace("        total += i * 2\n    return total", "        total += i * 2\n        return total"),
        BASE + "solve.x = 'text'\n",
    ],
)
def test_whatever_may_change_what_a_program_does_counts(variant: str) -> None:
    assert variant != BASE
    assert not same(BASE, variant)


def test_texts_that_concatenate_alike_are_told_apart() -> None:
    assert not same("f('ab', 'c')", "f('a', 'bc')")
    assert not same("x = [[1], 2]", "x = [[1, 2]]")
    assert fingerprint(Program({"a": "b", "c": "d"})) != fingerprint(Program({"a": "b\0c", "cd": ""}))


def test_a_string_statement_that_is_no_docstring_is_kept_apart_from_none() -> None:
    assert not same("x = 1\n'text'\n", "x = 1\n")


def test_a_program_that_does_not_parse_counts_as_text() -> None:
    assert same("def (:\n\n", "def (:  \n")
    assert not same("def (:\n", "def (: # x\n")


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "-" * 50_000 + "1", "x = 0x" + "f" * 20_000, "a\0b", "x = '\\d'", "\ud800"]
)
def test_hostile_texts_have_a_fingerprint(text: str) -> None:
    assert fingerprint(Program.single(text)).startswith("sha256:")


def test_comments_of_other_languages_do_not_count_and_strings_do() -> None:
    assert same("int a; // one\n", "int a; /* two */\n", "p.c")
    assert not same('char *a = "// one";', 'char *a = "// two";', "p.c")
    assert same("a = 1 # x\n", "a = 1\n", "p.toml")
    assert not same('a = "#x"', 'a = "#y"', "p.toml")
    assert not same("# Title\n", "# Other\n", "skill.md")


def test_the_path_and_every_file_count() -> None:
    assert fingerprint(Program({"a.py": "x"})) != fingerprint(Program({"b.py": "x"}))
    assert fingerprint(Program({"a.py": "x", "b.md": "y"})) != fingerprint(Program({"a.py": "x", "b.md": "z"}))
