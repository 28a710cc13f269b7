"""Figures of a run small enough to work out by hand; every expected number is derived in the comment beside it."""

from pathlib import Path

from evolve.codec import to_json
from evolve.events import (
    CandidateCreated,
    CompletionReceived,
    EvaluationFinished,
    FrontierChanged,
    ModelFailed,
    PolicyDecided,
    ProposalRejected,
    ProposalRequested,
    RunStarted,
    RunStopped,
    WinnerNamed,
)
from evolve.report._headline import headline
from evolve.report.figures import draw, read_record
from evolve.types import Direction, Evaluation, InstanceResult, Objective, Purpose, Score, Split, Status, Usage

BLOBS = {
    "p0": b'{"program.py": "a = 1\\nb = 2\\n"}',
    "p1": b'{"program.py": "a = 1\\nb = 3\\n"}',
    "p3": b'{"program.py": "a = 5\\nb = 3\\n"}',
}


def verdict(candidate, values, *, purpose=Purpose.SEARCH, status=Status.OK, feedback=""):
    results = tuple(InstanceResult(f"i{k}", Status.OK, {"score": value}) for k, value in enumerate(values))
    mean = sum(values) / len(values) if values else 0.0
    scores = {"score": Score(mean, min(values), max(values), len(values))} if values else {}
    split = Split.TEST if purpose is Purpose.CERTIFY else Split.TRAIN
    return Evaluation(
        f"{candidate}.{purpose}.1", candidate, split, 7 if purpose is Purpose.CERTIFY else 1, purpose, status, scores,
        results, feedback,
    )  # fmt: skip


def asked(ticket, parent="c0000"):
    return [
        PolicyDecided(ticket, "expand", (parent,), "improve"),
        ProposalRequested(ticket, f"c000{ticket}", "llm", "improve", ticket),
    ]


def answered(ticket, usd, tokens):
    return CompletionReceived(ticket, 0, "propose", "m", "prompt", "text", Usage(tokens, 0, 0, usd, "user", 1))


def created(ticket, blob, parents):
    return CandidateCreated(ticket, f"c000{ticket}", blob, parents, "improve", "llm", f"because {ticket}", blob)


EVENTS = [
    RunStarted("r", "toy", "h", {"problem": "toy", "max_evals": 4}, 0, "process", "unsafe",
               [to_json(Objective("score", Direction.MAXIMIZE))]),
    CandidateCreated(0, "c0000", "p0", (), "seed", "seed", "", "p0"),
    EvaluationFinished(0, verdict("c0000", [2.0, 2.0], purpose=Purpose.SEED)),
    FrontierChanged(0, ("c0000",), (), 1),
    # 1: better than the seed
    *asked(1), answered(1, 0.5, 100), created(1, "p1", ("c0000",)),
    EvaluationFinished(1, verdict("c0001", [3.0, 3.0])), FrontierChanged(1, ("c0001",), ("c0000",), 1),
    # 2: the answer is no program
    *asked(2), answered(2, 0.25, 40), ProposalRejected(2, "parsed", "no block"),
    # 3: better still
    *asked(3, "c0001"), answered(3, 0.5, 60), created(3, "p3", ("c0001",)),
    EvaluationFinished(3, verdict("c0003", [4.0, 5.0])), FrontierChanged(3, ("c0003",), ("c0001",), 1),
    # 4: crashes
    *asked(4), answered(4, 1.0, 200), created(4, "p1", ("c0000",)),
    EvaluationFinished(4, verdict("c0004", [], status=Status.CRASHED, feedback="IndexError")),
    # 5: the model does not answer
    *asked(5), ModelFailed(5, "propose", "m", "HTTP 500"), ProposalRejected(5, "model", "HTTP 500"),
    EvaluationFinished(0, verdict("c0000", [2.0, 2.0], purpose=Purpose.CERTIFY)),
    EvaluationFinished(0, verdict("c0003", [4.0, 4.0], purpose=Purpose.CERTIFY)),
    WinnerNamed("c0003", "c0003.certify.1", "c0000.certify.1"),
    RunStopped("finished", "the budget is spent"),
]  # fmt: skip


def figures():
    record = read_record(((100.0 + i, event) for i, event in enumerate(EVENTS)), Path("r"))
    return record, draw(record, lambda name: BLOBS[name])


def test_progress_by_hand():
    _, drawn = figures()
    # (candidate, evaluation number, seconds = index of the event, USD so far, tokens so far, value, best)
    assert [
        (p.candidate, p.number, p.elapsed_s, p.usd, p.tokens, p.values[0], p.best[0]) for p in drawn.progress.points
    ] == [
        ("c0000", 0, 2.0, 0.0, 0, 2.0, 2.0),
        ("c0001", 1, 8.0, 0.5, 100, 3.0, 3.0),
        ("c0003", 2, 18.0, 1.25, 200, 4.5, 4.5),  # 0.5 + 0.25 + 0.5; 100 + 40 + 60
    ]
    assert [(f.candidate, f.number, f.usd) for f in drawn.progress.failures] == [("c0004", 3, 2.25)]


def test_funnel_by_hand():
    _, drawn = figures()
    # 5 asked; 5 unanswered at "answered", 2 at "parsed", 4 at "ok"; 1 beat its parent and was then beaten by 3
    assert [(s.name, s.count, s.dropped, s.dropped_usd, s.dropped_tokens) for s in drawn.funnel.steps] == [
        ("requested", 5, 0, 0, 0),
        ("answered", 4, 1, 0.0, 0),
        ("parsed", 3, 1, 0.25, 40),
        ("new", 3, 0, 0, 0),
        ("evaluated", 3, 0, 0, 0),
        ("ok", 2, 1, 1.0, 200),
        ("better", 2, 0, 0, 0),
        ("frontier", 1, 1, 0.5, 100),
    ]


def test_lineage_by_hand():
    _, drawn = figures()
    assert [step.candidate for step in drawn.lineage.steps] == ["c0000", "c0001", "c0003"]
    assert drawn.lineage.steps[1].diff == "--- program.py\n+++ program.py\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3"
    assert drawn.lineage.whole_diff == "--- program.py\n+++ program.py\n@@ -1,2 +1,2 @@\n-a = 1\n-b = 2\n+a = 5\n+b = 3"
    assert [step.is_better for step in drawn.lineage.steps] == [{}, {"score": True}, {"score": True}]


def test_headline_by_hand():
    record, drawn = figures()
    head = headline(record, drawn)
    # Certified 4.0 against 2.0 on both instances: a ratio of 2 without spread.
    assert (head.outcome, head.title) == ("win", "score 100 % higher than the seed")
    assert head.gains[0].change == "+100 %"
    assert head.gains[0].interval == "no spread over 2 instances"
    assert head.gains[0].values == "2 → 4"
    assert not drawn.trust.is_isolated
    assert drawn.spend.total.cost_usd == 2.25
    assert drawn.spend.unanswered == 1
    assert [(f.status, f.count, f.candidate, f.feedback) for f in drawn.failures.by_status] == [
        ("crashed", 1, "c0004", "IndexError")
    ]
