"""``evolve launch``."""

import typer

from evolve.cli import _options as opt
from evolve.cli._configure import configure
from evolve.cli._output import print_json, print_line, say
from evolve.cli._plan import plan_text
from evolve.types import JSON

__all__ = ["launch"]


def launch(
    problem: opt.ProblemName,
    *,
    proposer: opt.Proposer = None,
    model: opt.Models = None,
    base_url: opt.BaseUrl = None,
    api_key_env: opt.ApiKeyEnv = None,
    price_in: opt.PriceIn = None,
    price_out: opt.PriceOut = None,
    policy: opt.Policy = None,
    sandbox: opt.Sandbox = None,
    max_evals: opt.MaxEvals = None,
    max_usd: opt.MaxUsd = None,
    max_tokens: opt.MaxTokens = None,
    max_time: opt.MaxTime = None,
    patience: opt.Patience = None,
    parallel: opt.Parallel = None,
    parallel_proposals: opt.ParallelProposals = None,
    seed: opt.Seed = None,
    order: opt.Order = None,
    run_dir: opt.RunsDir = None,
    config: opt.ConfigFile = None,
    set_values: opt.Assignments = None,
    dry_run: opt.DryRun = False,
    as_json: opt.AsJson = False,
) -> None:
    """Search for a better program of a problem.

    Without a model the genetic proposer searches; `--proposer llm --model NAME` asks a language model. The first
    Ctrl-C finishes what is in flight, the second stops at once; `evolve resume` goes on in both cases.

    Exit codes: 0 a verified candidate that beats the seed, 4 nothing did, 2 usage, 5 infrastructure, 6 budget too
    small, 130 interrupted and resumable.
    """
    flags = opt.given(
        {
            "problem": problem,
            "proposer": proposer,
            "models": model,
            "base_url": base_url,
            "api_key_env": api_key_env,
            "price_in": price_in,
            "price_out": price_out,
            "policy": policy,
            "sandbox": sandbox,
            "max_evals": max_evals,
            "max_usd": max_usd,
            "max_tokens": max_tokens,
            "max_time_s": max_time,
            "patience": patience,
            "parallel": parallel,
            "parallel_proposals": parallel_proposals,
            "seed": seed,
            "order": order,
            "runs_dir": run_dir,
        }
    )
    raise typer.Exit(_launch(flags, config, set_values or [], dry_run=dry_run, as_json=as_json))


def _launch(
    flags: dict[str, JSON], config_file: opt.ConfigFile, assignments: list[str], *, dry_run: bool, as_json: bool
) -> int:
    from evolve.cli._configure import local_file
    from evolve.problems import load_problem

    problem = load_problem(str(flags["problem"]))
    resolved = configure(problem, flags, config_file=config_file, assignments=assignments)
    if config_file is None and (local := local_file(None)) is not None:
        say(f"settings from {local}")
    if dry_run:
        from evolve.codec import to_json
        from evolve.planning import plan

        outlook = plan(resolved.config)
        print_json(to_json(outlook)) if as_json else print_line(plan_text(outlook, resolved.config, resolved.origins))
        return 0
    from evolve import launch as engine
    from evolve.cli._finish import search

    return search(lambda listener: engine.launch(resolved.config, listener=listener), as_json=as_json)
