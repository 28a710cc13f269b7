"""Puts a run together from its configuration, drives it, and sums it up: what `evolve launch` and `resume` do."""

import asyncio
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from evolve.clock import Clock, SystemClock
from evolve.codec import from_json, to_json
from evolve.config import RunConfig
from evolve.engine import Engine
from evolve.environment import describe_environment
from evolve.errors import RunError, UsageError
from evolve.estimate import usage_of_one_proposal
from evolve.events import RunResumed, RunStarted
from evolve.ingredients import Ingredients, prepare
from evolve.plugins import load, suggest
from evolve.protocols import Policy
from evolve.recorder import Listener, Recorder
from evolve.replay import replay_policy
from evolve.search.budget import Ledger
from evolve.store import RunStore, new_run_folder, runs_folder
from evolve.summary import Summary, summarize
from evolve.tickets import Parts
from evolve.types import JSON

__all__ = ["Ingredients", "Listener", "launch", "prepare", "resume"]


def launch(config: RunConfig, *, listener: Listener | None = None, clock: Clock | None = None) -> Summary:
    """Run a search from its start to its stop.

    Args:
        config: What to search, with what and how long.
        listener: Told of every event.
        clock: For tests.

    Raises:
        UsageError: The configuration cannot be used; nothing was started.
        BudgetTooSmall: The budget cannot buy a single proposal.
        InfrastructureError: Sandbox, model provider or disk failed; the run is on disk and resumable.
    """
    parts = prepare(config)
    clock = clock or SystemClock()
    usage = usage_of_one_proposal(parts)
    Ledger(parts.budget).require_room(evaluations=1, usd=usage.cost_usd, tokens=usage.tokens)
    folder = new_run_folder(runs_folder(Path(config.runs_dir) if config.runs_dir else None), parts.problem.name)
    with RunStore.create(folder, clock=clock) as store:
        recorder = Recorder(store, clock, listener)
        recorder.record(
            RunStarted(
                run=folder.name,
                problem=parts.problem.name,
                problem_hash=parts.problem.content_hash,
                config=_as_mapping(to_json(parts.config)),
                seed=parts.config.seed,
                sandbox=parts.sandbox.name,
                trust=parts.sandbox.trust.value,
                objectives=[to_json(objective) for objective in parts.problem.objectives],
                has_fresh_inputs=parts.problem.has_fresh_inputs,
                environment={**describe_environment(), "redteam": len(parts.problem.redteam)},
            )
        )
        return _drive(parts, recorder, parts.policy(), Ledger(parts.budget, clock=clock))


def resume(
    folder: Path, overrides: Mapping[str, JSON], *, listener: Listener | None = None, clock: Clock | None = None
) -> Summary:
    """Go on with a run that was interrupted, failed or has a larger budget now.

    Args:
        folder: The run's folder.
        overrides: `RunConfig` fields to change; budgets and parallelism only, what was decided stays decided.
        listener: Told of every new event.
        clock: For tests.

    Raises:
        RunError: There is no such run, it is live, or its problem changed since.
        UsageError: A field may not change.
        InfrastructureError: As for `launch`.
    """
    clock = clock or SystemClock()
    with RunStore.open(folder, clock=clock) as store:
        recorder = Recorder(store, clock, listener)
        events = recorder.load()
        started = recorder.state.started
        if started is None:
            raise RunError(f"expected a run that had begun, {folder} has no events", fix="evolve launch")
        config = _overridden(recorder.state.config, overrides)
        parts = prepare(config)
        if parts.problem.content_hash != started.problem_hash:
            raise RunError(
                f"expected the problem {started.problem} as the run recorded it, its folder has changed since",
                fix=f"restore {parts.problem.folder}, or launch a new run",
            )
        ledger = Ledger.replay(events, parts.budget, clock=clock, spent_s=recorder.state.elapsed_s)
        stopped = recorder.state.stopped
        if stopped is not None and stopped.status == "finished" and ledger.exhausted():
            recorder.say(f"nothing to do: {ledger.exhausted()}; give a larger budget to go on")
            return summarize(recorder.state, folder)
        policy = parts.policy()
        for line in replay_policy(policy, events, recorder):
            recorder.say(f"the policy would decide otherwise today; the record counts: {line}")
        recorder.record(RunResumed(dict(overrides), describe_environment()))
        return _drive(parts, recorder, policy, ledger)


_MAY_CHANGE = {
    "max_evals",
    "max_usd",
    "max_tokens",
    "max_time_s",
    "patience",
    "parallel",
    "parallel_proposals",
    "base_url",
    "api_key_env",
    "model_backoff_s",
    "model_retries",
    "model_timeout_s",
    "certify",
}


def _overridden(recorded: Mapping[str, object], overrides: Mapping[str, JSON]) -> RunConfig:
    for key in overrides:
        if key not in _MAY_CHANGE:
            hint = suggest(key, sorted(_MAY_CHANGE))
            raise UsageError(
                f"expected one of {', '.join(sorted(_MAY_CHANGE))} to change on resume, got {key}{hint}",
                fix="launch a new run for another search",
            )
    merged = {**_as_mapping(recorded), **overrides}
    return from_json(RunConfig, merged)


def _as_mapping(value: object) -> dict[str, JSON]:
    if not isinstance(value, Mapping):
        raise RunError(f"expected a table of configuration values, got {type(value).__name__}")
    return dict(value)


def _drive(parts: Ingredients, recorder: Recorder, policy: Policy, ledger: Ledger) -> Summary:
    """Run the engine in an event loop of its own, then leave winner and report in the run's folder."""
    folder = recorder.store.folder
    for warning in parts.sandbox.warnings:
        recorder.say(warning)
    try:
        asyncio.run(_search(parts, recorder, policy, ledger))
    finally:
        if recorder.state.evaluations or recorder.state.stopped is not None:
            _leave_results(recorder, folder)
    return summarize(recorder.state, folder)


async def _search(parts: Ingredients, recorder: Recorder, policy: Policy, ledger: Ledger) -> None:
    config = parts.config
    evaluator = load("evolve.evaluators", parts.problem.evaluator)(
        parts.problem.folder, sandbox=parts.sandbox.name, parallel=config.parallel, label=recorder.store.folder.name
    )
    engine = Engine(
        Parts(
            problem=parts.problem,
            policy=policy,
            proposer=parts.proposer,
            models=parts.models,
            evaluator=evaluator,
            ledger=ledger,
            parallel=config.parallel,
            parallel_proposals=config.parallel_proposals,
            is_ordered=config.order == "tickets",
        ),
        config,
        recorder,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, engine.request_stop)
    try:
        await evaluator.start()
        await engine.run()
    finally:
        await evaluator.close()
        for model in parts.models:
            await model.close()


def _leave_results(recorder: Recorder, folder: Path) -> None:
    """The winner's files and the report, both derived from the record and written anew each time."""
    from evolve.report import write_report

    state = recorder.state
    if state.winner is not None and state.winner.candidate in state.candidates:
        shutil.rmtree(folder / "best", ignore_errors=True)
        recorder.candidate(state.winner.candidate).program.write_to(folder / "best")
    try:
        write_report(folder)
    except OSError as error:  # the record is safe; the report can be written again from it
        recorder.say(f"no report: {error}; try: evolve runs export {folder} --html")
