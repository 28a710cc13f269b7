"""Search for measurably better programs; every win that is reported was verified. The only name third parties import."""

from evolve._version import __version__

__all__ = ["__version__"]
