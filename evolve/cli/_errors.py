"""Errors as the user sees them: one line, the next step, the documented exit code."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import typer

from evolve.cli._output import print_line, say
from evolve.cli._text import clean
from evolve.errors import EvolveError, ExitCode
from evolve.plugins import suggest

__all__ = ["report_error"]

_LINE = 2000  # longer messages are a candidate's or a file's text, not ours


def report_error(error: BaseException, words: Sequence[str] = ()) -> int:
    """Tell the user what went wrong and give the exit code.

    Args:
        error: What ended the command.
        words: The command line, to show what arrived.
    """
    if os.environ.get("EVOLVE_DEBUG") and not isinstance(error, typer.Exit):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, KeyboardInterrupt):
        say("interrupted")
        return ExitCode.INTERRUPTED
    if isinstance(error, typer.Abort):
        say("stopped; nothing was changed")
        return ExitCode.USAGE
    if isinstance(error, EvolveError):
        return _tell(error.message, error.fix, error.exit_code)
    if _is_usage_error(error):
        return _usage(error, words)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT}:
        fix = "free space or choose a writable folder, then repeat the command"
        return _tell(
            f"expected to write {error.filename or 'a file'}, got: {error.strerror}", fix, ExitCode.INFRASTRUCTURE
        )
    return _unexpected(error)


def _tell(message: str, fix: str, code: ExitCode) -> int:
    say(f"error: {clean(message, _LINE)}")
    if fix:
        say(f"  next: {clean(fix, _LINE)}")
    return code


def _is_usage_error(error: BaseException) -> bool:
    # typer's own copy of click and the package click both derive BadParameter from their ClickException.
    return isinstance(error, tuple(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException"))


def _usage(error: Any, words: Sequence[str]) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print_line(error.message)
        return ExitCode.USAGE
    message = error.format_message()
    if type(error).__name__ == "NoSuchOption":
        name = error.option_name
        known = (
            [option for parameter in context.command.get_params(context) for option in parameter.opts]
            if context
            else []
        )
        message = f"no such option: {name}{suggest(name, known)}"
    elif getattr(error, "param", None) is not None:
        message += _got(error.param.opts, words)
    path = context.command_path if context else "evolve"
    return _tell(message[:1].lower() + message[1:].rstrip("."), f"{path} --help", ExitCode.USAGE)


def _got(options: Sequence[str], words: Sequence[str]) -> str:
    # The parser says what it expected, not what it got.
    for word, following in pairwise([*words, ""]):
        if word in options:
            return f"; got {following!r}"
        if word.split("=", 1)[0] in options:
            return f"; got {word.split('=', 1)[1]!r}"
    return ""


def _unexpected(error: BaseException) -> int:
    # This is a fault of evolve; the traceback is kept for a report, not poured over the terminal.
    what = f"{type(error).__name__}: {error}".strip(": ")
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="evolve-error-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
            where = f"the traceback is in {file.name}; please report it"
    except OSError:
        where = "repeat the command with EVOLVE_DEBUG=1 to see the traceback"
    return _tell(f"internal error: {what}", where, ExitCode.INTERNAL)
