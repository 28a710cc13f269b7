"""Verifier of `tensor_memory`: recomputes peak and validity from the returned offsets, in exact integers."""

import random
from collections.abc import Sequence
from functools import cache

from evolve.protocols import Session
from evolve.types import Instance, Judgement, Split
from evolve.verifying import Unfit, int_list

Buffer = tuple[int, int, int]  # size, first step, step after the last

# A winner has to clear an interval that is widened for several tries; thirty instances keep it narrow enough.
COUNT = {Split.TRAIN: 10, Split.VALIDATION: 30, Split.TEST: 30}
BUFFERS = 64
STEPS = 48
HARD = 1.03
LARGEST_OFFSET = 2**62


class Verifier:
    """Instances come from a seeded generator; each split has a stream of its own."""

    def instances(self, split: Split, seed: int) -> list[Instance]:
        return [
            Instance(f"{split.value}-{seed}-{number}", make_buffers(f"tensor_memory/{split.value}/{seed}/{number}"))
            for number in range(COUNT[split])
        ]

    def judge(self, session: Session, instance: Instance) -> Judgement:
        buffers: Sequence[Buffer] = instance.data  # type: ignore[assignment]
        result = session.call("allocate", [list(buffer) for buffer in buffers])
        if not result.is_ok:
            return result.as_judgement()
        offsets = int_list(result.value, length=len(buffers), low=0, high=LARGEST_OFFSET)
        if isinstance(offsets, Unfit):
            return offsets.as_judgement()
        clash = find_clash(buffers, offsets)
        if clash:
            return Judgement.invalid(f"buffers {clash[0]} and {clash[1]} are alive together and overlap in memory")
        peak = max(offset + size for offset, (size, _, _) in zip(offsets, buffers, strict=True))
        ratio = peak / most_live_bytes(buffers)
        return Judgement.ok({"peak_ratio": ratio}, f"peak is {ratio:.4f} of the bound")


@cache
def make_buffers(name: str) -> tuple[Buffer, ...]:
    """The first drawing of this name that the usual heuristic leaves at least 3 % above the bound."""
    number = 0
    while True:
        buffers = _draw(random.Random(f"{name}/{number}"))
        if largest_first_peak(buffers) >= HARD * most_live_bytes(buffers):
            return buffers
        number += 1


def _draw(generator: random.Random) -> tuple[Buffer, ...]:
    """Buffers over 48 steps: short activations, some that skip layers, a few that live almost throughout."""
    buffers: list[Buffer] = []
    for _ in range(BUFFERS):
        kind = generator.random()
        if kind < 0.4:
            life = generator.randint(1, 6)
        elif kind < 0.9:
            life = generator.randint(6, 20)
        else:
            life = generator.randint(20, STEPS)
        start = generator.randint(0, STEPS - life)
        # Log-uniform sizes in units of 16 bytes: layers of one network differ by large factors.
        size = 16 * round(2 ** generator.uniform(2.0, 8.0))
        buffers.append((size, start, start + life))
    return tuple(buffers)


def largest_first_peak(buffers: Sequence[Buffer]) -> int:
    """Peak of first fit in the order of descending size, the heuristic that allocators use most."""
    offsets = [0] * len(buffers)
    placed: list[int] = []
    for i in sorted(range(len(buffers)), key=lambda k: -buffers[k][0]):
        size, start, end = buffers[i]
        top = 0
        for low, other in sorted((offsets[j], j) for j in placed if buffers[j][1] < end and start < buffers[j][2]):
            if low - top >= size:
                break
            top = max(top, low + buffers[other][0])
        offsets[i] = top
        placed.append(i)
    return max(offset + buffer[0] for offset, buffer in zip(offsets, buffers, strict=True))


def most_live_bytes(buffers: Sequence[Buffer]) -> int:
    """The proven bound: no placement can use less than what is alive at one step."""
    return max(sum(size for size, start, end in buffers if start <= step < end) for step in range(STEPS))


def find_clash(buffers: Sequence[Buffer], offsets: list[int]) -> tuple[int, int] | None:
    """Two buffers that share a step and a byte, or nothing."""
    for i, (size, start, end) in enumerate(buffers):
        for j in range(i):
            other_size, other_start, other_end = buffers[j]
            alive_together = start < other_end and other_start < end
            if alive_together and offsets[i] < offsets[j] + other_size and offsets[j] < offsets[i] + size:
                return j, i
    return None
