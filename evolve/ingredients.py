"""A configuration with every name in it resolved: what a run, a dry run and a resume start from."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from evolve.config import RunConfig
from evolve.errors import ConfigError, UsageError
from evolve.plugins import load
from evolve.problems import load_problem
from evolve.protocols import Model, Policy, PolicySetup, Price, Proposer
from evolve.sandboxing import SandboxChoice, choose_sandbox
from evolve.search.budget import Budget, Ledger
from evolve.spec import Problem

__all__ = ["Ingredients", "prepare"]

_MODEL_PROPOSALS = 8  # proposals in flight with models, where the user does not say; waiting for a model costs no core


@dataclass(frozen=True, slots=True)
class Ingredients:
    """A configuration with every name in it resolved; nothing is started yet.

    Attributes:
        config: With ``auto`` and 0 replaced by what they came to.
        problem: Loaded.
        proposer: Constructed.
        models: Constructed; nothing was sent.
        sandbox: The provider that candidates will run in.
        budget: Limits.
    """

    config: RunConfig
    problem: Problem
    proposer: Proposer
    models: tuple[Model, ...]
    sandbox: SandboxChoice
    budget: Budget

    def policy(self) -> Policy:
        """A new policy, asked nothing yet."""
        setup = PolicySetup(
            self.problem.objectives, self.config.seed, self.proposer.operators, self.config.policy_options
        )
        policy: Policy = load("evolve.policies", self.config.policy)(setup)
        return policy


def prepare(config: RunConfig) -> Ingredients:
    """Resolve a configuration.

    Raises:
        UsageError: A name is unknown, or options contradict each other.
        SandboxUnavailable: Nothing here isolates candidates as the proposer needs it.
    """
    problem = load_problem(config.problem)
    name = config.proposer if config.proposer != "auto" else ("llm" if config.models else "genetic")
    proposer: Proposer = load("evolve.proposers", name)(config.proposer_options)
    models = _models(config, proposer)
    load("evolve.policies", config.policy)
    load("evolve.evaluators", problem.evaluator)
    budget = Budget(
        max_evals=config.max_evals or None,
        max_usd=config.max_usd,
        max_tokens=config.max_tokens,
        max_time_s=config.max_time_s or None,
        patience=config.patience or None,
    )
    if budget.is_unlimited:
        raise UsageError("expected a limit for the run, got none", fix="give --max-evals, --max-usd or --max-time")
    ledger = Ledger(budget)
    for model in models:
        ledger.require_price(model.price)
    sandbox = choose_sandbox(config.sandbox, is_trusted_proposer=proposer.is_trusted)
    return Ingredients(_resolved(config, name, proposer, sandbox), problem, proposer, models, sandbox, budget)


def _resolved(config: RunConfig, name: str, proposer: Proposer, sandbox: SandboxChoice) -> RunConfig:
    if config.order not in {"auto", "tickets", "arrival"}:
        raise ConfigError(f"expected order auto, tickets or arrival, got {config.order!r}")
    parallel = config.parallel or len(os.sched_getaffinity(0))
    proposals = config.parallel_proposals or (_MODEL_PROPOSALS if proposer.uses_models else parallel)
    order = config.order if config.order != "auto" else ("tickets" if proposer.is_deterministic else "arrival")
    folder = Path(config.problem)
    problem = str(folder.resolve()) if (folder / "problem.toml").is_file() else config.problem
    return replace(
        config,
        problem=problem,
        proposer=name,
        sandbox=sandbox.name,
        parallel=parallel,
        parallel_proposals=proposals,
        order=order,
    )


def _refuse_secrets(base_url: str) -> None:
    """The URL is recorded and printed, so nothing secret may be in it."""
    parts = urlsplit(base_url)
    if parts.username or parts.password or parts.query:
        raise ConfigError(
            "expected a base URL without user, password or query, got one with them; it would be recorded with the run",
            fix="name the environment variable that holds the key: --api-key-env NAME",
        )


def _models(config: RunConfig, proposer: Proposer) -> tuple[Model, ...]:
    if not proposer.uses_models:
        if config.models:
            raise UsageError(
                f"expected no model for the proposer {proposer.name!r}, got {', '.join(config.models)}",
                fix="use --proposer llm, or leave --model out",
            )
        return ()
    if not config.models:
        raise UsageError(
            f"expected a model for the proposer {proposer.name!r}, got none",
            fix="--model PROVIDER/NAME (for a local server: --model openai/NAME --base-url http://127.0.0.1:8080/v1)",
        )
    from evolve.proposers.models import create_model

    _refuse_secrets(config.base_url)
    price = None
    if config.price_in is not None and config.price_out is not None:
        price = Price(config.price_in, config.price_out, "user")
    elif config.price_in is not None or config.price_out is not None:
        raise ConfigError("expected both --price-in and --price-out, got one of them")
    return tuple(
        create_model(
            name,
            base_url=config.base_url or None,
            api_key_env=config.api_key_env or None,
            price=price,
            timeout_s=config.model_timeout_s,
            max_retries=config.model_retries,
            backoff_s=config.model_backoff_s,
        )
        for name in config.models
    )
