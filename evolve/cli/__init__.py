"""The command line: stdout is data, stderr is progress, exit codes are documented in ``docs/cli.md``."""
