import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from evaluators.staging import Bench
from evolve.calls import Availability, CallResult, Data
from evolve.check import new_problem
from evolve.errors import EvaluatorCrashed
from evolve.problems import load_problem
from evolve.protocols import Session
from evolve.spec import Problem, Stage
from evolve.types import (
    CandidateId,
    Direction,
    EvaluationId,
    EvaluationRequest,
    Instance,
    InstanceResult,
    Judgement,
    Objective,
    Program,
    Split,
    Status,
    Trust,
)


class FakeSession:
    """Answers each call with the next value; printed text and time are settable."""

    def __init__(self, sandbox: "FakeSandbox") -> None:
        self.sandbox = sandbox

    def call(self, function: str, *args: Data, timeout_s: float | None = None) -> CallResult:
        self.sandbox.timeouts.append(timeout_s)
        return CallResult(Status.OK, 1, stdout=self.sandbox.printed, wall_s=self.sandbox.call_s, cpu_s=0.5)

    def close(self) -> None:
        self.sandbox.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FakeSandbox:
    name = "fake"
    trust = Trust.ISOLATED

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.printed = ""
        self.call_s = 0.0
        self.timeouts: list[float | None] = []

    @classmethod
    def probe(cls) -> Availability:
        return Availability(True, "fake")

    def open(self, program: Program, entry: str) -> FakeSession:
        self.opened += 1
        return FakeSession(self)

    def close(self) -> None: ...


class ListVerifier:
    """Gives the listed judgements, one per instance, after a call each."""

    def __init__(self, *judgements: object) -> None:
        self.judgements = judgements

    def instances(self, split: Split, seed: int) -> Sequence[Instance]:
        return [Instance(f"i{number}", judgement) for number, judgement in enumerate(self.judgements)]

    def judge(self, session: Session, instance: Instance) -> Judgement:
        result = session.call("solve")
        if not result.is_ok:
            return result.as_judgement()
        return instance.data  # type: ignore[return-value]


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return replace(load_problem(new_problem(tmp_path / "p")), objectives=(Objective("score", bound=10.0),))


def ok(value: float, feedback: str = "", **artifacts: str) -> Judgement:
    return Judgement.ok({"score": value}, feedback, **artifacts)


def evaluate(problem: Problem, verifier: object, split: Split = Split.TRAIN, sandbox: FakeSandbox | None = None):
    request = EvaluationRequest(EvaluationId("e"), CandidateId("c"), Program.single("x = 1\n"), split)
    return Bench(problem, verifier, sandbox or FakeSandbox()).evaluate(request)


def test_scores_are_the_mean_over_instances_with_its_interval(problem: Problem):
    got = evaluate(problem, ListVerifier(ok(1.0), ok(2.0), ok(3.0)))
    score = got.scores["score"]
    # Student's t, 2 degrees of freedom: 4.303 * 1 / sqrt(3).
    assert (score.value, score.n) == (2.0, 3)
    assert score.high - score.value == pytest.approx(4.303 / 3**0.5)
    assert (got.sandbox, got.trust, got.stage, got.cpu_s) == ("fake", Trust.ISOLATED, "all", 1.5)


def test_the_first_failure_ends_the_evaluation_and_leaves_no_scores(problem: Problem):
    got = evaluate(problem, ListVerifier(ok(1.0, "fine"), Judgement.invalid("bad"), ok(3.0)))
    assert got.status is Status.INVALID
    assert got.scores == {}
    assert [result.name for result in got.instances] == ["i0", "i1"]
    assert got.feedback.splitlines()[0] == "i1: bad"


def test_a_stage_that_is_not_passed_stops_before_the_next(problem: Problem):
    stages = (Stage("quick", 2, {"score": 5.0}), Stage("full"))
    verifier = ListVerifier(ok(4.0), ok(4.5), ok(9.0))
    got = evaluate(replace(problem, stages=stages), verifier)
    assert got.status is Status.REJECTED
    assert (got.stage, len(got.instances)) == ("quick", 2)
    assert "score = 4.25" in got.feedback
    assert got.scores == {}


def test_a_score_that_just_meets_the_requirement_goes_on(problem: Problem):
    stages = (Stage("quick", 1, {"score": 5.0}), Stage("full"))
    got = evaluate(replace(problem, stages=stages), ListVerifier(ok(5.0), ok(1.0)))
    assert (got.status, got.stage, got.scores["score"].n) == (Status.OK, "full", 2)


def test_hidden_splits_are_judged_whole(problem: Problem):
    stages = (Stage("quick", 1, {"score": 5.0}), Stage("full"))
    got = evaluate(replace(problem, stages=stages), ListVerifier(ok(1.0), ok(9.0)), Split.TEST)
    assert (got.status, len(got.instances), got.stage) == (Status.OK, 2, "full")


@pytest.mark.parametrize("values", [(11.0, 1.0, 1.0), (10.5,)])
def test_a_score_beyond_the_bound_is_suspect_and_blames_the_verifier(problem: Problem, values: tuple[float, ...]):
    got = evaluate(problem, ListVerifier(*map(ok, values)))
    assert got.status is Status.SUSPECT
    assert got.scores == {}
    assert "verifier is to be doubted" in got.feedback


def test_the_tolerance_of_a_bound_is_respected(problem: Problem):
    objectives = (Objective("score", Direction.MINIMIZE, bound=1.0, bound_tolerance=1e-6),)
    assert evaluate(replace(problem, objectives=objectives), ListVerifier(ok(1.0 - 1e-7))).is_ok
    got = evaluate(replace(problem, objectives=objectives), ListVerifier(ok(1.0 - 1e-5)))
    assert got.status is Status.SUSPECT


def test_the_bound_of_a_sum_is_compared_with_the_sum_only(problem: Problem):
    objectives = (Objective("score", Direction.MINIMIZE, bound=10.0, aggregate="sum"),)
    assert evaluate(replace(problem, objectives=objectives), ListVerifier(ok(6.0), ok(6.0))).value("score") == 12.0
    got = evaluate(replace(problem, objectives=objectives), ListVerifier(ok(4.0), ok(5.0)))
    assert got.status is Status.SUSPECT


@pytest.mark.parametrize(
    ("aggregate", "expected"), [("max", 8.0), ("min", 2.0), ("geomean", 4.0), ("sum", 10.0), ("mean", 5.0)]
)
def test_every_aggregate_gives_its_value(problem: Problem, aggregate: str, expected: float):
    objectives = (Objective("score", aggregate=aggregate),)
    got = evaluate(replace(problem, objectives=objectives), ListVerifier(ok(2.0), ok(8.0)))
    assert got.value("score") == pytest.approx(expected)


def test_the_bound_of_a_sum_waits_for_the_whole_sum(problem: Problem):
    total = Objective("score", Direction.MINIMIZE, bound=100.0, aggregate="sum")
    staged = replace(problem, objectives=(total,), stages=(Stage("first", 1), Stage("all")))
    assert evaluate(staged, ListVerifier(ok(60.0), ok(60.0))).status is Status.OK
    assert evaluate(staged, ListVerifier(ok(60.0), ok(30.0))).status is Status.SUSPECT


@pytest.mark.parametrize("aggregate", ["mean", "sum", "geomean", "max"])
def test_a_score_too_large_to_rank_is_the_candidates_failure(problem: Problem, aggregate: str):
    free = replace(problem, objectives=(Objective("score", aggregate=aggregate),))
    assert evaluate(free, ListVerifier(ok(1.0), ok(1e200))).status is Status.INVALID
    widest = evaluate(free, ListVerifier(ok(1.0), ok(1e99)))
    assert widest.status is Status.OK
    assert math.isfinite(widest.scores["score"].high)


@pytest.mark.parametrize(
    "wrong",
    [
        ok(float("nan")),
        ok(float("inf")),
        Judgement.ok({}),
        Judgement.ok({"other": 1.0}),
        Judgement.ok({"score": "1.0x"}),  # type: ignore[dict-item]
        "no judgement",
        None,
    ],
)
def test_a_verifier_that_gives_no_finite_scores_is_broken(problem: Problem, wrong: object):
    with pytest.raises(EvaluatorCrashed):
        evaluate(problem, ListVerifier(wrong))


@pytest.mark.parametrize("names", [(), ("a", "a")])
def test_a_verifier_without_distinct_instances_is_broken(problem: Problem, names: tuple[str, ...]):
    verifier = ListVerifier(ok(1.0))
    verifier.instances = lambda split, seed: [Instance(name, ok(1.0)) for name in names]  # type: ignore[method-assign]
    with pytest.raises(EvaluatorCrashed, match="at least one instance and distinct names"):
        evaluate(problem, verifier)


def test_a_verifier_may_summarize_instances_itself(problem: Problem):
    class Summarizing(ListVerifier):
        def summarize(self, results: Sequence[InstanceResult]) -> Mapping[str, float]:
            return {"score": max(result.scores["raw"] for result in results)}

    got = evaluate(problem, Summarizing(Judgement.ok({"raw": 3.0}), Judgement.ok({"raw": 7.0})))
    assert (got.value("score"), got.scores["score"].n) == (7.0, 2)


def test_one_session_serves_an_evaluation_unless_fresh_ones_are_wanted(problem: Problem):
    for fresh, expected in ((False, 1), (True, 3)):
        sandbox = FakeSandbox()
        evaluate(replace(problem, fresh_per_instance=fresh), ListVerifier(ok(1), ok(1), ok(1)), sandbox=sandbox)
        assert (sandbox.opened, sandbox.closed) == (expected, expected)


def test_the_session_is_closed_when_the_verifier_raises(problem: Problem):
    sandbox = FakeSandbox()
    with pytest.raises(EvaluatorCrashed):
        evaluate(problem, ListVerifier(None), sandbox=sandbox)
    assert (sandbox.opened, sandbox.closed) == (1, 1)


def test_the_calls_of_an_evaluation_share_a_time_limit(problem: Problem):
    sandbox = FakeSandbox()
    sandbox.call_s = 1.5
    got = evaluate(replace(problem, evaluation_s=4.0), ListVerifier(*[ok(1.0)] * 5), sandbox=sandbox)
    assert got.status is Status.TIMEOUT
    assert "evaluation_s" in got.feedback
    # The limit of a call is 2 s; what is left of 4 s after two calls is 1 s; then none.
    assert sandbox.timeouts == [2.0, 2.0, 1.0]


def test_printed_text_is_quoted_at_the_end_and_cut(problem: Problem):
    sandbox = FakeSandbox()
    sandbox.printed = "old " * 1000 + "\x1b[31mlast\ud800 words"
    got = evaluate(problem, ListVerifier(Judgement.invalid("wrong")), sandbox=sandbox)
    assert got.feedback.startswith("wrong\nthe program printed (its end):\n> ")
    assert got.feedback.endswith("last\N{REPLACEMENT CHARACTER} words")
    assert len(got.feedback.encode()) <= 4096
    assert "\x1b" not in got.feedback


def test_feedback_and_artifacts_are_bounded(problem: Problem):
    many = {f"a{number:02}": "\u00e9" * 10**5 for number in range(40)}
    got = evaluate(problem, ListVerifier(*[ok(1.0, "\u00e9" * 5000, **many)] * 8))
    assert len(got.feedback.encode()) <= 4096
    assert got.feedback.endswith("[cut]")
    assert len(got.artifacts) == 16
    assert all(len(text.encode()) <= 64 * 1024 for text in got.artifacts.values())
    assert "i0.a00" in got.artifacts
