import pytest

from evolve.program import Program
from evolve.proposers import EditResult, EditRules, apply_answer, render_block
from evolve.proposers._answers import MAX_ANSWER_CHARS

TEXT = """import math

LIMIT = 10


def first(x):
    y = x + 1

    if y > LIMIT:
        return y
    return x


def second(x):
    y = x + 2

    if y > LIMIT:
        return y
    return x
"""
RULES = EditRules("program.py", ("*.py",), "python", "first")


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def apply(answer: str, text: str = TEXT, rules: EditRules = RULES) -> EditResult:
    return apply_answer(answer, Program.single(text), rules)


def changed(answer: str, text: str = TEXT, rules: EditRules = RULES) -> str:
    result = apply(answer, text, rules)
    assert result.errors == ()
    return result.program.files["program.py"]


def refused(answer: str, text: str = TEXT, rules: EditRules = RULES) -> str:
    result = apply(answer, text, rules)
    assert result.program is None
    assert result.errors
    return " ".join(result.errors)


AS_MEANT = TEXT.replace("LIMIT = 10", "LIMIT = 20")


@pytest.mark.parametrize(
    "answer",
    [
        block("LIMIT = 10", "LIMIT = 20"),
        "I raise the limit.\n\n" + block("LIMIT = 10", "LIMIT = 20") + "\nThat should help.",
        "program.py\n" + block("LIMIT = 10", "LIMIT = 20"),
        "### `program.py`\n```python\n" + block("LIMIT = 10", "LIMIT = 20") + "```",
        "```python path=program.py\n" + block("LIMIT = 10", "LIMIT = 20") + "```",
        "File: program.py\n\n```\n" + block("LIMIT = 10", "LIMIT = 20") + "```",
        "<think>\n" + block("LIMIT = 10", "LIMIT = 99") + "</think>\n" + block("LIMIT = 10", "LIMIT = 20"),
        block("LIMIT = 10", "LIMIT = 20").replace("\n", "\r\n"),
        block("LIMIT = 10   ", "LIMIT = 20"),
        block("    LIMIT = 10", "    LIMIT = 20"),
        block("\nLIMIT = 10\n", "\nLIMIT = 20\n").replace("SEARCH\n\n", "SEARCH\n").replace("=\n\n", "=\n", 1),
        "<<<<<<< SEARCH program.py\nLIMIT = 10\n=======\nLIMIT = 20\n>>>>>>> REPLACE",
        "<<<<<< SEARCH\nLIMIT = 10\n=====\nLIMIT = 20\n>>>>>>>> REPLACE",
        "<<<<<<< SEARCH\n```python\nLIMIT = 10\n```\n=======\n```python\nLIMIT = 20\n```\n>>>>>>> REPLACE",
        "solution.py\n" + block("LIMIT = 10", "LIMIT = 20"),
    ],
)
def test_one_edit_in_many_dresses_is_applied(answer):
    assert changed(answer).replace("\n\n\n\n", "\n\n\n").rstrip() == AS_MEANT.rstrip()


def test_lost_indentation_is_found_again_and_the_replacement_gets_it():
    answer = block("y = x + 1\n\nif y > LIMIT:\n    return y", "y = x + 7\nif y > LIMIT:\n    y -= 1\n    return y")
    assert "    y = x + 7\n    if y > LIMIT:\n        y -= 1\n        return y\n    return x" in changed(answer)


def test_a_first_line_that_lost_its_indentation_is_mended():
    answer = block("y = x + 1\n\n    if y > LIMIT:", "y = x + 3\n\n    if y >= LIMIT:")
    assert "    y = x + 3\n\n    if y >= LIMIT:\n        return y" in changed(answer)


def test_blank_lines_that_differ_do_not_matter():
    answer = block("    y = x + 1\n    if y > LIMIT:\n\n        return y", "    return 5")
    assert "def first(x):\n    return 5\n    return x\n" in changed(answer)


def test_tabs_of_the_program_are_kept():
    text = "def first(x):\n\tif x:\n\t\treturn 1\n\treturn 2\n"
    answer = block("    if x:\n        return 1", "    if x:\n        x += 1\n        return x")
    assert changed(answer, text) == "def first(x):\n\tif x:\n\t\tx += 1\n\t\treturn x\n\treturn 2\n"


def test_a_close_match_is_applied_where_it_is_the_only_one():
    answer = block("def first( x ):\n    y = x+1", "def first(x):\n    y = x + 4")
    assert "def first(x):\n    y = x + 4\n" in changed(answer)


def test_a_place_that_is_not_unique_is_refused_with_its_line_numbers():
    error = refused(block("    if y > LIMIT:\n        return y", "    pass"))
    assert "several places" in error
    assert "9, 17" in error


def test_two_places_that_are_equally_close_are_refused():
    error = refused(block("    if y >  LIMIT :\n        return  y\n    return x", "    pass"))
    assert "several places" in error or "not found" in error


def test_a_place_that_does_not_exist_is_refused_with_the_nearest_line():
    error = refused(block("    y = x + 1000000 * LIMIT / 3", "    y = 0"))
    assert "not found" in error
    error = refused(block("LIMIT = 11  # as before\nother = 3\nthird = 4", "LIMIT = 12"))
    assert "not found" in error


def test_if_one_block_fails_none_is_applied():
    result = apply(block("LIMIT = 10", "LIMIT = 20") + block("nowhere to be found", "x"))
    assert result.program is None
    assert result.applied == 1
    assert "block 2" in result.errors[0]


def test_later_blocks_see_what_earlier_ones_did():
    answer = block("LIMIT = 10", "LIMIT = 20\nEXTRA = 1") + block("EXTRA = 1", "EXTRA = 2")
    assert "LIMIT = 20\nEXTRA = 2\n" in changed(answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "neither"),
        ("I am sorry, but I cannot help with that.", "neither"),
        ("LIMIT = 20", "neither"),
        ("```\nI am sorry, but I cannot help with that.\n```", "no fenced block"),
        ("```text\nLIMIT = 20\n```", "no fenced block"),
        ("```javascript\nlet LIMIT = 20\n```", "no fenced block"),
        ("```python\nimport math\ndef first(x):\n    return", "cut off"),
        ("```python\na = 1\n```\nor\n```python\nb = 2\n```", "2 fenced programs"),
        ("<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = 20\n", "cut off"),
        ("<<<<<<< SEARCH\nLIMIT = 10\n>>>>>>> REPLACE\n", "'======='"),
        ("<<<<<<< SEARCH\nLIMIT = 10\n=======\na\n=======\nb\n>>>>>>> REPLACE", "two lines"),
        (block("", "x = 1"), "SEARCH is empty"),
        ("x" * (MAX_ANSWER_CHARS + 1), "characters"),
        (block("LIMIT = 10", "LIMIT = 20") * 300, "at most 200 blocks"),
    ],
)
def test_what_is_no_edit_is_an_error_and_never_a_program(answer, reason):
    assert reason in refused(answer)


def test_a_whole_file_in_one_fence_is_the_program():
    assert (
        changed("Here it is:\n```python\ndef first(x):\n    return 1\n```\nGood luck!")
        == "def first(x):\n    return 1\n"
    )
    assert changed("```\ndef first(x):\n    return 1\n```") == "def first(x):\n    return 1\n"


def test_of_several_fences_the_one_that_defines_the_function_is_the_program():
    answer = "Usage:\n```python\nprint(first(2))\n```\nProgram:\n```python\ndef first(x):\n    return 1\n```\n"
    assert changed(answer) == "def first(x):\n    return 1\n"


def test_fences_inside_longer_fences_are_text():
    answer = '````python\ndef first(x):\n    """```"""\n    return 1\n````\n'
    assert changed(answer) == 'def first(x):\n    """```"""\n    return 1\n'


MARKED = "A = 1\n# EVOLVE-BLOCK-START\nB = 2\n# EVOLVE-BLOCK-END\nC = 3\n"


def test_an_edit_between_the_markers_is_applied_and_one_outside_is_refused():
    assert changed(block("B = 2", "B = 3"), MARKED) == MARKED.replace("B = 2", "B = 3")
    for answer in (block("A = 1", "A = 2"), block("C = 3", "C = 4"), block("# EVOLVE-BLOCK-END\nC = 3", "C = 3")):
        assert "outside the EVOLVE-BLOCK" in refused(answer, MARKED)


def test_new_markers_do_not_widen_the_block():
    answer = block("B = 2", "B = 2\n# EVOLVE-BLOCK-END\nD = 4\n# EVOLVE-BLOCK-START")
    assert "outside the EVOLVE-BLOCK" in refused(answer, MARKED)


def test_a_whole_file_keeps_frozen_text_or_is_refused():
    loose = "```python\nA = 1   \n# EVOLVE-BLOCK-START\nB = 9\n# EVOLVE-BLOCK-END\nC = 3\n\n```"
    assert changed(loose, MARKED) == MARKED.replace("B = 2", "B = 9")
    assert "outside" in refused("```python\nB = 9\n```", MARKED)
    assert "outside" in refused("```python\n" + MARKED.replace("C = 3", "C = 4") + "```", MARKED)


def test_line_ends_of_the_program_stay_what_they_are():
    text = TEXT.replace("\n", "\r\n")
    after = changed(block("LIMIT = 10", "LIMIT = 20\nMORE = 1"), text)
    assert after == text.replace("LIMIT = 10\r\n", "LIMIT = 20\r\nMORE = 1\r\n")
    assert changed("```python\ndef first(x):\n    return 1\n```", text) == "def first(x):\r\n    return 1\r\n"


def test_a_missing_last_line_end_stays_missing():
    assert changed(block("b = 2", "b = 3"), "a = 1\nb = 2") == "a = 1\nb = 3"


TREE = Program({"program.py": TEXT, "lib/tools.py": "SIZE = 1\n", "fixed.txt": "1\n"})


def test_several_files_are_edited_by_name():
    answer = "program.py\n" + block("LIMIT = 10", "LIMIT = 20") + "\ntools.py\n" + block("SIZE = 1", "SIZE = 2")
    result = apply_answer(answer, TREE, RULES)
    assert result.applied == 2
    assert result.program.files["program.py"] == AS_MEANT
    assert result.program.files["lib/tools.py"] == "SIZE = 2\n"


def test_without_a_name_the_only_file_that_fits_is_meant():
    result = apply_answer(block("SIZE = 1", "SIZE = 2"), TREE, RULES)
    assert result.program.files["lib/tools.py"] == "SIZE = 2\n"


def test_two_files_that_fit_are_refused_without_a_name():
    tree = TREE.replace("lib/tools.py", "LIMIT = 10\n")
    assert "several places" in apply_answer(block("LIMIT = 10", "LIMIT = 20"), tree, RULES).errors[0]


def test_files_outside_the_globs_may_not_change_nor_be_added():
    rules = EditRules("program.py", ("program.py",))
    assert "may not be changed" in apply_answer("fixed.txt\n" + block("1", "2"), TREE, rules).errors[0]
    assert "may not be changed" in apply_answer("lib/new.py\n" + block("", "x = 1"), TREE, rules).errors[0]
    assert "may not be changed" in apply_answer("```python path=lib/tools.py\nx = 1\n```", TREE, rules).errors[0]
    assert apply_answer("../up.py\n" + block("", "x = 1"), TREE, RULES).program is None


def test_a_new_file_that_a_glob_allows_is_added():
    result = apply_answer("lib/new.py\n" + block("", "x = 1"), TREE, RULES)
    assert result.program.files["lib/new.py"] == "x = 1\n"
    result = apply_answer("```python path=lib/new.py\nx = 1\n```", TREE, RULES)
    assert result.program.files["lib/new.py"] == "x = 1\n"


def test_c_and_text_programs_are_edited_and_replaced_too():
    c = EditRules("a.c", ("*",), "c")
    assert apply_answer("```c\nint x = 2;\n```", Program({"a.c": "int x;\n"}), c).program.files["a.c"] == "int x = 2;\n"
    text = EditRules("prompt.md", ("*",), "text")
    prompt = Program({"prompt.md": "You are good.\nBe brief.\n"})
    edited = apply_answer(block("Be brief.", "Be exact."), prompt, text).program
    assert edited.files["prompt.md"] == "You are good.\nBe exact.\n"
    assert apply_answer("I cannot do that.", prompt, text).program is None


def test_an_answer_that_changes_nothing_says_so():
    result = apply(block("LIMIT = 10", "LIMIT = 10"))
    assert result.program is not None
    assert not result.is_change


def test_half_a_surrogate_pair_becomes_a_question_mark():
    assert 'LIMIT = "?"' in changed(block("LIMIT = 10", 'LIMIT = "\ud800"'))


def test_markers_inside_a_program_are_survived_by_longer_ones():
    text = "a = 1\n=======\nb = 2\n>>>>>>> REPLACE\n"
    answer = render_block("", ["=======", "b = 2"], ["======= ", "b = 3", "<<<<<<< SEARCH"])
    rules = EditRules("program.py", language="text")
    assert changed(answer, text, rules) == "a = 1\n======= \nb = 3\n<<<<<<< SEARCH\n>>>>>>> REPLACE\n"
