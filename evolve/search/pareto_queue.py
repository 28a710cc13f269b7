"""The default policy: parents from a priority queue and from the Pareto archive."""

import math
from dataclasses import dataclass, field
from random import Random

from evolve.decisions import Decision, Expand, Outcome, PolicySetup, Reevaluate, Wait
from evolve.errors import ConfigError
from evolve.search._epoch import Epoch
from evolve.search._options import parse_options
from evolve.search.frontier import ParetoFrontier, non_dominated
from evolve.search.operators import OperatorChoice
from evolve.search.queue import CandidateQueue, CandidateRecord
from evolve.types import JSON, Candidate, CandidateId, Evaluation, Objective

__all__ = ["ParetoQueue", "ParetoQueueOptions"]

_PAIRED = frozenset({"crossover"})  # moves that need two different parents
_FRONTIER_SAMPLE = 64  # members looked at per draw; keeps a decision cheap however large the archive grows


@dataclass(frozen=True, slots=True)
class ParetoQueueOptions:
    """Options of `ParetoQueue`; docs/search.md says what they do to the formula.

    Attributes:
        frontier_share: Share of parents that come from the archive; the rest comes from the queue.
        pressure: Exponent on a candidate's rank in the queue; larger is greedier.
        exploration: Exponent on how often a candidate was expanded; larger spreads the tries.
        breadth: Distinct headline values that the queue draws from.
        restart_after: Outcomes in a row without progress after which the search begins again at the seed with a share of
            the tickets, half at first and more the longer the start that led furthest stands still; 0 never does.
        inspirations: Other good candidates named in each decision.
        operator_weights: Move -> fixed share; empty learns the shares from what works.
        operator_memory: Outcomes after which a move's record has faded to 1/e.
        reevaluate: Whether to measure the leader and its nearest rival again while their intervals overlap.
        reevaluate_share: Largest share of tickets for that.
        reevaluate_limit: Evaluations of one candidate at most.
    """

    frontier_share: float = 0.5
    pressure: float = 2.0
    exploration: float = 0.5
    breadth: int = 64
    restart_after: int = 80
    inspirations: int = 2
    operator_weights: dict[str, JSON] = field(default_factory=dict)
    operator_memory: float = 200.0
    reevaluate: bool = False
    reevaluate_share: float = 0.2
    reevaluate_limit: int = 8

    def __post_init__(self) -> None:
        for name in ("frontier_share", "reevaluate_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"expected pareto-queue.{name} from 0 to 1, got {getattr(self, name)}")
        for name in ("pressure", "exploration", "restart_after", "inspirations", "operator_memory"):
            if getattr(self, name) < 0:
                raise ConfigError(f"expected pareto-queue.{name} of at least 0, got {getattr(self, name)}")
        if self.breadth < 1:
            raise ConfigError(f"expected pareto-queue.breadth of at least 1, got {self.breadth}")
        wrong = [v for v in self.operator_weights.values() if isinstance(v, bool) or not isinstance(v, int | float)]
        if wrong:
            raise ConfigError(f"expected numbers in pareto-queue.operator_weights, got {wrong[0]!r}")


class ParetoQueue:
    """Steady-state evolutionary search with strong elitism.

    A failed candidate is never a parent; the seed is, whatever its status, until a candidate passes. Random numbers
    come from the run's seed and the ticket, so a decision depends on the asks and tells before it and on nothing else.

    Args:
        setup: Options as in `ParetoQueueOptions`.

    Raises:
        ConfigError: An option is unknown or out of range.
    """

    name = "pareto-queue"

    def __init__(self, setup: PolicySetup) -> None:
        options = parse_options(ParetoQueueOptions, self.name, setup.options)
        self._options = options
        self._objectives = setup.objectives
        self._seed = setup.seed
        self._frontier = ParetoFrontier(setup.objectives)
        self._queue = self._new_queue()
        self._epochs: list[Epoch] = []
        self._epoch_of: dict[CandidateId, Epoch] = {}
        weights = {name: float(weight) for name, weight in options.operator_weights.items()}  # type: ignore[arg-type]
        self._operators = OperatorChoice(setup.operators, weights=weights, memory=options.operator_memory)
        self._records: dict[CandidateId, CandidateRecord] = {}
        self._open: dict[int, Decision] = {}
        self._told: set[int] = set()
        self._first: CandidateId | None = None  # the seed
        self._reevaluations = 0

    def _new_queue(self) -> CandidateQueue:
        options = self._options
        return CandidateQueue(pressure=options.pressure, exploration=options.exploration, breadth=options.breadth)

    @property
    def frontier(self) -> ParetoFrontier:
        """The archive as this policy sees it."""
        return self._frontier

    # ------------------------------------------------------------------------------------------- asking

    def ask(self, ticket: int) -> Decision:
        """A new candidate from one or two good ones; `Wait` until the seed is known."""
        if ticket in self._open:
            return self._open[ticket]
        if self._first is None:
            return Wait("the seed is not evaluated yet")
        generator = Random(f"{self._seed}:{ticket}")
        decision = self._reevaluation(ticket, generator) or self._expansion(generator)
        self._open[ticket] = decision
        if isinstance(decision, Reevaluate):
            self._reevaluations += 1
        else:
            self._count_expansion(decision.parents)
        return decision

    def _expansion(self, generator: Random) -> Expand:
        assert self._first is not None
        if not self._records:
            operator = self._operators.draw(generator, without=_PAIRED)
            return Expand((self._first,), operator, why="no candidate has passed yet: from the seed")
        epoch = self._epoch(generator)
        parent, source = self._parent(epoch, generator)
        operator = self._operators.draw(generator, without=_PAIRED if len(self._records) < 2 else frozenset())
        parents = [parent.candidate]
        if operator in _PAIRED:
            partner = epoch.queue.draw(generator, without=parent.candidate)
            if partner is None:
                operator = self._operators.draw(generator, without=_PAIRED)
            else:
                parents.append(partner.candidate)
        why = f"{source}: {self._objectives[0].name} {self._objectives[0].as_cost(parent.cost):.6g}, "
        why += f"expanded {parent.expansions} times, {parent.improvements} better children"
        if len(self._epochs) > 1:
            why += f"; start {epoch.number}"
        return Expand(tuple(parents), operator, self._inspirations(parents), why)

    def _epoch(self, generator: Random) -> Epoch:
        """The start that led furthest, the less often the longer it stands still, or the newest one."""
        if len(self._epochs) == 1:
            return self._epochs[0]
        leader = min(self._epochs, key=lambda epoch: epoch.best_cost)
        patience = self._options.restart_after
        return leader if generator.random() < patience / (patience + max(patience, leader.stale)) else self._epochs[-1]

    def _parent(self, epoch: Epoch, generator: Random) -> tuple[CandidateRecord, str]:
        if generator.random() < self._options.frontier_share:
            members = epoch.frontier.candidates
            if len(members) > _FRONTIER_SAMPLE:
                members = tuple(generator.sample(members, _FRONTIER_SAMPLE))
            records = [self._records[member] for member in members]
            weights = [(1 + record.expansions) ** -self._options.exploration for record in records]
            return generator.choices(records, weights)[0], "frontier"
        drawn = epoch.queue.draw(generator)
        assert drawn is not None
        return drawn, "queue"

    def _inspirations(self, parents: list[CandidateId]) -> tuple[CandidateId, ...]:
        wanted = self._options.inspirations
        best = self._queue.best(wanted + len(parents)) if wanted else []
        others = [record.candidate for record in best if record.candidate not in parents]
        return tuple(others[:wanted])

    def _reevaluation(self, ticket: int, generator: Random) -> Reevaluate | None:
        # Worth its price only where it can change who leads: the leader and its rival overlap.
        options = self._options
        if not options.reevaluate or self._reevaluations >= options.reevaluate_share * ticket:
            return None
        headline = self._objectives[0].name
        in_flight = {decision.candidate for decision in self._open.values() if isinstance(decision, Reevaluate)}
        pair = self._queue.best(2)
        if len(pair) < 2:
            return None
        first, second = (record.pooled(headline) for record in pair)
        if first.low > second.high or second.low > first.high:
            return None
        weaker = min(pair, key=lambda record: record.evaluations)
        if weaker.evaluations >= options.reevaluate_limit or weaker.candidate in in_flight:
            return None
        why = f"its {headline} overlaps with that of its rival after {weaker.evaluations} evaluations"
        return Reevaluate(weaker.candidate, generator.getrandbits(31), why)

    # ------------------------------------------------------------------------------------------ telling

    def tell(self, outcome: Outcome) -> None:
        """Enter a candidate, add a measurement, or note a failure; a ticket counts once."""
        if outcome.ticket in self._told:
            return
        self._told.add(outcome.ticket)
        decision = self._open.pop(outcome.ticket, None)
        candidate, values = outcome.candidate, _values(outcome.evaluation, self._objectives)
        if outcome.ticket == 0 and candidate is not None:
            self._first = candidate.id
        known = self._records.get(candidate.id) if candidate is not None else None
        if known is not None and outcome.evaluation is not None:
            if values is not None:
                self._remeasure(known, outcome.evaluation)
            return
        if candidate is not None and values is not None and outcome.evaluation is not None:
            self._enter(candidate, outcome.evaluation, values)
        if outcome.ticket != 0 and not isinstance(decision, Reevaluate):
            self._count_stale(decision)
            self._credit(decision, candidate, None if values is None else self._objectives[0].as_cost(values[0]))

    def _enter(self, candidate: Candidate, evaluation: Evaluation, values: tuple[float, ...]) -> None:
        scores = {objective.name: [evaluation.scores[objective.name]] for objective in self._objectives}
        record = CandidateRecord(candidate.id, self._objectives[0].as_cost(values[0]), scores)
        self._records[candidate.id] = record
        self._queue.add(record)
        self._frontier.add(candidate.id, values)
        if not self._epochs:
            self._begin_epoch(record, values)
            return
        parent = candidate.parents[0] if candidate.parents else None
        epoch = self._epoch_of.get(parent, self._epochs[-1]) if parent is not None else self._epochs[-1]
        self._epoch_of[candidate.id] = epoch
        epoch.add(record, values)

    def _begin_epoch(self, start: CandidateRecord, values: tuple[float, ...]) -> None:
        epoch = Epoch(len(self._epochs) + 1, self._objectives, self._new_queue(), start, values)
        self._epochs.append(epoch)
        self._epoch_of[start.candidate] = epoch  # what is made from the seed belongs to the newest start
        self._start = (start, values)

    def _count_stale(self, decision: Decision | None) -> None:
        """Count an outcome against the start that its parent belongs to; begin again where the newest is stuck."""
        if not self._epochs:
            return
        newest = self._epochs[-1]
        parent = decision.parents[0] if isinstance(decision, Expand) else None
        epoch = self._epoch_of.get(parent, newest) if parent is not None else newest
        epoch.stale += 1
        if 0 < self._options.restart_after <= newest.stale:
            self._begin_epoch(*self._start)

    def _remeasure(self, record: CandidateRecord, evaluation: Evaluation) -> None:
        for name, scores in record.scores.items():
            scores.append(evaluation.scores[name])
        headline, epoch = self._objectives[0], self._epoch_of[record.candidate]
        queues = (self._queue, epoch.queue)
        for queue in queues:
            queue.remove(record)
        record.cost = headline.as_cost(record.pooled(headline.name).value)
        for queue in queues:
            queue.add(record)
        # A member that got worse may uncover others, so the archives are made anew; this is rare by its share.
        records = list(self._records.values())
        self._frontier = self._archive(records)
        epoch.frontier = self._archive([other for other in records if self._epoch_of[other.candidate] is epoch])

    def _archive(self, records: list[CandidateRecord]) -> ParetoFrontier:
        points = [tuple(record.pooled(objective.name).value for objective in self._objectives) for record in records]
        costs = [[o.as_cost(v) for o, v in zip(self._objectives, point, strict=True)] for point in points]
        frontier = ParetoFrontier(self._objectives)
        for record, point, is_member in zip(records, points, non_dominated(costs).tolist(), strict=True):
            if is_member:
                frontier.add(record.candidate, point)
        return frontier

    def _credit(self, decision: Decision | None, candidate: Candidate | None, cost: float | None) -> None:
        if isinstance(decision, Expand):
            parents, operator = decision.parents, decision.operator
        elif candidate is not None:  # told without having been asked: a candidate from elsewhere
            parents, operator = candidate.parents, candidate.operator
            self._count_expansion(parents)
        else:
            return
        parent = self._records.get(parents[0]) if parents else None
        is_better = cost is not None and (parent is None or cost < parent.cost)
        self._operators.learn(operator, is_success=is_better)
        if parent is not None:
            parent.failures += cost is None
            parent.improvements += is_better

    def _count_expansion(self, parents: tuple[CandidateId, ...]) -> None:
        record = self._records.get(parents[0]) if parents else None
        if record is not None:
            record.expansions += 1


def _values(evaluation: Evaluation | None, objectives: tuple[Objective, ...]) -> tuple[float, ...] | None:
    # One finite value per objective, or None for whatever must not rank.
    if evaluation is None or not evaluation.is_ok:
        return None
    scores = [evaluation.scores.get(objective.name) for objective in objectives]
    values = tuple(score.value for score in scores if score is not None)
    return values if len(values) == len(objectives) and all(map(math.isfinite, values)) else None
