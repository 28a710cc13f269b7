"""Every layer of the configuration, its precedence, its origin and its mistakes."""

from dataclasses import fields
from pathlib import Path

import pytest

from evolve.config import RunConfig
from evolve.config_layers import (
    OTHER_VARIABLES,
    RESUMABLE,
    Layers,
    Resolved,
    check_overrides,
    parse_duration,
    resolve,
    user_file,
)
from evolve.errors import ConfigError


def layers(**sources) -> Resolved:
    return resolve(Layers(**{"problem_defaults": {}, **sources}))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_layer_everything_is_a_default() -> None:
    resolved = layers()
    assert resolved.config == RunConfig()
    assert set(resolved.origins.values()) == {"default"}


def test_every_field_of_a_run_has_an_origin_but_the_option_tables() -> None:
    names = {field.name for field in fields(RunConfig)}
    assert set(layers().origins) == names - {"proposer_options", "policy_options"}


def test_each_layer_wins_over_the_one_before_and_is_named_as_origin(tmp_path: Path) -> None:
    user = write(tmp_path / "user.toml", "max_evals = 3")
    local = write(tmp_path / "evolve.toml", "max_evals = 4")
    sources: dict = {}
    expected = [
        ("default", RunConfig().max_evals, {}),
        ("toy/problem.toml [defaults]", 2, {"problem_defaults": {"max_evals": 2}, "problem_file": "toy/problem.toml"}),
        (str(user), 3, {"files": (user,)}),
        (str(local), 4, {"files": (user, local)}),
        ("$EVOLVE_MAX_EVALS", 5, {"environment": {"EVOLVE_MAX_EVALS": "5"}}),
        ("-c max_evals", 6, {"assignments": ["max_evals=6"]}),
        ("--max-evals", 7, {"flags": {"max_evals": 7}}),
    ]
    for origin, value, source in expected:
        sources |= source
        resolved = layers(**sources)
        assert (resolved.config.max_evals, resolved.origins["max_evals"]) == (value, origin)


def test_options_of_plugins_come_from_tables_variables_and_dotted_keys(tmp_path: Path) -> None:
    file = write(tmp_path / "a.toml", '[proposer]\nname = "llm"\ntemperature = 0.2\n[policy]\nexplore = 0.1\n')
    resolved = layers(
        files=(file,),
        environment={"EVOLVE_POLICY__EXPLORE": "0.3"},
        assignments=["proposer.style=terse", "proposer.tags=['a', 'b']"],
    )
    assert resolved.config.proposer == "llm"
    assert resolved.config.proposer_options == {"temperature": 0.2, "style": "terse", "tags": ["a", "b"]}
    assert resolved.config.policy_options == {"explore": 0.3}
    assert resolved.origins["policy.explore"] == "$EVOLVE_POLICY__EXPLORE"
    assert resolved.origins["proposer.temperature"] == str(file)


def test_resolving_does_not_change_the_defaults_of_the_next_run() -> None:
    layers(assignments=["proposer.a=1"])
    assert layers().config.proposer_options == {}


@pytest.mark.parametrize(
    ("source", "place", "key", "hint"),
    [
        ({"problem_defaults": {"max_eval": 1}}, "problem.toml [defaults]", "max_eval", "max_evals"),
        ({"environment": {"EVOLVE_MAX_EVAL": "1"}}, "environment", "EVOLVE_MAX_EVAL", "EVOLVE_MAX_EVALS"),
        ({"assignments": ["sandbx=docker"]}, "-c sandbx=docker", "sandbx", "sandbox"),
        ({"assignments": ["polcy.x=1"]}, "-c polcy.x=1", "polcy.x", ""),
    ],
)
def test_an_unknown_key_is_an_error_that_names_layer_key_and_the_close_one(source, place, key, hint) -> None:
    with pytest.raises(ConfigError) as caught:
        layers(**source)
    assert place in caught.value.message
    assert f"`{key}`" in caught.value.message
    assert hint in caught.value.message
    assert caught.value.fix


def test_an_unknown_key_of_a_file_names_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.toml", "max_evls = 3")
    with pytest.raises(ConfigError, match=r"mine\.toml: unknown key `max_evls`; did you mean 'max_evals'\?"):
        layers(files=(file,))


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("max_evals=many", "a whole number, got the text 'many'"),
        ("max_evals=1.5", "a whole number, got the number 1.5"),
        ("max_evals=true", "a whole number, got the boolean True"),
        ("max_evals=-1", "0 or more, got the number -1"),
        ("max_usd=inf", "a finite number"),
        ("max_usd=-0.5", "a finite number"),
        ("model_timeout_s=0", "a finite number above 0"),
        ("max_output_tokens=0", "1 or more"),
        ("order=random", "one of auto, tickets, arrival"),
        ("models=[1]", "a name or a list of names"),
        ("max_time_s=soon", "a duration"),
        ("policy.x=nan", "a text, number, boolean, list or table"),
    ],
)
def test_a_wrong_value_says_what_was_expected_and_what_arrived(assignment: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        layers(assignments=[assignment])
    assert expected in caught.value.message
    assert f"-c {assignment.split('=', maxsplit=1)[0]}" in caught.value.message


@pytest.mark.parametrize("text", ["max_evals", "=3", ""])
def test_an_assignment_without_key_or_sign_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        layers(assignments=[text])


@pytest.mark.parametrize("text", ["max_evals = ", "[max_evals", "\x00"])
def test_a_file_that_is_no_toml_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"broken\.toml"):
        layers(files=(write(tmp_path / "broken.toml", text),))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        layers(files=(tmp_path / "none.toml",))


def test_a_text_of_an_assignment_is_toml_or_else_itself() -> None:
    config = layers(assignments=["proposer=llm", "models=openai/x", 'base_url="http://x"', "problem=2024"]).config
    assert (config.proposer, config.models, config.base_url, config.problem) == (
        "llm",
        ("openai/x",),
        "http://x",
        "2024",
    )


def test_a_text_with_a_line_end_cannot_set_another_key() -> None:
    config = layers(environment={"EVOLVE_POLICY__NOTE": '"a"\nseed = 9'}).config
    assert config.seed == RunConfig().seed
    assert config.policy_options == {"note": '"a"\nseed = 9'}


@pytest.mark.parametrize("key", ["sandbox", "base_url", "api_key_env", "runs_dir", "problem"])
def test_a_problem_may_not_weaken_isolation_or_send_keys_elsewhere(key: str) -> None:
    with pytest.raises(ConfigError, match=f"a problem may not set `{key}`"):
        layers(problem_defaults={key: "process"})


def test_variables_that_are_no_settings_and_foreign_ones_are_left_alone() -> None:
    environment = {**dict.fromkeys(OTHER_VARIABLES, "x"), "PATH": "/bin", "REVOLVE_X": "1"}
    assert layers(environment=environment).config == RunConfig()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1h1m1s", 3661), ("0.5h", 1800)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "10x", "m", "1h30", "-5m", "5m1h", "10 minutes"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="duration"):
        parse_duration(text)


def test_a_duration_may_be_written_in_any_layer(tmp_path: Path) -> None:
    assert layers(files=(write(tmp_path / "a.toml", 'max_time_s = "10m"'),)).config.max_time_s == 600
    assert layers(environment={"EVOLVE_MAX_TIME_S": "1h"}).config.max_time_s == 3600


def test_resume_takes_budgets_and_refuses_what_was_decided() -> None:
    assert check_overrides({"max_evals": 400, "max_usd": 1}) == {"max_evals": 400, "max_usd": 1.0}
    with pytest.raises(ConfigError, match="seed"):
        check_overrides({"seed": 2})
    with pytest.raises(ConfigError, match="whole number"):
        check_overrides({"max_evals": "many"})


def test_resume_accepts_what_the_engine_accepts() -> None:
    from evolve.launch import _MAY_CHANGE

    assert set(RESUMABLE) == set(_MAY_CHANGE)


def test_the_user_file_follows_xdg(tmp_path: Path) -> None:
    assert user_file(tmp_path, {"HOME": "x"}) == tmp_path / ".config" / "evolve" / "config.toml"
    assert user_file(tmp_path, {"XDG_CONFIG_HOME": "/x"}) == Path("/x/evolve/config.toml")
