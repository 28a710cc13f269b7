import contextlib
import math
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sandboxes.frames import PREFIX, FrameLimits, FrameReader, ProtocolError, decode_frame, encode_frame

LIMITS = FrameLimits(header_bytes=2048, payload_bytes=2048, nodes=200, depth=12)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.sampled_from(["$array", "$dict"]), inner, max_size=4)
    ),
    max_leaves=12,
)
ARRAYS = hnp.arrays(
    st.sampled_from(["?", "i1", "<i2", ">i4", "i8", "u1", ">u2", "u4", "u8", "f2", ">f4", "f8"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
JSON_PIECES = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"null",
        b"1",
        b"1e999",
        b"-",
        b"NaN",
        b'"body"',
        b'"buffers"',
        b'"dtype"',
        b'"shape"',
        b'"nbytes"',
        b'"$array"',
        b'"$dict"',
        b'"<f8"',
        b"\xff",
        b"\\ud800",
        b"0",
        b"8",
    ]
)


@given(PLAIN)
def test_plain_values_survive_the_wire_exactly(value: object) -> None:
    assert decode_frame(encode_frame(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_every_bit(value: float) -> None:
    assert struct.pack("d", decode_frame(encode_frame(value))) == struct.pack("d", value)
    assert math.copysign(1, decode_frame(encode_frame(value))) == math.copysign(1, value)


@given(st.lists(ARRAYS, max_size=3), PLAIN)
def test_arrays_survive_the_wire_bit_for_bit(arrays: list[np.ndarray], beside: object) -> None:
    got = decode_frame(encode_frame({"arrays": arrays, "beside": beside}))
    assert got["beside"] == beside
    for sent, received in zip(arrays, got["arrays"], strict=True):
        assert received.shape == sent.shape
        assert received.dtype == sent.dtype.newbyteorder("<")
        assert received.tobytes() == sent.astype(sent.dtype.newbyteorder("<")).tobytes()


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_a_protocol_error(data: bytes) -> None:
    _decode_or_refuse(data)


@settings(max_examples=300)
@given(st.lists(JSON_PIECES, max_size=40), st.binary(max_size=16))
def test_random_headers_raise_nothing_but_a_protocol_error(pieces: list[bytes], payload: bytes) -> None:
    header = b"".join(pieces)
    _decode_or_refuse(PREFIX.pack(len(header), len(payload)) + header + payload)
    wrapped = b'{"body":' + header + b',"buffers":[{"dtype":"<f8","shape":[1],"nbytes":8}]}'
    _decode_or_refuse(PREFIX.pack(len(wrapped), 8) + wrapped + bytes(8))


@settings(max_examples=300)
@given(PLAIN, ARRAYS, st.data())
def test_a_damaged_frame_raises_nothing_but_a_protocol_error(
    value: object, array: np.ndarray, data: st.DataObject
) -> None:
    frame = bytearray(encode_frame([value, array]))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    _decode_or_refuse(bytes(frame))


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_a_reader_never_keeps_more_than_its_limits(pieces: list[bytes]) -> None:
    reader = FrameReader(LIMITS)
    with contextlib.suppress(ProtocolError):
        for piece in pieces:
            reader.feed(piece)
    assert len(reader._data) <= PREFIX.size + LIMITS.header_bytes + LIMITS.payload_bytes


def _decode_or_refuse(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode_frame(data, LIMITS)
