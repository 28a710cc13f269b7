"""What a sandboxed session costs: open, one call, close, for every provider that works here.

    python benchmarks/sandbox_sessions.py [--quick] [--json]

Median milliseconds of sessions one after the other, a trivial candidate, numpy importable but not imported.
"""

import statistics
import time

from _frame import Row, arguments, publish

from evolve.calls import SandboxSetup
from evolve.plugins import available, load
from evolve.program import Program

PROGRAM = Program.single("def main(x):\n    return x + 1\n")


def cost(name: str, sessions: int) -> Row:
    sandbox = load("evolve.sandboxes", name)(SandboxSetup(label="benchmark", preload=("numpy",)))
    parts: list[tuple[float, float, float]] = []
    try:
        for _ in range(sessions):
            began = time.perf_counter()
            session = sandbox.open(PROGRAM, "program.py")
            opened = time.perf_counter()
            assert session.call("main", 1).value == 2
            called = time.perf_counter()
            session.close()
            parts.append((opened - began, called - opened, time.perf_counter() - called))
    finally:
        sandbox.close()
    medians = [1e3 * statistics.median(column) for column in zip(*parts, strict=True)]
    total = 1e3 * statistics.median(sum(part) for part in parts)
    return {
        "mode": name,
        "median_ms": total,
        "open_ms": medians[0],
        "call_ms": medians[1],
        "close_ms": medians[2],
        "per_second": 1e3 / total,
        "sessions": sessions,
    }


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    names = [p.name for p in available("evolve.sandboxes") if load("evolve.sandboxes", p.name).probe().is_available]
    publish([cost(name, 10 if options.quick else 50) for name in names], as_json=options.json)


if __name__ == "__main__":
    main()
