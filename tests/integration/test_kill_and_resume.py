"""Kill -9 at random instants: the run goes on as if nothing had happened, and nothing is bought twice."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from evolve.store import RunStore

SCRIPT = Path(__file__).with_name("killed_search.py")
KILLS = 20


def start(folder: Path, log: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, SCRIPT, folder, log], stdout=subprocess.PIPE, text=True)


def finish(folder: Path, log: Path) -> str:
    process = start(folder, log)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return next(line for line in out.splitlines() if line.startswith("FRONTIER"))


def kill_after(lines: int, folder: Path, log: Path) -> bool:
    """Start the search and kill it after so many events; False if it ended before."""
    process = start(folder, log)
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            break
    process.kill()
    process.communicate(timeout=60)
    return process.returncode == -9


@pytest.mark.slow
def test_a_run_killed_twenty_times_ends_with_the_frontier_of_an_undisturbed_run(tmp_path: Path) -> None:
    undisturbed = finish(tmp_path / "calm", tmp_path / "calm.log")
    generator = random.Random(20)
    folder, log = tmp_path / "killed", tmp_path / "killed.log"
    kills = sum(kill_after(generator.randint(1, 40), folder, log) for _ in range(KILLS))
    assert kills == KILLS
    assert finish(folder, log) == undisturbed

    asked = Counter(log.read_text().split())
    assert set(asked) == set((tmp_path / "calm.log").read_text().split())
    # The model itself refuses what is on record; what was in flight at a kill may be asked for once more per kill.
    assert sum(asked.values()) - len(asked) <= KILLS * 4
    with RunStore.open(folder, read_only=True) as store:
        assert store.verify() == []
        kinds = Counter(stored.event.kind for stored in store.events())
    assert kinds["CompletionReceived"] == len(asked)
    assert kinds["RunStopped"] == 1
