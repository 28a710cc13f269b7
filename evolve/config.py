"""The configuration of a run: one frozen value, recorded whole when the run starts."""

from dataclasses import dataclass, field

from evolve.types import JSON

__all__ = ["RunConfig"]


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that a user can set for a run; every field is a command-line option or a ``-c`` key.

    Attributes:
        problem: Name of a built-in problem or path of a problem folder.
        proposer: Entry-point name of the proposer; ``auto`` is ``llm`` where a model is named, else ``genetic``.
        proposer_options: Options of the proposer, ``-c proposer.NAME=VALUE``.
        models: Model names; a proposal takes them in turn.
        base_url: URL of an OpenAI-compatible endpoint for ``openai/...`` models; empty for the provider's own.
        api_key_env: Name of the environment variable that holds the key; empty for the provider's usual one.
        price_in: US dollars per million input tokens, where the price list does not know the model.
        price_out: US dollars per million output tokens.
        max_output_tokens: Upper limit of one answer.
        model_timeout_s: Wall seconds that one try of a model call may take.
        model_retries: Further tries of a model call after the first.
        model_backoff_s: Mean seconds before the first of them; doubled for each one after it.
        policy: Entry-point name of the policy.
        policy_options: Options of the policy, ``-c policy.NAME=VALUE``.
        sandbox: ``auto`` or the entry-point name of a provider.
        max_evals: Search evaluations; 0 means no limit.
        max_usd: US dollars; ``None`` means no limit, 0 that nothing may be spent.
        max_tokens: Model tokens; ``None`` means no limit, 0 that none may be bought.
        max_time_s: Wall seconds of all sessions of the run together; 0 means no limit.
        patience: Evaluations in a row that leave the Pareto frontier as it is, after which the run ends; 0 means no limit.
        parallel: Evaluations at once; 0 means the number of CPU cores.
        parallel_proposals: Proposals at once; 0 means ``parallel`` for proposers without models, else 8.
        seed: Seed of every random choice.
        order: ``tickets`` (results are told in the order in which they were asked for: equal seeds give equal runs), ``arrival``
            (no waiting), or ``auto``: ``tickets`` for proposers that are deterministic.
        certify: How many of the best candidates may be tried on fresh inputs before the run says that nothing held up.
        runs_dir: Folder in which the run's folder is made; empty for ``./runs``.
    """

    problem: str = ""
    proposer: str = "auto"
    proposer_options: dict[str, JSON] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    base_url: str = ""
    api_key_env: str = ""
    price_in: float | None = None
    price_out: float | None = None
    max_output_tokens: int = 4096
    model_timeout_s: float = 120.0
    model_retries: int = 4
    model_backoff_s: float = 1.0
    policy: str = "pareto-queue"
    policy_options: dict[str, JSON] = field(default_factory=dict)
    sandbox: str = "auto"
    max_evals: int = 200
    max_usd: float | None = None
    max_tokens: int | None = None
    max_time_s: float = 0.0
    patience: int = 0
    parallel: int = 0
    parallel_proposals: int = 0
    seed: int = 0
    order: str = "auto"
    certify: int = 5
    runs_dir: str = ""
