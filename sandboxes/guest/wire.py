# ruff: noqa: D102, UP031
# mypy: disable-error-code="type-arg"
"""The guest's half of `sandboxes.frames`: trusting towards the host, exact towards the candidate. Python 3.9+."""

from __future__ import annotations

import os
import sys

MAX_DEPTH = 64
MAX_NODES = 200_000


class Fault(Exception):
    """A failure of the candidate with its typed status; a final one ends the session."""

    def __init__(self, status: str, message: str, is_final: bool = True) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.is_final = is_final


def _read(number: int, size: int) -> bytearray | None:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        got = os.readv(number, [view[done:]])
        if not got:
            return None
        done += got
    return data


def write(number: int, data: bytes) -> None:
    """Write all of ``data`` to a descriptor."""
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def read_frame(number: int) -> dict | None:
    """The next request of the host, which is trusted; its arrays are still described, not made."""
    prefix = _read(number, 12)
    if prefix is None:
        return None
    header = _read(number, int.from_bytes(prefix[:4], "big"))
    payload = _read(number, int.from_bytes(prefix[4:], "big"))
    if header is None or payload is None:
        return None
    decoded = _parse(header.decode())
    arrays, offset = [], 0
    for item in decoded["buffers"]:
        arrays.append((item, memoryview(payload)[offset : offset + item["nbytes"]]))
        offset += item["nbytes"]
    body: dict = decoded["body"]
    body["arrays"] = arrays
    return body


def restore(value: object, arrays: list) -> object:
    """The value that the host sent, its arrays made."""
    if isinstance(value, list):
        return [restore(item, arrays) for item in value]
    if isinstance(value, dict):
        if len(value) == 1 and "$array" in value:
            return _array(*arrays[value["$array"]])
        plain: dict = value["$dict"] if len(value) == 1 and "$dict" in value else value
        return {key: restore(item, arrays) for key, item in plain.items()}
    return value


def _array(described: dict, data: memoryview) -> object:
    import numpy as np

    return np.frombuffer(data, described["dtype"]).copy().reshape(described["shape"])


def frame(value: object, header_bytes: int, payload_bytes: int) -> bytes:
    """The frame that carries ``value``; raises `Fault` where it may not cross."""
    encoder = Encoder()
    encoder.add(value, 0)
    buffers = ",".join(encoder.buffers)
    header = ('{"body":' + "".join(encoder.text) + ',"buffers":[' + buffers + "]}").encode()
    size = sum(len(chunk) for chunk in encoder.chunks)
    if len(header) > header_bytes:
        raise Fault("output_limit", f"the answer takes {len(header)} bytes of JSON, limit {header_bytes}; use arrays")
    if size > payload_bytes:
        raise Fault("output_limit", f"the answer takes {size} bytes of arrays, limit {payload_bytes}")
    return b"".join((len(header).to_bytes(4, "big"), size.to_bytes(8, "big"), header, *encoder.chunks))


class Encoder:
    """Writes a value as JSON text and collects its arrays; subclasses of plain types are flattened to them."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.buffers: list[str] = []
        self.chunks: list[bytes] = []
        self.nodes = 0

    def add(self, value: object, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Fault("output_limit", f"the answer holds more than {MAX_NODES} values; use arrays")
        if depth > MAX_DEPTH:
            raise _violation(f"nested deeper than {MAX_DEPTH} levels, or holds itself")
        if value is None or value is True or value is False:
            self.text.append({None: "null", True: "true", False: "false"}[value])
        elif isinstance(value, int):
            number = int.__index__(value)
            if not -(2**63) <= number < 2**63:
                raise _violation(f"a whole number of {number.bit_length()} bits; the limit is 64")
            self.text.append(int.__repr__(number))
        elif isinstance(value, float):
            real = float.__float__(value)
            if real - real != 0.0:
                raise _violation(f"the number {real!r}; only arrays may hold it")
            self.text.append(float.__repr__(real))
        elif isinstance(value, str):
            self.text.append(_quote(str.__str__(value)))
        elif isinstance(value, (list, tuple)):
            self.sequence(value, depth)
        elif isinstance(value, dict):
            self.mapping(value, depth)
        else:
            self.numeric(value, depth)

    def sequence(self, value: list | tuple, depth: int) -> None:
        self.text.append("[")
        for index, item in enumerate(value):
            if index:
                self.text.append(",")
            self.add(item, depth + 1)
        self.text.append("]")

    def mapping(self, value: dict, depth: int) -> None:
        is_escaped = len(value) == 1 and ("$array" in value or "$dict" in value)
        self.text.append('{"$dict":{' if is_escaped else "{")
        for index, (key, item) in enumerate(value.items()):
            if not isinstance(key, str):
                raise _violation(f"a {type(key).__name__} as a key; only text may be one")
            self.text.append(("," if index else "") + _quote(str.__str__(key)) + ":")
            self.add(item, depth + 1)
        self.text.append("}}" if is_escaped else "}")

    def numeric(self, value: object, depth: int) -> None:
        np = sys.modules.get("numpy")
        if np is not None and isinstance(value, np.generic):
            plain = value.item()
            if isinstance(plain, (bool, int, float, str)):
                return self.add(plain, depth + 1)
        if np is None or not isinstance(value, np.ndarray):
            raise _violation(f"a {type(value).__name__}; only JSON data and numeric arrays may cross")
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise _violation(f"an array of {array.dtype}; only numbers of at most 64 bits may cross")
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        kind = array.dtype.newbyteorder("<").str
        shape = ",".join(str(size) for size in array.shape)
        self.text.append('{"$array":%d}' % len(self.buffers))
        self.buffers.append('{"dtype":"%s","shape":[%s],"nbytes":%d}' % (kind, shape, len(data)))
        self.chunks.append(data)
        return None


def _violation(what: str) -> Fault:
    return Fault("protocol_violation", f"the answer holds {what}")


class _Plain:
    """What the scanner of CPython's json module wants to be told; the module itself costs 15 ms to import."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _parse(text: str) -> dict:
    try:
        from _json import make_scanner
    except ImportError:  # another Python than CPython
        import json

        return json.loads(text)  # type: ignore[no-any-return]
    return make_scanner(_Plain)(text, 0)[0]  # type: ignore[arg-type,no-any-return]


def _quote(text: str) -> str:
    try:
        text.encode()
        from _json import encode_basestring_ascii
    except UnicodeEncodeError:
        raise _violation("text with a lone surrogate") from None
    except ImportError:
        import json

        return json.dumps(text)
    return encode_basestring_ascii(text)
