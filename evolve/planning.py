"""What a launch would do and cost, found out without spending anything: `evolve launch --dry-run`."""

from dataclasses import dataclass

from evolve.config import RunConfig
from evolve.estimate import usage_of_one_proposal
from evolve.ingredients import Ingredients, prepare
from evolve.types import Usage

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A launch that was not made.

    Attributes:
        config: The configuration with every ``auto`` resolved.
        problem: Name of the problem.
        problem_folder: Where it was found.
        sandbox: Provider that would run candidates.
        trust: Label that every score would carry.
        sandbox_detail: What was found of it on this machine.
        warnings: What a user should know before starting.
        proposals_low: Proposals that the budget pays for if every answer is as long as allowed; ``None`` if nothing limits them.
        proposals_high: The same if answers cost nothing but their prompt.
        input_tokens_per_proposal: Of the first prompt, estimated from its characters; 0 without a model.
        output_tokens_per_proposal_max: The output limit; 0 without a model.
        cost_usd_per_proposal_max: Dollars at that limit; ``None`` if the price is unknown.
        cost_usd_max: Dollars that the run can spend at most; ``None`` if nothing bounds it.
        price_source: Where the price came from.
    """

    config: RunConfig
    problem: str
    problem_folder: str
    sandbox: str
    trust: str
    sandbox_detail: str
    warnings: tuple[str, ...]
    proposals_low: int | None
    proposals_high: int | None
    input_tokens_per_proposal: int
    output_tokens_per_proposal_max: int
    cost_usd_per_proposal_max: float | None
    cost_usd_max: float | None
    price_source: str


def plan(config: RunConfig) -> Plan:
    """What `launch` would do with this configuration.

    Raises:
        UsageError: As `launch` would.
        SandboxUnavailable: As `launch` would.
    """
    parts = prepare(config)
    usage = usage_of_one_proposal(parts)
    source = parts.models[0].price.source if parts.models and parts.models[0].price else ""
    low, high = _proposals(parts, usage)
    cost = 0.0 if not parts.models else usage.cost_usd
    total = None if cost is None or low is None else cost * low
    if total is not None and parts.budget.max_usd is not None:
        total = min(total, parts.budget.max_usd)
    return Plan(
        config=parts.config,
        problem=parts.problem.name,
        problem_folder=str(parts.problem.folder),
        sandbox=parts.sandbox.name,
        trust=parts.sandbox.trust.value,
        sandbox_detail=parts.sandbox.detail,
        warnings=tuple(parts.sandbox.warnings),
        proposals_low=low,
        proposals_high=high,
        input_tokens_per_proposal=usage.input_tokens,
        output_tokens_per_proposal_max=usage.output_tokens,
        cost_usd_per_proposal_max=cost,
        cost_usd_max=total,
        price_source=source or ("unknown" if parts.models else ""),
    )


def _proposals(parts: Ingredients, usage: Usage) -> tuple[int | None, int | None]:
    """How many proposals the budget pays for: with the longest answers, and with empty ones."""
    budget = parts.budget
    dearest: list[int] = [budget.max_evals] if budget.max_evals is not None else []
    cheapest = list(dearest)
    if parts.models and budget.max_tokens is not None and usage.tokens:
        dearest.append(budget.max_tokens // usage.tokens)
        cheapest.append(budget.max_tokens // max(1, usage.input_tokens))
    price = parts.models[0].price if parts.models else None
    if price is not None and budget.max_usd is not None and usage.cost_usd:
        prompt_usd = usage.input_tokens * price.input_usd_per_mtok / 1e6
        dearest.append(int(budget.max_usd / usage.cost_usd))
        cheapest.append(int(budget.max_usd / prompt_usd) if prompt_usd else dearest[-1])
    return min(dearest, default=None), min(cheapest, default=None)
