"""The size limits of docs/decisions/0002-house-style.md, and what must stay true of every package."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import evaluators
import evolve
import sandboxes

ROOT = Path(evolve.__file__).parents[1]
MODULES = sorted(
    path
    for package in ("evolve", "evaluators", "sandboxes")
    for path in (ROOT / package).rglob("*.py")
    if "_templates" not in path.parts and "_builtin" not in path.parts
)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_in_four_hundred_lines_and_its_functions_in_eighty(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1}"
        for f in functions(path)
        if f.end_lineno and f.end_lineno - f.lineno >= 80
    ]
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is(path: Path) -> None:
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(path.read_text()))


def packages() -> list[str]:
    names = [p.__name__ for p in (evolve, evaluators, sandboxes)]
    for package in (evolve, evaluators, sandboxes):
        names += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".") if m.ispkg]
    return sorted(name for name in names if "_templates" not in name and "_builtin" not in name)


@pytest.mark.parametrize("name", packages())
def test_all_is_sorted_complete_and_importable(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert list(exported) == sorted(exported)
    assert [entry for entry in exported if not hasattr(module, entry)] == []
