import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from evolve.check import CheckReport, check_problem, new_problem
from evolve.codec import to_json
from evolve.problems import load_problem
from evolve.spec import Problem
from evolve.testing._evaluator_double import InstantEvaluator
from evolve.types import CandidateId, EvaluationId, EvaluationRequest, Judgement, Program, Split, Status


class SplitNames(InstantEvaluator):
    """An instant evaluator whose instances are named by split, unless told otherwise."""

    def __init__(self, judge: Callable[[Program], Mapping[str, float] | Judgement], *, one_name: bool = False) -> None:
        super().__init__(judge)
        self.one_name = one_name
        self.is_closed = False

    async def evaluate(self, request: EvaluationRequest):
        from dataclasses import replace

        got = await super().evaluate(request)
        name = "same" if self.one_name else f"{request.split}-0"
        return replace(got, instances=tuple(replace(result, name=name) for result in got.instances))

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return load_problem(new_problem(tmp_path / "p"))


def judge_for(problem: Problem, *, seed: float = 2.0, reference: float = 1.5, passing: str = "") -> Callable:
    cheats = {one.program: one for one in problem.redteam}

    def judge(program: Program) -> Mapping[str, float] | Judgement:
        if program in cheats and cheats[program].name != passing:
            return Judgement(cheats[program].expected[0], feedback="caught")
        return {"makespan_ratio": seed if program == problem.seed else reference}

    return judge


def check(problem: Problem, evaluator: InstantEvaluator) -> CheckReport:
    return asyncio.run(check_problem(problem, lambda: evaluator))


def test_a_sound_problem_passes_and_the_report_has_the_published_shape(problem: Problem):
    evaluator = SplitNames(judge_for(problem))
    report = check(problem, evaluator)
    assert report.ok
    assert report.faults == ()
    assert evaluator.is_closed
    published = json.loads(json.dumps(to_json(report)))
    assert {"problem", "ok", "seed", "references", "redteam", "seconds_per_evaluation", "noise"} <= set(published)
    assert {"name", "expected", "got", "ok"} <= set(published["redteam"][0])
    assert published["noise"] == {"makespan_ratio": 0.0}
    splits = [request.split for request in evaluator.requests]
    assert splits[:5] == [Split.TRAIN] * 3 + [Split.VALIDATION, Split.TEST]
    assert len(splits) == 5 + len(problem.references) + len(problem.redteam)


def test_one_cheat_that_passes_fails_the_check_and_is_named(problem: Problem):
    report = check(problem, SplitNames(judge_for(problem, passing="left_out")))
    assert not report.ok
    assert report.faults == ("redteam/left_out: expected status invalid, got ok",)
    assert [one.name for one in report.redteam if not one.ok] == ["left_out"]


def test_a_cheat_that_fails_otherwise_than_declared_fails_the_check(problem: Problem):
    def judge(program: Program) -> Mapping[str, float] | Judgement:
        known = judge_for(problem)(program)
        return Judgement(Status.TIMEOUT) if isinstance(known, Judgement) else known

    assert len(check(problem, SplitNames(judge)).faults) == len(problem.redteam)


def test_a_reference_that_the_seed_dominates_fails_the_check(problem: Problem):
    report = check(problem, SplitNames(judge_for(problem, seed=1.2, reference=1.5)))
    assert [fault.split(":")[0] for fault in report.faults] == ["reference/longest_first"]
    assert check(problem, SplitNames(judge_for(problem, seed=1.5, reference=1.5))).ok


def test_a_seed_that_fails_fails_the_check(problem: Problem):
    def judge(program: Program) -> Mapping[str, float] | Judgement:
        if program == problem.seed:
            return Judgement.invalid("machine 9 does not exist\nmore")
        return judge_for(problem)(program)

    report = check(problem, SplitNames(judge))
    assert report.faults[0] == "seed/: expected status ok on train, got invalid: machine 9 does not exist"
    assert report.noise == {}


def test_splits_that_share_an_instance_fail_the_check(problem: Problem):
    report = check(problem, SplitNames(judge_for(problem), one_name=True))
    assert any("two splits" in fault for fault in report.faults)


def test_noise_is_the_spread_of_equal_evaluations_over_their_mean(problem: Problem):
    values = iter([2.0, 2.2, 1.8, 2.0, 2.0])

    def judge(program: Program) -> Mapping[str, float] | Judgement:
        return {"makespan_ratio": next(values)} if program == problem.seed else judge_for(problem)(program)

    report = check(problem, SplitNames(judge))
    assert report.noise["makespan_ratio"] == pytest.approx(0.2)


def test_the_evaluator_is_closed_when_a_check_breaks_off(problem: Problem):
    def judge(program: Program) -> Mapping[str, float] | Judgement:
        raise ZeroDivisionError

    evaluator = SplitNames(judge)
    with pytest.raises(ZeroDivisionError):
        check(problem, evaluator)
    assert evaluator.is_closed


def test_the_instant_evaluator_counts_what_is_in_flight():
    async def run() -> InstantEvaluator:
        evaluator = InstantEvaluator(lambda program: {"score": 1.0}, latency_s=0.01)
        requests = [EvaluationRequest(EvaluationId(str(n)), CandidateId("c"), Program.single("x")) for n in range(5)]
        got = await asyncio.gather(*map(evaluator.evaluate, requests))
        assert [one.id for one in got] == ["0", "1", "2", "3", "4"]
        assert all(one.value("score") == 1.0 for one in got)
        return evaluator

    assert asyncio.run(run()).in_flight_most == 5
