"""Checks of a sandbox: what crosses the boundary, in both directions, and what must not."""

from typing import Any

import numpy as np
import pytest

from evolve.errors import EvolveError
from evolve.program import Program
from evolve.protocols import Sandbox
from evolve.testing._sandbox_base import SandboxSuite, run
from evolve.types import Status

ECHO = "def main(*args):\n    return list(args)\n"

PLAIN_VALUES: dict[str, Any] = {
    "nothing": None,
    "true": True,
    "false": False,
    "zero": 0,
    "largest": 2**63 - 1,
    "smallest": -(2**63),
    "float": 0.1,
    "tiny float": 5e-324,
    "large float": 1.7976931348623157e308,
    "negative zero": -0.0,
    "empty text": "",
    "unicode": "naïve 漢字 😀 \u2028 \x00 \x7f \\ \" '",
    "empty list": [],
    "empty dict": {},
    "nested": {"a": [1, [2.5, {"b": [None, True]}]], "": {"x y": []}},
    "reserved keys": [{"$array": 0}, {"$dict": {}}, {"$dict": {"$array": 1}}, {"$array": 1, "b": 2}],
    "deep": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],
}

ARRAYS: dict[str, Any] = {
    **{kind: np.array([0, 1, 1], dtype=kind) for kind in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")},
    **{kind: np.array([0.5, -0.0, np.nan, np.inf, -np.inf], dtype=kind) for kind in ("f2", "f4", "f8")},
    "big endian": np.arange(5, dtype=">i4"),
    "no elements": np.zeros((3, 0, 2)),
    "no dimensions": np.array(2.5),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "every other": np.arange(20).reshape(4, 5)[::2, ::2],
}

REFUSED = {
    "nan": "float('nan')",
    "infinity": "[1.0, float('inf')]",
    "large number": "2 ** 63",
    "small number": "-(2 ** 63) - 1",
    "set": "{1, 2}",
    "bytes": "b'x'",
    "complex": "1j",
    "function": "main",
    "number as key": "{1: 2}",
    "lone surrogate": "'\\ud800'",
    "lone surrogate as key": "{'\\ud800': 1}",
    "object array": "numpy.array([object()])",
    "complex array": "numpy.array([1j])",
    "text array": "numpy.array(['x'])",
    "long double": "numpy.array([1], dtype=numpy.longdouble)",
    "lazy array": "Lazy()",
    "holds itself": "loop",
    "deep": "deep",
}

FLATTENED = {
    "tuple": ("(1, (2,))", [1, [2]]),
    "named tuple": ("collections.namedtuple('P', 'x y')(1, 2)", [1, 2]),
    "ordered dict": ("collections.OrderedDict(b=1, a=2)", {"b": 1, "a": 2}),
    "float subclass": ("Sly(3.0)", 3.0),
    "text subclass": ("SlyText('x')", "x"),
    "enum": ("enum.IntEnum('E', 'A B').B", 2),
    "numpy float": ("numpy.float64(0.1)", 0.1),
    "numpy single": ("numpy.float32(0.5)", 0.5),
    "numpy integer": ("numpy.int32(-7)", -7),
    "numpy bool": ("[numpy.bool_(True)]", [True]),
}

_SPECIALS = """
import collections, enum
import numpy
class Sly(float):
    def __eq__(self, other): return True
    def __float__(self): return 99.0
    def __repr__(self): return "99.0"
    __hash__ = None
class SlyText(str):
    def __str__(self): return "other"
class Lazy:
    def __array__(self, *args, **kwargs): return numpy.zeros(3)
class Wild(numpy.ndarray):
    def __eq__(self, other): return True
    __hash__ = None
loop = []
loop.append(loop)
deep = []
for _ in range(10000): deep = [deep]
def main(): return %s
"""


def _is_same_array(first: Any, second: Any) -> bool:
    """Equal in type, shape and bits; a byte order that is not the machine's own is allowed to change."""
    plain = np.ascontiguousarray(second, dtype=second.dtype.newbyteorder("<")).reshape(second.shape)
    return bool(first.dtype == plain.dtype and first.shape == plain.shape and first.tobytes() == plain.tobytes())


class ValueChecks(SandboxSuite):
    """What crosses the boundary."""

    def test_plain_values_come_back_equal_and_of_the_same_type(self, sandbox: Sandbox) -> None:
        result = run(sandbox, ECHO, *PLAIN_VALUES.values())
        assert result.status is Status.OK, result.message
        assert result.value == list(PLAIN_VALUES.values())
        assert [type(value) for value in result.value] == [type(value) for value in PLAIN_VALUES.values()]

    def test_arrays_come_back_bit_for_bit_and_writable(self, sandbox: Sandbox) -> None:
        result = run(sandbox, ECHO, *ARRAYS.values())
        assert result.status is Status.OK, result.message
        assert isinstance(result.value, list)
        for name, sent, got in zip(ARRAYS, ARRAYS.values(), result.value, strict=True):
            assert _is_same_array(got, sent), name
            assert got.flags.writeable, name

    def test_arrays_inside_lists_and_dictionaries_keep_their_places(self, sandbox: Sandbox) -> None:
        result = run(sandbox, ECHO, {"a": [np.arange(3), {"b": np.zeros((2, 2))}], "c": 1})
        assert result.status is Status.OK, result.message
        value: Any = result.value
        assert value[0]["a"][0].tolist() == [0, 1, 2]
        assert value[0]["a"][1]["b"].tolist() == [[0, 0], [0, 0]]
        assert value[0]["c"] == 1

    def test_sixteen_megabytes_go_in_and_out(self, sandbox: Sandbox) -> None:
        sent = np.random.default_rng(1).random(2 * 2**20)
        result = run(sandbox, "def main(a):\n    a[0] = 5.0\n    return a\n", sent)
        assert result.status is Status.OK, result.message
        assert isinstance(result.value, np.ndarray)
        assert result.value[0] == 5.0
        assert np.array_equal(result.value[1:], sent[1:])

    def test_the_candidate_cannot_change_the_hosts_arguments(self, sandbox: Sandbox) -> None:
        numbers, array = [1, 2], np.zeros(3)
        run(sandbox, "def main(n, a):\n    n.append(3)\n    a[:] = 9\n", numbers, array)
        assert numbers == [1, 2]
        assert array.tolist() == [0, 0, 0]

    @pytest.mark.parametrize("kind", REFUSED)
    def test_an_answer_that_is_no_plain_data_is_a_protocol_violation(self, plain: Any, kind: str) -> None:
        result = plain(_SPECIALS % REFUSED[kind])
        assert result.status is Status.PROTOCOL_VIOLATION
        assert result.value is None
        assert result.message

    def test_subclasses_of_plain_data_are_flattened(self, plain: Any) -> None:
        result = plain(_SPECIALS % ("[" + ", ".join(source for source, _ in FLATTENED.values()) + "]"))
        assert result.status is Status.OK, result.message
        for name, (_, expected), got in zip(FLATTENED, FLATTENED.values(), result.value, strict=True):
            assert got == expected, name
            assert type(got) is type(expected), name

    def test_an_array_subclass_arrives_as_a_plain_array(self, plain: Any) -> None:
        result = plain(_SPECIALS % "numpy.arange(3.0).view(Wild)")
        assert type(result.value) is np.ndarray
        assert result.value.tolist() == [0, 1, 2]

    def test_an_argument_that_cannot_cross_is_the_callers_error(self, sandbox: Sandbox) -> None:
        with sandbox.open(Program.single(ECHO), "program.py") as session:
            with pytest.raises(EvolveError):
                session.call("main", {1, 2})  # type: ignore[arg-type]
            assert session.call("main", 1).value == [1]

    @pytest.fixture
    def plain(self, sandbox: Sandbox) -> Any:
        """Runs a source and gives the result."""
        return lambda source: run(sandbox, source)
