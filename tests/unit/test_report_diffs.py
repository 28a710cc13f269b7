"""Diffs, untrusted text, and numbers in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.report._diffs import diff_lines, program_files, unified_diff
from evolve.report._text import clip, duration, number, one_line, percent_change, score_text, usd, visible
from evolve.types import Score

LINES = st.lists(
    st.sampled_from(["a = 1", "b = 2", "", "    return x", "+ plus", "- minus", "@@ -1,2 +1,2 @@", "--- x"]), min_size=1
)


@given(LINES, LINES)
def test_a_diff_holds_enough_to_rebuild_both_sides(before, after):
    old, new = "\n".join(before) + "\n", "\n".join(after) + "\n"
    lines = diff_lines(unified_diff({"p.py": old}, {"p.py": new}))
    taken = [line for line in lines if line.kind in {"same", "del", "add"}]
    for line in taken:
        if line.kind != "add":
            assert before[int(line.old) - 1] == line.text
        if line.kind != "del":
            assert after[int(line.new) - 1] == line.text
    removed = {int(line.old) - 1 for line in taken if line.kind == "del"}
    added = {int(line.new) - 1 for line in taken if line.kind == "add"}
    kept_old = [line for i, line in enumerate(before) if i not in removed]
    kept_new = [line for i, line in enumerate(after) if i not in added]
    assert kept_old == kept_new, "what is not marked is the same on both sides"


def test_equal_programs_have_an_empty_diff():
    assert unified_diff({"a": "x\n"}, {"a": "x\n"}) == ""
    assert diff_lines("") == []


def test_added_and_removed_files_are_shown_as_such():
    lines = unified_diff({"old.py": "x\n"}, {"new.py": "y\n"}).split("\n")
    assert lines[:2] == ["--- /dev/null", "+++ new.py"]
    assert lines[4:6] == ["--- old.py", "+++ /dev/null"]


def test_a_huge_line_and_a_huge_file_are_cut_and_say_so():
    long = unified_diff({"a": "x\n"}, {"a": "y" * 1_000_000 + "\n"})
    assert len(long) < 2000
    assert "characters left out" in long
    many = unified_diff({"a": ""}, {"a": "\n".join(map(str, range(5000)))})
    assert "more lines of this diff were left out" in many
    most = unified_diff({"a": ""}, {"a": "\n" * 100_000})
    assert "too many to compare" in most
    assert [line.kind for line in diff_lines(most)] == ["file", "file", "note"]


def test_a_blob_that_is_no_program_is_shown_as_one_file():
    assert program_files(json.dumps({"a.py": "x"}).encode()) == {"a.py": "x"}
    assert program_files(b"not json \xff") == {"program": "not json �"}
    assert program_files(b"[1]") == {"program": "[1]"}


@given(st.text())
def test_visible_text_has_no_character_that_hides_or_reorders_others(text):
    shown = visible(text)
    for bad in "\x00\x07\x1b\r\u202e\u2066\u200b\u200f\u2028\ufeff\x9b\x7f":
        assert bad not in shown
    shown.encode()  # lone surrogates are spelled out, so that it can be written


def test_visible_text_spells_out_escapes_and_keeps_lines():
    assert visible("a\x1b[31mb\n\tc\u202ed\r\ne\ud800") == "a␛[31mb\n\tc⟨U+202E⟩d\ne⟨U+D800⟩"
    assert visible("naïve ∑ 日本語 😀") == "naïve ∑ 日本語 😀"


def test_clip_and_one_line_say_what_is_missing():
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "abc… (1 characters left out)"
    assert one_line("\n \nfirst\nsecond") == "first"
    assert one_line("") == ""
    assert len(one_line("x" * 1_000_000)) == 161


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0.0, "0"), (2.635983, "2.63598"), (-1.5, "−1.5"), (1234567, "1,234,567"), (1181.3842, "1,181.38"),
        (1e-9, "1e−09"), (float("nan"), "nan"), (0.1 + 0.2, "0.3"), (99999.96, "100,000"), (123456.7, "123,457"),
    ],
)  # fmt: skip
def test_numbers_have_six_digits_and_no_trailing_zeros(value, text):
    assert number(value) == text


def test_money_time_and_change_in_words():
    assert [usd(v) for v in (None, 0.0, 0.00001, 0.1234, 12.5)] == ["unknown", "$0", "< $0.0001", "$0.1234", "$12.50"]
    assert [duration(s) for s in (None, 0.25, 42, 62, 3700, 90_000)] == [
        "–", "0.2 s", "42 s", "1 min 02 s", "1 h 01 min", "1 d 01 h",
    ]  # fmt: skip
    assert [percent_change(r) for r in (1.123, 0.72, 1.0, 3.4)] == ["+12.3 %", "−28 %", "+0 %", "3.4×"]
    assert score_text(Score(2.5, 2.5, 2.5, 1), "s") == "2.5 s"
    assert score_text(Score(2.5, 2.4, 2.6, 8)) == "2.5 [2.4, 2.6]"
    assert score_text(None) == "–"
