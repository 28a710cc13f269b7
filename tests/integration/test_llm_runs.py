"""Whole runs with the `llm` proposer: against an endpoint that misbehaves, and against a real model server."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evolve.config import RunConfig
from evolve.errors import ModelUnavailable
from evolve.events import CompletionReceived, Event, ModelFailed, ProposalRejected, RunStopped
from evolve.launch import launch, resume
from evolve.skeleton import new_problem
from evolve.store import RunStore
from evolve.testing import Fault, FaultServer

CANARY = "sk-canary-6b1f0c"
BETTER = "```python\n{}\n```"
CONFIG = RunConfig(
    problem="circle_packing",
    models=("openai/fault",),
    sandbox="process",
    parallel=2,
    parallel_proposals=2,
    max_output_tokens=800,
    model_timeout_s=1.0,
    model_retries=2,
    model_backoff_s=0.02,
)


def events_of(folder: Path) -> list[Event]:
    with RunStore.open(folder, read_only=True) as store:
        return [stored.event for stored in store.events()]


def program(number: int) -> str:
    """An answer that is a valid, distinct packing: equal circles on a grid."""
    return BETTER.format(
        "def pack():\n"
        f"    r = 0.08 + {number} * 1e-5\n"
        "    cells = [(i, j) for i in range(6) for j in range(5)][:26]\n"
        "    return [[(i + 0.5) / 6, (j + 0.5) / 5, min(r, 1 / 12)] for i, j in cells]"
    )


@pytest.fixture
def config(fault_server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    monkeypatch.setenv("EVOLVE_TEST_KEY", CANARY)
    return replace(CONFIG, base_url=fault_server.url, api_key_env="EVOLVE_TEST_KEY", runs_dir=str(tmp_path))


def test_a_run_survives_every_fault_of_its_endpoint_and_its_funnel_shows_them(
    config: RunConfig, fault_server: FaultServer
) -> None:
    fault_server.set_script(
        [
            Fault.ok(program(1)),
            Fault.error(429, retry_after="0"),
            Fault.ok(program(2)),
            Fault.error(500),
            Fault.ok("I am sorry, but I cannot help with that."),
            Fault.cut(),
            Fault.ok(""),
            Fault.html(),
            Fault.raw(b""),
            Fault.hang(),
            Fault.not_utf8("```python\n%% not a program\n```"),
            Fault.raw(b"{not json"),
            *[Fault.ok(program(number)) for number in range(3, 40)],
        ]
    )
    summary = launch(replace(config, max_evals=8))
    assert summary.status == "finished"
    assert summary.evaluations == 8
    assert summary.is_better
    events = events_of(Path(summary.run_dir))
    received = [event for event in events if isinstance(event, CompletionReceived)]
    assert sum(event.usage.tokens for event in received) == summary.tokens > 0
    assert summary.rejections.get("parsed", 0) >= 1
    # Every proposal is accounted for: evaluated, or dropped with a reason.
    assert summary.proposals == summary.evaluations + sum(summary.rejections.values())


def test_a_dead_endpoint_ends_the_run_with_a_resumable_state(config: RunConfig, fault_server: FaultServer) -> None:
    fault_server.set_script([Fault.ok(program(1)), Fault.ok(program(2)), Fault.error(503)])
    with pytest.raises(ModelUnavailable, match="failures in a row") as caught:
        launch(replace(config, max_evals=8))
    assert caught.value.exit_code == 5
    folder = next(Path(config.runs_dir).iterdir())
    events = events_of(folder)
    assert isinstance(events[-1], RunStopped)
    assert events[-1].status == "failed"
    assert sum(isinstance(event, ModelFailed) for event in events) >= 8
    bought = [event for event in events if isinstance(event, CompletionReceived)]

    fault_server.set_script([Fault.ok(program(number)) for number in range(10, 40)])
    summary = resume(folder, {})
    assert summary.evaluations == 8
    later = [event for event in events_of(folder) if isinstance(event, CompletionReceived)]
    assert later[: len(bought)] == bought
    counts = Counter((event.ticket, event.call) for event in later)
    assert max(counts.values()) == 1


def test_a_revoked_key_ends_the_run_after_one_request_a_worker(config: RunConfig, fault_server: FaultServer) -> None:
    fault_server.set_script([Fault.error(401, "invalid key", code="invalid_api_key")])
    with pytest.raises(ModelUnavailable) as caught:
        launch(replace(config, max_evals=8))
    assert caught.value.is_permanent
    assert len(fault_server.requests) <= 2


def test_the_key_is_sent_and_never_recorded(config: RunConfig, fault_server: FaultServer) -> None:
    fault_server.set_script([Fault.ok(program(number)) for number in range(1, 30)])
    summary = launch(replace(config, max_evals=3))
    assert any(CANARY in key for key in fault_server.keys)
    for path in Path(summary.run_dir).rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
    with RunStore.open(Path(summary.run_dir), read_only=True) as store:
        for name in store.blob_hashes():
            assert CANARY.encode() not in store.get_blob(name)


def test_the_prompt_that_was_sent_is_on_record(config: RunConfig, fault_server: FaultServer) -> None:
    fault_server.set_script([Fault.ok(program(number)) for number in range(1, 30)])
    summary = launch(replace(config, max_evals=2, parallel_proposals=1))
    received = [event for event in events_of(Path(summary.run_dir)) if isinstance(event, CompletionReceived)]
    with RunStore.open(Path(summary.run_dir), read_only=True) as store:
        recorded = [json.loads(store.get_text(event.prompt)) for event in received]
    sent = [[[m["role"], m["content"]] for m in body["messages"]] for body in fault_server.requests]  # type: ignore[union-attr,index]
    assert recorded == sent


@pytest.mark.local_model
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_model_runs_to_its_budget_and_nothing_is_lost(llama_server: str, tmp_path: Path) -> None:
    # A small problem: its prompt is short enough for a model that runs on two cores.
    new_problem(tmp_path / "small", "small")
    config = replace(
        CONFIG,
        problem=str(tmp_path / "small"),
        models=("openai/smollm2",),
        base_url=llama_server,
        runs_dir=str(tmp_path / "runs"),
        max_tokens=4_000,
        max_evals=50,
        max_output_tokens=64,
        model_timeout_s=300.0,
        parallel_proposals=1,
    )
    summary = launch(config)
    assert summary.status == "finished"
    assert 0 < summary.tokens <= 4_000
    assert summary.proposals == summary.evaluations + sum(summary.rejections.values())
    events = events_of(Path(summary.run_dir))
    received = [event for event in events if isinstance(event, CompletionReceived)]
    assert received
    assert sum(event.usage.tokens for event in received) == summary.tokens
    # A model of 135 M parameters writes hardly anything usable; the funnel must say so.
    dropped = [event for event in events if isinstance(event, ProposalRejected)]
    assert len(dropped) + sum(summary.failures.values()) >= 1
    report = Path(summary.report).read_text()
    assert "smollm2" in report
