"""One problem check: its evaluator, its progress and its report as text."""

import asyncio
from typing import TYPE_CHECKING

from evolve.check import CheckReport, ProgramOutcome, check_problem
from evolve.cli._output import say
from evolve.cli._text import clean, score_text
from evolve.plugins import load
from evolve.sandboxing import choose_sandbox

if TYPE_CHECKING:
    from evolve.protocols import Evaluator
    from evolve.spec import Problem

__all__ = ["check_one", "report_text"]


def check_one(problem: "Problem", *, sandbox: str, parallel: int) -> CheckReport:
    """Check a problem in the sandbox that is asked for.

    Raises:
        SandboxUnavailable: There is no such sandbox here.
        InfrastructureError: The verifier or the sandbox failed.
    """
    # The folder's verifier runs as the user in any case, so its own programs are as trusted as it is.
    choice = choose_sandbox(sandbox, is_trusted_proposer=True)
    for warning in choice.warnings:
        say(f"{problem.name}: {warning}")
    evaluator = load("evolve.evaluators", problem.evaluator)

    def make() -> "Evaluator":
        made: Evaluator = evaluator(problem.folder, sandbox=choice.name, parallel=parallel, label="check")
        return made

    return asyncio.run(check_problem(problem, make, on_progress=lambda line: say(f"{problem.name}: {clean(line)}")))


def report_text(report: CheckReport) -> str:
    """The report as lines."""
    word = "ok" if report.ok else "FAILED"
    lines = [f"{report.problem}: {word} ({report.sandbox} sandbox, trust: {report.trust})"]
    lines.extend(f"  {_program(one)}" for one in (report.seed, *report.hidden, *report.references))
    for cheat in report.redteam:
        expected = " or ".join(status.value for status in cheat.expected)
        mark = "rejected" if cheat.ok else "NOT REJECTED"
        lines.append(f"  red team {cheat.name}: {mark}, expected {expected}, got {cheat.got.value}")
    noise = ", ".join(f"{name} {value:.3g}" for name, value in report.noise.items()) or "not measured"
    lines.append(
        f"  {report.seconds_per_evaluation:.3f} s per evaluation (median); relative noise of the seed: {noise}"
    )
    lines.extend(f"  fault: {clean(fault, 400)}" for fault in report.faults)
    return "\n".join(lines)


def _program(outcome: ProgramOutcome) -> str:
    scores = ", ".join(f"{name} {score_text(score)}" for name, score in outcome.scores.items())
    detail = scores or clean(outcome.feedback)
    return f"{outcome.name} on {outcome.split.value}: {outcome.status.value}{', ' + detail if detail else ''}"
