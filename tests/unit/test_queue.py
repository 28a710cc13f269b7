"""The priority queue: order, ties, and priorities that are never stale."""

from collections import Counter
from random import Random

import pytest

from evolve.search import CandidateQueue, CandidateRecord
from evolve.types import CandidateId, Score


def record(name: str, cost: float, expansions: int = 0) -> CandidateRecord:
    return CandidateRecord(CandidateId(name), cost, {"f": [Score(cost, cost, cost)]}, expansions)


def queue_of(*records: CandidateRecord, **options: float) -> CandidateQueue:
    queue = CandidateQueue(**{"pressure": 2.0, "exploration": 0.5, "breadth": 64, **options})  # type: ignore[arg-type]
    for item in records:
        queue.add(item)
    return queue


def shares(queue: CandidateQueue, draws: int = 4000) -> dict[str, float]:
    generator = Random(1)
    counts = Counter(drawn.candidate for _ in range(draws) if (drawn := queue.draw(generator)) is not None)
    return {name: count / draws for name, count in counts.items()}


def test_the_best_come_out_in_order_and_newest_first_among_equals() -> None:
    queue = queue_of(record("a", 2.0), record("b", 1.0), record("c", 2.0), record("d", 0.5))
    assert [item.candidate for item in queue.best(10)] == ["d", "b", "c", "a"]
    assert [item.candidate for item in queue.best()] == ["d"]
    assert len(queue) == 4


def test_the_shares_are_those_of_the_formula() -> None:
    found = shares(queue_of(record("a", 1.0), record("b", 2.0), record("c", 3.0, expansions=3)))
    weights = {"a": 1.0, "b": 2.0**-2, "c": 3.0**-2 * 4.0**-0.5}
    for name, weight in weights.items():
        assert found[name] == pytest.approx(weight / sum(weights.values()), abs=0.03)


def test_a_candidate_that_was_expanded_is_drawn_less_at_once() -> None:
    first, second = record("a", 1.0), record("b", 2.0)
    queue = queue_of(first, second, exploration=2.0)
    before = shares(queue)["a"]
    first.expansions = 9  # nobody tells the queue: it must see it by itself
    assert shares(queue)["a"] < before / 5


def test_only_the_order_of_the_costs_counts() -> None:
    small = queue_of(*(record(str(i), i * 1e-9) for i in range(5)))
    large = queue_of(*(record(str(i), i * 1e9 - 7e9) for i in range(5)))
    assert shares(small) == shares(large)


def test_equal_scores_do_not_flood_the_draw() -> None:
    plateau = [record(f"p{i}", 1.0) for i in range(100)]
    found = shares(queue_of(*plateau, record("b", 2.0), pressure=1.0))
    assert set(found) == {"p96", "p97", "p98", "p99", "b"}
    assert found["b"] == pytest.approx(0.5 / 4.5, abs=0.03)


def test_the_draw_stays_within_its_breadth() -> None:
    assert set(shares(queue_of(*(record(str(i), i) for i in range(20)), pressure=0.0, breadth=3))) == {"0", "1", "2"}


def test_a_draw_without_the_only_candidate_gives_none() -> None:
    queue = queue_of(record("a", 1.0))
    assert queue.draw(Random(1), without=CandidateId("a")) is None
    assert queue_of().draw(Random(1)) is None


def test_a_moved_record_is_found_at_its_new_place_only() -> None:
    first, second, third = record("a", 1.0), record("b", 2.0), record("c", 1.0)
    queue = queue_of(first, second, third)
    for moved, cost in ((first, 3.0), (third, 2.5)):
        queue.remove(moved)
        moved.cost = cost
        queue.add(moved)
    assert [item.candidate for item in queue.best(9)] == ["b", "c", "a"]
    assert len(queue) == 3


def test_evaluations_are_pooled_by_their_samples_and_the_interval_narrows() -> None:
    item = CandidateRecord(CandidateId("a"), 0.0, {"f": [Score(1.0, 0.0, 2.0, 10), Score(4.0, 3.0, 5.0, 30)]})
    pooled = item.pooled("f")
    assert pooled.value == pytest.approx(3.25)
    assert pooled.n == 40
    assert pooled.high - pooled.value == pytest.approx((0.25**2 + 0.75**2) ** 0.5)
    assert item.evaluations == 2
