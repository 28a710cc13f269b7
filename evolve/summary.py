"""What a run came to: the object that ``evolve launch --json`` prints and the end-of-run card shows."""

from dataclasses import dataclass, field
from pathlib import Path

from evolve.codec import from_json
from evolve.comparison import compare
from evolve.errors import ExitCode
from evolve.state import CandidateState, RunState
from evolve.types import CandidateId, Evaluation, Objective, Purpose, Score

__all__ = ["Standing", "Summary", "run_objectives", "summarize"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidate with the scores by which it is reported.

    Attributes:
        candidate: Its id.
        scores: Objective name -> score on the inputs named by ``purpose``.
        path: Folder that holds its files, relative to the run's folder; empty where it was not written out.
        purpose: ``certify`` for scores on fresh inputs, ``search`` or ``seed`` for the search's own.
        status: Status of that evaluation.
    """

    candidate: CandidateId
    scores: dict[str, Score]
    path: str = ""
    purpose: str = Purpose.SEARCH.value
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of a run; the keys are a published interface (``evolve schema``).

    Attributes:
        run: Name of the run.
        run_dir: Its folder.
        problem: Name of the problem.
        status: ``running``, ``finished``, ``interrupted`` or ``failed``.
        stop_reason: Why it ended, one line.
        sandbox: Provider under which candidates ran.
        trust: Label of every score of the run.
        proposals: Proposals asked for.
        evaluations: Search evaluations, the unit of ``--max-evals``.
        spend_usd: What model calls cost; ``None`` where a price is unknown, never 0 for unknown.
        tokens: Tokens of all model calls.
        seed: The seed program's standing.
        best: The winner's standing; the seed itself where nothing better held up.
        frontier: Standings of the Pareto archive.
        gain: Objective name -> best over seed as a ratio with its interval, on the same fresh inputs; empty if not verified.
        failures: Status -> count of search evaluations that failed.
        rejections: Funnel stage -> count of proposals that were not evaluated.
        is_better: Whether the winner beat the seed's headline score on the same fresh inputs, with the whole interval of the
            difference: exit code 0 against 4.
        has_fresh_inputs: Whether certification used inputs that the search never saw; false where the problem has one input.
        seconds: Wall seconds of all sessions together.
        report: Path of the HTML report, empty if none was written.
    """

    run: str
    run_dir: str
    problem: str
    status: str
    stop_reason: str
    sandbox: str
    trust: str
    proposals: int
    evaluations: int
    spend_usd: float | None
    tokens: int
    seed: Standing | None
    best: Standing | None
    frontier: tuple[Standing, ...] = ()
    gain: dict[str, Score] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    rejections: dict[str, int] = field(default_factory=dict)
    is_better: bool = False
    has_fresh_inputs: bool = True
    seconds: float = 0.0
    report: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """What the command line ends with."""
        if self.status == "interrupted":
            return ExitCode.INTERRUPTED
        if self.status == "failed":
            return ExitCode.INFRASTRUCTURE
        return ExitCode.OK if self.is_better else ExitCode.NOTHING_BETTER


def run_objectives(state: RunState) -> tuple[Objective, ...]:
    """The objectives that the run was started with, headline first."""
    if state.started is None:
        return ()
    return tuple(from_json(Objective, data) for data in state.started.objectives)


def _evaluation(candidate: CandidateState, evaluation_id: str) -> Evaluation | None:
    return next((e for e in candidate.evaluations if e.id == evaluation_id), None)


def _standing(candidate: CandidateId, evaluation: Evaluation | None, path: str = "") -> Standing | None:
    if evaluation is None:
        return None
    return Standing(candidate, dict(evaluation.scores), path, evaluation.purpose.value, evaluation.status.value)


def _gain(best: Evaluation, seed: Evaluation, objectives: tuple[Objective, ...]) -> dict[str, Score]:
    """Best over seed, paired by instance; an objective without a meaningful ratio is left out."""
    gain = {}
    for objective in objectives:
        comparison = compare(best, seed, objective)
        if comparison is not None and comparison.ratio is not None:
            gain[objective.name] = comparison.ratio
    return gain


def summarize(state: RunState, run_dir: Path) -> Summary:
    """The summary of a run at any moment, from its folded events."""
    started, stopped, seed = state.started, state.stopped, state.seed
    objectives = run_objectives(state)
    seed_view = best_view = None
    gain: dict[str, Score] = {}
    is_better = False
    if seed is not None:
        seed_view = best_view = _standing(seed.created.candidate, seed.search_evaluation)
        if state.winner is not None and state.winner.candidate in state.candidates:
            best = _evaluation(state.candidates[state.winner.candidate], state.winner.evaluation)
            baseline = _evaluation(seed, state.winner.baseline)
            best_view = _standing(state.winner.candidate, best, "best")
            if best is not None and baseline is not None:
                seed_view = _standing(seed.created.candidate, baseline)
                gain = _gain(best, baseline, objectives)
                is_better = _is_better(best, baseline, objectives)
    frontier = (_standing(c, state.candidates[c].search_evaluation) for c in state.frontier)
    report = run_dir / "report.html"
    return Summary(
        run=started.run if started else run_dir.name,
        run_dir=str(run_dir),
        problem=started.problem if started else "",
        status=stopped.status if stopped else "running",
        stop_reason=stopped.reason if stopped else "",
        sandbox=started.sandbox if started else "",
        trust=started.trust if started else "",
        proposals=state.proposals,
        evaluations=state.evaluations,
        spend_usd=state.usage.cost_usd,
        tokens=state.usage.tokens,
        seed=seed_view,
        best=best_view,
        frontier=tuple(standing for standing in frontier if standing is not None),
        gain=gain,
        failures=dict(state.failures),
        rejections=dict(state.rejections),
        is_better=is_better,
        has_fresh_inputs=started.has_fresh_inputs if started else True,
        seconds=round(state.elapsed_s, 3),
        report=str(report) if report.exists() else "",
    )


def _is_better(best: Evaluation, seed: Evaluation, objectives: tuple[Objective, ...]) -> bool:
    """Whether the winner beats the seed's headline on the same fresh inputs, interval and all."""
    if not best.is_ok or not objectives:
        return False
    if not seed.is_ok:
        return True  # a program that works on these inputs, where the seed does not
    comparison = compare(best, seed, objectives[0])
    return comparison is not None and comparison.is_better
