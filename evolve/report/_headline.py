"""What the top of the page says: the answer, what it cost, how to get it again."""

import shlex
from dataclasses import dataclass, fields
from pathlib import Path

from evolve.config import RunConfig
from evolve.report._reading import RunRecord
from evolve.report._text import number, percent_change, score_text
from evolve.report.figures import Figures
from evolve.types import Objective, Score

__all__ = ["Gain", "Headline", "headline", "launch_command"]

_FLAGS = (
    ("proposer", "--proposer"),
    ("policy", "--policy"),
    ("sandbox", "--sandbox"),
    ("max_evals", "--max-evals"),
    ("max_usd", "--max-usd"),
    ("max_tokens", "--max-tokens"),
    ("patience", "--patience"),
    ("parallel", "--parallel"),
    ("seed", "--seed"),
)


@dataclass(frozen=True, slots=True)
class Gain:
    """The winner against the seed in one objective, in words.

    Attributes:
        objective: Its name.
        change: ``+34.1 %``; the two values where there is no ratio.
        interval: ``95 % interval +31 % to +37 %, n = 12``, or that there is one instance.
        values: ``1.96 → 2.63``.
        verdict: ``better``, ``worse`` or ``unclear``.
    """

    objective: str
    change: str
    interval: str
    values: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Headline:
    """The top of the page.

    Attributes:
        outcome: ``win``, ``none``, ``open`` (nothing certified yet) or ``empty``.
        title: The answer in one short sentence.
        detail: A second sentence.
        gains: Winner against seed on fresh inputs, headline first.
        command: How to run the same search again.
        winner_path: Where the winner's files are; empty where they were not written.
        searched: Who searched, in words.
    """

    outcome: str
    title: str
    detail: str
    gains: tuple[Gain, ...]
    command: str
    winner_path: str
    searched: str


def headline(record: RunRecord, figures: Figures) -> Headline:
    """The answer that a reader takes away after five seconds."""
    summary, gains = record.summary, tuple(_gains(figures))
    outcome, title, detail = _answer(record, figures, gains)
    path = Path(summary.run_dir) / summary.best.path if summary.best and summary.best.path else None
    config = record.state.config
    return Headline(
        outcome,
        title,
        detail,
        gains if outcome == "win" else (),
        launch_command(config),
        _near(path) if path and outcome == "win" else "",
        " · ".join(str(part) for part in (config.get("proposer", ""), *_names(config.get("models"))) if part),
    )


def _names(models: object) -> list[str]:
    return [str(model) for model in models] if isinstance(models, (list, tuple)) else []


def _near(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _answer(record: RunRecord, figures: Figures, gains: tuple[Gain, ...]) -> tuple[str, str, str]:
    state, summary, steps = record.state, record.summary, figures.lineage.steps
    if not figures.progress.points:
        what = "No candidate has a score yet." if state.candidates else "This run has recorded no candidate yet."
        return "empty", what, summary.stop_reason
    goal = record.objectives[0]
    if summary.is_better and not gains:
        return (
            "win",
            "The winner passes where the seed fails",
            "On fresh inputs the verifier accepts the winner and not the seed.",
        )
    if summary.is_better:
        fresh, fixed = (
            "on fresh inputs that the search never saw",
            "again in a fresh sandbox; the problem has one fixed input",
        )
        return "win", _win_title(goal, gains[0]), f"Verified {fresh if summary.has_fresh_inputs else fixed}."
    if state.winner is not None or (state.stopped is not None and state.stopped.status == "finished"):
        rejected = len(figures.trust.rejected)
        detail = (
            f"{rejected} candidates looked better in the search and did not hold up on fresh inputs."
            if rejected > 1
            else ""
        )
        detail = (
            "One candidate looked better in the search and did not hold up on fresh inputs."
            if rejected == 1
            else detail
        )
        return (
            "none",
            "Nothing beat the seed",
            detail or "No candidate was better than the program that the search began with.",
        )
    best = figures.progress.points[-1].best[0]
    seed = figures.progress.seed
    if len(steps) < 2 or (seed and best == seed[0]):
        return "open", "Nothing better than the seed so far", "The run has not finished; nothing is certified."
    text = f"Best {goal.name} so far: {number(best, 5)} {goal.unit}".rstrip()
    came = f" The seed has {number(seed[0], 5)}." if seed else ""
    return "open", text, f"By the search's own scores, not certified on fresh inputs.{came}"


def _win_title(goal: Objective, gain: Gain) -> str:
    if "×" in gain.change:
        return f"{goal.name} {gain.change} the seed's"
    if "÷" in gain.change:
        return f"{goal.name} {gain.change.lstrip('÷')}× lower than the seed"
    if "%" in gain.change:
        verb = "higher" if goal.direction.value == "maximize" else "lower"
        return f"{goal.name} {gain.change.lstrip('+−')} {verb} than the seed"
    return f"{goal.name} {gain.values}"


def _gains(figures: Figures) -> list[Gain]:
    found = []
    for item in figures.trust.scores:
        if item.seed is None or item.winner is None:
            continue
        # A ratio of two negative values reads the wrong way round, so those are shown as they are.
        ratio = item.comparison.ratio if item.comparison and item.seed.value > 0 else None
        values = f"{number(item.seed.value, 5)} → {number(item.winner.value, 5)} {item.objective.unit}".rstrip()
        change = percent_change(ratio.value) if ratio else values
        found.append(
            Gain(
                item.objective.name, change, _interval(ratio or item.winner, is_ratio=bool(ratio)), values, item.verdict
            )
        )
    return found


def _interval(score: Score, *, is_ratio: bool) -> str:
    if score.n <= 1:
        return "one instance, no interval"
    if score.low == score.high:
        return f"no spread over {score.n} instances"
    if is_ratio:
        return f"95 % interval {percent_change(score.low)} to {percent_change(score.high)}, n = {score.n}"
    return f"{score_text(score)}, n = {score.n}"


def launch_command(config: dict[str, object]) -> str:
    """The command that starts the same search again, defaults left out."""
    defaults = RunConfig()
    words = ["evolve", "launch", str(config.get("problem") or "PROBLEM")]
    for key, flag in _FLAGS:
        value = config.get(key, getattr(defaults, key))
        if value != getattr(defaults, key):
            words += [flag, str(value)]
    if config.get("max_time_s"):
        words += [
            "--max-time",
            f"{config['max_time_s']:g}s" if isinstance(config["max_time_s"], float) else f"{config['max_time_s']}s",
        ]
    for model in _names(config.get("models")):
        words += ["--model", model]
    known = {key for key, _ in _FLAGS} | {"problem", "models", "max_time_s", "runs_dir"}
    for item in fields(RunConfig):
        value = config.get(item.name)
        if item.name in known or value is None or value == getattr(defaults, item.name):
            continue
        if isinstance(value, dict):
            prefix = item.name.removesuffix("_options")
            words += [word for key, entry in value.items() for word in ("-c", f"{prefix}.{key}={entry}")]
        else:
            words += ["-c", f"{item.name}={value}"]
    return shlex.join(words)
