"""The loop, driven with doubles: order, budgets, stops, failures and resume."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from evolve.completions import Completion, ModelRequest, Price
from evolve.config import RunConfig
from evolve.errors import BudgetTooSmall, EvaluatorCrashed, ModelUnavailable, ProblemError
from evolve.events import EvaluationFinished, Event
from evolve.state import RunState, fold
from evolve.statistics import mean_interval
from evolve.store import RunStore
from evolve.testing._engine import (
    LiteralEvaluator,
    ModelProposer,
    NumberProposer,
    Search,
    frontier_values,
    toy_problem,
    with_budget,
)
from evolve.types import Evaluation, EvaluationRequest, InstanceResult, Purpose, Score, Status, Usage

CONFIG = RunConfig(max_evals=40, parallel=3, parallel_proposals=3, order="tickets")


class CheapModel:
    """Answers at once with the next number, or fails as told."""

    name = "cheap"

    price: Price | None = Price(1.0, 1.0, "test")

    def __init__(self, fail: ModelUnavailable | None = None) -> None:
        self.fail = fail
        self.calls = 0
        self.in_flight = 0
        self.most_in_flight = 0

    async def complete(self, request: ModelRequest) -> Completion:
        self.calls += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0.001)
        self.in_flight -= 1
        if self.fail is not None:
            raise self.fail
        usage = Usage(10, 100, cost_usd=0.00011, price_source="test", calls=1)
        return Completion(f"VALUE = {request.seed}.0\n", usage, self.name)

    async def close(self) -> None:
        """Nothing to close."""


class StopAfter:
    """Asks the search to stop after so many evaluations."""

    def __init__(self, evaluations: int, times: int = 1) -> None:
        self.evaluations = evaluations
        self.times = times
        self.search: Search | None = None

    def on_event(self, event: Event, state: RunState) -> None:
        if isinstance(event, EvaluationFinished) and state.evaluations == self.evaluations and self.search:
            assert self.search.engine is not None
            for _ in range(self.times):
                self.search.engine.request_stop()

    def on_message(self, text: str) -> None:
        """Not of interest."""


def search(tmp_path: Path, **changes: object) -> Search:
    parts = {
        "folder": tmp_path / "run",
        "proposer": NumberProposer(),
        "evaluator": LiteralEvaluator(),
        "config": CONFIG,
    }
    return Search(**{**parts, **changes})  # type: ignore[arg-type]


def stopping(tmp_path: Path, listener: StopAfter, **changes: object) -> Search:
    listener.search = search(tmp_path, listener=listener, **changes)
    return listener.search


def test_a_search_spends_its_evaluations_and_names_a_verified_winner(tmp_path: Path) -> None:
    state = search(tmp_path).go()
    assert state.evaluations == 40
    assert state.stopped is not None
    assert state.stopped.status == "finished"
    assert state.winner is not None
    winner = state.candidates[state.winner.candidate]
    assert winner.certificate is not None
    assert winner.certificate.split == "validation"
    assert winner.certificate.seed != 0
    assert max(frontier_values(state)) == (winner.certificate.value("value"),)


def test_in_ticket_order_the_speed_of_tasks_does_not_change_the_run(tmp_path: Path) -> None:
    quick = search(tmp_path, folder=tmp_path / "quick").go()
    uneven = NumberProposer(delay_s=lambda ticket: 0.003 * (ticket * 7 % 5))
    slow = search(tmp_path, folder=tmp_path / "slow", proposer=uneven, evaluator=LiteralEvaluator(delay_s=0.002)).go()
    assert [c.created for c in quick.candidates.values()] == [
        slow.candidates[name].created for name in quick.candidates
    ]
    assert quick.told == slow.told == list(range(41))
    assert quick.winner == slow.winner


def test_another_seed_gives_another_run(tmp_path: Path) -> None:
    first = search(tmp_path, folder=tmp_path / "a").go()
    second = search(tmp_path, folder=tmp_path / "b", config=replace(CONFIG, seed=1)).go()
    assert frontier_values(first) != frontier_values(second)


def test_the_state_is_the_fold_of_the_stored_events(tmp_path: Path) -> None:
    state = search(tmp_path).go()
    with RunStore.open(tmp_path / "run", read_only=True) as store:
        again = fold((stored.time, stored.event) for stored in store.events())
    assert again.candidates == state.candidates
    assert again.frontier == state.frontier
    assert again.told == state.told
    assert again.evaluations == state.evaluations


def test_arrival_order_keeps_every_worker_busy_past_a_slow_ticket(tmp_path: Path) -> None:
    late = NumberProposer(delay_s=lambda ticket: 0.5 if ticket == 1 else 0.0)
    state = search(tmp_path, proposer=late, config=replace(CONFIG, order="arrival")).go()
    assert state.told.index(1) > 10
    assert state.evaluations == 40


def test_a_program_that_was_seen_before_is_not_evaluated_again(tmp_path: Path) -> None:
    seen: list[str] = []
    evaluator = LiteralEvaluator(on_evaluate=lambda request: seen.append(request.program.files["program.py"]))

    class Repeats(CheapModel):
        async def complete(self, request: ModelRequest) -> Completion:
            assert request.seed is not None
            return Completion(f"VALUE = {request.seed % 5}.0  # {request.seed}\n", Usage(1, 1, calls=1), self.name)

    state = search(tmp_path, proposer=ModelProposer(last=20), models=(Repeats(),), evaluator=evaluator).go()
    assert state.evaluations == 4  # 1.0 to 4.0; VALUE = 0.0 is the seed
    assert state.rejections["new"] == 16
    assert state.tickets[5].rejection is not None
    assert "c0000" in state.tickets[5].rejection.reason


def test_failed_candidates_are_counted_and_never_win(tmp_path: Path) -> None:
    class Half(CheapModel):
        async def complete(self, request: ModelRequest) -> Completion:
            assert request.seed is not None
            text = "garbage" if request.seed % 2 else f"VALUE = {request.seed}.0\n"
            return Completion(text + f"# {request.seed}", Usage(1, 1, calls=1), self.name)

    state = search(tmp_path, proposer=ModelProposer(last=10), models=(Half(),)).go()
    assert state.failures == {Status.INVALID: 1}  # the garbage differs in comments only
    assert state.rejections["new"] == 4
    assert state.winner is not None
    assert state.winner.candidate == "c0010"


def test_a_seed_that_its_verifier_rejects_ends_the_run_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="accepts, got invalid") as caught:
        search(tmp_path, problem=toy_problem(seed="x")).go()
    assert "problems check" in str(caught.value)


def test_patience_ends_a_search_that_does_not_improve(tmp_path: Path) -> None:
    class Falling(CheapModel):
        async def complete(self, request: ModelRequest) -> Completion:
            return Completion(f"VALUE = -{request.seed}.0\n", Usage(1, 1, calls=1), self.name)

    state = search(
        tmp_path, proposer=ModelProposer(), models=(Falling(),), config=replace(CONFIG, max_evals=500, patience=10)
    ).go()
    assert state.stopped is not None
    assert "--patience 10" in state.stopped.reason
    assert 10 <= state.evaluations <= 10 + CONFIG.parallel + CONFIG.parallel_proposals


def test_nothing_better_names_the_seed(tmp_path: Path) -> None:
    class Worse(CheapModel):
        async def complete(self, request: ModelRequest) -> Completion:
            return Completion(f"VALUE = -{request.seed}.0\n", Usage(1, 1, calls=1), self.name)

    state = search(tmp_path, proposer=ModelProposer(last=5), models=(Worse(),)).go()
    assert state.winner is not None
    assert state.winner.candidate == ""


def test_a_candidate_that_fails_on_fresh_inputs_does_not_win(tmp_path: Path) -> None:
    class Flatters(LiteralEvaluator):
        async def evaluate(self, request: EvaluationRequest):
            evaluation = await super().evaluate(request)
            lucky = request.program.files["program.py"].startswith("VALUE = 5.0")
            if request.purpose is Purpose.CERTIFY and lucky:
                return replace(evaluation, status=Status.INCORRECT, scores={}, instances=())
            return evaluation

    state = search(tmp_path, proposer=ModelProposer(last=5), models=(CheapModel(),), evaluator=Flatters()).go()
    assert state.winner is not None
    assert state.winner.candidate == "c0004"
    assert state.winner.rejected == ("c0005",)


class Noisy(LiteralEvaluator):
    """The true number plus noise that depends on the instance seed, with an honest interval."""

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        evaluation = await super().evaluate(request)
        value = evaluation.value("value") + random.Random(f"{request.candidate} {request.seed}").gauss(0, 3)
        score = {"value": Score(value, value - 6, value + 6, 4)}
        instances = (InstanceResult("only", Status.OK, {"value": value}),)
        return replace(evaluation, scores=score, instances=instances)


def test_a_candidate_that_is_measured_again_is_ranked_by_all_its_scores(tmp_path: Path) -> None:
    config = replace(CONFIG, max_evals=80, policy_options={"reevaluate": True})
    state = search(tmp_path, evaluator=Noisy(), config=config).go()
    measured = {name: c for name, c in state.candidates.items() if len(c.evaluations) > 1 and name != "c0000"}
    assert measured
    pooled = {name: candidate.pooled("value") for name, candidate in state.candidates.items()}
    assert list(state.frontier) == [max(pooled, key=lambda name: pooled[name] or -1e9)]
    again = search(tmp_path, evaluator=Noisy(), config=replace(config, max_evals=90)).go()
    assert again.evaluations == 90


def test_a_program_that_does_not_repeat_its_result_does_not_win(tmp_path: Path) -> None:
    class Lucky(LiteralEvaluator):
        """Draws anew for one program each time; a single instance claims no spread."""

        async def evaluate(self, request: EvaluationRequest) -> Evaluation:
            evaluation = await super().evaluate(request)
            if not request.program.files["program.py"].startswith("VALUE = 5.0"):
                return evaluation
            value = 5.0 + random.Random(str(request.id)).random()
            score = {"value": Score(value, value, value)}
            return replace(evaluation, scores=score, instances=(InstanceResult("only", Status.OK, {"value": value}),))

    state = search(tmp_path, proposer=ModelProposer(last=5), models=(CheapModel(),), evaluator=Lucky()).go()
    assert state.winner is not None
    assert state.winner.candidate == "c0004"
    assert state.winner.rejected == ("c0005",)


def test_of_many_candidates_that_are_no_better_hardly_any_wins(tmp_path: Path) -> None:
    """Forty runs in which nothing is better than the seed, judged on ten noisy instances: 5 % may err, that is two."""

    class Equal(LiteralEvaluator):
        async def evaluate(self, request: EvaluationRequest) -> Evaluation:
            evaluation = await super().evaluate(request)
            generator = random.Random(f"{tmp_path} {request.candidate} {request.seed} {request.program.content_hash}")
            values = [generator.gauss(0.0, 1.0) for _ in range(10)]
            results = tuple(InstanceResult(str(i), Status.OK, {"value": v}) for i, v in enumerate(values))
            return replace(evaluation, scores={"value": mean_interval(values)}, instances=results)

    wins = 0
    for seed in range(40):
        config = replace(CONFIG, max_evals=12, seed=seed)
        state = search(tmp_path, folder=tmp_path / str(seed), evaluator=Equal(), config=config).go()
        assert state.winner is not None
        wins += state.winner.candidate not in {"", "c0000"}
    assert wins <= 7  # the chance of more than 7 of 40 at 5 % is below 1 in 10,000


def test_a_budget_lowered_on_resume_leaves_the_open_tickets_open(tmp_path: Path) -> None:
    slow = LiteralEvaluator(delay_s=0.01)
    stopped = stopping(tmp_path, StopAfter(11, times=2), evaluator=slow).go()
    assert stopped.open_tickets != []
    lowered = search(tmp_path, config=replace(CONFIG, max_evals=11)).go()
    assert lowered.evaluations <= 11 + 1
    again = search(tmp_path).go()
    assert again.evaluations == 40


# ------------------------------------------------------------------------------------------------- money


def test_dollars_are_never_overspent(tmp_path: Path) -> None:
    model = CheapModel()
    config = replace(CONFIG, max_usd=0.01, max_output_tokens=100, max_evals=0)
    state = search(tmp_path, proposer=ModelProposer(), models=(model,), config=config).go()
    assert state.usage.cost_usd is not None
    assert 0.009 < state.usage.cost_usd <= 0.01
    assert state.stopped is not None
    assert "budget for one more model call" in state.stopped.reason
    assert model.calls == state.usage.calls


def test_a_budget_that_buys_no_proposal_is_refused(tmp_path: Path) -> None:
    config = replace(CONFIG, max_usd=0.00001, max_output_tokens=100)
    with pytest.raises(BudgetTooSmall):
        search(tmp_path, proposer=ModelProposer(), models=(CheapModel(),), config=config).go()


def test_tokens_are_never_overspent(tmp_path: Path) -> None:
    config = replace(CONFIG, max_tokens=2000, max_output_tokens=100, max_evals=0)
    state = search(tmp_path, proposer=ModelProposer(), models=(CheapModel(),), config=config).go()
    assert state.usage.tokens <= 2000
    assert state.usage.calls >= 8


def test_proposals_in_flight_are_bounded(tmp_path: Path) -> None:
    model = CheapModel()
    search(tmp_path, proposer=ModelProposer(), models=(model,), config=replace(CONFIG, order="arrival")).go()
    assert model.most_in_flight == CONFIG.parallel_proposals


# ---------------------------------------------------------------------------------------- stops and faults


def test_the_first_stop_drains_and_a_resumed_run_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    calm = search(tmp_path, folder=tmp_path / "calm").go()
    stopped = stopping(tmp_path, StopAfter(11)).go()
    assert stopped.stopped is not None
    assert stopped.stopped.status == "interrupted"
    assert all(stopped.tickets[ticket].evaluation for ticket in stopped.open_tickets)
    assert stopped.winner is not None
    again = search(tmp_path).go()
    assert again.told == calm.told
    assert [c.created for c in again.candidates.values()] == [c.created for c in calm.candidates.values()]
    assert again.evaluations == 40


def test_the_second_stop_drops_what_is_in_flight_and_leaves_a_resumable_run(tmp_path: Path) -> None:
    slow = LiteralEvaluator(delay_s=0.01)
    stopped = stopping(tmp_path, StopAfter(11, times=2), evaluator=slow).go()
    assert stopped.stopped is not None
    assert stopped.stopped.status == "interrupted"
    assert stopped.open_tickets != []
    calm = search(tmp_path, folder=tmp_path / "calm").go()
    again = search(tmp_path).go()
    assert frontier_values(again) == frontier_values(calm)


def test_a_finished_run_goes_on_with_a_larger_budget(tmp_path: Path) -> None:
    first = search(tmp_path)
    before = max(frontier_values(first.go()))
    state = with_budget(first, max_evals=200).go()
    assert state.evaluations == 200
    assert max(frontier_values(state)) > before
    assert state.certifications == 2


@pytest.mark.parametrize("order", ["tickets", "arrival"])
def test_a_broken_evaluator_stops_the_run_and_costs_no_candidate(tmp_path: Path, order: str) -> None:
    def fail(request: EvaluationRequest) -> None:
        if request.candidate == "c0007":
            raise EvaluatorCrashed("the verifier died")

    config = replace(CONFIG, order=order)
    with pytest.raises(EvaluatorCrashed):
        search(tmp_path, evaluator=LiteralEvaluator(on_evaluate=fail), config=config).go()
    state = search(tmp_path, config=config).go()
    assert state.evaluations == 40
    assert state.failures == {}


@pytest.mark.parametrize("order", ["tickets", "arrival"])
def test_a_dead_provider_ends_the_run_resumably_and_consumes_no_evaluation(tmp_path: Path, order: str) -> None:
    dead = CheapModel(fail=ModelUnavailable("503"))
    config = replace(CONFIG, order=order)
    with pytest.raises(ModelUnavailable, match="failures in a row") as caught:
        search(tmp_path, proposer=ModelProposer(), models=(dead,), config=config).go()
    assert "evolve resume" in str(caught.value)
    assert dead.calls < 8 + CONFIG.parallel + CONFIG.parallel_proposals
    state = search(tmp_path, proposer=ModelProposer(), models=(CheapModel(),), config=config).go()
    assert state.evaluations == 40


def test_a_revoked_key_ends_the_run_at_once(tmp_path: Path) -> None:
    revoked = CheapModel(fail=ModelUnavailable("401", is_permanent=True))
    with pytest.raises(ModelUnavailable, match="401"):
        search(tmp_path, proposer=ModelProposer(), models=(revoked,)).go()
    assert revoked.calls <= CONFIG.parallel_proposals


def test_the_time_limit_ends_a_search(tmp_path: Path) -> None:
    config = replace(CONFIG, max_evals=0, max_time_s=0.3)
    state = search(tmp_path, config=config, evaluator=LiteralEvaluator(delay_s=0.01)).go()
    assert state.stopped is not None
    assert "--max-time" in state.stopped.reason
