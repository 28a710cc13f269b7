"""The version of the distribution, read by the build and by `evolve --version`."""

__version__ = "0.1.0"
