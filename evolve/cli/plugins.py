"""``evolve plugins``."""

from evolve.cli import _options as opt

__all__ = ["plugins"]


def plugins(*, as_json: opt.AsJson = False) -> None:
    """List installed proposers, policies, sandboxes and evaluators, and who provides them.

    Nothing is imported; `evolve doctor` says what works.
    """
    from evolve.cli._output import print_json, print_line
    from evolve.cli._text import table_text
    from evolve.codec import to_json
    from evolve.plugins import GROUPS, available

    found = [info for group in GROUPS for info in available(group)]
    if as_json:
        print_json([to_json(info) for info in found])
        return
    rows = [(info.group.removeprefix("evolve."), info.name, info.target, info.distribution) for info in found]
    print_line(table_text(("kind", "name", "class", "from"), rows))
