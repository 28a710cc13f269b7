"""The wire format between a trusted host and an untrusted guest: one value per frame, strictly decoded.

A frame is ``u32 header length | u64 payload length | header | payload`` (big endian). The header is strict JSON,
``{"body": VALUE, "buffers": [{"dtype", "shape", "nbytes"}]}``; the payload is the raw bytes of the buffers, one after
the other. In the body ``{"$array": n}`` stands for buffer ``n`` and ``{"$dict": {...}}`` for a dictionary whose only
key is one of these two words. There is no pickle, no path and no callable: whatever arrives, decoding gives plain
data or raises `ProtocolError`.
"""

import json
import math
import re
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

from evolve.calls import Data
from evolve.errors import EvolveError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PREFIX", "FrameLimits", "FrameReader", "FrameTooLarge", "ProtocolError", "decode_frame", "encode_frame"]

PREFIX = struct.Struct(">IQ")
INT_MIN, INT_MAX = -(2**63), 2**63 - 1

_DTYPES = frozenset({"|b1", "|i1", "|u1"} | {f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)})
_FLOATS = frozenset({"<f2", "<f4", "<f8"})
_MAX_DIMENSIONS = 16
# An unterminated string is matched to its end, so that the scan stays linear on hostile text.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_MARKERS = ("$array", "$dict")


class ProtocolError(EvolveError):
    """What arrived, or what was to be sent, is not a legal frame or value."""


class FrameTooLarge(ProtocolError):
    """A frame passes a size limit."""


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What a frame may hold.

    Attributes:
        header_bytes: Size of the JSON header.
        payload_bytes: Size of all arrays together.
        nodes: Values inside the header; bounds the memory that a small hostile header can cost (`[],[],...`).
        depth: Nesting of lists and dictionaries.
    """

    header_bytes: int = 1 << 20
    payload_bytes: int = 64 << 20
    nodes: int = 200_000
    depth: int = 64


DEFAULT_LIMITS = FrameLimits()

# -------------------------------------------------------------------------------------------- encoding


def encode_frame(value: Data, limits: FrameLimits = DEFAULT_LIMITS) -> bytes:
    """The frame that carries ``value``; arrays in any memory order, tuples become lists.

    Raises:
        ProtocolError: The value holds something that must not cross: another type, a number beyond 64 bits, a
            non-finite number outside an array, or text with a lone surrogate.
        FrameTooLarge: It passes one of the limits.
    """
    encoder = _Encoder(limits)
    body = encoder.plain(value, 0)
    header = json.dumps(
        {"body": body, "buffers": encoder.buffers}, allow_nan=False, ensure_ascii=False, separators=(",", ":")
    ).encode()
    _check_sizes(len(header), sum(len(chunk) for chunk in encoder.chunks), limits)
    payload_bytes = sum(len(chunk) for chunk in encoder.chunks)
    return b"".join((PREFIX.pack(len(header), payload_bytes), header, *encoder.chunks))


class _Encoder:
    """Turns a value into JSON data and collects its arrays on the way."""

    def __init__(self, limits: FrameLimits) -> None:
        self.limits = limits
        self.buffers: list[dict[str, object]] = []
        self.chunks: list[bytes] = []
        self.nodes = 0

    def plain(self, value: object, depth: int) -> object:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise FrameTooLarge(f"expected at most {self.limits.nodes} values, got more", fix="pass numpy arrays")
        if depth > self.limits.depth:
            raise ProtocolError(f"expected at most {self.limits.depth} levels of nesting, got more (or a cycle)")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return _checked_int(int(value))
        if isinstance(value, float):
            return _checked_float(float(value))
        if isinstance(value, str):
            return _checked_text(str(value))
        return self.container(value, depth)

    def container(self, value: object, depth: int) -> object:
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray):
            return self.array(value)
        if numpy is not None and isinstance(value, numpy.generic):
            return self.plain(value.item(), depth + 1)
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
            return [self.plain(item, depth + 1) for item in value]
        raise ProtocolError(f"expected JSON data or a numeric array, got a {type(value).__name__}")

    def mapping(self, value: "Mapping[object, object]", depth: int) -> dict[str, object]:
        plain: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise ProtocolError(f"expected text as a dictionary key, got a {type(key).__name__}")
            plain[_checked_text(str(key))] = self.plain(item, depth + 1)
        return {"$dict": plain} if len(plain) == 1 and next(iter(plain)) in _MARKERS else plain

    def array(self, value: "np.ndarray") -> dict[str, object]:
        import numpy as np

        array = np.asarray(value)
        array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        dtype = array.dtype.str
        if dtype not in _DTYPES and dtype not in _FLOATS:
            raise ProtocolError(f"expected an array of bool, int, uint or float up to 8 bytes, got {array.dtype}")
        data = array.tobytes(order="C")
        self.buffers.append({"dtype": dtype, "shape": list(array.shape), "nbytes": len(data)})
        self.chunks.append(data)
        return {"$array": len(self.buffers) - 1}


def _checked_int(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise ProtocolError(f"expected a whole number of at most 64 bits, got one of {value.bit_length()} bits")
    return value


def _checked_float(value: float) -> float:
    if not math.isfinite(value):
        raise ProtocolError(f"expected a finite number, got {value} (only arrays may hold it)")
    return value


def _checked_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ProtocolError("expected text without lone surrogates, got one") from error
    return value


# -------------------------------------------------------------------------------------------- decoding


def decode_frame(data: bytes | bytearray | memoryview, limits: FrameLimits = DEFAULT_LIMITS) -> Data:
    """The value of one whole frame.

    Raises:
        ProtocolError: The bytes are not exactly one legal frame.
    """
    reader = FrameReader(limits)
    reader.feed(data)
    if reader.surplus:
        raise ProtocolError("expected one frame, got bytes after its end")
    if not reader.is_complete:
        raise ProtocolError("expected one frame, got a part of one")
    return reader.value()


class FrameReader:
    """Collects one frame from pieces and never holds more than its limits allow.

    Attributes:
        surplus: Whether bytes came after the end of the frame; they are not kept.
    """

    def __init__(self, limits: FrameLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.surplus = False
        self._data = bytearray()
        self._wanted = PREFIX.size
        self._header_bytes = -1

    @property
    def is_complete(self) -> bool:
        """Whether the whole frame is there."""
        return self._header_bytes >= 0 and len(self._data) == self._wanted

    @property
    def is_empty(self) -> bool:
        """Whether nothing has arrived yet."""
        return not self._data

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the stream.

        Raises:
            FrameTooLarge: The announced payload passes the limit.
            ProtocolError: The announced header passes the limit.
        """
        view = memoryview(data)
        while view and len(self._data) < self._wanted:
            taken = view[: self._wanted - len(self._data)]
            self._data += taken
            view = view[len(taken) :]
            if self._header_bytes < 0 and len(self._data) == PREFIX.size:
                self._header_bytes, payload_bytes = PREFIX.unpack(self._data)
                _check_sizes(self._header_bytes, payload_bytes, self.limits)
                self._wanted += self._header_bytes + payload_bytes
        self.surplus = self.surplus or bool(len(view))

    def value(self) -> Data:
        """The value of the complete frame; its arrays are writable and share no memory with each other.

        Raises:
            ProtocolError: The frame is not legal.
        """
        start = PREFIX.size + self._header_bytes
        with memoryview(self._data) as view:
            header = _parse_header(bytes(view[PREFIX.size : start]), self.limits)
            arrays = _make_arrays(header["buffers"], view[start:])
        used: set[int] = set()
        value = _resolve(header["body"], arrays, used)
        if len(used) != len(arrays):
            raise ProtocolError(f"expected every buffer to be used once, got {len(arrays) - len(used)} unused")
        return value


def _check_sizes(header_bytes: int, payload_bytes: int, limits: FrameLimits) -> None:
    if header_bytes > limits.header_bytes:
        raise FrameTooLarge(
            f"expected a header of at most {limits.header_bytes} bytes, got {header_bytes}", fix="use numpy arrays"
        )
    if payload_bytes > limits.payload_bytes:
        raise FrameTooLarge(f"expected arrays of at most {limits.payload_bytes} bytes, got {payload_bytes}")


def _parse_header(raw: bytes, limits: FrameLimits) -> dict[str, object]:
    _check_structure(raw, limits)
    try:
        header = json.loads(
            raw.decode(),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"expected a JSON header, got something else ({type(error).__name__})") from error
    if not isinstance(header, dict) or set(header) != {"body", "buffers"}:
        raise ProtocolError('expected a header with "body" and "buffers" and nothing else')
    return header


def _check_structure(raw: bytes, limits: FrameLimits) -> None:
    """Refuse floods and deep nesting before the parser allocates anything for them."""
    if sum(raw.count(sign) for sign in (b",", b"[", b"{")) >= min(limits.nodes, limits.depth):
        raw = _STRINGS.sub(b'""', raw)
    # At most four signs per value: its comma, its bracket, and those of an escape or a placeholder.
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > 4 * limits.nodes:
        raise ProtocolError(f"expected at most {limits.nodes} values in a header, got more")
    if raw.count(b"[") + raw.count(b"{") <= limits.depth:
        return
    depth = 0
    for bracket in _BRACKETS.finditer(raw):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > limits.depth + 4:  # the header's own levels and one escape
            raise ProtocolError(f"expected at most {limits.depth} levels of nesting, got more")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProtocolError("expected distinct keys in a dictionary, got a repeated one")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ProtocolError(f"expected finite numbers, got {name}")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ProtocolError("expected finite numbers, got one beyond the range of a float")
    return value


def _bounded(text: str) -> int:
    if len(text) > 20:  # len(str(-(2**63))): longer text is never converted, which would cost quadratic time
        raise ProtocolError(f"expected a whole number of at most 64 bits, got {len(text)} digits")
    return _checked_int(int(text))


def _make_arrays(described: object, payload: memoryview) -> "list[np.ndarray]":
    if not isinstance(described, list):
        raise ProtocolError('expected a list as "buffers"')
    arrays, offset = [], 0
    for item in described:
        dtype, shape, nbytes = _check_buffer(item)
        if offset + nbytes > len(payload):
            raise ProtocolError(f"expected {offset + nbytes} bytes of arrays or more, got {len(payload)}")
        arrays.append(_make_array(dtype, shape, payload[offset : offset + nbytes]))
        offset += nbytes
    if offset != len(payload):
        raise ProtocolError(f"expected {offset} bytes of arrays, got {len(payload)}")
    return arrays


def _check_buffer(item: object) -> tuple[str, list[int], int]:
    if not isinstance(item, dict) or set(item) != {"dtype", "shape", "nbytes"}:
        raise ProtocolError('expected a buffer with "dtype", "shape" and "nbytes"')
    dtype, shape, nbytes = item["dtype"], item["shape"], item["nbytes"]
    if not isinstance(dtype, str) or (dtype not in _DTYPES and dtype not in _FLOATS):
        raise ProtocolError("expected a little-endian array of bool, int, uint or float up to 8 bytes")
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise ProtocolError(f"expected a shape of at most {_MAX_DIMENSIONS} dimensions")
    if not all(type(size) is int and 0 <= size <= 2**40 for size in shape):
        raise ProtocolError("expected a shape of whole numbers from 0 to 2^40")
    if type(nbytes) is not int or nbytes != math.prod(shape) * int(dtype[2:]):
        raise ProtocolError(f"expected the bytes that dtype {dtype} and shape {shape[:4]} make")
    return dtype, shape, nbytes


def _make_array(dtype: str, shape: list[int], data: memoryview) -> "np.ndarray":
    import numpy as np

    array = np.frombuffer(data, dtype=dtype).copy()
    if dtype == "|b1" and array.size and int(array.view("u1").max()) > 1:
        raise ProtocolError("expected 0 or 1 in an array of bool")
    try:
        return array.reshape(shape)
    except ValueError as error:  # an empty array whose other dimensions are too large together
        raise ProtocolError("expected a shape that an array can have") from error


def _resolve(value: object, arrays: "list[np.ndarray]", used: set[int]) -> Data:
    if isinstance(value, str):
        return _checked_text(value)
    if isinstance(value, list):
        return [_resolve(item, arrays, used) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            ((key, item),) = value.items()
            if key == "$array":
                return _take(item, arrays, used)
            if key == "$dict":
                if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in _MARKERS:
                    raise ProtocolError('expected a dictionary of one escaped key inside "$dict"')
                value = item
        return {_checked_text(key): _resolve(item, arrays, used) for key, item in value.items()}
    return cast("Data", value)


def _take(index: object, arrays: "list[np.ndarray]", used: set[int]) -> "np.ndarray":
    if type(index) is not int or not 0 <= index < len(arrays) or index in used:
        raise ProtocolError("expected every array to name one buffer of its own")
    used.add(index)
    return arrays[index]
