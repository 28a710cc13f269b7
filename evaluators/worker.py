"""The verifier's process: ``python -m evaluators.worker --problem DIR --sandbox NAME --label RUN --parent PID``.

One JSON request per line comes in on stdin, one JSON reply per line goes out on the first stdout. It holds the
oracle and hidden instances, so candidates never run in it; and nothing of it survives the engine.
"""

import argparse
import ctypes
import importlib.util
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn, cast

from evaluators.staging import Bench
from evolve.calls import SandboxSetup
from evolve.codec import from_json, to_json
from evolve.errors import EvaluatorCrashed, EvolveError, InfrastructureError, ProblemError
from evolve.plugins import load
from evolve.problems import load_problem
from evolve.protocols import Sandbox, Verifier
from evolve.types import JSON, EvaluationRequest

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve requests until stdin ends."""
    parser = argparse.ArgumentParser(prog="evaluators.worker")
    parser.add_argument("--problem", type=Path, required=True)
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--parent", type=int, required=True)
    options = parser.parse_args(argv)
    _die_with(options.parent)
    requests, replies = _private_pipes()
    try:
        bench = _bench(options.problem, options.sandbox, options.label)
    # Whatever stops the start is told to the engine as data; it decides what to raise.
    except Exception as error:  # noqa: BLE001
        _send(replies, _fault(error))
        return 1
    _send(replies, {"ready": True, "sandbox": bench.sandbox.name, "trust": bench.sandbox.trust.value})
    try:
        for line in requests:
            _send(replies, _answer(bench, line))
    finally:
        bench.sandbox.close()
    return 0


def _die_with(parent: int) -> None:
    """Be killed when the engine dies, however it dies."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the engine's business: it drains
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(1)


def _leave(signal_number: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal_number)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Our stdin and stdout under numbers that no child inherits; what verify.py prints goes to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return requests, replies


def _bench(folder: Path, sandbox: str, label: str) -> Bench:
    problem = load_problem(folder)
    setup = SandboxSetup(label=label, image=problem.image, preload=problem.preload, limits=problem.limits)
    verifier = _load_verifier(problem.folder)
    return Bench(problem, verifier, cast("Sandbox", load("evolve.sandboxes", sandbox)(setup)))


def _load_verifier(folder: Path) -> Verifier:
    path = folder / "verify.py"
    spec = importlib.util.spec_from_file_location("evolve_problem_verify", path)
    if spec is None or spec.loader is None:
        raise ProblemError(f"expected a Python module at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.append(str(folder))  # verify.py may import modules beside it; at the end, so that they shadow nothing
    sys.dont_write_bytecode = True  # problem folders may be read-only and shared
    spec.loader.exec_module(module)
    verifier = getattr(module, "Verifier", None)
    if not isinstance(verifier, type):
        raise ProblemError(f"expected a class Verifier in {path}, found none", fix="define it; see docs/problems.md")
    return cast("Verifier", verifier())


def _answer(bench: Bench, line: bytes) -> JSON:
    try:
        request = from_json(EvaluationRequest, json.loads(line))
        return {"evaluation": to_json(bench.evaluate(request))}
    # A verifier may raise anything; the engine gets it as data and raises EvaluatorCrashed.
    except Exception as error:  # noqa: BLE001
        return _fault(error)


def _fault(error: Exception) -> JSON:
    if isinstance(error, EvolveError):
        is_verifiers = isinstance(error, EvaluatorCrashed) or not isinstance(error, InfrastructureError)
        kind = "verifier" if is_verifiers else "infrastructure"
        return {"fault": kind, "type": type(error).__name__, "message": error.message, "fix": error.fix}
    trace = "".join(traceback.format_exception(error, limit=-8)).strip()
    return {
        "fault": "verifier",
        "type": "EvaluatorCrashed",
        "message": f"expected a verdict from verify.py, got an exception:\n{trace[-4000:]}",
        "fix": "correct verify.py; a candidate's fault must become a Judgement, not an exception",
    }


def _send(replies: IO[bytes], reply: JSON) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


if __name__ == "__main__":
    sys.exit(main())
