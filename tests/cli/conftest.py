"""A quiet place to run the command line in: its own folder, home and environment."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from evolve.cli.app import main
from evolve.codec import to_json
from evolve.config import RunConfig
from evolve.events import (
    BudgetSettled,
    CandidateCreated,
    EvaluationFinished,
    EvaluationStarted,
    FrontierChanged,
    PolicyDecided,
    ProposalRequested,
    RunStarted,
    RunStopped,
    WinnerNamed,
)
from evolve.program import Program
from evolve.store import RunStore
from evolve.types import (
    CandidateId,
    Evaluation,
    EvaluationId,
    InstanceResult,
    Objective,
    Purpose,
    Score,
    Split,
    Status,
    Trust,
)

NASTY = "\x1b[31mred\x1b[0m [bold]loud[/bold] \x1b]0;title\x07\u202eevil\nsecond line"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def quiet_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder and home, no EVOLVE_* variable, no keys."""
    for name in list(os.environ):
        if name.startswith("EVOLVE_") or name.endswith("_API_KEY") or name in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return place


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command line in this process."""

    def run(*words: str) -> Result:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Result(int(code), captured.out, captured.err)

    return run


@pytest.fixture
def evolve_process() -> Callable[..., Result]:
    """Run the installed console script in a process of its own."""
    script = Path(sys.executable).with_name("evolve")

    def run(*words: str, cwd: Path | None = None, timeout: float = 120, **environment: str) -> Result:
        found = subprocess.run(
            [str(script), *map(str, words)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Result(found.returncode, found.stdout, found.stderr)

    return run


def evaluation(candidate: str, value: float | None, purpose: Purpose = Purpose.SEARCH, n: int = 3) -> Evaluation:
    is_ok = value is not None
    values = [value + 0.01 * (i - (n - 1) / 2) for i in range(n)] if value is not None else []
    return Evaluation(
        id=EvaluationId(f"{candidate}.{purpose.value}.1"),
        candidate=CandidateId(candidate),
        split=Split.TEST if purpose is Purpose.CERTIFY else Split.TRAIN,
        seed=0,
        purpose=purpose,
        status=Status.OK if is_ok else Status.CRASHED,
        scores={"score": Score(value, value, value + 0.01 * (n - 1), n)} if value is not None else {},
        instances=tuple(InstanceResult(f"i{i}", Status.OK, {"score": v}) for i, v in enumerate(values)),
        feedback="" if is_ok else NASTY,
        sandbox="process",
        trust=Trust.UNSAFE,
    )


class RunWriter:
    """Writes a run event by event, as the engine would."""

    def __init__(self, folder: Path, **config: object) -> None:
        self.store = RunStore.create(folder)
        self.folder = folder
        settings = to_json(RunConfig(problem="toy", proposer="genetic", max_evals=10, **config))
        objective = to_json(Objective("score", unit="points"))
        self.store.append(
            RunStarted(folder.name, "toy", "sha256:0", settings, 0, "process", "unsafe", objectives=[objective])
        )

    def candidate(self, ticket: int, value: float | None, parents: tuple[str, ...] = (), n: int = 3) -> str:
        name = f"c{ticket:04d}"
        purpose = Purpose.SEARCH if ticket else Purpose.SEED
        program = self.store.put_program(Program.single(f"VALUE = {ticket}\n"))
        if ticket:
            self.store.append(PolicyDecided(ticket, "expand", tuple(map(CandidateId, parents)), "mutate"))
            self.store.append(ProposalRequested(ticket, CandidateId(name), "genetic", "mutate", ticket))
        self.store.append(
            CandidateCreated(
                ticket,
                CandidateId(name),
                program,
                tuple(map(CandidateId, parents)),
                "mutate" if ticket else "seed",
                "genetic",
                NASTY if ticket else "",
                "f",
            )
        )
        judged = evaluation(name, value, purpose, n)
        self.store.append(
            EvaluationStarted(ticket, judged.id, judged.candidate, judged.split, judged.seed, judged.purpose)
        )
        self.store.append(EvaluationFinished(ticket, judged))
        if value is not None:
            self.store.append(FrontierChanged(ticket, (CandidateId(name),), (), 1))
        self.store.append(BudgetSettled(ticket, 1 if ticket else 0))
        return name

    def certify(self, winner: str, value: float, seed_value: float, n: int = 3) -> None:
        for name, score in (("c0000", seed_value), (winner, value)):
            self.store.append(EvaluationFinished(0, evaluation(name, score, Purpose.CERTIFY, n)))
        certificate, baseline = EvaluationId(f"{winner}.certify.1"), EvaluationId("c0000.certify.1")
        self.store.append(WinnerNamed(CandidateId(winner), certificate, baseline))

    def stop(self, status: str = "finished") -> None:
        self.store.append(RunStopped(status, "--max-evals 10 reached"))
        self.store.close()


@pytest.fixture
def write_run(quiet_place: Path) -> Callable[..., RunWriter]:
    def start(name: str = "toy-20260101-000000-aaaa", **config: object) -> RunWriter:
        return RunWriter(quiet_place / "runs" / name, **config)

    return start


@pytest.fixture
def finished_run(write_run: Callable[..., RunWriter]) -> Path:
    """Seed 1.0, a child 1.5, a crash, a grandchild 2.0 that is certified."""
    writer = write_run()
    writer.candidate(0, 1.0)
    writer.candidate(1, 1.5, ("c0000",))
    writer.candidate(2, None, ("c0001",))
    writer.candidate(3, 2.0, ("c0001",))
    writer.certify("c0003", 2.0, 1.0)
    writer.stop()
    return writer.folder
