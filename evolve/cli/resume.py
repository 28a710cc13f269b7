"""``evolve resume``."""

import typer

from evolve.cli import _options as opt

__all__ = ["resume"]


def resume(
    run: opt.Run,
    *,
    max_evals: opt.MaxEvals = None,
    max_usd: opt.MaxUsd = None,
    max_tokens: opt.MaxTokens = None,
    max_time: opt.MaxTime = None,
    patience: opt.Patience = None,
    parallel: opt.Parallel = None,
    parallel_proposals: opt.ParallelProposals = None,
    base_url: opt.BaseUrl = None,
    api_key_env: opt.ApiKeyEnv = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """Go on with a run, with the same decisions as if it had never stopped.

    Budgets count the whole run: `--max-evals 400` on a run that has made 200 evaluations buys 200 more. Exit codes
    are those of `evolve launch`.
    """
    from evolve import launch as engine
    from evolve.cli._finish import search
    from evolve.cli._runs import resolve_run
    from evolve.config_layers import check_overrides

    overrides = check_overrides(
        opt.given(
            {
                "max_evals": max_evals,
                "max_usd": max_usd,
                "max_tokens": max_tokens,
                "max_time_s": max_time,
                "patience": patience,
                "parallel": parallel,
                "parallel_proposals": parallel_proposals,
                "base_url": base_url,
                "api_key_env": api_key_env,
            }
        )
    )
    folder = resolve_run(run, run_dir)
    raise typer.Exit(search(lambda listener: engine.resume(folder, overrides, listener=listener), as_json=as_json))
