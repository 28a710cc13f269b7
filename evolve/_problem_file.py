"""The shape of ``problem.toml``, checked: an unknown key is an error with a suggestion."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evolve.errors import ProblemError
from evolve.plugins import suggest
from evolve.types import Direction

__all__ = ["FileOfProblem", "read_problem_file"]

_Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=64)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _ProgramTable(_Table):
    entry: str = "program.py"
    function: str
    editable: list[str] = ["*"]
    language: str = "python"


class _ObjectiveTable(_Table):
    name: _Name
    direction: Annotated[Direction, Field(strict=False)] = Direction.MAXIMIZE
    unit: str = ""
    bound: _Finite | None = None
    bound_tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    best_known: _Finite | None = None
    aggregate: Literal["mean", "geomean", "max", "min", "sum"] = "mean"


class _LimitsTable(_Table):
    timeout_s: _Positive = 10.0
    memory_mb: _Count = 512
    processes: _Count = 64
    output_kb: _Count = 64
    reply_mb: _Count = 64
    scratch_mb: _Count = 64
    cpus: _Positive = 1.0
    evaluation_s: _Positive = 120.0


class _SandboxTable(_Table):
    image: str = "evolve-cpu"
    preload: list[str] = []
    fresh_per_instance: bool = False


class _StageTable(_Table):
    name: Annotated[str, Field(min_length=1, max_length=64)]
    instances: Annotated[int, Field(ge=0)] = 0
    require: dict[str, _Finite] = {}


class _KnobTable(_Table):
    name: _Name
    kind: Literal["int", "float", "choice"]
    low: _Finite | None = None
    high: _Finite | None = None
    log: bool = False
    choices: list[str | int | float] = []

    @model_validator(mode="after")
    def _has_a_range(self) -> "_KnobTable":
        if self.kind == "choice":
            if len(self.choices) < 2:
                raise ValueError(f"knob {self.name!r} of kind 'choice' needs `choices` with two values or more")
        elif self.low is None or self.high is None or self.low >= self.high:
            raise ValueError(f"knob {self.name!r} needs `low` and `high` with low < high")
        elif self.log and self.low <= 0:
            raise ValueError(f"knob {self.name!r} with `log = true` needs low > 0")
        return self


class FileOfProblem(_Table):
    """``problem.toml`` as it stands; `evolve.problems` turns it into a `Problem`."""

    name: _Name
    summary: str = ""
    category: str = ""
    source: str = ""
    evaluator: str = "native"
    fixed_input: bool = False
    program: _ProgramTable
    objectives: Annotated[list[_ObjectiveTable], Field(min_length=1)]
    limits: _LimitsTable = _LimitsTable()
    sandbox: _SandboxTable = _SandboxTable()
    stages: list[_StageTable] = [_StageTable(name="all")]
    knobs: list[_KnobTable] = []
    defaults: dict[str, object] = {}

    @model_validator(mode="after")
    def _names_agree(self) -> "FileOfProblem":
        names = [objective.name for objective in self.objectives]
        _refuse_twins("objective", names)
        _refuse_twins("stage", [stage.name for stage in self.stages])
        _refuse_twins("knob", [knob.name for knob in self.knobs])
        for stage in self.stages:
            for required in stage.require:
                if required not in names:
                    raise ValueError(
                        f"stage {stage.name!r} requires the unknown objective {required!r}{suggest(required, names)}"
                    )
        if not self.stages or self.stages[-1].instances != 0:
            raise ValueError("the last of `stages` must judge all instances (instances = 0)")
        return self


def _refuse_twins(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{kind} {name!r} is declared twice")


_TABLES: dict[str, type[_Table]] = {
    "program": _ProgramTable,
    "objectives": _ObjectiveTable,
    "limits": _LimitsTable,
    "sandbox": _SandboxTable,
    "stages": _StageTable,
    "knobs": _KnobTable,
}


def read_problem_file(path: Path) -> FileOfProblem:
    """``problem.toml``, checked.

    Raises:
        ProblemError: The file is missing, is not TOML, or has an unknown or wrong key; the message names the key.
    """
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise ProblemError(
            f"expected a readable {path}, got: {error.strerror}",
            fix="`evolve problems new DIR` writes a working folder",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProblemError(f"expected TOML in {path}, got: {error}", fix="correct that line") from error
    try:
        return FileOfProblem.model_validate(data)
    except ValidationError as error:
        raise _explain(path, error) from None


def _explain(path: Path, error: ValidationError) -> ProblemError:
    faults = error.errors(include_url=False)
    # An unknown key is most often the cause of a missing one, so it is told first.
    first = min(faults, key=lambda fault: fault["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        table = _TABLES.get(str(first["loc"][0])) if len(first["loc"]) > 1 else FileOfProblem
        known = list((table or FileOfProblem).model_fields)
        hint = suggest(str(first["loc"][-1]), known)
        return ProblemError(
            f"{path}: unknown key `{where}`{hint}{more}", fix=f"known keys here: {', '.join(sorted(known))}"
        )
    if first["type"] == "missing":
        return ProblemError(f"{path}: expected a key `{where}`, found none{more}", fix=f"add `{where}` to problem.toml")
    got = "" if first["type"] == "value_error" else f", got {first['input']!r:.80}"
    reason = first["msg"].removeprefix("Value error, ")
    return ProblemError(f"{path}: {f'`{where}`: ' if where else ''}{reason}{got}{more}", fix="correct problem.toml")
