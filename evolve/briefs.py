"""What passes between the engine and a proposer."""

from dataclasses import dataclass

from evolve.types import Candidate, CandidateId, Evaluation, Objective, Program

__all__ = ["Brief", "Knob", "ParentView", "Proposal", "Rejection"]


@dataclass(frozen=True, slots=True)
class Knob:
    """A number or choice that a problem declares as worth tuning: ``NAME = literal`` at the program's top level.

    Attributes:
        name: The assigned name.
        kind: ``int``, ``float`` or ``choice``.
        low: Smallest value (numbers).
        high: Largest value (numbers).
        log: Whether steps are multiplicative.
        choices: Allowed values (``choice``).
    """

    name: str
    kind: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str | int | float, ...] = ()


@dataclass(frozen=True, slots=True)
class ParentView:
    """A candidate as a proposer may see it: its program and its search evaluation, never hidden splits."""

    candidate: Candidate
    evaluation: Evaluation | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that a proposer is given for one proposal.

    Attributes:
        ticket: Number of the proposal; ``candidate`` is the id that its result will have.
        candidate: Id of the candidate to be.
        operator: The move that the policy chose (``improve``, ``mutate``, ``crossover``, ...).
        seed: Seed for the proposer's random numbers; equal briefs must give equal proposals where no model is asked.
        task: The problem's statement, Markdown.
        objectives: What counts, headline first.
        entry: Path of the entry module.
        editable: Glob patterns of the files that may change.
        function: Name of the function that is called, for signature checks; may be empty.
        language: ``python``, ``c``, ``text``, ...
        knobs: Declared knobs.
        constraints: What a program must keep, text.
        parents: The edited parent first; at least one.
        inspirations: Other good candidates.
        notes: Notes of the run (summaries).
        budget_left: Words for the proposer, e.g. ``evaluations: 120``.
    """

    ticket: int
    candidate: CandidateId
    operator: str
    seed: int
    task: str
    objectives: tuple[Objective, ...]
    entry: str
    parents: tuple[ParentView, ...]
    editable: tuple[str, ...] = ("*",)
    function: str = ""
    language: str = "python"
    knobs: tuple[Knob, ...] = ()
    constraints: str = ""
    inspirations: tuple[ParentView, ...] = ()
    notes: str = ""
    budget_left: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a proposal did not become a candidate, or a candidate was not evaluated.

    Attributes:
        stage: Step of the funnel: ``model`` (no answer), ``parsed``, ``new``, ``novel`` or ``static``.
        reason: One line; untrusted where a model wrote it.
    """

    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a proposer returns: a program, or the reason why there is none.

    Attributes:
        program: The whole new program (edits already applied), or ``None`` with a ``rejection``.
        rationale: Why it should be better, a line or two.
        operator: The move that was really made.
        rejection: Set where there is no program.
    """

    program: Program | None
    rationale: str = ""
    operator: str = ""
    rejection: Rejection | None = None
