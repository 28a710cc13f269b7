"""Finds the places of a Python file where a move can be made: numbers, operators, operands, statements."""

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from evolve.proposers._regions import Span
from evolve.proposers._source import Source, read_source

__all__ = ["MODULE_BLOCK", "Gap", "Number", "Operand", "Sites", "Statement", "find_sites", "number_of"]

MODULE_BLOCK = 1  # number of the block that a module's own statements form
Scope = tuple[int, ...]  # ids of the functions, lambdas and comprehensions around a node, outermost first


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal with its sign; ``weight`` is how often it should be chosen."""

    span: Span
    value: int | float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """The text between two operands, which holds one operator of a ``kind``."""

    start: int
    end: int
    kind: str  # arithmetic, comparison, boolean


@dataclass(frozen=True, slots=True)
class Operand:
    """A numeric expression; another one whose scope is a prefix of this one's can stand in its place."""

    span: Span
    scope: Scope
    is_leaf: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that has its lines for itself; ``block`` and ``index`` say where it stands."""

    lines: Span
    block: int
    index: int
    node: ast.stmt
    is_only: bool


@dataclass(slots=True)
class Sites:
    """Every place of a file, inside editable blocks only."""

    source: Source
    numbers: list[Number] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    operands: list[Operand] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    tests: list[Span] = field(default_factory=list)
    flags: list[Span] = field(default_factory=list)
    callees: list[Span] = field(default_factory=list)


@lru_cache(maxsize=64)
def find_sites(text: str, function: str) -> Sites | None:
    """The sites of a file; ``None`` if it is not Python. The signature of ``function`` is not a site."""
    source = read_source(text)
    if source is None:
        return None
    collector = _Collector(source, function)
    try:
        collector.block(source.tree.body, ())
    except RecursionError:
        return None
    return collector.sites


def number_of(node: ast.AST) -> int | float | None:
    """The value of a numeric literal with an optional sign, else ``None``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number_of(node.operand) if isinstance(node.operand, ast.Constant) else None
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return node.value  # type: ignore[return-value]
    return None


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NUMERIC = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)
_TEXTUAL = (ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp)


class _Collector:
    """Walks a tree once. Scopes are counted so that a moved expression sees its names."""

    def __init__(self, source: Source, function: str) -> None:
        self.source = source
        self.function = function
        self.sites = Sites(source)
        self._scopes = 0
        self._blocks = 0

    def block(self, body: list[ast.stmt], scope: Scope) -> None:
        """Visit a list of statements."""
        self._blocks += 1
        block = self._blocks
        for index, node in enumerate(body):
            if not self._is_docstring(node, index):
                lines = self.source.lines(node)
                if lines is not None and self.source.may_change(lines.start, lines.end):
                    self.sites.statements.append(Statement(lines, block, index, node, is_only=len(body) == 1))
            self._statement(node, scope)

    @staticmethod
    def _is_docstring(node: ast.stmt, index: int) -> bool:
        return index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if scope or node.name != self.function:
                self._children(node.args, scope)
            self.block(node.body, (*scope, self._new_scope()))
        elif isinstance(node, ast.ClassDef):
            self.block(node.body, scope)
        elif isinstance(node, ast.If) and _is_main_guard(node.test):
            return
        else:
            self._compound(node, scope)

    def _compound(self, node: ast.AST, scope: Scope) -> None:
        """A statement's expressions, then its blocks; annotations are left alone."""
        if isinstance(node, ast.If | ast.While):
            self._add(self.sites.tests, self.source.span(node.test))
        if isinstance(node, ast.AugAssign):
            self._gap(node.target, node.value, "arithmetic")
            self._operand(node.value, scope)
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "pattern", "type_comment"}:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self.block(value, scope)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.expr):
                        self.visit(item, scope)
                    elif isinstance(item, ast.AST):
                        self._compound(item, scope)
            elif isinstance(value, ast.expr):
                self.visit(value, scope)

    def visit(self, node: ast.expr, scope: Scope) -> None:
        """Visit an expression."""
        if isinstance(node, ast.Name):
            return
        value = number_of(node)
        if value is not None:
            self._number(node, value, 1.0)
            return
        if isinstance(node, ast.JoinedStr):  # positions inside are wrong before Python 3.12
            return
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                self._add(self.sites.flags, self.source.span(node))
            return
        if isinstance(node, ast.Lambda):
            inner = (*scope, self._new_scope())
            self._operand(node.body, inner)
            self.visit(node.body, inner)
            return
        if isinstance(node, _COMPREHENSIONS):
            scope = (*scope, self._new_scope())
        self._expression(node, scope)
        self._children(node, scope)

    def _children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name | ast.expr_context | ast.operator):
                continue
            if isinstance(child, ast.expr):
                index = number_of(child) if isinstance(node, ast.Subscript) else None
                if index is not None:
                    self._number(child, index, 0.15)  # an index is structure more than a size
                else:
                    self.visit(child, scope)
            elif isinstance(child, ast.comprehension | ast.keyword | ast.arguments):
                self._children(child, scope)

    def _expression(self, node: ast.expr, scope: Scope) -> None:
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.MatMult) or _is_textual(node.left) or _is_textual(node.right):
                return
            self._gap(node.left, node.right, "arithmetic")
            self._operand(node, scope)
            self._operand(node.left, scope)
            self._operand(node.right, scope)
        elif isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
                if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq | ast.NotEq):
                    self._gap(left, right, "comparison")
            if any(isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for operator in node.ops):
                for operand in operands:
                    self._operand(operand, scope)
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                self._gap(left, right, "boolean")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            self._operand(node.operand, scope)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            self._add(self.sites.callees, self.source.span(node.func))

    def _number(self, node: ast.expr, value: float, weight: float) -> None:
        span = self.source.span(node)
        if self.source.may_change(span.start, span.end):
            self.sites.numbers.append(Number(span, value, weight))

    def _gap(self, left: ast.expr, right: ast.expr, kind: str) -> None:
        start, end = self.source.span(left).end, self.source.span(right).start
        if self.source.may_change(start, end) and "#" not in self.source.text[start:end]:
            self.sites.gaps.append(Gap(start, end, kind))

    def _operand(self, node: ast.expr, scope: Scope) -> None:
        if isinstance(node, _NUMERIC):
            span = self.source.span(node)
            if self.source.may_change(span.start, span.end) and "\n" not in self.source.text[span.start : span.end]:
                self.sites.operands.append(Operand(span, scope, is_leaf=not isinstance(node, ast.BinOp)))

    def _add(self, spans: list[Span], span: Span) -> None:
        if self.source.may_change(span.start, span.end):
            spans.append(span)

    def _new_scope(self) -> int:
        self._scopes += 1
        return self._scopes


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _is_textual(node: ast.expr) -> bool:
    return isinstance(node, _TEXTUAL) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
