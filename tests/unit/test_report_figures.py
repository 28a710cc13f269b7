"""Figure data from a made-up run: what the page and the command line show."""

import dataclasses
import itertools
from pathlib import Path

import pytest

from evolve.events import CompletionReceived, EvaluationFinished, ProposalRejected
from evolve.report import lineage
from evolve.report.figures import (
    baseline,
    diff_lines,
    failures,
    funnel,
    pareto_front,
    progress,
    read_record,
    spend,
    trust_panel,
)
from evolve.testing._example_run import example_events
from evolve.types import Purpose, Status


@pytest.fixture(scope="module")
def example():
    return example_events(300)


@pytest.fixture(scope="module")
def record(example):
    return read_record(example.events, Path("run"))


def record_of(**arguments):
    run = example_events(**arguments)
    return run, read_record(run.events, Path("run"))


def test_the_example_run_is_the_same_every_time():
    assert example_events(40).events == example_events(40).events
    assert example_events(40).events != example_events(40, seed=2).events


def test_progress_has_every_ok_evaluation_once_and_its_best_never_gets_worse(record):
    figure = progress(record)
    ok = [m for m in record.moments if m.evaluation.is_ok]
    assert [p.candidate for p in figure.points] == [m.evaluation.candidate for m in ok]
    assert len(figure.points) + len(figure.failures) == record.state.evaluations + 1
    for before, after in zip(figure.points, figure.points[1:], strict=False):
        assert after.number > before.number
        assert after.elapsed_s >= before.elapsed_s
        assert all(a <= b for a, b in zip(after.best, before.best, strict=True)), "both objectives are minimised"
    assert figure.points[-1].best[0] == min(p.values[0] for p in figure.points)


def test_improvements_are_the_points_where_the_best_changed(record):
    figure = progress(record)
    bests = [p.best[0] for p in figure.improvements]
    assert bests == sorted(set(bests), reverse=True)
    assert figure.improvements[0].candidate == "c0000"


def test_points_with_an_unknown_price_have_no_dollars_and_keep_their_tokens():
    run = example_events(30)
    events = [
        (t, dataclasses.replace(e, usage=dataclasses.replace(e.usage, cost_usd=None)))
        if isinstance(e, CompletionReceived) and e.model.startswith("local")
        else (t, e)
        for t, e in run.events
    ]
    record = read_record(events, Path("run"))
    figure, cost = progress(record), spend(record)
    assert figure.points[0].usd == 0.0
    assert figure.points[-1].usd is None
    assert figure.points[-1].tokens > 0
    assert cost.total.cost_usd is None
    assert cost.known_usd > 0
    assert cost.rows[0].usage.cost_usd is None, "unknown prices come first, where they are seen"


def test_an_evaluation_without_an_objective_is_not_drawn_as_a_point():
    run = example_events(20)
    events = [
        (t, dataclasses.replace(e, evaluation=dataclasses.replace(e.evaluation, scores={})))
        if isinstance(e, EvaluationFinished) and e.evaluation.purpose is Purpose.SEARCH
        else (t, e)
        for t, e in run.events
    ]
    figure = progress(read_record(events, Path("run")))
    assert [p.candidate for p in figure.points] == ["c0000"]


def test_the_frontier_figure_marks_exactly_the_archive(record):
    figure = pareto_front(record)
    assert {p.candidate for p in figure.points if p.is_on_frontier} == set(record.state.frontier)
    front = figure.frontier
    assert [p.values[0] for p in front] == sorted(p.values[0] for p in front)
    assert [p.values[1] for p in front] == sorted((p.values[1] for p in front), reverse=True)


def test_a_single_objective_has_no_frontier_figure_and_says_why():
    _, record = record_of(proposals=20, objectives=1)
    figure = pareto_front(record)
    assert figure.points == ()
    assert "peak_memory is the only objective" in figure.reason


def test_each_funnel_step_hands_on_what_it_did_not_drop(record):
    steps = funnel(record).steps
    assert [s.name for s in steps] == [
        "requested", "answered", "parsed", "new", "evaluated", "ok", "better", "frontier",
    ]  # fmt: skip
    assert steps[0].count == record.state.proposals == 300
    for before, after in itertools.pairwise(steps):
        assert after.count == before.count - after.dropped
        assert sum(reason.count for reason in after.reasons) == after.dropped
    assert steps[4].count == record.state.evaluations
    assert steps[5].dropped == sum(record.state.failures.values())
    assert steps[2].dropped == record.state.rejections["parsed"]
    assert 0 < steps[7].count <= len(record.state.frontier)


def test_the_money_in_the_funnel_adds_up_to_the_spend(record):
    steps = funnel(record).steps
    on_frontier = [t for t in record.state.tickets.values() if t.candidate in record.state.frontier and t.decision]
    kept = sum(t.usage.tokens for t in on_frontier)
    # Frontier members that do not beat their parent are counted as dropped one step earlier.
    assert sum(s.dropped_tokens for s in steps) <= record.state.usage.tokens
    assert sum(s.dropped_tokens for s in steps) >= record.state.usage.tokens - kept


def test_a_funnel_without_models_has_no_answered_step():
    _, record = record_of(proposals=40, has_models=False)
    assert "answered" not in [s.name for s in funnel(record).steps]


def test_proposals_in_flight_are_named_as_such():
    _, record = record_of(proposals=60, ending="running")
    waiting = [r for s in funnel(record).steps for r in s.reasons if "in flight" in r.text]
    assert sum(r.count for r in waiting) == len(record.state.open_tickets) > 0


def test_a_rejection_at_a_stage_of_a_plug_in_is_not_lost():
    run = example_events(30)
    events = [
        (t, dataclasses.replace(e, stage="my-own")) if isinstance(e, ProposalRejected) else (t, e)
        for t, e in run.events
    ]
    steps = funnel(read_record(events, Path("run"))).steps
    assert steps[0].count - steps[-1].count == sum(s.dropped for s in steps)
    assert steps[4].dropped > 0


def test_failures_have_the_counts_of_the_state_and_an_example_each(record):
    figure = failures(record)
    assert {f.status: f.count for f in figure.by_status} == dict(record.state.failures)
    for failure in figure.by_status:
        evaluation = record.state.candidates[failure.candidate].search_evaluation
        assert evaluation.status.value == failure.status
        assert failure.feedback == evaluation.feedback
        assert failure.is_alarm == (failure.status == "suspect")


def test_the_lineage_goes_from_the_seed_to_the_winner_by_first_parents(example, record):
    figure = lineage(record.state, example.read_blob)
    assert figure.is_certified
    assert figure.reason == ""
    assert figure.steps[0].candidate == "c0000"
    assert figure.steps[0].diff == ""
    assert figure.steps[-1].candidate == record.state.winner.candidate
    for before, after in zip(figure.steps, figure.steps[1:], strict=False):
        assert after.parents[0] == before.candidate
        assert any(line.kind in {"add", "del"} for line in diff_lines(after.diff))
        name = record.objectives[0].name
        assert after.is_better[name] == (after.scores[name].value < before.scores[name].value)


def test_the_lineage_of_an_unfinished_run_says_that_it_is_not_certified():
    run, record = record_of(proposals=60, ending="running")
    figure = lineage(record.state, run.read_blob)
    assert not figure.is_certified
    assert "not certified" in figure.reason
    values = [p.values[0] for p in progress(record).points]
    assert figure.steps[-1].scores["peak_memory"].value == min(values)


def test_the_lineage_of_any_candidate_can_be_asked_for(example, record):
    name = list(record.state.candidates)[-1]
    assert lineage(record.state, example.read_blob, candidate=name).steps[-1].candidate == name


def test_an_empty_run_has_a_lineage_without_steps():
    record = read_record([], Path("run"))
    assert lineage(record.state, lambda name: b"").steps == ()


def test_the_trust_panel_names_rejected_candidates_alarms_and_the_fresh_inputs(record):
    panel = trust_panel(record)
    assert panel.is_isolated
    assert panel.evaluation.purpose is Purpose.CERTIFY
    assert panel.evaluation.seed == panel.seed_evaluation.seed != record.moments[0].evaluation.seed
    assert [item.objective.name for item in panel.scores] == ["peak_memory", "plan_time"]
    assert panel.scores[0].comparison.is_better
    rejected = panel.rejected[0]
    assert rejected.certified.value > 1.3 * rejected.searched.value
    suspects = [m for m in record.moments if m.evaluation.status is Status.SUSPECT]
    assert len(panel.alarms) == len(suspects) > 0


def test_an_unsafe_or_unknown_label_is_never_called_isolated(example):
    for label in ("unsafe", "shared", "restricted", "", "made-up"):
        started = dataclasses.replace(example.events[0][1], trust=label)
        panel = trust_panel(read_record([(0.0, started)], Path("run")))
        assert not panel.is_isolated
        assert panel.sentence


def test_the_baseline_is_compared_at_the_smaller_number_of_evaluations(record):
    _, other = record_of(proposals=120, policy="best-of-n", seed=3)
    figure = baseline(record, other)
    assert figure.at == other.state.evaluations < record.state.evaluations
    assert figure.policy == "best-of-n"
    assert figure.theirs == progress(other).points[-1].best[0]
    reached = [p for p in progress(record).points if p.number <= figure.at]
    assert figure.ours == reached[-1].best[0]
    assert figure.is_ahead == (figure.ours < figure.theirs)


def test_without_a_baseline_the_figure_says_how_to_make_one(record):
    figure = baseline(record, None)
    assert figure.line == ()
    assert figure.command == f"evolve launch tensor_memory --policy best-of-n --max-evals {record.state.evaluations}"


def test_runs_of_a_changed_problem_or_on_other_inputs_are_not_compared(record):
    for change in ("hash", "inputs"):
        run = example_events(40, policy="best-of-n")
        events = list(run.events)
        if change == "hash":
            events[0] = (events[0][0], dataclasses.replace(events[0][1], problem_hash="another"))
        else:
            events = [
                (t, dataclasses.replace(e, evaluation=dataclasses.replace(e.evaluation, seed=12)))
                if isinstance(e, EvaluationFinished)
                else (t, e)
                for t, e in events
            ]
        figure = baseline(record, read_record(events, Path("other")))
        assert (figure.line, figure.is_ahead) == ((), None)
        assert "cannot be compared" in figure.note


def test_reasons_that_differ_by_a_candidate_only_are_counted_as_one():
    run = example_events(60)
    events = [
        (t, dataclasses.replace(e, stage="new", reason=f"the same program as c{i:04d}"))
        if isinstance(e, ProposalRejected)
        else (t, e)
        for i, (t, e) in enumerate(run.events)
    ]
    step = funnel(read_record(events, Path("run"))).steps[3]
    assert [r.text for r in step.reasons] == ["the same program as another candidate"]
    assert step.reasons[0].count == step.dropped > 1
