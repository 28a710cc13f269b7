"""Finds out what works on this machine: each check says what was found and what to do about it."""

import contextlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import evolve
from evolve._version import __version__
from evolve.errors import EvolveError, UsageError
from evolve.plugins import available, load

__all__ = ["Check", "Diagnosis", "diagnose", "refuse_shadowing", "shadowed_packages"]

_NEEDED_MB = 200  # a run with its report takes a few; the rest is for the candidates' scratch space

# Names only: a value of one of these is never read into a message.
_KEY_VARIABLES = (
    "ANTHROPIC_API_KEY",
    "AZURE_API_KEY",
    "DEEPSEEK_API_KEY",
    "GEMINI_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "OPENAI_API_KEY",
    "OPENROUTER_API_KEY",
    "XAI_API_KEY",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        status: ``ok``, ``warn`` (something optional is missing) or ``fail`` (nothing can run).
        detail: What was found.
        fix: What to do about it; empty where there is nothing to do.
    """

    name: str
    status: str
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings.

    Attributes:
        version: Of evolve.
        can_launch: Whether a search with the genetic proposer would work here.
        sandbox: What ``--sandbox auto`` would choose for it; empty if nothing.
        checks: In the order in which they were made.
    """

    version: str
    can_launch: bool
    sandbox: str
    checks: tuple[Check, ...]


def diagnose(
    runs_dir: Path, environment: Mapping[str, str] | None = None, *, configuration: EvolveError | None = None
) -> Diagnosis:
    """Look at everything that a launch needs.

    Args:
        runs_dir: Where runs would be written.
        environment: Instead of this process's variables.
        configuration: What is wrong with the settings, where that is known.
    """
    choice = _chosen_sandbox()
    checks = (
        _python(),
        _shadowing(),
        _configuration(configuration),
        _runs_folder(runs_dir),
        *_sandboxes(),
        choice,
        _compilers(),
        _problems(),
        _keys(os.environ if environment is None else environment),
        _prices(),
    )
    sandbox = choice.detail.split(" ", 1)[0] if choice.status != "fail" else ""
    return Diagnosis(__version__, all(check.status != "fail" for check in checks), sandbox, checks)


def shadowed_packages() -> dict[str, str]:
    """Package -> the foreign place where Python would find it, for those of ours that something else hides."""
    root = Path(evolve.__file__).resolve().parents[1]
    found = {}
    for name in ("evaluators", "sandboxes"):
        spec = find_spec(name)
        places = list(spec.submodule_search_locations or []) if spec else []
        if not places or Path(places[0]).resolve() != root / name:
            found[name] = places[0] if places else (str(spec.origin) if spec and spec.origin else "nowhere")
    return found


def refuse_shadowing() -> None:
    """Stop before foreign code with one of our names would judge candidates.

    Raises:
        UsageError: Something hides one of our packages.
    """
    for name, place in shadowed_packages().items():
        raise UsageError(
            f"expected the package {name!r} beside evolve in {Path(evolve.__file__).resolve().parents[1]}, "
            f"it is shadowed by {place}",
            fix="take that folder off PYTHONPATH, or rename it, or install evolve with `uv tool install`",
        )


def _python() -> Check:
    detail = f"Python {platform.python_version()} on {platform.platform()}, {len(os.sched_getaffinity(0))} cores"
    return Check("python", "ok" if sys.version_info >= (3, 11) else "fail", detail)


def _shadowing() -> Check:
    hidden = shadowed_packages()
    if not hidden:
        return Check("packages", "ok", f"evolve, evaluators and sandboxes from {Path(evolve.__file__).parents[1]}")
    detail = ", ".join(f"{name} is shadowed by {place}" for name, place in hidden.items())
    return Check("packages", "fail", detail, "take that folder off PYTHONPATH, or rename it")


def _configuration(error: EvolveError | None) -> Check:
    if error is None:
        return Check("configuration", "ok", "files and variables have known keys only")
    return Check("configuration", "fail", error.message, error.fix)


def _runs_folder(folder: Path) -> Check:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free_mb = shutil.disk_usage(existing).free // 2**20
    except OSError as error:
        return Check("runs", "fail", f"{folder} cannot be written: {error.strerror}", "choose another with --run-dir")
    if free_mb < _NEEDED_MB:
        return Check("runs", "warn", f"{folder}, only {free_mb} MB free", "free some space")
    return Check("runs", "ok", f"{folder} is writable, {free_mb} MB free")


def _sandboxes() -> list[Check]:
    checks = []
    for info in available("evolve.sandboxes"):
        name = f"sandbox {info.name}"
        try:
            found = load("evolve.sandboxes", info.name).probe()
        except EvolveError as error:
            checks.append(Check(name, "warn", error.message, error.fix))
        else:
            checks.append(Check(name, "ok" if found.is_available else "warn", found.detail, found.fix))
    return checks


def _chosen_sandbox() -> Check:
    try:
        from evolve.sandboxing import choose_sandbox

        choice = choose_sandbox("auto", is_trusted_proposer=True)
    except EvolveError as error:
        return Check("auto sandbox", "fail", error.message, error.fix)
    detail = f"{choice.name} (trust: {choice.trust.value}) for the genetic proposer"
    return Check("auto sandbox", "warn" if choice.warnings else "ok", detail, "; ".join(choice.warnings))


def _compilers() -> Check:
    found = [name for name in ("cc", "gcc", "clang", "g++", "nvcc") if shutil.which(name)]
    if found:
        return Check("compilers", "ok", ", ".join(found))
    return Check("compilers", "warn", "none found", "install gcc for problems whose candidates are compiled")


def _problems() -> Check:
    try:
        from evolve.problems import list_problems

        return Check("problems", "ok", ", ".join(problem.name for problem in list_problems()))
    except EvolveError as error:
        return Check("problems", "fail", error.message, error.fix)


def _keys(environment: Mapping[str, str]) -> Check:
    present = [name for name in _KEY_VARIABLES if environment.get(name)]
    if present:
        return Check("api keys", "ok", f"set: {', '.join(present)} (values are not read here)")
    return Check("api keys", "warn", "none set", "export OPENAI_API_KEY=... for --proposer llm; genetic needs none")


def _prices() -> Check:
    # By path: importing litellm takes seconds and its price list is a file beside it.
    spec = None
    with contextlib.suppress(ImportError, ValueError):
        spec = find_spec("litellm")
    places = list(spec.submodule_search_locations or []) if spec else []
    file = Path(places[0]) / "model_prices_and_context_window_backup.json" if places else None
    if file is None or not file.is_file():
        return Check("prices", "warn", "litellm's price list was not found", "give --price-in and --price-out")
    return Check("prices", "ok", f"{file.name}, {file.stat().st_size // 1024} KiB")
