"""A dry run as text."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from evolve.cli._text import table_text

if TYPE_CHECKING:
    from evolve.config import RunConfig
    from evolve.planning import Plan

__all__ = ["config_rows", "plan_text"]


def plan_text(plan: "Plan", asked: "RunConfig", origins: Mapping[str, str]) -> str:
    """What a launch would do and cost, and where each setting comes from.

    Args:
        plan: With every ``auto`` resolved.
        asked: The configuration before that.
        origins: Where each of its values comes from.
    """
    rows = [
        ("problem", f"{plan.problem} in {plan.problem_folder}"),
        ("proposer", plan.config.proposer),
        ("policy", plan.config.policy),
        ("sandbox", f"{plan.sandbox} (trust: {plan.trust}), {plan.sandbox_detail}"),
        ("proposals", _proposals(plan)),
        ("tokens", _tokens(plan)),
        ("cost", _cost(plan)),
        *(("note", warning) for warning in plan.warnings),
    ]
    lines = [f"{label.ljust(10)} {text}" for label, text in rows]
    lines.extend(("", table_text(("setting", "value", "from"), _resolved_rows(plan.config, asked, origins)), ""))
    lines.append("nothing was started and nothing was spent")
    return "\n".join(lines)


def config_rows(config: "RunConfig", origins: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Key, value and origin of every setting, options included."""
    rows: list[tuple[str, str, str]] = []
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, dict):
            head = field.name.removesuffix("_options")
            rows.extend((f"{head}.{key}", str(item), origins.get(f"{head}.{key}", "")) for key, item in value.items())
        else:
            shown = ", ".join(value) if isinstance(value, tuple) else value
            rows.append((field.name, "" if shown is None else str(shown), origins.get(field.name, "")))
    return rows


def _resolved_rows(config: "RunConfig", asked: "RunConfig", origins: Mapping[str, str]) -> list[tuple[str, str, str]]:
    before = {key: value for key, value, _ in config_rows(asked, origins)}
    return [
        (key, value, origin if before.get(key, value) == value else f"{origin}: {before[key]}")
        for key, value, origin in config_rows(config, origins)
    ]


def _proposals(plan: "Plan") -> str:
    low, high = plan.proposals_low, plan.proposals_high
    if low is None or high is None:
        return "no limit but time and patience"
    if low == high:
        return f"{low}"
    return f"{low} (every answer as long as allowed) to {high} (empty answers)"


def _tokens(plan: "Plan") -> str:
    if not plan.output_tokens_per_proposal_max:
        return "none: no model is called"
    return (
        f"about {plan.input_tokens_per_proposal} in (estimated from characters) and at most "
        f"{plan.output_tokens_per_proposal_max} out per proposal"
    )


def _cost(plan: "Plan") -> str:
    if not plan.config.models:
        return "nothing: no model is called"
    if plan.cost_usd_per_proposal_max is None:
        return "unknown: the model has no known price; give --price-in and --price-out"
    each = f"at most ${plan.cost_usd_per_proposal_max:.4f} per proposal, price from {plan.price_source}"
    return each if plan.cost_usd_max is None else f"at most ${plan.cost_usd_max:.4f} in all; {each}"
