"""Applies a model's answer to a program: tolerant where the meaning is clear, refusing where it is not.

All edits of an answer apply, or none: half an answer is another program than the one that was meant.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evolve.errors import ProblemError
from evolve.proposers._answers import Answer, EditBlock, WholeFile, read_answer, render_block
from evolve.proposers._matching import Ambiguous, Match, find_lines
from evolve.proposers._regions import editable_paths, frozen_parts, is_editable, restore_frozen
from evolve.proposers._source import compiles, parse
from evolve.types import Program

__all__ = ["EditResult", "EditRules", "apply_answer", "render_block"]

_LANGUAGES = {
    "python": {"python", "py", "python3"},
    "c": {"c", "h"},
    "cpp": {"cpp", "c++", "cc", "cxx", "hpp"},
    "cuda": {"cuda", "cu", "cpp", "c++"},
    "rust": {"rust", "rs"},
    "javascript": {"javascript", "js"},
    "text": {"text", "txt", "markdown", "md", "prompt"},
}


@dataclass(frozen=True, slots=True)
class EditRules:
    """What an answer may touch.

    Attributes:
        entry: The file that is meant where no name is given.
        editable: Glob patterns of files that may change.
        language: Language of the entry; fenced blocks of another one are not programs.
        function: Function that tells a program from an excerpt where an answer has several fenced blocks.
    """

    entry: str
    editable: tuple[str, ...] = ("*",)
    language: str = "python"
    function: str = ""


@dataclass(frozen=True, slots=True)
class EditResult:
    """What became of an answer.

    Attributes:
        program: The new program; ``None`` if anything did not apply.
        errors: One line for the model per thing that did not apply.
        applied: Edits that found their place.
        rationale: The first words of the answer's prose; untrusted.
        is_change: Whether the program differs from its parent.
    """

    program: Program | None = None
    errors: tuple[str, ...] = ()
    applied: int = 0
    rationale: str = ""
    is_change: bool = False


def apply_answer(text: str, parent: Program, rules: EditRules) -> EditResult:
    """The program that an answer makes of its parent; never raises, whatever the answer holds."""
    # Half of a surrogate pair can come out of a JSON escape; no file can hold it.
    answer = read_answer(text.encode(errors="replace").decode())
    try:
        result = _apply(answer, parent, rules)
    except ProblemError as error:  # too large, or a path that no program may have
        result = EditResult(errors=(error.message,))
    return replace(result, rationale=answer.prose)


def _apply(answer: Answer, parent: Program, rules: EditRules) -> EditResult:
    if answer.blocks or answer.errors:
        program, errors, applied = _apply_blocks(answer, parent, rules)
    else:
        program, errors, applied = _apply_files(answer.files, parent, rules)
    if not errors:
        program, errors = _keep_frozen(parent, program)
    if errors:
        return EditResult(errors=tuple(errors), applied=applied)
    return EditResult(program, applied=applied, is_change=dict(program.files) != dict(parent.files))


def _keep_frozen(parent: Program, child: Program) -> tuple[Program, list[str]]:
    """The child with frozen text restored where only white space differs; an error for every real change."""
    errors = []
    for path, before in parent.files.items():
        after = child.files[path]
        if after == before or frozen_parts(before) == frozen_parts(after):
            continue
        restored = restore_frozen(before, after)
        if restored is None:
            errors.append(
                f"{path}: text outside the EVOLVE-BLOCK markers was changed; only text between them may change"
            )
        else:
            child = child.replace(path, restored)
    return child, errors


# ------------------------------------------------------------------------------------------------ blocks


def _apply_blocks(answer: Answer, parent: Program, rules: EditRules) -> tuple[Program, list[str], int]:
    program, errors, applied = parent, list(answer.errors), 0
    for number, block in enumerate(answer.blocks, 1):
        path, match = _locate(block, program, rules)
        if isinstance(match, str):
            errors.append(f"block {number}: {match}")
            continue
        text = _join_block(program.files.get(path, ""), match, block)
        program = program.replace(path, text)
        applied += 1
    return program, errors, applied


def _locate(block: EditBlock, program: Program, rules: EditRules) -> tuple[str, Match | str | None]:
    """The file and the lines that a block means; a text says why there is no such place, ``None`` is a new file."""
    is_empty = not any(line.strip() for line in block.search)
    path = _known_path(block.path, program, rules, may_add=is_empty)
    if path and not is_editable(path, rules.editable):
        return path, f"{path} may not be changed; editable: {', '.join(rules.editable)}"
    if path and path not in program.files:
        return (
            path,
            None if is_empty else f"there is no file {path}; the program has {', '.join(sorted(program.files))}",
        )
    if is_empty:
        if path and not program.files[path].strip():
            return path, None
        return path, "SEARCH is empty; copy the lines that are to be replaced from the program"
    paths = [path] if path else editable_paths(program, rules.editable)
    return _search(paths, block, program)


def _search(paths: list[str], block: EditBlock, program: Program) -> tuple[str, Match | str]:
    found = {path: find_lines(_split(program.files[path])[0], block.search) for path in paths}
    matches = {path: item for path, item in found.items() if isinstance(item, Match)}
    exact = {path: item for path, item in matches.items() if item.how == "exact"}
    matches = exact or matches
    ambiguous = {path: item for path, item in found.items() if isinstance(item, Ambiguous)}
    if len(matches) == 1 and not ambiguous:
        return next(iter(matches.items()))
    quoted = _quote(block.search)
    if matches or ambiguous:
        places = [f"{path} line {item.start + 1}" for path, item in matches.items()]
        places += [f"{path} lines {', '.join(map(str, item.lines[:5]))}" for path, item in ambiguous.items()]
        return (
            "",
            f"SEARCH fits several places ({'; '.join(places)}): {quoted}; add neighbouring lines to make it unique",
        )
    hints = [item for item in found.values() if not isinstance(item, Match | Ambiguous) and item.line]
    hint = f"; the nearest is line {hints[0].line}: {hints[0].nearest[:120]!r}" if hints else ""
    return "", f"SEARCH was not found: {quoted}{hint}"


def _quote(search: Sequence[str]) -> str:
    first = next((line.strip() for line in search if line.strip()), "")
    return repr(first[:120])


def _known_path(given: str, program: Program, rules: EditRules, *, may_add: bool = True) -> str:
    """The program's path that a given name means; empty if none is given or only one file could be meant."""
    if not given:
        return ""
    if given in program.files:
        return given
    same_name = [path for path in program.files if path.rsplit("/", 1)[-1] == given.rsplit("/", 1)[-1]]
    if len(same_name) == 1:
        return same_name[0]
    if len(program.files) == 1 and not (may_add and _may_add(given, rules)):
        return ""
    return given


def _may_add(path: str, rules: EditRules) -> bool:
    """Whether a file of this name may be added: some pattern that is more than ``*`` asks for it."""
    return is_editable(path, tuple(pattern for pattern in rules.editable if pattern != "*"))


def _split(text: str) -> tuple[list[str], str]:
    """Lines without line ends, and the line end that most of them have."""
    newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    return [line.removesuffix("\r") for line in text.split("\n")], newline


def _join_block(text: str, match: Match | None, block: EditBlock) -> str:
    """The text with the block's lines put in; every other line keeps its bytes."""
    if match is None:
        return "".join(f"{line}\n" for line in block.replace)
    newline = _split(text)[1]
    raw = text.split("\n")  # the last item is what follows the last line end
    ends = "\r" if newline == "\r\n" else ""
    new = [line.removesuffix("\r") + ends for line in match.reindent(block.replace)]
    if new and match.end == len(raw):
        new[-1] = new[-1].removesuffix("\r")
    return "\n".join([*raw[: match.start], *new, *raw[match.end :]])


# ------------------------------------------------------------------------------------------- whole files


def _apply_files(files: Sequence[WholeFile], parent: Program, rules: EditRules) -> tuple[Program, list[str], int]:
    chosen = _choose_files(files, parent, rules)
    if isinstance(chosen, str):
        return parent, [chosen], 0
    program, errors = parent, []
    for path, text in chosen.items():
        if not is_editable(path, rules.editable):
            errors.append(f"{path} may not be changed; editable: {', '.join(rules.editable)}")
        elif path not in parent.files and not _may_add(path, rules):
            errors.append(f"there is no file {path}; the program has {', '.join(sorted(parent.files))}")
        else:
            newline = _split(parent.files.get(path, ""))[1]
            program = program.replace(path, text.replace("\n", newline))
    return program, errors, len(chosen) - len(errors)


def _choose_files(files: Sequence[WholeFile], parent: Program, rules: EditRules) -> dict[str, str] | str:
    """The fenced blocks that are programs, by path; a text says why there are none."""
    if not files:
        return "the answer has neither a SEARCH/REPLACE block nor a fenced program"
    usable = [item for item in files if _is_program(item, rules)]
    if not usable:
        return f"no fenced block of the answer is a {rules.language} program"
    if not usable[-1].is_closed:
        return "the last fenced block has no end (was the answer cut off?)"
    named = {_known_path(item.path, parent, rules) or rules.entry: item.text for item in usable if item.path}
    if named:
        return named
    if len(usable) > 1:
        whole = [item for item in usable if rules.function and _defines(item.text, rules.function)]
        if len(whole) != 1:
            return (
                f"the answer has {len(usable)} fenced programs without a path; expected one, or SEARCH/REPLACE blocks"
            )
        usable = whole
    return {rules.entry: usable[0].text}


def _is_program(item: WholeFile, rules: EditRules) -> bool:
    suffix = item.path.rsplit(".", 1)[-1] if "." in item.path else ""
    words = _LANGUAGES.get(rules.language, {rules.language})
    if not item.text.strip():
        return False
    if rules.language != "python" or (suffix and suffix != "py"):
        return item.language in words or bool(item.path) or (not item.language and rules.language != "text")
    if item.language not in words and item.language:
        return False
    # A fence without a language may hold prose or output: it must at least be Python that defines something.
    return bool(item.language) or (not compiles(item.text) and bool(_binds(item.text)))


def _defines(text: str, function: str) -> bool:
    return re.search(rf"^(?:async\s+)?def\s+{re.escape(function)}\b", text, re.MULTILINE) is not None


def _binds(text: str) -> bool:
    tree = parse(text)
    return tree is not None and any(hasattr(node, "name") or hasattr(node, "targets") for node in tree.body)
