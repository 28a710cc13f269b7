"""``evolve demo``."""

import typer

from evolve.cli import _options as opt

__all__ = ["DEMO_EVALS", "DEMO_PROBLEM", "DEMO_SECONDS", "demo"]

DEMO_PROBLEM = "circle_packing"
DEMO_EVALS = 240
# A slow or busy machine stops here with what it has: a demo that is not over in two minutes is no demo.
DEMO_SECONDS = 100.0


def demo(
    *,
    max_evals: opt.MaxEvals = DEMO_EVALS,
    seed: opt.Seed = 0,
    sandbox: opt.Sandbox = None,
    run_dir: opt.RunsDir = None,
    as_json: opt.AsJson = False,
) -> None:
    """A real search on circle_packing with the genetic proposer: no key, no GPU, no Docker.

    Packs 26 circles into a unit square, verifies the winner, writes a report and says where it is; stops after
    240 evaluations or 100 seconds.
    """
    from evolve.cli._configure import configure
    from evolve.cli._finish import search
    from evolve.launch import launch
    from evolve.problems import load_problem

    flags = opt.given(
        {
            "problem": DEMO_PROBLEM,
            "proposer": "genetic",
            "max_evals": max_evals,
            "max_time_s": DEMO_SECONDS,
            "seed": seed,
            "sandbox": sandbox,
            "runs_dir": run_dir,
        }
    )
    config = configure(load_problem(DEMO_PROBLEM), flags).config
    raise typer.Exit(search(lambda listener: launch(config, listener=listener), as_json=as_json))
