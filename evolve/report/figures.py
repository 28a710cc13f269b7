"""Pure figure data of a run: numbers and texts, no markup. The page, the command line and tests read the same."""

from dataclasses import dataclass

from evolve.report._diffs import DiffLine, diff_lines, unified_diff
from evolve.report._frontier import FrontPoint, ParetoFront, pareto_front
from evolve.report._funnel import Failure, Failures, Funnel, FunnelStep, Reason, failures, funnel
from evolve.report._lineage import Lineage, LineageStep, lineage
from evolve.report._progress import Baseline, FailureMark, Progress, ProgressPoint, baseline, progress
from evolve.report._reading import Moment, ReadBlob, RunRecord, open_run, read_record
from evolve.report._spend import Spend, SpendRow, spend
from evolve.report._trust import Alarm, CertifiedScore, RejectedCandidate, TrustPanel, trust_panel

__all__ = [
    "Alarm",
    "Baseline",
    "CertifiedScore",
    "DiffLine",
    "Failure",
    "FailureMark",
    "Failures",
    "Figures",
    "FrontPoint",
    "Funnel",
    "FunnelStep",
    "Lineage",
    "LineageStep",
    "Moment",
    "ParetoFront",
    "Progress",
    "ProgressPoint",
    "ReadBlob",
    "Reason",
    "RejectedCandidate",
    "RunRecord",
    "Spend",
    "SpendRow",
    "TrustPanel",
    "baseline",
    "diff_lines",
    "draw",
    "failures",
    "funnel",
    "lineage",
    "open_run",
    "pareto_front",
    "progress",
    "read_record",
    "spend",
    "trust_panel",
    "unified_diff",
]


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure of one run."""

    progress: Progress
    pareto: ParetoFront
    funnel: Funnel
    failures: Failures
    lineage: Lineage
    trust: TrustPanel
    spend: Spend
    baseline: Baseline


def draw(record: RunRecord, read_blob: ReadBlob, *, other: RunRecord | None = None) -> Figures:
    """All figures of a run; ``other`` is a baseline run of the same problem."""
    return Figures(
        progress(record),
        pareto_front(record),
        funnel(record),
        failures(record),
        lineage(record.state, read_blob),
        trust_panel(record),
        spend(record),
        baseline(record, other),
    )
