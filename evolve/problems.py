"""Loads a problem folder, strictly and without running any of its code."""

import ast
import hashlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from evolve.briefs import Knob
from evolve.errors import ProblemError
from evolve.plugins import suggest
from evolve.program import Program
from evolve.spec import NamedProgram, Problem, RedTeamProgram, Stage
from evolve.types import Limits, Objective, Status

if TYPE_CHECKING:
    from evolve._problem_file import FileOfProblem

__all__ = ["list_problems", "load_problem", "problem_names", "problems_folder"]

_PROBLEM_FILE = "problem.toml"
_STATEMENT_HEADING = "## Statement"


def problems_folder() -> Path:
    """Where the built-in problems are: inside the installed package, or beside it in a checkout.

    Raises:
        ProblemError: Neither place exists, so the installation is broken.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "_builtin" / "problems", here.parent / "problems"):
        if folder.is_dir():
            return folder
    raise ProblemError(f"expected built-in problems under {here}, found none", fix="reinstall adrs-evolve")


def problem_names() -> list[str]:
    """Names of the built-in problems, sorted."""
    return sorted(path.parent.name for path in problems_folder().glob(f"*/{_PROBLEM_FILE}"))


def list_problems() -> list[Problem]:
    """Every built-in problem, by name."""
    return [_load_folder(problems_folder() / name) for name in problem_names()]


def load_problem(reference: str | Path) -> Problem:
    """The problem of a folder, or the built-in one of a name. A folder that holds ``problem.toml`` wins over a name.

    Raises:
        ProblemError: Nothing is found, or the folder lacks a part or has a wrong key; the message says which.
    """
    folder = Path(reference).expanduser()
    if (folder / _PROBLEM_FILE).is_file():
        return _load_folder(folder.resolve())
    names = problem_names()
    if str(reference) in names:
        return _load_folder(problems_folder() / str(reference))
    if folder.is_dir():
        raise ProblemError(
            f"expected {_PROBLEM_FILE} in {folder}, found none", fix="`evolve problems new DIR` writes a working folder"
        )
    raise ProblemError(
        f"expected a folder with {_PROBLEM_FILE} or a built-in problem ({', '.join(names)}); "
        f"got {str(reference)!r}{suggest(str(reference), names)}",
        fix="`evolve problems list` shows the built-in ones",
    )


def _load_folder(folder: Path) -> Problem:
    from evolve._problem_file import read_problem_file

    file = read_problem_file(folder / _PROBLEM_FILE)
    if not (folder / "verify.py").is_file():
        raise ProblemError(
            f"expected the verifier {folder / 'verify.py'}, found none", fix="write verify.py with a class Verifier"
        )
    if not (folder / "seed").is_dir():
        raise ProblemError(f"expected the seed program in {folder / 'seed'}, found none", fix="add a seed/ folder")
    seed = Program.from_folder(folder / "seed")
    _check_seed(folder / "seed", seed, file)
    entry = file.program.entry
    return Problem(
        name=file.name,
        folder=folder,
        summary=file.summary,
        category=file.category,
        source=file.source,
        statement=_statement(folder),
        objectives=tuple(Objective(**table.model_dump()) for table in file.objectives),
        seed=seed,
        entry=entry,
        function=file.program.function,
        editable=tuple(file.program.editable),
        language=file.program.language,
        knobs=tuple(Knob(**{**table.model_dump(), "choices": tuple(table.choices)}) for table in file.knobs),
        limits=Limits(**file.limits.model_dump(exclude={"evaluation_s"})),
        image=file.sandbox.image,
        preload=tuple(file.sandbox.preload),
        stages=tuple(Stage(table.name, table.instances, dict(table.require)) for table in file.stages),
        references=tuple(_reference(path, entry) for path in _subfolders(folder / "reference")),
        redteam=tuple(_cheat(path, entry) for path in _subfolders(folder / "redteam")),
        evaluator=file.evaluator,
        defaults=dict(file.defaults),
        content_hash=_content_hash(folder, seed),
        fresh_per_instance=file.sandbox.fresh_per_instance,
        evaluation_s=file.limits.evaluation_s,
        has_fresh_inputs=not file.fixed_input,
    )


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def _statement(folder: Path) -> str:
    """What proposers read: ``statement.md``, or the README's section ``## Statement`` up to the next ``## ``."""
    own = folder / "statement.md"
    if own.is_file():
        text = own.read_text(encoding="utf-8").strip()
    else:
        readme = folder / "README.md"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.is_file() else []
        kept: list[str] = []
        inside = False
        for line in lines:
            if line.startswith("## "):
                inside = line.strip() == _STATEMENT_HEADING
            elif inside:
                kept.append(line)
        text = "\n".join(kept).strip()
    if not text:
        raise ProblemError(
            f"expected a statement for proposers in {folder}, found none",
            fix=f"add a section `{_STATEMENT_HEADING}` to README.md, or write statement.md",
        )
    return text


def _check_seed(folder: Path, seed: Program, file: "FileOfProblem") -> None:
    entry, function = file.program.entry, file.program.function
    if entry not in seed.files:
        raise ProblemError(
            f"expected the entry {entry!r} in {folder}, found {', '.join(sorted(seed.files))}",
            fix="correct [program] entry in problem.toml, or add the file",
        )
    if file.program.language != "python":
        return
    trees = {path: _parse(folder / path, text) for path, text in seed.files.items() if path.endswith(".py")}
    tree = trees.get(entry)
    if tree is None:
        raise ProblemError(
            f"expected a Python entry, got {entry!r}", fix="set [program] language, or name a .py file as the entry"
        )
    names = _top_level_names(tree)
    if function not in names:
        raise ProblemError(
            f"expected a top-level function {function!r} in {folder / entry}, found none{suggest(function, names)}",
            fix="define it there, or correct [program] function in problem.toml",
        )
    _check_knobs(folder / entry, tree, file)


def _parse(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ProblemError(
            f"expected a seed that parses, got {path} line {error.lineno}: {error.msg}", fix="correct that line"
        ) from error
    except ValueError as error:
        raise ProblemError(f"expected a seed that parses, got {path}: {error}", fix="correct that file") from error


def _top_level_names(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.extend(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            names.extend(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def _check_knobs(path: Path, tree: ast.Module, file: "FileOfProblem") -> None:
    values: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    for knob in file.knobs:
        if knob.name not in values:
            raise ProblemError(
                f"expected the knob as a top-level line `{knob.name} = <literal>` in {path}, found none"
                f"{suggest(knob.name, list(values))}",
                fix="add the line, or correct [[knobs]] in problem.toml",
            )
        value = values[knob.name]
        if knob.kind == "choice":
            fits = value in knob.choices
        elif isinstance(value, int | float) and knob.low is not None and knob.high is not None:
            fits = knob.low <= value <= knob.high
        else:
            fits = False
        if not fits:
            raise ProblemError(
                f"expected {knob.name} of {path} inside its declared range, got {value!r}",
                fix="correct the seed, or [[knobs]] in problem.toml",
            )


def _without(program: Program, entry: str, *, extra: str, folder: Path) -> Program:
    files = {path: text for path, text in program.files.items() if path != extra}
    if entry not in files:
        raise ProblemError(f"expected {entry!r} in {folder}, found {', '.join(files) or 'nothing'}", fix="add the file")
    return Program(files)


def _reference(folder: Path, entry: str) -> NamedProgram:
    files = Program.from_folder(folder)
    program = _without(files, entry, extra="note.md", folder=folder)
    return NamedProgram(folder.name, program, files.files.get("note.md", "").strip())


def _cheat(folder: Path, entry: str) -> RedTeamProgram:
    path = folder / "expected.toml"
    files = Program.from_folder(folder)
    try:
        expected = tomllib.loads(files.files.get("expected.toml", ""))
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(f"expected TOML in {path}, got: {error}", fix="correct that line") from error
    for key in expected:
        if key not in {"status", "gain"}:
            raise ProblemError(f"{path}: unknown key `{key}`{suggest(key, ['status', 'gain'])}", fix="remove it")
    wanted = expected.get("status")
    known = [status.value for status in Status if not status.is_ok]
    if not isinstance(wanted, list) or not wanted or any(name not in known for name in wanted):
        raise ProblemError(
            f'expected `status = ["invalid", ...]` in {path}, got {wanted!r}', fix=f"use some of: {', '.join(known)}"
        )
    return RedTeamProgram(
        name=folder.name,
        program=_without(files, entry, extra="expected.toml", folder=folder),
        expected=tuple(Status(name) for name in wanted),
        gain=str(expected.get("gain", "")),
    )


def _content_hash(folder: Path, seed: Program) -> str:
    digest = hashlib.sha256()
    trusted = sorted({folder / _PROBLEM_FILE, *folder.glob("*.py")})
    for path in trusted:
        for part in (path.name.encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    digest.update(seed.content_hash.encode())
    return f"sha256:{digest.hexdigest()}"
