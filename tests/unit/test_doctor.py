"""What doctor finds out: names of keys and never their values, folders that cannot be written, shadowed packages."""

import json
import sys
from pathlib import Path

import pytest

from evolve.codec import to_json
from evolve.doctor import diagnose, refuse_shadowing, shadowed_packages
from evolve.errors import UsageError

SECRET = "sk-very-secret-0123456789"


def check(diagnosis, name: str):
    return next(check for check in diagnosis.checks if check.name == name)


def test_a_key_is_shown_by_name_and_its_value_is_nowhere(tmp_path: Path) -> None:
    diagnosis = diagnose(tmp_path, {"OPENAI_API_KEY": SECRET, "GROQ_API_KEY": ""})
    assert "OPENAI_API_KEY" in check(diagnosis, "api keys").detail
    assert "GROQ" not in check(diagnosis, "api keys").detail
    assert SECRET not in json.dumps(to_json(diagnosis))


def test_no_key_is_a_warning_and_no_failure(tmp_path: Path) -> None:
    found = check(diagnose(tmp_path, {}), "api keys")
    assert (found.status, bool(found.fix)) == ("warn", True)


def test_a_runs_folder_that_cannot_be_made_stops_a_launch(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    diagnosis = diagnose(tmp_path / "file" / "runs", {})
    assert check(diagnosis, "runs").status == "fail"
    assert diagnosis.can_launch is False


def test_a_runs_folder_that_does_not_exist_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    assert check(diagnose(tmp_path / "a" / "b", {}), "runs").status == "ok"
    assert not (tmp_path / "a").exists()


def test_every_sandbox_has_a_finding_and_one_is_chosen(tmp_path: Path) -> None:
    diagnosis = diagnose(tmp_path, {})
    names = {check.name for check in diagnosis.checks}
    assert {"sandbox docker", "sandbox bubblewrap", "sandbox process"} <= names
    assert diagnosis.sandbox in {"docker", "bubblewrap", "process"}
    assert diagnosis.can_launch is True


def test_whatever_is_missing_says_what_to_do(tmp_path: Path) -> None:
    assert [check.name for check in diagnose(tmp_path, {}).checks if check.status == "fail" and not check.fix] == []


def test_our_own_packages_are_not_shadowed() -> None:
    assert shadowed_packages() == {}
    refuse_shadowing()


def test_a_package_of_the_same_name_elsewhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sandboxes").mkdir()
    (tmp_path / "sandboxes" / "__init__.py").write_text("raise SystemExit('imported')")
    for name in [name for name in sys.modules if name.partition(".")[0] == "sandboxes"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    assert shadowed_packages() == {"sandboxes": str(tmp_path / "sandboxes")}
    with pytest.raises(UsageError, match="shadowed by"):
        refuse_shadowing()
    assert "sandboxes" not in sys.modules
