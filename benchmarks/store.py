"""What the store costs: CPU and wall time per append, blob and read.

    python benchmarks/store.py [--quick] [--json]

Blobs are this package's own source files, each made unique. The size of a blob decides its price.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from _frame import Row, arguments, publish

import evolve
from evolve.events import BudgetSettled, EvaluationFinished
from evolve.store import RunStore
from evolve.types import (
    CandidateId,
    Evaluation,
    EvaluationId,
    InstanceResult,
    Purpose,
    Score,
    Split,
    Status,
)


def evaluation() -> EvaluationFinished:
    results = tuple(InstanceResult(f"i{k}", Status.OK, {"speed": 1.0, "size": 2.0}) for k in range(5))
    scores = {"speed": Score(1.0, 0.5, 1.5, 5), "size": Score(2.0, 2.0, 2.0, 5)}
    name = CandidateId("c0001")
    text = "It is correct and a little slower than its parent. " * 4
    verdict = Evaluation(
        EvaluationId("c0001.search.1"), name, Split.TRAIN, 0, Purpose.SEARCH, Status.OK, scores, results, text
    )
    return EvaluationFinished(1, verdict)


def timed(case: str, count: int, work: Callable[[int], object]) -> Row:
    for number in range(20):
        work(-1 - number)  # statements are prepared and types are compiled once per process
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(count):
        work(number)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"case": case, "count": count, "cpu_us": 1e6 * cpu / count, "wall_us": 1e6 * wall / count}


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    count = 500 if options.quick else 5000
    small, large = BudgetSettled(1, 1), evaluation()
    sources = [path.read_bytes() for path in sorted(Path(evolve.__file__).parent.rglob("*.py"))]
    mean_kb = sum(map(len, sources)) / len(sources) / 1024
    with tempfile.TemporaryDirectory() as folder, RunStore.create(Path(folder) / "run") as store:

        def put(number: int) -> None:
            store.put_blob(sources[number % len(sources)] + str(number).encode())

        rows = [
            timed("append a small event", count, lambda _: store.append(small)),
            timed("append an evaluation of 5 instances", count, lambda _: store.append(large)),
            timed("append an evaluation, durable", count // 10, lambda _: store.append(large, durable=True)),
            timed(f"put a blob of {mean_kb:.1f} KiB on average", count, put),
        ]
        with store.batch():
            rows.append(timed("append an evaluation inside a batch", count, lambda _: store.append(large)))
        events = store.events()
        rows.append(timed("read an event", count, lambda _: next(events)))
    publish(rows, as_json=options.json)


if __name__ == "__main__":
    main()
