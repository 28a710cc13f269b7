"""What the engine itself costs: CPU per candidate, and throughput against a model that takes a second.

    python benchmarks/engine_overhead.py [--quick] [--json]

No sandbox and no model: an in-process evaluation double and a proposer that adds a number. The first rows give CPU
milliseconds per candidate (all events stored, policy asked and told). The last row keeps 32 proposals of 1 s in
flight and compares the wall time with the ideal, ceil(proposals / 32) seconds.
"""

import tempfile
import time
from pathlib import Path

from _frame import Row, arguments, publish

from evolve.config import RunConfig
from evolve.testing._engine import LiteralEvaluator, NumberProposer, Search


def cpu_per_candidate(evaluations: int) -> Row:
    config = RunConfig(max_evals=evaluations, parallel=2, parallel_proposals=2, order="tickets")
    with tempfile.TemporaryDirectory() as folder:
        search = Search(Path(folder) / "run", NumberProposer(), LiteralEvaluator(), config=config)
        wall, cpu = time.perf_counter(), time.process_time()
        state = search.go()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {
        "case": f"{state.evaluations} candidates, no latency",
        "cpu_ms_per_candidate": 1e3 * cpu / evaluations,
        "wall_s": wall,
        "ideal_s": None,
        "share_of_ideal": None,
        "disk_kb_per_candidate": size / 1024 / evaluations,
    }


def throughput(proposals: int, in_flight: int = 32, latency_s: float = 1.0) -> Row:
    config = RunConfig(max_evals=proposals, parallel=2, parallel_proposals=in_flight, order="arrival")
    with tempfile.TemporaryDirectory() as folder:
        search = Search(Path(folder) / "run", NumberProposer(delay_s=latency_s), LiteralEvaluator(), config=config)
        wall, cpu = time.perf_counter(), time.process_time()
        state = search.go()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    ideal = -(-proposals // in_flight) * latency_s
    return {
        "case": f"{state.evaluations} candidates, {latency_s:g} s latency, {in_flight} in flight",
        "cpu_ms_per_candidate": 1e3 * cpu / proposals,
        "wall_s": wall,
        "ideal_s": ideal,
        "share_of_ideal": ideal / wall,
        "disk_kb_per_candidate": None,
    }


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    sizes = (200, 1000) if options.quick else (1000, 10_000)
    cpu_per_candidate(50)  # imports and caches are paid once per process, not per candidate
    rows = [cpu_per_candidate(size) for size in sizes]
    rows.append(throughput(96 if options.quick else 640))
    publish(rows, as_json=options.json)


if __name__ == "__main__":
    main()
