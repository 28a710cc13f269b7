"""The trusted machine of `float_exp2`: checks a program given as data and runs it on float32 vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evolve.verifying import Unfit, show

MAX_INSTRUCTIONS = 24
OPERANDS = {"add": 2, "sub": 2, "mul": 2, "div": 2, "fma": 3}
COST = {"add": 1, "sub": 1, "mul": 1, "div": 1, "fma": 2}  # an fma multiplies and adds

Vector = np.ndarray
Operand = int | np.float32  # a register, or a constant


@dataclass(frozen=True)
class Instruction:
    operation: str
    operands: tuple[Operand, ...]


def parse(value: object) -> list[Instruction] | Unfit:
    """The instructions that a candidate returned; register 0 is x, instruction k writes register k + 1."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_INSTRUCTIONS:
        return Unfit(f"expected a list of 1 to {MAX_INSTRUCTIONS} instructions, got {show(value)}")
    instructions: list[Instruction] = []
    for place, item in enumerate(value):
        if not isinstance(item, list) or not item or not isinstance(item[0], str) or item[0] not in OPERANDS:
            return Unfit(f"instruction {place}: expected [{'|'.join(OPERANDS)}, operands...], got {show(item)}")
        operation, *raw = item
        if len(raw) != OPERANDS[operation]:
            return Unfit(f"instruction {place}: {operation} takes {OPERANDS[operation]} operands, got {len(raw)}")
        operands: list[Operand] = []
        for one in raw:
            operand = _operand(one, place)
            if isinstance(operand, Unfit):
                return operand
            operands.append(operand)
        instructions.append(Instruction(operation, tuple(operands)))
    return instructions


def _operand(value: object, place: int) -> Operand | Unfit:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Unfit(f"instruction {place}: expected a register (int) or a constant (float), got {show(value)}")
    if isinstance(value, int):
        if not 0 <= value <= place:
            return Unfit(f"instruction {place}: expected a register from 0 to {place}, got {show(value)}")
        return value
    with np.errstate(over="ignore"):
        constant = np.float32(value)
    if not np.isfinite(constant):
        return Unfit(f"instruction {place}: expected a finite float32 constant, got {value!r}")
    return constant


def cost(instructions: Sequence[Instruction]) -> int:
    return sum(COST[instruction.operation] for instruction in instructions)


def run(instructions: Sequence[Instruction], x: Vector) -> Vector:
    """The last register for every x; float32 throughout, each operation rounded to nearest even."""
    registers: list[Vector] = [x]
    with np.errstate(all="ignore"):
        for instruction in instructions:
            values = [registers[o] if isinstance(o, int) else o for o in instruction.operands]
            registers.append(np.broadcast_to(_apply(instruction.operation, values), x.shape))
    return registers[-1]


def _apply(operation: str, values: Sequence[Vector | np.float32]) -> Vector | np.float32:
    match operation:
        case "add":
            return values[0] + values[1]
        case "sub":
            return values[0] - values[1]
        case "mul":
            return values[0] * values[1]
        case "div":
            return np.divide(values[0], values[1])
        case _:
            return fma(values[0], values[1], values[2])


def fma(a: Vector | np.float32, b: Vector | np.float32, c: Vector | np.float32) -> Vector:
    """Fused multiply-add: a * b + c, rounded once to float32.

    The product of two float32 is exact in float64, its sum with c is not. Rounding that sum to odd, not to even,
    keeps the information that it was inexact, so that the second rounding (53 to 24 bits) gives what a single one
    would: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
    odd", IEEE Transactions on Computers 57(4), 2008.
    """
    product = np.atleast_1d(np.float64(a) * np.float64(b))
    addend = np.broadcast_to(np.float64(c), product.shape) if np.ndim(c) == 0 else np.asarray(c, np.float64)
    total = product + addend
    # TwoSum (Knuth): the exact error of the addition.
    back = total - product
    error = (product - (total - back)) + (addend - back)
    is_inexact = np.isfinite(total) & np.isfinite(error) & (error != 0)
    is_even = (total.view(np.int64) & 1) == 0
    toward = np.where(error > 0, np.inf, -np.inf)
    odd = np.where(is_inexact & is_even, np.nextafter(total, toward), total)
    return odd.astype(np.float32)
