"""Runs a problem's verifier in processes of its own."""

import asyncio
from pathlib import Path

from evaluators._process import WorkerDied, WorkerProcess
from evolve.codec import from_json, to_json
from evolve.errors import EvaluatorCrashed, InfrastructureError, SandboxUnavailable
from evolve.problems import load_problem
from evolve.types import JSON, Evaluation, EvaluationRequest, Status, Trust

__all__ = ["NativeEvaluator"]


class NativeEvaluator:
    """Drives the verifiers of this project's problem folders: at most ``parallel`` worker processes, started when needed.

    Args:
        problem_folder: Folder with ``problem.toml`` and ``verify.py``.
        sandbox: Entry-point name of the sandbox in which candidates run.
        parallel: Evaluations at once.
        label: Run id, put on whatever a sandbox leaves behind.
        deadline_s: Wall seconds after which a verifier counts as hung; by default twice what the problem allows
            the candidate, and half a minute for the verifier's own work.
    """

    def __init__(
        self, problem_folder: Path, *, sandbox: str, parallel: int, label: str, deadline_s: float | None = None
    ) -> None:
        self._folder = Path(problem_folder)
        self._sandbox = sandbox
        self._label = label
        self._trust = Trust.UNSAFE
        self._slots = asyncio.Semaphore(max(1, parallel))
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._is_closed = False
        self._deadline_s = deadline_s or 2 * load_problem(self._folder).evaluation_s + 30.0

    async def start(self) -> None:
        """Start the first worker, so that a broken sandbox or verifier is known before anything is spent."""
        if not self._idle and not self._busy:
            self._idle.append(await self._spawn())

    async def evaluate(self, request: EvaluationRequest) -> Evaluation:
        """Judge a program. A dead worker is replaced and the request tried once more.

        Raises:
            EvaluatorCrashed: The verifier raised, hung, or died twice.
            InfrastructureError: The sandbox failed twice.
        """
        async with self._slots:
            try:
                return await self._try_once(request)
            except WorkerDied:
                pass  # a killed process says nothing of the candidate: once more, on a fresh worker
            except EvaluatorCrashed:
                raise
            except InfrastructureError:
                pass  # a sandbox may fail for a moment (memory, Docker restarting)
            try:
                return await self._try_once(request)
            except WorkerDied as death:
                return self._after_two_deaths(request, death)

    async def close(self) -> None:
        """Stop every worker; safe to call twice."""
        self._is_closed = True
        workers = [*self._idle, *self._busy]
        self._idle.clear()
        self._busy.clear()
        await asyncio.gather(*(worker.close() for worker in workers))

    async def _try_once(self, request: EvaluationRequest) -> Evaluation:
        if self._is_closed:
            raise EvaluatorCrashed("expected an open evaluator, got one that was closed")
        worker = self._idle.pop() if self._idle else await self._spawn()
        self._busy.add(worker)
        try:
            async with asyncio.timeout(self._deadline_s):
                reply = await worker.ask(to_json(request))
        except TimeoutError:
            await worker.kill()
            raise EvaluatorCrashed(
                f"expected a verdict on {request.candidate} within {self._deadline_s:g} s, got none",
                fix="look for an endless loop in verify.py, or raise [limits] evaluation_s in problem.toml",
            ) from None
        # Cancelled or dead: a worker in an unknown state must not serve again.
        except BaseException:
            await asyncio.shield(worker.kill())
            raise
        finally:
            self._busy.discard(worker)
        if self._is_closed:
            await worker.close()
        else:
            self._idle.append(worker)
        if "evaluation" in reply:
            return from_json(Evaluation, reply["evaluation"])
        raise _fault_of(reply)

    async def _spawn(self) -> WorkerProcess:
        try:
            worker, hello = await WorkerProcess.start(self._folder, sandbox=self._sandbox, label=self._label)
        except WorkerDied as death:
            raise EvaluatorCrashed(
                f"expected the verifier of {self._folder} to start, got exit code {death.code}: {death.stderr[-2000:]}",
                fix="`evolve problems check` shows what is wrong with a problem folder",
            ) from death
        if "ready" not in hello:
            await worker.close()
            raise _fault_of(hello)
        self._trust = Trust(str(hello["trust"]))
        return worker

    def _after_two_deaths(self, request: EvaluationRequest, death: WorkerDied) -> Evaluation:
        """Where nothing isolates, the candidate can kill its judge, and then it is the candidate that failed."""
        if self._trust is Trust.UNSAFE and death.code is not None and death.code < 0:
            return Evaluation(
                id=request.id,
                candidate=request.candidate,
                split=request.split,
                seed=request.seed,
                purpose=request.purpose,
                status=Status.CRASHED,
                feedback=f"the verifier's process was killed twice by signal {-death.code} while it judged this program",
                sandbox=self._sandbox,
                trust=self._trust,
            )
        raise EvaluatorCrashed(
            f"expected a verdict on {request.candidate}, got a dead verifier twice "
            f"(exit code {death.code}): {death.stderr[-2000:]}",
            fix="verify.py or the machine is at fault (memory?); the run can be resumed",
        ) from death


def _fault_of(reply: dict[str, JSON]) -> InfrastructureError:
    message, fix = str(reply.get("message", "")), str(reply.get("fix", ""))
    if reply.get("fault") == "infrastructure":
        kind = SandboxUnavailable if reply.get("type") == "SandboxUnavailable" else InfrastructureError
        return kind(message, fix=fix)
    return EvaluatorCrashed(message, fix=fix)
