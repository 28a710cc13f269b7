"""Classical evolution of programs: typed moves on syntax trees, no model, no key."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random

from evolve.briefs import Brief, Proposal, Rejection
from evolve.proposers._crossover import cross
from evolve.proposers._knobs import KnobSite, find_knobs, turn_knobs
from evolve.proposers._moves import change_numbers, change_structure
from evolve.proposers._options import read_options
from evolve.proposers._regions import editable_paths
from evolve.proposers._sites import Sites, find_sites
from evolve.proposers._source import Splice, apply_splices, compiles
from evolve.protocols import ModelDesk
from evolve.types import Program

__all__ = ["GeneticProposer"]

_ATTEMPTS = 24
_SUFFIXES = (".py",)
_KNOB_SHARE = 0.6  # of the numeric moves, where knobs are declared: the problem's author says what is worth tuning


class GeneticProposer:
    """Mutates and recombines Python programs; turns declared knobs in any language.

    Numbers and knobs are stepped most of the time, with heavy-tailed steps at every scale; structure (operators,
    operands, statements) changes else. Text that no move touches stays byte for byte, so do strings, comments,
    what lies outside EVOLVE-BLOCK markers, and the signature of the function that the problem calls.

    Args:
        options: ``structure`` (default 0.3) is the share of structural moves in ``mutate``.
    """

    name = "genetic"
    is_trusted = True
    is_deterministic = True
    uses_models = False
    operators = ("mutate", "crossover", "knobs")

    def __init__(self, options: Mapping[str, object]) -> None:
        values = read_options(self.name, options, {"structure": 0.3})
        self._structure = float(str(values["structure"]))

    async def propose(self, brief: Brief, desk: ModelDesk) -> Proposal:
        """A program that compiles and differs from its parents; a rejection where no move finds a place."""
        return self.mutate(brief)

    def mutate(self, brief: Brief) -> Proposal:
        """`propose` for callers without an event loop."""
        rng = Random(f"{brief.seed}/{brief.ticket}")
        parent = brief.parents[0].candidate.program
        known = {view.candidate.program.content_hash for view in brief.parents}
        wanted = brief.operator if brief.operator in self.operators else "mutate"
        for attempt in range(_ATTEMPTS):
            found = _draw_file(parent, brief, rng)
            if found is None:
                break
            path, is_python = found
            text = parent.files[path]
            file = _File(text, brief, path if is_python else "")
            mates = _mates(brief, path) if wanted == "crossover" else []
            # Parents that differ in one constant have no child of their own: mutate after a few tries.
            operator = wanted if attempt < _ATTEMPTS // 3 else "mutate"
            operator, splices = self._draw_moves(file, mates, operator, rng)
            child_text = apply_splices(text, splices) if splices else text
            if child_text == text or (is_python and compiles(child_text, path)):
                continue
            child = parent.replace(path, child_text)
            if child.content_hash not in known:
                return Proposal(child, "; ".join(splice.note for splice in splices[:6]), operator)
        return Proposal(None, operator=brief.operator, rejection=Rejection("new", _why_nothing(parent, brief)))

    def _draw_moves(self, file: "_File", mates: Sequence[str], operator: str, rng: Random) -> tuple[str, list[Splice]]:
        """One to three moves that do not overlap, and the operator that they amount to."""
        splices: list[Splice] = []
        if operator == "crossover":
            taken = cross(file.text, mates, file.function, rng) if file.is_python and mates else None
            if taken and rng.random() < 0.6:
                return operator, taken
            if taken:
                splices = taken
            else:
                operator = "mutate"
        if operator == "knobs":
            taken = turn_knobs(file.knobs, rng, file.language)
            return ("knobs", taken) if taken else ("mutate", self._one_move(file, rng) or [])
        count = rng.choices((1, 2, 3), (0.6, 0.28, 0.12))[0] if operator == "mutate" else 1
        for _ in range(count):
            move = self._one_move(file, rng) or []
            splices += [splice for splice in move if not _overlaps(splice, splices)]
        return operator, splices

    def _one_move(self, file: "_File", rng: Random) -> list[Splice] | None:
        kind = rng.random()
        if file.knobs and (kind > 1.0 - _KNOB_SHARE * (1.0 - self._structure) or not file.is_python):
            return turn_knobs(file.knobs, rng, file.language)
        if file.sites is None:
            return None
        if kind < self._structure:
            return change_structure(file.sites, rng)
        return change_numbers(file.sites, rng) or turn_knobs(file.knobs, rng, file.language)


class _File:
    """One file of the parent with the places where it can change; ``path`` is empty where it is not Python."""

    def __init__(self, text: str, brief: Brief, path: str) -> None:
        self.text = text
        self.is_python = bool(path)
        self.language = "python" if path else brief.language
        self.function = brief.function
        self.knobs: list[KnobSite] = find_knobs(text, brief.knobs, self.language)

    @cached_property
    def sites(self) -> Sites | None:
        """Found when a move first needs them: knob moves and many crossovers do not."""
        return find_sites(self.text, self.function) if self.is_python else None


def _draw_file(parent: Program, brief: Brief, rng: Random) -> tuple[str, bool] | None:
    """An editable file, the entry as often as all others together, and whether it is Python."""
    paths = editable_paths(parent, brief.editable)
    if not paths:
        return None
    path = brief.entry if brief.entry in paths and rng.random() < 0.5 else rng.choice(paths)
    is_python = path.endswith(_SUFFIXES) or (brief.language == "python" and path == brief.entry)
    return path, is_python


def _mates(brief: Brief, path: str) -> list[str]:
    """The same file of the other parents, then of the inspirations."""
    views = (*brief.parents[1:], *brief.inspirations)
    return [view.candidate.program.files[path] for view in views if path in view.candidate.program.files]


def _overlaps(splice: Splice, others: list[Splice]) -> bool:
    return any(splice.start <= other.end and other.start <= splice.end for other in others)


def _why_nothing(parent: Program, brief: Brief) -> str:
    paths = editable_paths(parent, brief.editable)
    if not paths:
        return f"no file matches the editable patterns {', '.join(brief.editable)}"
    if brief.language != "python":
        return f"in {brief.language} only declared knobs are moved, and none was found in {', '.join(paths)}"
    return f"{_ATTEMPTS} moves on {', '.join(paths)} gave nothing new that compiles"
