"""Writes the polynomial references of `float_exp2`: Chebyshev interpolants and minimax polynomials (Remez) of 2^x.

Run it as ``python problems/float_exp2/reference/make_references.py``; it needs numpy only.
"""

from pathlib import Path

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

TEXT = '''"""{title} of degree {degree} for 2^x on [0, 1], {how}."""

COEFFICIENTS = {coefficients}


def program():
    code = []
    last = COEFFICIENTS[-1]
    for coefficient in reversed(COEFFICIENTS[:-1]):
{body}
        last = len(code)
    return code
'''
SEPARATE = """        code.append(["mul", last, 0])
        code.append(["add", len(code), coefficient])"""
FUSED = """        code.append(["fma", last, 0, coefficient])"""


def chebyshev(degree: int) -> list[float]:
    """Interpolant in the Chebyshev nodes of the first kind."""
    series = Chebyshev.interpolate(np.exp2, degree, domain=[0, 1])
    return list(series.convert(kind=Polynomial, domain=[-1, 1], window=[-1, 1]).coef)


def minimax(degree: int) -> list[float]:
    """Best uniform approximation, by the exchange algorithm of Remez in double precision."""
    nodes = (1 - np.cos(np.pi * np.arange(degree + 2) / (degree + 1))) / 2
    grid = np.linspace(0, 1, 200001)
    coefficients = np.zeros(degree + 1)
    for _ in range(20):
        system = np.hstack([np.vander(nodes, degree + 1, increasing=True), ((-1.0) ** np.arange(degree + 2))[:, None]])
        coefficients = np.linalg.solve(system, np.exp2(nodes))[:-1]
        error = np.polynomial.polynomial.polyval(grid, coefficients) - np.exp2(grid)
        runs = np.split(np.arange(len(grid)), np.flatnonzero(np.diff(np.sign(error))) + 1)
        peaks = [run[np.argmax(np.abs(error[run]))] for run in runs]
        if len(peaks) != degree + 2:
            break
        nodes = grid[peaks]
    return [float(value) for value in coefficients]


def main() -> None:
    """Write one folder per reference."""
    here = Path(__file__).parent
    plan = [("chebyshev", chebyshev, d, False) for d in (3, 4, 5, 6)]
    plan += [("minimax", minimax, d, False) for d in (3, 4, 5, 6)]
    plan += [("minimax_fma", minimax, d, True) for d in (5, 6)]
    for name, make, degree, fused in plan:
        folder = here / f"{name}_{degree}"
        folder.mkdir(exist_ok=True)
        coefficients = "[\n" + "".join(f"    {float(value)!r},\n" for value in make(degree)) + "]"
        title = "Chebyshev interpolant" if name == "chebyshev" else "Minimax polynomial"
        how = "Horner with fma" if fused else "Horner with mul and add"
        text = TEXT.format(
            title=title, degree=degree, how=how, coefficients=coefficients, body=FUSED if fused else SEPARATE
        )
        (folder / "program.py").write_text(text)
        (folder / "note.md").write_text(f"{title} of degree {degree}, {how}; own work by `make_references.py`.\n")


if __name__ == "__main__":
    main()
