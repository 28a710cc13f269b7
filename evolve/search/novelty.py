"""Whether two programs are the same but for cosmetics."""

import ast
import hashlib
import re
import warnings

from evolve.program import Program

__all__ = ["fingerprint"]

_C_LIKE = frozenset({".c", ".h", ".cc", ".cpp", ".cu", ".cuh", ".hpp", ".go", ".java", ".js", ".rs", ".ts"})
_HASH_LIKE = frozenset({".sh", ".toml", ".yaml", ".yml", ".rb", ".r", ".jl"})

# Strings come first in each pattern, so that a comment sign inside a string is text.
_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_C_COMMENTS = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_HASH_COMMENTS = re.compile(rf"({_STRING})|(?<![^\s])#[^\n]*")


def fingerprint(program: Program) -> str:
    """A hash that is equal for programs that differ only in formatting, comments or docstrings.

    Constants and names count: renaming a variable or changing 1 to 1.0 is another program. Where a file's language is
    unknown only blank lines and trailing space are ignored, and a Python file that does not parse counts as plain text:
    a duplicate is dropped for good, so in doubt two programs are different.
    """
    digest = hashlib.sha256()
    for path in sorted(program.files):
        digest.update(path.encode("utf-8", "surrogatepass") + b"\0")
        digest.update(_normal_form(path, program.files[path]).encode("utf-8", "surrogatepass") + b"\0")
    return f"sha256:{digest.hexdigest()}"


def _normal_form(path: str, text: str) -> str:
    suffix = "." + path.rpartition(".")[2].lower()
    if suffix == ".py":
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a candidate's odd escapes are no business of the user's terminal
                tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # all that it raises for a hostile text
            return "text:" + _squeezed(text)
        return "ast:" + _shape(tree)
    if suffix in _C_LIKE:
        return "text:" + _squeezed(_C_COMMENTS.sub(_keep_strings, text))
    if suffix in _HASH_LIKE:
        return "text:" + _squeezed(_HASH_COMMENTS.sub(_keep_strings, text))
    return "text:" + _squeezed(text)


def _keep_strings(match: re.Match[str]) -> str:
    return match.group(1) or " "


def _squeezed(text: str) -> str:
    # Indentation may carry meaning and stays; the rest of a line's white space outside strings is not worth a parser.
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _shape(tree: ast.Module) -> str:
    # A third of the time of ast.dump, which also keeps the docstrings; every candidate passes here. An explicit
    # stack: programs may nest deeply.
    parts: list[str] = []
    stack: list[object] = [tree]
    while stack:
        item = stack.pop()
        kind = item.__class__
        if kind in _FIELDS:
            parts.append(kind.__name__)
            stack.extend([getattr(item, name, None) for name in _FIELDS[kind]])
        elif isinstance(item, list):
            parts.append(f"[{len(item)}")
            stack.extend(item)
        elif isinstance(item, ast.Constant):
            parts.append(_constant(item.value))
        elif isinstance(item, _DOCUMENTED):
            parts.append(kind.__name__)
            stack.extend([getattr(item, name, None) for name in item._fields if name != "body"])
            stack.append(_without_docstring(item.body))
        else:
            parts.append(repr(item))  # a name, or nothing
    return "\n".join(parts)


def _constant(value: object) -> str:
    # Hexadecimal: Python refuses to write very long integers in decimal.
    shown = hex(value) if type(value) is int else repr(value)
    return f"{type(value).__name__}={shown}"


_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# What counts of every other node; a name's context (load, store) follows from its place.
_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in {"ctx", "type_comment"})
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, (*_DOCUMENTED, ast.Constant))
}


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    return body[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else body
