"""Every mistake ends with one clear line, the next step and the documented exit code; nothing is lost."""

import re
import sqlite3
from pathlib import Path

import pytest

from evolve.cli import app as application
from evolve.cli._lazy import Entry
from evolve.errors import BudgetTooSmall, EvolveError, ExitCode, ModelUnavailable


def one_line_error(result, code: int) -> str:
    assert result.code == code, result.err
    assert result.out == ""
    assert "Traceback" not in result.err
    lines = [line for line in result.err.splitlines() if line.startswith(("error:", "  next:"))]
    assert len(lines) == 2, result.err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("  next: ")
    return lines[0]


def problem_folder(place: Path, cli) -> Path:
    assert cli("problems", "new", str(place)).code == 0
    return place


def test_an_unknown_problem(cli) -> None:
    line = one_line_error(cli("launch", "circle_paking"), 2)
    assert "did you mean 'circle_packing'?" in line


def test_an_unknown_option(cli) -> None:
    line = one_line_error(cli("launch", "circle_packing", "--max-eval", "3"), 2)
    assert line == "error: no such option: --max-eval; did you mean '--max-evals'?"


def test_an_unknown_command_of_a_group(cli) -> None:
    assert "did you mean 'list'?" in one_line_error(cli("runs", "lst"), 2)
    assert "did you mean 'launch'?" in one_line_error(cli("lauch"), 2)


def test_a_missing_argument(cli) -> None:
    assert "PROBLEM" in one_line_error(cli("launch"), 2)


def test_an_option_of_the_wrong_type(cli) -> None:
    line = one_line_error(cli("launch", "circle_packing", "--max-evals", "many"), 2)
    assert "--max-evals" in line
    assert "many" in line


def test_a_wrong_duration(cli) -> None:
    assert "--max-time: expected a duration" in one_line_error(cli("launch", "circle_packing", "--max-time", "soon"), 2)


def test_an_unknown_key_of_a_configuration_file(cli, quiet_place: Path) -> None:
    file = quiet_place / "mine.toml"
    file.write_text("max_evls = 3\n")
    line = one_line_error(cli("launch", "circle_packing", "--config", str(file)), 2)
    assert "mine.toml: unknown key `max_evls`; did you mean 'max_evals'?" in line


def test_an_unknown_key_of_a_problem_file(cli, quiet_place: Path) -> None:
    folder = problem_folder(quiet_place / "mine", cli)
    file = folder / "problem.toml"
    file.write_text("sumary = 'x'\n" + file.read_text())
    assert "unknown key `sumary`; did you mean 'summary'?" in one_line_error(cli("launch", str(folder)), 2)


def test_an_unknown_default_of_a_problem_file(cli, quiet_place: Path) -> None:
    folder = problem_folder(quiet_place / "mine", cli)
    file = folder / "problem.toml"
    text = re.sub(r"\[defaults\][^\[]*", "", file.read_text())
    file.write_text(text + "\n[defaults]\nmax_evls = 3\n")
    assert "[defaults]: unknown key `max_evls`" in one_line_error(cli("launch", str(folder)), 2)


def test_an_unknown_environment_variable(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLVE_MAX_EVLS", "3")
    line = one_line_error(cli("launch", "circle_packing"), 2)
    assert "unknown variable `EVOLVE_MAX_EVLS`; did you mean 'EVOLVE_MAX_EVALS'?" in line


@pytest.mark.parametrize("option", ["--proposer", "--policy", "--sandbox"])
def test_an_unknown_plugin(cli, option: str) -> None:
    line = one_line_error(cli("launch", "circle_packing", option, "nosuch"), 2)
    assert "'nosuch'" in line
    assert not Path("runs").exists()


def test_an_llm_without_a_model(cli) -> None:
    assert "model" in one_line_error(cli("launch", "circle_packing", "--proposer", "llm"), 2)


def test_a_problem_folder_without_a_verifier(cli, quiet_place: Path) -> None:
    folder = problem_folder(quiet_place / "mine", cli)
    (folder / "verify.py").unlink()
    assert "verify.py" in one_line_error(cli("launch", str(folder)), 2)
    assert "verify.py" in one_line_error(cli("problems", "check", str(folder)), 2)


def test_a_seed_that_does_not_parse(cli, quiet_place: Path) -> None:
    folder = problem_folder(quiet_place / "mine", cli)
    next((folder / "seed").glob("*.py")).write_text("def broken(:\n")
    line = one_line_error(cli("launch", str(folder)), 2)
    assert "line 1" in line


def test_a_runs_folder_that_cannot_be_made(cli, quiet_place: Path) -> None:
    # A file where the folder should be stops root too; permissions are tried in test_cli_search.py.
    (quiet_place / "occupied").write_text("")
    one_line_error(cli("launch", "circle_packing", "--max-evals", "1", "--run-dir", "occupied/runs"), 5)


def test_a_run_of_a_newer_schema_is_refused_but_listed(cli, finished_run: Path) -> None:
    with sqlite3.connect(finished_run / "run.sqlite") as connection:
        connection.execute("INSERT INTO migration VALUES ('m999_future', 0)")
    connection.close()
    for command in (["runs", "show"], ["runs", "best"], ["runs", "lineage"], ["runs", "export"], ["resume"]):
        assert "newer evolve" in one_line_error(cli(*command, finished_run.name), 2)
    listed = cli("runs", "list")
    assert listed.code == 0
    assert "unreadable" in listed.out


def test_an_unknown_run(cli, finished_run: Path) -> None:
    one_line_error(cli("runs", "show", "nosuch"), 2)
    one_line_error(cli("resume", "nosuch"), 2)


def test_no_run_at_all(cli) -> None:
    one_line_error(cli("runs", "show", "latest"), 2)
    listed = cli("runs", "list", "--json")
    assert (listed.code, listed.out.strip()) == (0, "[]")


def test_a_change_that_resume_may_not_make(cli, finished_run: Path) -> None:
    assert "--seed" in one_line_error(cli("resume", finished_run.name, "--seed", "3"), 2)


class TestUnusualEnds:
    """What a command raises becomes the documented exit code."""

    @pytest.fixture
    def failing(self, cli, monkeypatch: pytest.MonkeyPatch):
        def run(error: BaseException, **environment: str):
            def command() -> None:
                raise error

            monkeypatch.setattr("evolve.cli.plugins.plugins", command)
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            return cli("plugins")

        return run

    def test_a_budget_that_is_too_small(self, failing) -> None:
        one_line_error(failing(BudgetTooSmall("expected $1, got $0", fix="--max-usd 1")), ExitCode.BUDGET_TOO_SMALL)

    def test_infrastructure(self, failing) -> None:
        one_line_error(failing(ModelUnavailable("no answer", fix="try later")), ExitCode.INFRASTRUCTURE)

    def test_a_full_disk(self, failing) -> None:
        line = one_line_error(failing(OSError(28, "No space left on device", "/x")), ExitCode.INFRASTRUCTURE)
        assert "No space left" in line

    def test_an_unexpected_error_keeps_its_traceback_in_a_file(self, failing) -> None:
        result = failing(ZeroDivisionError("division by zero"))
        assert "ZeroDivisionError" in one_line_error(result, ExitCode.INTERNAL)
        path = Path(re.search(r"the traceback is in (\S+);", result.err).group(1))
        assert "Traceback" in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
        path.unlink()

    def test_debugging_shows_the_traceback(self, failing) -> None:
        result = failing(EvolveError("oops"), EVOLVE_DEBUG="1")
        assert (result.code, "Traceback" in result.err) == (1, True)

    def test_control_characters_of_a_message_do_not_reach_the_terminal(self, failing) -> None:
        result = failing(EvolveError("bad\x1b[2J\x07name", fix="x\x1b]0;title\x07y"))
        assert "\x1b" not in result.err
        assert "badname" in result.err

    def test_control_c_is_quiet(self, failing) -> None:
        result = failing(KeyboardInterrupt())
        assert result.code == ExitCode.INTERRUPTED
        assert "Traceback" not in result.err


def test_no_command_prints_the_help_and_is_a_usage_error(cli) -> None:
    result = cli()
    assert result.code == 2
    assert "Commands:" in result.out


def test_the_table_names_every_command_once() -> None:
    targets = [entry.target for entry in application.COMMANDS.values()]
    assert len(set(targets)) == len(targets)
    assert all(isinstance(entry, Entry) and entry.help.endswith(".") for entry in application.COMMANDS.values())
