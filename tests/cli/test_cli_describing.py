"""The commands that describe: problems, plug-ins, configuration, schemas, doctor, dry run."""

import json
from pathlib import Path

import pytest


def test_problems_list_and_show(cli) -> None:
    listed = json.loads(cli("problems", "list", "--json").out)
    assert {"circle_packing", "tensor_memory", "float_exp2"} <= {problem["name"] for problem in listed}
    assert "circle_packing" in cli("problems", "list").out
    shown = cli("problems", "show", "circle_packing").out
    assert "maximize sum_of_radii" in shown
    document = json.loads(cli("problems", "show", "circle_packing", "--json").out)
    assert document["statement"] in shown
    assert document["objectives"][0]["name"] == "sum_of_radii"


def test_problems_new_says_what_comes_next_and_refuses_a_full_folder(cli, quiet_place: Path) -> None:
    made = cli("problems", "new", "mine")
    assert (made.code, made.out) == (0, "mine\n")
    assert "evolve problems check mine" in made.err
    assert cli("problems", "new", "mine").code == 2
    assert json.loads(cli("problems", "new", "other", "--json").out)["folder"] == str(quiet_place / "other")


def test_problems_check_needs_something_to_check(cli) -> None:
    assert cli("problems", "check").code == 2


def test_plugins_lists_every_group(cli) -> None:
    found = {(info["group"], info["name"]) for info in json.loads(cli("plugins", "--json").out)}
    assert ("evolve.proposers", "genetic") in found
    assert ("evolve.sandboxes", "process") in found
    assert "pareto-queue" in cli("plugins").out


def test_config_show_names_the_origin_of_each_value(cli, quiet_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (quiet_place / "evolve.toml").write_text("patience = 9\n[policy]\nexplore = 0.5\n")
    monkeypatch.setenv("EVOLVE_SEED", "7")
    out = cli("config", "show", "--origin", "-c", "parallel=3").out
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()}
    assert rows["patience"] == f"9 {quiet_place / 'evolve.toml'}"
    assert rows["policy.explore"] == f"0.5 {quiet_place / 'evolve.toml'}"
    assert rows["seed"] == "7 $EVOLVE_SEED"
    assert rows["parallel"] == "3 -c parallel"
    assert rows["max_tokens"] == "default"
    assert rows["patience"] != rows["max_evals"] == "200 default"
    assert "default" not in cli("config", "show").out
    document = json.loads(cli("config", "show", "--json").out)
    assert (document["config"]["seed"], document["origins"]["seed"]) == (7, "$EVOLVE_SEED")


def test_config_show_includes_the_defaults_of_a_problem(cli, quiet_place: Path) -> None:
    cli("problems", "new", "mine")
    file = quiet_place / "mine" / "problem.toml"
    text = file.read_text()
    if "[defaults]" in text:
        text = text.split("[defaults]")[0]
    file.write_text(text + "\n[defaults]\nmax_evals = 77\n")
    document = json.loads(cli("config", "show", "--problem", "mine", "--json").out)
    assert document["config"]["max_evals"] == 77
    assert document["origins"]["max_evals"].endswith("problem.toml [defaults]")


def test_a_configuration_file_that_is_used_is_named(cli, quiet_place: Path) -> None:
    (quiet_place / "evolve.toml").write_text("max_evals = 9\n")
    result = cli("launch", "circle_packing", "--dry-run", "--sandbox", "process")
    assert result.code == 0, result.err
    assert f"settings from {quiet_place / 'evolve.toml'}" in result.err


def test_a_dry_run_starts_nothing_and_says_what_it_would_do(cli, quiet_place: Path) -> None:
    result = cli("launch", "circle_packing", "--dry-run", "--sandbox", "process", "--max-evals", "9")
    assert "nothing was started and nothing was spent" in result.out
    assert "none: no model is called" in result.out
    rows = {line.split()[0]: line for line in result.out.splitlines() if line.strip()}
    assert rows["max_evals"].endswith("--max-evals")
    assert rows["proposals"].split() == ["proposals", "9"]
    assert rows["order"].endswith("default: auto")
    assert not (quiet_place / "runs").exists()


def test_a_dry_run_with_a_model_estimates_cost_without_a_call(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    words = ["launch", "circle_packing", "--dry-run", "--sandbox", "process", "--model", "openai/some-model"]
    words += ["--base-url", "http://127.0.0.1:9/v1", "--price-in", "1", "--price-out", "2", "--max-usd", "1"]
    plan = json.loads(cli(*words, "--json").out)
    assert plan["input_tokens_per_proposal"] > 100
    assert 0 < plan["cost_usd_per_proposal_max"] < 1
    assert plan["cost_usd_max"] <= 1
    assert "at most $" in cli(*words).out


def test_schemas_cover_what_is_printed(cli) -> None:
    document = json.loads(cli("schema").out)
    assert {"summary", "run_config", "events", "check", "problem.toml", "plan", "doctor"} <= set(document)
    assert "is_better" in document["summary"]["properties"]
    assert json.loads(cli("schema", "summary").out) == document["summary"]
    assert cli("schema", "sumary").code == 2


def test_doctor_ends_with_zero_where_a_search_works(cli) -> None:
    result = cli("doctor")
    assert result.code == 0, result.out
    assert "a search with the genetic proposer works here" in result.err
    document = json.loads(cli("doctor", "--json").out)
    assert document["can_launch"] is True


def test_doctor_ends_with_five_where_no_run_can_be_written(cli, quiet_place: Path) -> None:
    (quiet_place / "file").write_text("")
    result = cli("doctor", "--run-dir", "file/runs")
    assert result.code == 5
    assert "fail  runs" in result.out


def test_doctor_tells_a_mistake_in_the_settings(cli, quiet_place: Path) -> None:
    (quiet_place / "evolve.toml").write_text("max_evls = 1\n")
    result = cli("doctor")
    assert result.code == 5
    assert "unknown key `max_evls`" in result.out


def test_building_the_image_without_an_engine_ends_with_five(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    result = cli("doctor", "--build-image")
    assert (result.code, result.out) == (5, "")
    assert "  next: " in result.err
