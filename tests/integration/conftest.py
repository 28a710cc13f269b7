"""Model endpoints on loopback: a scripted one with faults, and a real llama.cpp where it is installed."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evolve.testing import Fault, FaultServer

SCRIPT = Path(__file__).parents[2] / "evolve" / "testing" / "llama_server.py"


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """An endpoint whose script a test sets; until then it answers 500."""
    with FaultServer([Fault.error(500)]) as server:
        yield server


@pytest.fixture(scope="session")
def llama_server() -> Iterator[str]:
    """Base URL of a llama.cpp server with SmolLM2 weights; skips with the reason where there is none."""
    python = os.environ.get("EVOLVE_LLAMA_PYTHON") or sys.executable
    check = subprocess.run([python, str(SCRIPT), "--check"], capture_output=True, text=True, timeout=120)
    if check.returncode:
        reason = (check.stderr.strip().splitlines() or ["no output"])[-1]
        pytest.skip(f"no local model: {reason} (.ci/local-model.sh makes one; EVOLVE_LLAMA_PYTHON names its python)")
    process = subprocess.Popen(
        [python, str(SCRIPT), "--lifetime", "900"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield _wait_until_ready(process, 120.0)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _wait_until_ready(process: subprocess.Popen, limit_s: float) -> str:
    """The URL that the server prints; a server that ends or is silent fails the test, as it is installed."""
    end = time.monotonic() + limit_s
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < end and process.poll() is None:
            if selector.select(1.0):
                line = process.stdout.readline()
                if line.startswith("READY "):
                    return line.split()[1]
    raise RuntimeError(f"expected READY of the llama.cpp server within {limit_s} s, got exit code {process.poll()}")
