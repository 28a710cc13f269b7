"""Command groups that import a command's module only when that command is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from evolve.plugins import suggest

__all__ = ["Entry", "LazyGroup", "lazy_group"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is not loaded yet.

    Attributes:
        target: ``module:name`` of a function, or of a `typer.Typer` for a group.
        help: One line for the list of commands.
    """

    target: str
    help: str


class LazyGroup(TyperGroup):
    """A group whose help text needs none of its commands."""

    entries: ClassVar[Mapping[str, Entry]] = {}

    # Contexts and commands are typed Any: typer >= 0.29 has its own copy of click, older ones use the package.
    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; ``None`` for an unknown name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        target = getattr(import_module(module), attribute)
        if isinstance(target, typer.Typer):
            command = typer.main.get_command(target)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            single.command(cmd_name)(target)
            command = typer.main.get_command(single)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of these arguments; an unknown one is a usage error with a suggestion."""
        if args and args[0] not in self.entries and not args[0].startswith("-"):
            ctx.fail(f"no such command: {args[0]}{suggest(args[0], list(self.entries))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands with their one-line texts."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])


def lazy_group(name: str, help_text: str, table: Mapping[str, Entry], *, with_completion: bool = False) -> typer.Typer:
    """A typer application over a table of commands."""
    group = type(f"{name.title()}Group", (LazyGroup,), {"entries": dict(table)})
    app = typer.Typer(
        name=name,
        cls=group,
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=with_completion,
        pretty_exceptions_enable=False,
        context_settings={"max_content_width": 100},
    )

    @app.callback()
    def _callback() -> None:
        """A callback makes a group out of an application without eager commands."""

    app.info.help = help_text
    return app
