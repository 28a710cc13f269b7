"""How well and how fast the policies search, without a model, sandbox or problem: ask and tell on known functions.

    python benchmarks/policies.py [--quick] [--json]

Candidates are vectors; the moves imitate those of the genetic proposer (one constant by a log-scale step, several
constants, a block crossover), and a share of children fails. Every policy gets the same moves, seeds and evaluations,
with a few tickets in flight as in a real run. Values are the true ones of the best candidate found, smaller is better;
for two goals minus the hypervolume of the front. CPU is that of ask and tell.
"""

import itertools
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from _frame import Row, arguments, publish

from evolve.decisions import Expand, Outcome, PolicySetup, Wait
from evolve.program import Program
from evolve.search import BestOfN, ParetoFrontier, ParetoQueue
from evolve.types import (
    Candidate,
    CandidateId,
    Direction,
    Evaluation,
    EvaluationId,
    Objective,
    Purpose,
    Score,
    Split,
    Status,
)

Vector = tuple[float, ...]
DIMENSIONS = 12
IN_FLIGHT = 4
FAILURES = 0.15  # share of children that do not pass; a genetic proposer's is of this order
OPERATORS = ("mutate", "shuffle", "crossover")
PROGRAM = Program.single("")


def sphere(x: Vector) -> Vector:
    return (sum((v - 1.7) ** 2 for v in x),)


def rastrigin(x: Vector) -> Vector:
    return (sum((v - 1.7) ** 2 + 10 * (1 - math.cos(2 * math.pi * (v - 1.7))) for v in x),)


def valley(x: Vector) -> Vector:
    return (sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x)),)


def plateaus(x: Vector) -> Vector:
    return (float(sum(math.floor(abs(v - 1.7) * 4) for v in x)),)


def two_goals(x: Vector) -> Vector:
    half = DIMENSIONS // 2
    return (
        sum((v - 1.7) ** 2 for v in x),
        sum((v + 1.7) ** 2 for v in x[:half]) + sum((v - 1.7) ** 2 for v in x[half:]),
    )


LANDSCAPES: dict[str, Callable[[Vector], Vector]] = {
    "sphere": sphere,
    "rastrigin": rastrigin,
    "valley": valley,
    "plateaus": plateaus,
    "two goals": two_goals,
}
REFERENCE = (400.0, 400.0)  # for the hypervolume of `two goals`


class MuPlusLambda:
    """A plain (mu + lambda) evolution strategy, steady state: an even draw among the `mu` best."""

    name = "mu-plus-lambda"

    def __init__(self, setup: PolicySetup, mu: int = 10) -> None:
        self._setup, self._mu = setup, mu
        self._best: list[tuple[float, int, CandidateId]] = []

    def ask(self, ticket: int) -> Expand | Wait:
        """One or two of the mu best."""
        if not self._best:
            return Wait()
        generator = Random(f"{self._setup.seed}:{ticket}")
        operator = generator.choice(self._setup.operators)
        count = min(2 if operator == "crossover" else 1, len(self._best))
        parents = generator.sample(self._best, count)
        return Expand(
            tuple(parent[2] for parent in parents), operator if count == 2 or operator != "crossover" else "mutate"
        )

    def tell(self, outcome: Outcome) -> None:
        """Keep the mu best."""
        if outcome.evaluation is None or outcome.candidate is None or not outcome.evaluation.is_ok:
            return
        objective = self._setup.objectives[0]
        cost = objective.as_cost(outcome.evaluation.value(objective.name))
        self._best = sorted([*self._best, (cost, -outcome.ticket, outcome.candidate.id)])[: self._mu]


def move(operator: str, parents: list[Vector], generator: Random) -> Vector:
    x = list(parents[0])
    if operator == "crossover" and len(parents) > 1:
        start = generator.randrange(DIMENSIONS)
        length = generator.randrange(1, DIMENSIONS)
        for i in range(start, start + length):
            x[i % DIMENSIONS] = parents[1][i % DIMENSIONS]
        return tuple(x)
    count = 1 if operator == "mutate" else generator.randrange(2, 5)
    for i in generator.sample(range(DIMENSIONS), count):
        x[i] += generator.choice((-1, 1)) * 10 ** generator.uniform(-3, 0.7)
    return tuple(x)


@dataclass
class Trial:
    """The outcome of one search."""

    value: float
    cpu_s: float


def search(policy_class: type, landscape: str, seed: int, evaluations: int, options: dict) -> Trial:
    function = LANDSCAPES[landscape]
    start = tuple(Random(seed).uniform(-5, 5) for _ in range(DIMENSIONS))
    names = [f"f{i}" for i in range(len(function(start)))]
    objectives = tuple(Objective(name, Direction.MINIMIZE) for name in names)
    policy = policy_class(PolicySetup(objectives, seed, OPERATORS, options))
    vectors: dict[CandidateId, Vector] = {}
    front = ParetoFrontier(objectives)
    cpu = 0.0

    def judged(ticket: int, x: Vector, parents: tuple[CandidateId, ...], operator: str, *, is_ok: bool) -> Outcome:
        name = CandidateId(f"c{ticket:04d}")
        values = function(x)
        scores = {key: Score(v, v, v) for key, v in zip(names, values, strict=True)} if is_ok else {}
        if is_ok:
            vectors[name] = x
            front.add(name, values)
        status = Status.OK if is_ok else Status.CRASHED
        evaluation = Evaluation(EvaluationId(f"{name}.search.1"), name, Split.TRAIN, 0, Purpose.SEARCH, status, scores)
        return Outcome(ticket, Candidate(name, PROGRAM, parents, operator), evaluation)

    policy.tell(judged(0, start, (), "seed", is_ok=True))
    flying: list[Outcome] = []
    for ticket in range(1, evaluations + 1):
        before = time.process_time()
        decision = policy.ask(ticket)
        cpu += time.process_time() - before
        generator = Random(seed * 1_000_003 + ticket)
        child = move(decision.operator, [vectors[p] for p in decision.parents], generator)
        is_ok = generator.random() >= FAILURES
        flying.append(judged(ticket, child, decision.parents, decision.operator, is_ok=is_ok))
        if len(flying) >= IN_FLIGHT:
            outcome = flying.pop(0)
            before = time.process_time()
            policy.tell(outcome)
            cpu += time.process_time() - before
    if len(names) == 1:
        return Trial(front.members[0].values[0], cpu)
    return Trial(-front.hypervolume(REFERENCE), cpu)


POLICIES: dict[str, tuple[type, dict]] = {
    "best-of-n": (BestOfN, {}),
    "mu-plus-lambda": (MuPlusLambda, {}),
    "pareto-queue": (ParetoQueue, {}),
}


def quality(seeds: int, evaluations: int) -> list[Row]:
    rows: list[Row] = []
    for landscape in LANDSCAPES:
        for name, (policy_class, options) in POLICIES.items():
            trials = [search(policy_class, landscape, seed, evaluations, options) for seed in range(1, seeds + 1)]
            values = sorted(trial.value for trial in trials)
            rows.append({
                "landscape": landscape,
                "policy": name,
                "seeds": seeds,
                "evaluations": evaluations,
                "median": statistics.median(values),
                "lower_quartile": values[seeds // 4],
                "upper_quartile": values[3 * seeds // 4],
                "cpu_us_per_candidate": 1e6 * sum(trial.cpu_s for trial in trials) / seeds / evaluations,
            })  # fmt: skip
    return rows


def speed(evaluations: int) -> list[Row]:
    rows: list[Row] = []
    for landscape in ("rastrigin", "two goals"):
        trial = search(ParetoQueue, landscape, 1, evaluations, {})
        rows.append({
            "landscape": landscape,
            "policy": "pareto-queue",
            "seeds": 1,
            "evaluations": evaluations,
            "median": trial.value,
            "lower_quartile": None,
            "upper_quartile": None,
            "cpu_us_per_candidate": 1e6 * trial.cpu_s / evaluations,
        })  # fmt: skip
    return rows


def main() -> None:
    options = arguments(__doc__.splitlines()[0])
    seeds, evaluations, many = (5, 200, 2000) if options.quick else (21, 1000, 10_000)
    publish([*quality(seeds, evaluations), *speed(many)], as_json=options.json)


if __name__ == "__main__":
    main()
