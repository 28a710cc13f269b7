import subprocess
import sys
from pathlib import Path

import pytest

from evolve.check import new_problem
from evolve.errors import ProblemError
from evolve.problems import list_problems, load_problem, problem_names, problems_folder
from evolve.types import Direction, Status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_problem(tmp_path / "mine")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def error_of(reference: str | Path) -> str:
    with pytest.raises(ProblemError) as caught:
        load_problem(reference)
    assert caught.value.fix
    return str(caught.value)


def test_the_built_in_problems_load_by_name():
    assert {"circle_packing", "float_exp2", "tensor_memory"} <= set(problem_names())
    for problem in list_problems():
        assert problem.name == problem.folder.name
        assert problem.summary
        assert problem.function in problem.statement
        assert len(problem.redteam) >= 4
        assert problem.references


def test_what_the_file_says_is_what_the_problem_has(folder: Path):
    problem = load_problem(folder)
    assert problem.name == "mine"
    assert problem.folder == folder.resolve()
    assert problem.headline.direction is Direction.MINIMIZE
    assert problem.headline.bound == 1.0
    assert [stage.name for stage in problem.stages] == ["all"]
    assert problem.limits.timeout_s == 2.0
    assert problem.defaults == {"max_evals": 40}
    assert {knob.name for knob in problem.knobs} == {"LENGTH_WEIGHT", "BIAS"}
    assert set(problem.seed.files) == {"program.py"}
    cheat = next(one for one in problem.redteam if one.name == "nan_machine")
    assert cheat.expected == (Status.INVALID, Status.PROTOCOL_VIOLATION)
    assert set(cheat.program.files) == {"program.py"}
    assert problem.references[0].note.startswith("Textbook")


def test_a_folder_wins_over_a_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    new_problem(tmp_path / "circle_packing", "other")
    monkeypatch.chdir(tmp_path)
    assert load_problem("circle_packing").name == "other"


def test_an_unknown_name_is_answered_with_the_nearest_one():
    message = error_of("circle_packin")
    assert "did you mean 'circle_packing'?" in message
    assert "tensor_memory" in message


def test_a_folder_without_problem_toml_is_named(tmp_path: Path):
    assert "problem.toml" in error_of(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("summary =", "sumary =", "unknown key `sumary`; did you mean 'summary'?"),
        ("unit =", "units =", "unknown key `objectives.0.units`; did you mean 'unit'?"),
        ("timeout_s =", "timeout =", "unknown key `limits.timeout`; did you mean 'timeout_s'?"),
        ('direction = "minimize"', 'direction = "down"', "`objectives.0.direction`"),
        ("bound = 1.0", "bound = nan", "`objectives.0.bound`"),
        ("timeout_s = 2.0", "timeout_s = -1.0", "`limits.timeout_s`"),
        ("[[objectives]]", "[[objectivs]]", "did you mean 'objectives'?"),
        ('function = "assign"', "", "expected a key `program.function`"),
        ("high = 50.0", "high = -1.0", "low < high"),
        ('name = "BIAS"', 'name = "LENGTH_WEIGHT"', "declared twice"),
        (
            "[defaults]",
            "[[stages]]\nname = 'a'\nrequire = {makespan = 2.0}\n[defaults]",
            "did you mean 'makespan_ratio'?",
        ),
        ("[defaults]", "[[stages]]\nname = 'a'\ninstances = 3\n[defaults]", "must judge all instances"),
        ("[defaults]", "[defaults", "expected TOML"),
        ('entry = "program.py"', 'entry = "main.py"', "expected the entry 'main.py'"),
        ('function = "assign"', 'function = "asign"', "did you mean 'assign'?"),
        ('name = "BIAS"', 'name = "BIAZ"', "did you mean 'BIAS'?"),
        ("high = 50.0", "high = 5.0", "BIAS"),
    ],
)
def test_a_wrong_key_or_value_is_one_clear_error(folder: Path, old: str, new: str, expected: str):
    edit(folder / "problem.toml", old, new)
    assert expected in error_of(folder)


def test_a_folder_without_objectives_is_refused(folder: Path):
    text = (folder / "problem.toml").read_text()
    start, end = text.index("[[objectives]]"), text.index("[limits]")
    (folder / "problem.toml").write_text(text[:start] + text[end:])
    assert "`objectives`" in error_of(folder)


def test_a_folder_without_verifier_is_refused(folder: Path):
    (folder / "verify.py").unlink()
    assert "verify.py" in error_of(folder)


def test_a_folder_without_seed_is_refused(folder: Path):
    (folder / "seed" / "program.py").unlink()
    (folder / "seed").rmdir()
    assert "seed" in error_of(folder)


def test_a_seed_that_does_not_parse_is_refused_with_its_line(folder: Path):
    (folder / "seed" / "program.py").write_text("x = 1\ndef assign(jobs:\n")
    message = error_of(folder)
    assert "program.py line 2" in message


def test_a_problem_without_statement_is_refused(folder: Path):
    (folder / "README.md").write_text("# mine\n\n## Metric\n\nnone\n")
    assert "## Statement" in error_of(folder)


def test_the_statement_ends_where_the_next_section_begins(folder: Path):
    statement = load_problem(folder).statement
    assert "assign(jobs)" in statement
    assert "## Metric" not in statement
    (folder / "statement.md").write_text("Only `assign(jobs)`.\n")
    assert load_problem(folder).statement == "Only `assign(jobs)`."


def test_a_cheat_without_a_declared_status_is_refused(folder: Path):
    (folder / "redteam" / "left_out" / "expected.toml").write_text('status = ["ok"]\n')
    assert "left_out" in error_of(folder)


def test_a_cheat_without_entry_is_refused(folder: Path):
    (folder / "redteam" / "left_out" / "program.py").unlink()
    assert "left_out" in error_of(folder)


def test_the_hash_changes_with_whatever_decides_a_score(folder: Path):
    hashes = {load_problem(folder).content_hash}
    for path, text in [
        ("verify.py", "\n# changed\n"),
        ("problem.toml", "\n# changed\n"),
        ("seed/program.py", "\n# changed\n"),
        ("helper.py", "x = 1\n"),
    ]:
        with (folder / path).open("a") as file:
            file.write(text)
        hashes.add(load_problem(folder).content_hash)
    assert len(hashes) == 5
    (folder / "README.md").write_text((folder / "README.md").read_text() + "\nmore\n")
    assert load_problem(folder).content_hash in hashes


def test_loading_runs_no_code_of_the_problem_and_no_numpy(folder: Path):
    (folder / "verify.py").write_text("raise SystemExit('verify.py was run')\n")
    (folder / "seed" / "program.py").write_text("LENGTH_WEIGHT = 0.0\nBIAS = 1.0\ndef assign(jobs): ...\n1 / 0\n")
    script = (
        "import sys; from evolve.problems import list_problems, load_problem; list_problems(); "
        f"load_problem({str(folder)!r}); print('numpy' in sys.modules, 'verify' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_built_in_folder_is_where_the_names_come_from():
    assert (problems_folder() / "circle_packing" / "verify.py").is_file()


def test_a_skeleton_never_overwrites(tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ProblemError, match="new or empty folder"):
        new_problem(tmp_path)
    with pytest.raises(ProblemError, match="expected a name"):
        new_problem(tmp_path / "x", "no spaces please")
    assert (tmp_path / "file").read_text() == "mine"
