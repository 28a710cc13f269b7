"""Verifier of `float_exp2`: runs the returned program itself, on 2^20 points, and counts its operations."""

from functools import cache

import numpy as np
from machine import Instruction, cost, parse, run

from evolve.protocols import Session
from evolve.types import Instance, Judgement, Split
from evolve.verifying import Unfit

ULP = 2.0**-23  # of every float32 in [1, 2), where 2^x lies
LARGEST_ULP = 2.0**22  # off by one half or more: no approximation at all
BLOCK = 2**15  # points at a time, so that vectors stay in the cache
POINTS = 2**20


class Verifier:
    """Two instances per split: a few points first, then 2^20; the points of the splits are disjoint."""

    def instances(self, split: Split, seed: int) -> list[Instance]:
        return [Instance(f"{split.value}-{seed}-{count}", (split, seed, count)) for count in (4096, POINTS)]

    def judge(self, session: Session, instance: Instance) -> Judgement:
        result = session.call("program")
        if not result.is_ok:
            return result.as_judgement()
        instructions = parse(result.value)
        if isinstance(instructions, Unfit):
            return instructions.as_judgement()
        split, seed, count = instance.data  # type: ignore[misc]
        worst, where = largest_error(instructions, points(split, seed, count))
        if not worst < LARGEST_ULP:
            return Judgement.incorrect(f"the result at x = {where:.9g} is not finite, or off by one half or more")
        operations = float(cost(instructions))
        feedback = f"largest error {worst:.4g} ULP at x = {where:.9g}, {operations:g} operations"
        return Judgement.ok({"max_ulp": worst, "operations": operations}, feedback, program=listing(instructions))


@cache
def points(split: Split, seed: int, count: int) -> np.ndarray:
    """Float32 points of [0, 1), ascending and exact; no point is in two splits.

    Train: multiples of 2^-20; validation: odd multiples of 2^-21; test: odd multiples of 2^-24, drawn by seed.
    """
    if split is Split.TRAIN:
        return (np.arange(count) / count).astype(np.float32)
    if split is Split.VALIDATION:
        step = POINTS // count
        return ((2 * np.arange(0, POINTS, step) + 1) / 2**21).astype(np.float32)
    generator = np.random.Generator(np.random.PCG64([2, seed]))
    drawn = np.unique(generator.integers(0, 2**23, count))
    return ((2 * drawn + 1) / 2**24).astype(np.float32)


def largest_error(instructions: list[Instruction], x: np.ndarray) -> tuple[float, float]:
    """Largest error in ULP over the points, and where; infinite if a result is not finite."""
    worst, where = -1.0, 0.0
    for first in range(0, len(x), BLOCK):
        block = x[first : first + BLOCK]
        # exp2 of a double is good to about 1e-16, a millionth of a float32 ULP or less.
        error = np.abs(run(instructions, block).astype(np.float64) - np.exp2(block.astype(np.float64))) / ULP
        error = np.where(np.isfinite(error), error, np.inf)
        place = int(np.argmax(error))
        if error[place] > worst:
            worst, where = float(error[place]), float(block[place])
    return worst, where


def listing(instructions: list[Instruction]) -> str:
    """The program as text, one instruction per line."""
    lines = []
    for place, instruction in enumerate(instructions):
        shown = (f"r{o}" if isinstance(o, int) else repr(float(o)) for o in instruction.operands)
        lines.append(f"r{place + 1} = {instruction.operation} {', '.join(shown)}")
    return "\n".join(lines)
