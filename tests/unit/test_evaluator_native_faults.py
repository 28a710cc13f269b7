"""What happens when the trusted side itself breaks: the verifier raises, hangs, dies, or loses its engine."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evaluators import NativeEvaluator
from evaluators._process import scrubbed_environment
from evolve.check import new_problem
from evolve.errors import EvaluatorCrashed, InfrastructureError
from evolve.types import CandidateId, Evaluation, EvaluationId, EvaluationRequest, Program, Status

GOOD = "def assign(jobs):\n    return [0 for _ in jobs]\n"
SLEEPER = "import time\ndef assign(jobs):\n    time.sleep(60)\n"


def request(text: str = GOOD) -> EvaluationRequest:
    return EvaluationRequest(EvaluationId("e"), CandidateId("c0001"), Program.single(text))


def verifier_with(folder: Path, body: str) -> Path:
    """A skeleton problem whose judge begins with ``body``."""
    new_problem(folder)
    path = folder / "verify.py"
    marker = '        """Call the candidate with a copy of the input, check the answer, score it."""\n'
    text = path.read_text()
    assert marker in text
    path.write_text(text.replace(marker, marker + "".join(f"        {line}\n" for line in body.splitlines())))
    return folder


def native(folder: Path, **options: float) -> NativeEvaluator:
    return NativeEvaluator(folder, sandbox="process", parallel=1, label="test", **options)


def evaluate(evaluator: NativeEvaluator, *requests: EvaluationRequest) -> list[Evaluation]:
    async def run() -> list[Evaluation]:
        try:
            await evaluator.start()
            return [await evaluator.evaluate(one) for one in requests]
        finally:
            await evaluator.close()

    return asyncio.run(run())


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, limit_s: float = 20.0) -> bool:
    until = time.monotonic() + limit_s
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_alive(pid)


def wait_for_text(path: Path, limit_s: float = 20.0) -> str:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"nothing was written to {path}")


def test_a_verifier_that_raises_is_told_with_its_traceback(tmp_path: Path):
    folder = verifier_with(tmp_path / "p", "raise KeyError('the oracle')")
    with pytest.raises(EvaluatorCrashed, match="the oracle") as caught:
        evaluate(native(folder), request())
    assert "verify.py" in str(caught.value)


def test_a_verifier_that_does_not_import_fails_the_start(tmp_path: Path):
    folder = new_problem(tmp_path / "p")
    (folder / "verify.py").write_text("import module_that_is_not_there\n")
    with pytest.raises(EvaluatorCrashed, match="module_that_is_not_there"):
        evaluate(native(folder), request())


def test_a_verify_file_without_the_class_fails_the_start(tmp_path: Path):
    folder = new_problem(tmp_path / "p")
    (folder / "verify.py").write_text("x = 1\n")
    with pytest.raises(InfrastructureError, match="class Verifier"):
        evaluate(native(folder), request())


def test_a_verifier_that_dies_once_is_replaced_and_the_answer_is_the_same(tmp_path: Path):
    marker = tmp_path / "died"
    body = f"import os, pathlib\nif not pathlib.Path({str(marker)!r}).exists():\n    pathlib.Path({str(marker)!r}).touch()\n    os._exit(3)"
    (first,) = evaluate(native(verifier_with(tmp_path / "p", body)), request())
    (undisturbed,) = evaluate(native(new_problem(tmp_path / "q")), request())
    assert marker.exists()
    assert first == undisturbed


def test_a_verifier_that_dies_twice_is_an_infrastructure_error_with_its_last_words(tmp_path: Path):
    body = "import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos._exit(3)"
    with pytest.raises(EvaluatorCrashed, match="last words"):
        evaluate(native(verifier_with(tmp_path / "p", body)), request())


def test_where_nothing_isolates_a_killed_judge_counts_against_the_candidate(tmp_path: Path):
    body = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    (got,) = evaluate(native(verifier_with(tmp_path / "p", body)), request())
    assert got.status is Status.CRASHED
    assert "killed twice by signal 9" in got.feedback


def test_a_verifier_that_hangs_is_killed_at_the_deadline(tmp_path: Path):
    pids = tmp_path / "pid"
    body = f"import os, pathlib, time\npathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}}\\n')\ntime.sleep(600)"
    with pytest.raises(EvaluatorCrashed, match="within 3 s"):
        evaluate(native(verifier_with(tmp_path / "p", body), deadline_s=3.0), request())
    assert wait_until_gone(int(pids.read_text()))


def test_what_a_verifier_prints_does_not_disturb_its_replies(tmp_path: Path):
    body = "import os, sys\nprint('{\"evaluation\": 1}', flush=True)\nos.write(1, b'noise\\n')\nsys.stdin.read()"
    (got,) = evaluate(native(verifier_with(tmp_path / "p", body)), request())
    assert got.status is Status.OK


def test_cancelling_an_evaluation_kills_its_worker_and_the_candidate(tmp_path: Path):
    pids = tmp_path / "pids"
    body = f"import os, pathlib\npathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}}\\n')"
    folder = verifier_with(tmp_path / "p", body)
    own = tmp_path / "candidate"
    text = f"import os, time\ndef assign(jobs):\n    open({str(own)!r}, 'w').write(f'{{os.getpid()}}\\n')\n    time.sleep(60)\n"

    async def run() -> Evaluation:
        evaluator = native(folder)
        try:
            await evaluator.start()
            task = asyncio.create_task(evaluator.evaluate(request(text)))
            await asyncio.to_thread(wait_for_text, own)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(wait_until_gone, int(pids.read_text()))
            assert await asyncio.to_thread(wait_until_gone, int(own.read_text()))
            return await evaluator.evaluate(request())
        finally:
            await evaluator.close()

    assert asyncio.run(run()).status is Status.OK


def test_nothing_survives_an_engine_that_is_killed(tmp_path: Path):
    pids, own = tmp_path / "pids", tmp_path / "candidate"
    body = f"import os, pathlib\npathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}}\\n')"
    folder = verifier_with(tmp_path / "p", body)
    text = f"import os, time\ndef assign(jobs):\n    open({str(own)!r}, 'w').write(f'{{os.getpid()}}\\n')\n    time.sleep(60)\n"
    script = f"""
import asyncio
from pathlib import Path
from evaluators import NativeEvaluator
from evolve.types import *
async def run():
    evaluator = NativeEvaluator(Path({str(folder)!r}), sandbox="process", parallel=1, label="test")
    await evaluator.start()
    await evaluator.evaluate(EvaluationRequest(EvaluationId("e"), CandidateId("c"), Program.single({text!r})))
asyncio.run(run())
"""
    engine = subprocess.Popen([sys.executable, "-c", script])
    try:
        candidate, worker = int(wait_for_text(own)), int(wait_for_text(pids))
        engine.kill()
        engine.wait()
        assert wait_until_gone(worker)
        assert wait_until_gone(candidate)
    finally:
        engine.kill()
        engine.wait()


def test_a_terminal_interrupt_does_not_reach_the_worker(tmp_path: Path):
    pids = tmp_path / "pids"
    body = f"import os, pathlib\npathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}}\\n')"
    folder = verifier_with(tmp_path / "p", body)

    async def run() -> tuple[Evaluation, int, int]:
        evaluator = native(folder)
        try:
            await evaluator.start()
            await evaluator.evaluate(request())
            worker = int(pids.read_text())
            os.kill(worker, signal.SIGINT)
            return await evaluator.evaluate(request()), worker, int(pids.read_text())
        finally:
            await evaluator.close()

    evaluation, before, after = asyncio.run(run())
    assert evaluation.status is Status.OK
    assert before == after
    assert os.getpgid(0) != before


def test_verifiers_do_not_see_the_users_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    secrets = {"OPENAI_API_KEY": "sk-1", "EVOLVE_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "a", "DOCKER_AUTH_CONFIG": "{}"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    kept = scrubbed_environment(os.environ)
    assert not set(kept) & set(secrets)
    assert "PATH" in kept
    seen = tmp_path / "seen"
    body = f"import os, pathlib\npathlib.Path({str(seen)!r}).write_text(' '.join(os.environ) + '\\n')"
    evaluate(native(verifier_with(tmp_path / "p", body)), request())
    assert not set(seen.read_text().split()) & set(secrets)


def test_an_unknown_sandbox_fails_the_start_with_a_suggestion(tmp_path: Path):
    evaluator = NativeEvaluator(new_problem(tmp_path / "p"), sandbox="proces", parallel=1, label="test")
    with pytest.raises(InfrastructureError, match="did you mean 'process'"):
        evaluate(evaluator, request())
