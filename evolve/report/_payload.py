"""The data that the page's script draws from: columns for all candidates, texts and diffs for a chosen few."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from evolve.report._diffs import program_files, unified_diff
from evolve.report._reading import ReadBlob, RunRecord
from evolve.report._text import clip, one_line, visible
from evolve.report.figures import Figures
from evolve.state import CandidateState
from evolve.types import JSON, BlobHash, CandidateId

__all__ = ["Payload", "as_script_data", "payload"]

_TOP = 200  # candidates by headline score that get their texts and diffs, besides winner, lineage and frontier
_ALARMS = 20
_MAX_DETAILED = 500
_MAX_TEXT = 4000
_MAX_NAME = 200
_MAX_PROGRAM = 60_000
_TEXT_BUDGET = 6_000_000  # characters of programs and diffs; beyond it a page gets slow to open


@dataclass(frozen=True, slots=True)
class Payload:
    """What is embedded in the page.

    Attributes:
        data: JSON for the script.
        detailed: Candidates with texts, program and diffs.
        candidates: All candidates.
    """

    data: dict[str, JSON]
    detailed: int
    candidates: int


def as_script_data(data: JSON) -> str:
    """JSON that can stand inside a ``<script>`` element whatever its texts are.

    ASCII only, so U+2028, U+2029 and lone surrogates are escapes; ``<``, ``>`` and ``&`` are escapes too, so no
    text can end the element or begin a comment.
    """
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def payload(record: RunRecord, figures: Figures, read_blob: ReadBlob) -> Payload:
    """The data of one run for the page's script."""
    chosen = list(dict.fromkeys(_by_interest(record, figures)))[:_MAX_DETAILED]
    details, programs = _details(record, chosen, read_blob)
    steps = figures.lineage.steps
    data: dict[str, JSON] = {
        "objectives": [
            {
                "name": visible(o.name), "direction": o.direction.value, "unit": visible(o.unit), "bound": o.bound,
                "best_known": o.best_known,
            }
            for o in record.objectives
        ],
        "columns": _columns(record),
        "end": list(figures.progress.end),
        "lineage": [step.candidate for step in steps],
        "winner": steps[-1].candidate if figures.lineage.is_certified and len(steps) > 1 else None,
        "leader": steps[-1].candidate if len(steps) > 1 else None,
        "rejected": [visible(item.candidate) for item in figures.trust.rejected],
        "baseline": _baseline(figures),
        "details": details,
        "programs": programs,
    }  # fmt: skip
    return Payload(data, len(details), len(record.state.candidates))


def _by_interest(record: RunRecord, figures: Figures) -> Iterator[CandidateId]:
    """Candidates in the order in which they deserve room in the file; some more than once."""
    yield from (step.candidate for step in figures.lineage.steps[-100:])
    yield from (step.candidate for step in figures.lineage.steps[:1])
    yield from (rejected.candidate for rejected in figures.trust.rejected)
    yield from (alarm.candidate for alarm in figures.trust.alarms[:_ALARMS])
    yield from (failure.candidate for failure in figures.failures.by_status)
    yield from list(record.state.frontier)[:_TOP]
    if record.objectives:
        cost = record.objectives[0].as_cost
        ranked = sorted(figures.progress.points, key=lambda point: cost(point.values[0]))
        yield from (point.candidate for point in ranked[:_TOP])


class _Strings:
    """A table of texts in which each stands once."""

    def __init__(self) -> None:
        self.texts: list[JSON] = []
        self._index: dict[str, int] = {}

    def add(self, text: str) -> int:
        if text not in self._index:
            self._index[text] = len(self.texts)
            self.texts.append(visible(text))
        return self._index[text]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.9g}")


def _columns(record: RunRecord) -> dict[str, JSON]:
    """One list per property, in order of creation; scores of failed candidates are ``null``."""
    state, strings = record.state, _Strings()
    arrivals = {moment.evaluation.candidate: moment for moment in record.moments}
    index = {name: i for i, name in enumerate(state.candidates)}
    names = ("id", "parents", "operator", "status", "feedback", "frontier", "number", "elapsed", "usd", "tokens")
    columns: dict[str, list[JSON]] = {name: [] for name in names}
    scores: list[list[JSON]] = [[] for _ in record.objectives]
    for name, candidate in state.candidates.items():
        moment = arrivals.get(name)
        evaluation = moment.evaluation if moment else None
        row: tuple[JSON, ...] = (
            visible(name),
            [index[parent] for parent in candidate.created.parents if parent in index],
            strings.add(clip(candidate.created.operator, 60)),
            strings.add(evaluation.status.value if evaluation else "not evaluated"),
            strings.add(one_line(evaluation.feedback) if evaluation else ""),
            int(name in state.frontier),
            moment.number if moment else None,
            round(moment.elapsed_s, 2) if moment else None,
            _short(moment.usd) if moment else None,
            moment.tokens if moment else None,
        )
        for key, value in zip(names, row, strict=True):
            columns[key].append(value)
        for objective, column in zip(record.objectives, scores, strict=True):
            score = evaluation.scores.get(objective.name) if evaluation and evaluation.is_ok else None
            if score is None or score.low == score.high:
                column.append(_short(score.value) if score else None)
            else:
                column.append([_short(score.value), _short(score.low), _short(score.high)])
    return {**columns, "scores": [*scores], "strings": strings.texts}


def _details(
    record: RunRecord, chosen: list[CandidateId], read_blob: ReadBlob
) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Texts, diffs and programs of the chosen candidates, until the file would get too large."""
    state = record.state
    files: dict[BlobHash, dict[str, str]] = {}
    diffs: dict[tuple[BlobHash, BlobHash], str] = {}

    def program(name: BlobHash) -> dict[str, str]:
        if name not in files:
            files[name] = program_files(read_blob(name))
        return files[name]

    def diff(before: CandidateState | None, after: CandidateState) -> str:
        if before is None or before is after:
            return ""
        key = (before.created.program, after.created.program)
        if key not in diffs:
            diffs[key] = unified_diff(program(key[0]), program(key[1]))
        return diffs[key]

    details: dict[str, JSON] = {}
    programs: dict[str, JSON] = {}
    room = _TEXT_BUDGET
    for name in chosen:
        candidate = state.candidates.get(name)
        if candidate is None or room < 0:
            continue
        created = candidate.created
        parent = state.candidates.get(created.parents[0]) if created.parents else None
        to_parent, to_seed = diff(parent, candidate), diff(state.seed, candidate)
        # The index of a program stands for its hash: shorter, and nothing on the page needs the hash itself.
        if created.program not in programs:
            shown = {
                visible(clip(p, _MAX_NAME)): visible(clip(text, _MAX_PROGRAM))
                for p, text in program(created.program).items()
            }
            programs[created.program] = {**shown}
            room -= sum(len(text) for text in shown.values())
        room -= len(to_parent) + (len(to_seed) if to_seed != to_parent else 0)
        details[visible(name)] = _detail(candidate, to_parent, to_seed)
    return details, programs


def _detail(candidate: CandidateState, to_parent: str, to_seed: str) -> JSON:
    created, evaluation = candidate.created, candidate.search_evaluation
    fresh = candidate.certificate
    return {
        "proposer": visible(clip(created.proposer, 60)),
        "rationale": visible(clip(created.rationale, _MAX_TEXT)),
        "feedback": visible(clip(evaluation.feedback, _MAX_TEXT)) if evaluation else "",
        "wall_s": round(evaluation.wall_s, 3) if evaluation else None,
        "n": max((score.n for score in evaluation.scores.values()), default=0) if evaluation else 0,
        "fresh": {visible(k): [s.value, s.low, s.high] for k, s in fresh.scores.items()} if fresh else None,
        "fresh_status": fresh.status.value if fresh else None,
        "program": created.program,
        "parent_diff": to_parent,
        # A child of the seed has one diff, stored once.
        "seed_diff": None if to_seed == to_parent else to_seed,
    }


def _baseline(figures: Figures) -> JSON:
    base = figures.baseline
    if not base.line:
        return None
    return {
        "name": visible(base.policy),
        "end": base.evaluations,
        "line": [[p.number, round(p.elapsed_s, 2), _short(p.usd), p.tokens, _short(p.best[0])] for p in base.line],
    }
