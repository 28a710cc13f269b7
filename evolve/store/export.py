"""A run as text for other tools."""

import csv
import json
from typing import TextIO

from evolve.events import BudgetSettled, CandidateCreated, EvaluationFinished, RunStarted
from evolve.store._run_store import RunStore
from evolve.types import CandidateId, Evaluation, Purpose, Usage

__all__ = ["export_csv", "export_jsonl"]


def export_jsonl(store: RunStore, out: TextIO, *, with_blobs: bool = False) -> int:
    """Write one JSON object per event and give their number.

    Args:
        store: The run.
        out: Gets lines ``{"seq", "time", "kind", "version", "payload"}``.
        with_blobs: Whether lines ``{"blob", "text"}`` follow, so that the file stands alone.
    """
    count = 0
    for seq, time, kind, version, payload in store.rows():
        line = {"seq": seq, "time": time, "kind": kind, "version": version, "payload": json.loads(payload)}
        out.write(json.dumps(line, separators=(",", ":")) + "\n")
        count += 1
    if with_blobs:
        for name in store.blob_hashes():
            text = store.get_blob(name).decode("utf-8", "backslashreplace")
            out.write(json.dumps({"blob": name, "text": text}, separators=(",", ":")) + "\n")
    return count


def export_csv(store: RunStore, out: TextIO) -> int:
    """Write one line per candidate with its scores of the search, and give their number.

    A candidate that was measured more than once shows its first evaluation; texts that a candidate or model wrote
    are left out, because spreadsheets run what looks like a formula.
    """
    objectives: list[str] = []
    created: list[CandidateCreated] = []
    evaluations: dict[CandidateId, Evaluation] = {}
    usages: dict[int, Usage] = {}
    for stored in store.events():
        match stored.event:
            case RunStarted(objectives=declared):
                objectives = [str(item["name"]) for item in declared if isinstance(item, dict) and "name" in item]
            case CandidateCreated() as event:
                created.append(event)
            case EvaluationFinished(evaluation=evaluation):
                if evaluation.purpose in {Purpose.SEED, Purpose.SEARCH}:
                    evaluations.setdefault(evaluation.candidate, evaluation)
                    objectives.extend(name for name in evaluation.scores if name not in objectives)
            case BudgetSettled(ticket=ticket, usage=usage):
                usages[ticket] = usage
            case _:
                pass
    writer = csv.writer(out, lineterminator="\n")
    columns = [f"{name}{suffix}" for name in objectives for suffix in ("", "_low", "_high", "_n")]
    writer.writerow([*_FIXED, *columns])
    for candidate in created:
        verdict = evaluations.get(candidate.candidate)
        usage = usages.get(candidate.ticket, Usage())
        writer.writerow([*_fixed(candidate, verdict, usage), *_scores(verdict, objectives)])
    return len(created)


_FIXED = ("candidate", "ticket", "parents", "operator", "proposer", "status", "trust", "wall_s", "tokens", "cost_usd")


def _fixed(candidate: CandidateCreated, evaluation: Evaluation | None, usage: Usage) -> list[object]:
    return [
        candidate.candidate,
        candidate.ticket,
        " ".join(candidate.parents),
        candidate.operator,
        candidate.proposer,
        evaluation.status.value if evaluation else "",
        evaluation.trust.value if evaluation else "",
        evaluation.wall_s if evaluation else "",
        usage.tokens,
        "" if usage.cost_usd is None else usage.cost_usd,
    ]


def _scores(evaluation: Evaluation | None, objectives: list[str]) -> list[object]:
    cells: list[object] = []
    for name in objectives:
        score = evaluation.scores.get(name) if evaluation else None
        cells.extend([score.value, score.low, score.high, score.n] if score else ["", "", "", ""])
    return cells
