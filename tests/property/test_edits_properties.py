from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evolve.program import Program
from evolve.proposers import EditRules, apply_answer, render_block

RULES = EditRules("program.py", language="text")
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "    ", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE", "```", "```python", "x = 1", "  x = 1"]
        ),
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(LINES, st.data(), LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_rendered_edit_of_a_unique_run_of_lines_gives_exactly_the_edited_program(
    lines, data, replace, newline, names
):
    assume(any(line.strip() for line in lines))
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    search = lines[start:end]
    places = sum(lines[i : i + len(search)] == search for i in range(len(lines)))
    assume(places == 1 and any(line.strip() for line in search))
    wrapped = (search[0].lstrip().startswith("```") and search[-1].strip() == "```") or (
        len(replace) > 1 and replace[0].lstrip().startswith("```") and replace[-1].strip() == "```"
    )
    assume(not wrapped)  # a fence around a whole section is taken for the model's dress
    text = "".join(f"{line}{newline}" for line in lines)
    wanted = "".join(f"{line}{newline}" for line in [*lines[:start], *replace, *lines[end:]])
    answer = "Prose.\n\n" + render_block("program.py" if names else "", search, replace)
    result = apply_answer(answer, Program.single(text), RULES)
    assert result.errors == ()
    assert result.program.files["program.py"] == wanted


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(LINES.map("\n".join), st.text(max_size=30)), max_size=8).map("\n".join), LINES)
def test_no_answer_raises_and_a_program_or_an_error_comes_back(answer, lines):
    parent = Program.single("".join(f"{line}\n" for line in lines))
    for language in ("python", "text"):
        result = apply_answer(answer, parent, EditRules("program.py", language=language))
        assert (result.program is None) == bool(result.errors)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES, LINES, st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_nothing_outside_the_markers_ever_changes(before, inside, after, answer):
    text = "\n".join([*before, "# EVOLVE-BLOCK-START", *inside, "# EVOLVE-BLOCK-END", *after])
    assume(text.count("EVOLVE-BLOCK") == 2)
    edit = render_block("", [line for line in [*before, *inside, *after] if line.strip()][:1], [answer])
    for given_answer in (answer, f"```text\n{answer}\n```", edit):
        result = apply_answer(given_answer, Program.single(text), RULES)
        if result.program is not None:
            child = result.program.files["program.py"]
            assert child.startswith(text[: text.index("# EVOLVE-BLOCK-START") + len("# EVOLVE-BLOCK-START")])
            assert child.endswith(text[text.index("# EVOLVE-BLOCK-END") :])
