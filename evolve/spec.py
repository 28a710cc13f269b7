"""What a problem folder declares: the typed form of ``problem.toml`` and the parts beside it."""

from dataclasses import dataclass, field
from pathlib import Path

from evolve.briefs import Knob
from evolve.types import Limits, Objective, Program, Status

__all__ = ["NamedProgram", "Problem", "RedTeamProgram", "Stage"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a staged evaluation; the next step runs only if this one passes.

    Attributes:
        name: Shown in reports.
        instances: How many train instances, counted from the first, have been judged when this stage ends; 0 means all.
        require: Objective name -> worst value that lets a candidate go on.
    """

    name: str
    instances: int = 0
    require: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedProgram:
    """A reference program with its source and licence as its README states them."""

    name: str
    program: Program
    note: str = ""


@dataclass(frozen=True, slots=True)
class RedTeamProgram:
    """A cheat that must be rejected.

    Attributes:
        name: Folder name.
        program: The cheat.
        expected: Statuses of which one must come out.
        gain: What would have been gained, one line.
    """

    name: str
    program: Program
    expected: tuple[Status, ...]
    gain: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A loaded problem folder (``problem.toml``, ``seed/``, ``verify.py``, ``redteam/``, ``reference/``, ``README.md``).

    Attributes:
        name: Name of the problem.
        folder: Absolute path; ``verify.py`` is loaded from here by the evaluator's process only.
        summary: One line.
        category: ``geometry``, ``allocation``, ``numerics``, ``kernel``, ...
        source: Where the problem comes from.
        statement: Text for proposers, Markdown: what a program must do and how it is scored.
        objectives: Headline first; at least one.
        seed: The initial program.
        entry: Path of the module that the sandbox imports.
        function: Top-level function that the verifier calls.
        editable: Glob patterns of files that proposers may change.
        language: Language of the entry.
        knobs: Declared knobs.
        limits: Limits of each sandboxed call.
        image: Container image.
        preload: Modules that a candidate may import besides the standard library.
        stages: Evaluation stages, cheapest first; never empty.
        references: Best-known or baseline programs.
        redteam: Cheats.
        evaluator: Entry-point name of the evaluator.
        defaults: The ``[defaults]`` table: configuration values that this problem prefers (``max_evals``, ``proposer``).
        content_hash: Hash of everything that decides a score (``problem.toml`` and ``verify.py`` and the seed).
        fresh_per_instance: Whether each instance gets a sandbox session of its own, so that no state passes between them.
        evaluation_s: Wall seconds that all calls of one evaluation may take together (``[limits] evaluation_s``).
        has_fresh_inputs: Whether other splits and seeds bring other inputs; ``fixed_input = true`` in the file says no.
    """

    name: str
    folder: Path
    summary: str
    category: str
    source: str
    statement: str
    objectives: tuple[Objective, ...]
    seed: Program
    entry: str
    function: str
    editable: tuple[str, ...]
    language: str
    knobs: tuple[Knob, ...]
    limits: Limits
    image: str
    preload: tuple[str, ...]
    stages: tuple[Stage, ...]
    references: tuple[NamedProgram, ...]
    redteam: tuple[RedTeamProgram, ...]
    evaluator: str
    defaults: dict[str, object]
    content_hash: str
    fresh_per_instance: bool = False
    evaluation_s: float = 120.0
    has_fresh_inputs: bool = True

    @property
    def headline(self) -> Objective:
        """The first objective, by which a best candidate is named."""
        return self.objectives[0]
