"""``python -m evolve.cli``: the same as the console script ``evolve``."""

import sys
from pathlib import Path

# `-m` puts the current folder first on the path, where a user's own `evaluators/` or `numpy.py` would shadow ours.
if sys.path and Path(sys.path[0] or ".").resolve() != Path(__file__).resolve().parents[2]:
    del sys.path[0]

from evolve.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
