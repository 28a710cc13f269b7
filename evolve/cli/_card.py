"""The end-of-run card: what was found, how sure one may be, what it cost, and how to do it again."""

import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from evolve.cli._text import clean, duration_text, gain_text, money_text, score_text
from evolve.config import RunConfig
from evolve.summary import Standing, Summary
from evolve.types import Objective, Purpose

__all__ = ["card", "launch_command"]

_TRUST_WORDS = {
    "isolated": "isolated: a container of its own",
    "isolated-ns": "isolated-ns: user namespaces and resource limits",
    "restricted": "restricted: some paths and system calls only",
    "unsafe": "UNSAFE: resource limits only, candidates ran as you",
    "shared": "SHARED: the evaluator ran beside the candidate; its scores can be forged",
}

# Always written out, because a problem, a file or a variable may have set them.
_ALWAYS = ("proposer", "policy", "max_evals", "seed")
_RENAMED = {"max_time_s": "--max-time"}
_WITH_OPTION = {
    *("api_key_env", "base_url", "max_evals", "max_time_s", "max_tokens", "max_usd", "order", "parallel"),
    *("parallel_proposals", "patience", "policy", "price_in", "price_out", "proposer", "sandbox", "seed"),
}


def card(summary: Summary, objectives: tuple[Objective, ...], config: Mapping[str, object]) -> str:
    """The card as plain lines."""
    rows = [
        ("run", f"{summary.run} · {summary.problem} · {summary.status}: {clean(summary.stop_reason, 300)}"),
        *_result_rows(summary, objectives),
        ("trust", f"{summary.sandbox} sandbox, {_TRUST_WORDS.get(summary.trust, summary.trust)}"),
        ("spend", _spend_text(summary)),
        ("evaluations", _evaluations_text(summary)),
    ]
    if summary.best is not None and summary.best.path:
        rows.append(("winner", str(Path(summary.run_dir) / summary.best.path)))
    rows.append(("report", summary.report or f"none yet: evolve runs export {summary.run} --html"))
    rows.append(("reproduce", launch_command(config)))
    if summary.status in {"interrupted", "failed"}:
        rows.append(("go on", f"evolve resume {shlex.quote(summary.run)}"))
    # A run folder may come from a stranger, names and all.
    rows = [(clean(label, 60), clean(text, 4000)) for label, text in rows]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"  {label.ljust(width)}  {text}" for label, text in rows)


def _result_rows(summary: Summary, objectives: tuple[Objective, ...]) -> list[tuple[str, str]]:
    if summary.seed is None or summary.best is None:
        return [("best", "none: not even the seed was judged")]
    rows = [("seed", _standing_text(summary.seed, objectives)), ("best", _standing_text(summary.best, objectives))]
    rows.append(("verified", _verified_text(summary)))
    by_name = {objective.name: objective for objective in objectives}
    inputs = "fresh inputs" if summary.has_fresh_inputs else "input"
    rows.extend(
        (f"gain {name}", f"{gain_text(gain, by_name.get(name))}; same {inputs} for both")
        for name, gain in summary.gain.items()
        if summary.is_better
    )
    return rows


def _standing_text(standing: Standing, objectives: tuple[Objective, ...]) -> str:
    units = {objective.name: objective.unit for objective in objectives}
    scores = ", ".join(f"{name} {score_text(score, units.get(name, ''))}" for name, score in standing.scores.items())
    return f"{standing.candidate}: {scores or standing.status}"


def _verified_text(summary: Summary) -> str:
    if summary.best is None or summary.best.purpose != Purpose.CERTIFY.value:
        return "no: nothing was measured on fresh inputs; the scores above are the search's own"
    how = "on fresh inputs" if summary.has_fresh_inputs else "again in a fresh sandbox; the problem has one fixed input"
    return f"yes, {how}" if summary.is_better else f"yes, {how}; nothing beat the seed"


def _spend_text(summary: Summary) -> str:
    money = f"{money_text(summary.spend_usd)}, {summary.tokens} tokens" if summary.tokens else "no model calls"
    return f"{money}, {duration_text(summary.seconds)}"


def _evaluations_text(summary: Summary) -> str:
    parts = [f"{summary.evaluations} of {summary.proposals} proposals"]
    if summary.failures:
        parts.append("failed: " + ", ".join(f"{status} {count}" for status, count in sorted(summary.failures.items())))
    if summary.rejections:
        dropped = ", ".join(f"{stage} {count}" for stage, count in sorted(summary.rejections.items()))
        parts.append(f"not evaluated: {dropped}")
    return "; ".join(parts)


def launch_command(config: Mapping[str, object]) -> str:
    """The command line that starts a run with this configuration, quoted for a shell."""
    defaults = RunConfig()
    words = ["evolve", "launch", str(config.get("problem", ""))]
    for field in fields(RunConfig):
        name = field.name
        value = config.get(name, getattr(defaults, name))
        if name in {"problem", "runs_dir"} or value is None:
            continue
        if name.endswith("_options"):
            head = name.removesuffix("_options")
            table = value if isinstance(value, Mapping) else {}
            words.extend(word for key, item in table.items() for word in ("-c", f"{head}.{key}={_toml(item)}"))
        elif name == "models":
            words.extend(word for model in _texts(value) for word in ("--model", model))
        elif name in _ALWAYS or value != getattr(defaults, name):
            words.extend(_option(name, value))
    return shlex.join(words)


def _option(name: str, value: object) -> list[str]:
    if name not in _WITH_OPTION:
        return ["-c", f"{name}={_toml(value)}"]
    return [_RENAMED.get(name, "--" + name.replace("_", "-")), str(value).removesuffix(".0")]


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # A JSON string is a TOML basic string.
        import json

        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return str(value)
