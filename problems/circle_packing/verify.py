"""Verifier of `circle_packing`: exact rational arithmetic on the returned doubles, tolerance 1e-9."""

from fractions import Fraction

from evolve.protocols import Session
from evolve.types import Instance, Judgement, Split
from evolve.verifying import Unfit, float_rows

CIRCLES = 26
TOLERANCE = Fraction(1, 10**9)


class Verifier:
    """One instance, the same for every split: the problem has no input."""

    def instances(self, split: Split, seed: int) -> list[Instance]:
        return [Instance(f"{split.value}-n26", CIRCLES)]

    def judge(self, session: Session, instance: Instance) -> Judgement:
        result = session.call("pack")
        if not result.is_ok:
            return result.as_judgement()
        rows = float_rows(result.value, rows=CIRCLES, columns=3)
        if isinstance(rows, Unfit):
            return rows.as_judgement()
        fault = _fault(rows)
        if fault:
            return Judgement.invalid(fault)
        total = float(sum(Fraction(radius) for _, _, radius in rows))
        # Every number, so that the packing can be checked again from the artifact alone.
        circles = "\n".join(f"{x!r} {y!r} {radius!r}" for x, y, radius in rows)
        return Judgement.ok({"sum_of_radii": total}, _advice(rows, total), circles=circles)


def _fault(rows: list[list[float]]) -> str:
    """What makes the packing invalid, or nothing. Doubles are rationals, so nothing is rounded here."""
    exact = [tuple(map(Fraction, row)) for row in rows]
    for i, (x, y, radius) in enumerate(exact):
        if radius < 0:
            return f"circle {i} has the negative radius {rows[i][2]!r}"
        beyond = max(radius - x, radius - y, x + radius - 1, y + radius - 1)
        if beyond > TOLERANCE:
            return f"circle {i} at ({rows[i][0]:.9g}, {rows[i][1]:.9g}) leaves the square by {float(beyond):.3g}"
        for j in range(i):
            other_x, other_y, other_radius = exact[j]
            reach = radius + other_radius - TOLERANCE
            # Compared as squares: a square root would have to be rounded.
            if reach > 0 and (x - other_x) ** 2 + (y - other_y) ** 2 < reach**2:
                return f"circles {j} and {i} overlap by more than the tolerance of 1e-9"
    return ""


def _advice(rows: list[list[float]], total: float) -> str:
    """Where there is room left, for the next proposal."""
    radii = sorted(radius for _, _, radius in rows)
    wasted = 1.0 - sum(3.141592653589793 * radius * radius for radius in radii)
    return (
        f"sum of radii {total:.6f}; smallest radius {radii[0]:.4f}, median {radii[13]:.4f}, "
        f"largest {radii[-1]:.4f}; {wasted:.1%} of the square is not covered"
    )
