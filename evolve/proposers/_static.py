"""Cheap checks of a new program before it costs an evaluation; nothing of it is run."""

import ast

from evolve.proposers._source import compiles, parse
from evolve.types import Program

__all__ = ["check_program"]


def check_program(child: Program, parent: Program, *, entry: str, function: str) -> str:
    """Why the program cannot work, one line; empty if nothing speaks against it.

    Every changed Python file must compile. The entry must still define ``function``, with the required
    parameters that it has in the parent.
    """
    for path, text in child.files.items():
        if path.endswith(".py") and text != parent.files.get(path):
            problem = compiles(text, path)
            if problem:
                return f"the new program is not valid Python: {problem}"
    if not function or not entry.endswith(".py") or child.files.get(entry) == parent.files.get(entry):
        return ""
    return _check_signature(child.files.get(entry, ""), parent.files.get(entry, ""), entry, function)


def _check_signature(child: str, parent: str, entry: str, function: str) -> str:
    after, before = _definition(child, function), _definition(parent, function)
    if after is None:
        return f"{entry} must define the top-level function {function}(), and the new program does not"
    if not isinstance(after, ast.FunctionDef) or not isinstance(before, ast.FunctionDef):
        return ""
    wanted, got = _required(before), _required(after)
    if wanted == got:
        return ""
    return f"{function}() must keep its required parameters ({', '.join(wanted)}), got ({', '.join(got)})"


def _definition(text: str, function: str) -> ast.stmt | None:
    """The last top-level statement that binds the name."""
    tree = parse(text)
    if tree is None:
        return None
    found = [node for node in tree.body if function in _bound(node)]
    return found[-1] if found else None


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {item.asname or item.name.split(".")[0] for item in node.names}
    # An assignment, or a block of any kind that may hold a definition.
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    return names | {item.name for item in ast.walk(node) if isinstance(item, ast.FunctionDef)}


def _required(node: ast.FunctionDef) -> list[str]:
    positional = [*node.args.posonlyargs, *node.args.args]
    needed = positional[: len(positional) - len(node.args.defaults)]
    keywords = [
        item for item, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default is None
    ]
    return [item.arg for item in (*needed, *keywords)]
