"""Which setting wins: defaults, the problem, the user's file, the environment, ``-c`` and flags, each with its origin.

Every layer gives the fields of `RunConfig` under their own names; ``proposer.NAME`` and ``policy.NAME`` (a table
``[proposer]`` or ``[policy]`` in a file) are options of the plug-in. An unknown key is an error in every layer.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import cast

from evolve._config_values import FIELD_NAMES, checked, from_text, parse_duration
from evolve.config import RunConfig
from evolve.errors import ConfigError
from evolve.plugins import suggest
from evolve.types import JSON

__all__ = [
    "ENVIRONMENT_PREFIX",
    "OTHER_VARIABLES",
    "RESUMABLE",
    "Layers",
    "Resolved",
    "check_overrides",
    "parse_duration",
    "resolve",
    "user_file",
]

ENVIRONMENT_PREFIX = "EVOLVE_"

# Variables with our prefix that are no configuration of a run; each is documented in docs/cli.md.
OTHER_VARIABLES = frozenset(
    {"EVOLVE_CI_CACHE", "EVOLVE_CI_IMAGE", "EVOLVE_CI_SUITE", "EVOLVE_DEBUG", "EVOLVE_LLAMA_PYTHON", "EVOLVE_SESSION"}
)

# What `evolve resume` may change: budgets, speed and where a model is; never what the recorded scores mean.
RESUMABLE = (
    "max_evals",
    "max_usd",
    "max_tokens",
    "max_time_s",
    "patience",
    "parallel",
    "parallel_proposals",
    "base_url",
    "api_key_env",
    "model_timeout_s",
    "model_retries",
    "model_backoff_s",
    "certify",
)

# A problem folder may come from a stranger: it must not weaken isolation, send keys elsewhere or write where it likes.
_NOT_FOR_PROBLEMS = frozenset({"api_key_env", "base_url", "problem", "runs_dir", "sandbox"})

_OPTION_TABLES = {"proposer": "proposer_options", "policy": "policy_options"}
_KEYS = tuple(name for name in FIELD_NAMES if name not in _OPTION_TABLES.values())


@dataclass(frozen=True, slots=True)
class Layers:
    """The sources of a configuration, weakest first; an empty one says nothing.

    Attributes:
        problem_defaults: The ``[defaults]`` table of the problem.
        problem_file: Where that table stands, for messages.
        files: Configuration files, weaker first.
        environment: Environment variables; only ``EVOLVE_*`` count.
        assignments: ``KEY=VALUE`` texts of ``-c``.
        flags: Field name -> value of each flag that was given.
    """

    problem_defaults: Mapping[str, object]
    problem_file: str = "problem.toml"
    files: tuple[Path, ...] = ()
    environment: Mapping[str, str] | None = None
    assignments: Sequence[str] = ()
    flags: Mapping[str, JSON] | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A configuration and where each of its values comes from.

    Attributes:
        config: The result.
        origins: Key -> origin in words; options appear as ``proposer.NAME`` and ``policy.NAME``.
    """

    config: RunConfig
    origins: dict[str, str]


def user_file(home: Path | None = None, environment: Mapping[str, str] | None = None) -> Path:
    """Where the user's own defaults are looked for: ``$XDG_CONFIG_HOME/evolve/config.toml`` or ``~/.config/...``."""
    base = (environment or os.environ).get("XDG_CONFIG_HOME")
    return (Path(base) if base else (home or Path.home()) / ".config") / "evolve" / "config.toml"


def resolve(layers: Layers) -> Resolved:
    """The configuration that the layers give together.

    Raises:
        ConfigError: A key is unknown or a value has the wrong type; the message names the layer.
    """
    values, origins = _defaults()
    for origin, layer in _read_layers(layers):
        for key, value in layer.items():
            _put(values, key, checked(key, value, origin))
            origins[key] = origin
    return Resolved(_config(values), origins)


def check_overrides(overrides: Mapping[str, JSON]) -> dict[str, JSON]:
    """The overrides of a resume, checked.

    Raises:
        ConfigError: A key may not change after the start, or a value has the wrong type.
    """
    for key in overrides:
        if key not in RESUMABLE:
            raise ConfigError(
                f"expected a setting that a run may change later, got {key!r}{suggest(key, list(RESUMABLE))}",
                fix=f"resume takes {', '.join(RESUMABLE)}; anything else needs a new launch",
            )
    return {key: checked(key, value, f"resume {key}") for key, value in overrides.items()}


def _defaults() -> tuple[dict[str, JSON], dict[str, str]]:
    values: dict[str, JSON] = {}
    for field in fields(RunConfig):
        default = field.default if field.default is not MISSING else {}
        values[field.name] = list(default) if isinstance(default, tuple) else cast("JSON", default)
    return values, dict.fromkeys(_KEYS, "default")


def _config(values: Mapping[str, JSON]) -> RunConfig:
    models = cast("list[str]", values["models"])
    return RunConfig(**cast("dict[str, object]", {**values, "models": tuple(models)}))  # type: ignore[arg-type]


def _put(values: dict[str, JSON], key: str, value: JSON) -> None:
    head, _, option = key.partition(".")
    if option:
        table = cast("dict[str, JSON]", values[_OPTION_TABLES[head]])
        values[_OPTION_TABLES[head]] = {**table, option: value}
    else:
        values[key] = value


def _read_layers(layers: Layers) -> list[tuple[str, dict[str, object]]]:
    """Origin and flat keys of every value, weakest first; flags and variables have one origin each."""
    found = [(f"{layers.problem_file} [defaults]", _of_problem(layers.problem_defaults, layers.problem_file))]
    found.extend((str(path), _of_file(path)) for path in layers.files)
    found.extend(_of_environment(layers.environment or {}))
    found.extend(_of_assignment(text) for text in layers.assignments)
    for name, value in (layers.flags or {}).items():
        origin = "argument" if name == "problem" else f"--{_flag(name)}"
        found.append((origin, {name: value}))
    return found


def _flag(name: str) -> str:
    renamed = {"models": "model", "max_time_s": "max-time", "runs_dir": "run-dir"}
    return renamed.get(name, name.replace("_", "-"))


def _of_problem(table: Mapping[str, object], where: str) -> dict[str, object]:
    flat = _flatten(table, f"{where} [defaults]")
    for key in flat:
        if key in _NOT_FOR_PROBLEMS:
            raise ConfigError(
                f"{where} [defaults]: a problem may not set `{key}`; only the person who launches may",
                fix=f"remove it there and use --{_flag(key)}",
            )
    return flat


def _of_file(path: Path) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise ConfigError(
            f"expected a readable configuration file, got {path}: {error.strerror}", fix="correct the path of --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"expected TOML in {path}, got: {error}", fix="correct that line") from error
    return _flatten(table, str(path))


def _of_environment(environment: Mapping[str, str]) -> list[tuple[str, dict[str, object]]]:
    found: list[tuple[str, dict[str, object]]] = []
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in OTHER_VARIABLES:
            continue
        # One underscore is part of a name, two stand for the dot of an option.
        key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
        if not _is_known(key):
            known = [ENVIRONMENT_PREFIX + name.upper() for name in _KEYS]
            raise ConfigError(
                f"environment: unknown variable `{variable}`{suggest(variable, [*known, *OTHER_VARIABLES])}",
                fix=f"unset {variable}, or correct its name; docs/cli.md lists them",
            )
        found.append((f"${variable}", {key: from_text(key, environment[variable])}))
    return found


def _of_assignment(text: str) -> tuple[str, dict[str, object]]:
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ConfigError(f"expected -c KEY=VALUE, got {text!r}", fix="e.g. -c parallel=2 or -c policy.exploration=0.5")
    if not _is_known(key):
        raise _unknown(key, f"-c {text}")
    return f"-c {key}", {key: from_text(key, value.strip())}


def _flatten(table: Mapping[str, object], where: str) -> dict[str, object]:
    """Dotted keys of a TOML table; ``[proposer]`` may carry the plug-in's ``name`` beside its options."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        if key in _OPTION_TABLES and isinstance(value, dict):
            for option, setting in value.items():
                flat[key if option == "name" else f"{key}.{option}"] = setting
        elif key in _OPTION_TABLES.values() and isinstance(value, dict):
            head = key.removesuffix("_options")
            flat.update({f"{head}.{option}": setting for option, setting in value.items()})
        elif key in _KEYS:
            flat[key] = value
        else:
            raise _unknown(key, where)
    return flat


def _is_known(key: str) -> bool:
    head, dot, option = key.partition(".")
    return bool(option) and head in _OPTION_TABLES if dot else key in _KEYS


def _unknown(key: str, where: str) -> ConfigError:
    return ConfigError(
        f"{where}: unknown key `{key}`{suggest(key, list(_KEYS))}",
        fix="`evolve config show --origin` lists every key; options are proposer.NAME and policy.NAME",
    )
