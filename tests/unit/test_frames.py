import json
import tracemalloc

import numpy as np
import pytest

from sandboxes.frames import PREFIX, FrameLimits, FrameReader, FrameTooLarge, ProtocolError, decode_frame, encode_frame

SMALL = FrameLimits(header_bytes=4096, payload_bytes=4096, nodes=100, depth=8)


def frame(body: object = None, buffers: object = (), payload: bytes = b"", *, header: bytes | None = None) -> bytes:
    raw = json.dumps({"body": body, "buffers": buffers}).encode() if header is None else header
    return PREFIX.pack(len(raw), len(payload)) + raw + payload


def buffer(dtype: object = "<f8", shape: object = (1,), nbytes: object = 8) -> list[dict[str, object]]:
    return [{"dtype": dtype, "shape": shape, "nbytes": nbytes}]


def body(text: bytes) -> bytes:
    return b'{"body":' + text + b',"buffers":[]}'


HOSTILE_HEADERS = {
    "not a number": body(b"NaN"),
    "infinity": body(b"-Infinity"),
    "beyond a float": body(b"1e999"),
    "repeated key": body(b'{"a":1,"a":2}'),
    "repeated key by escape": body(b'{"a":1,"\\u0061":2}'),
    "depth bomb": body(b"[" * 5000 + b"]" * 5000),
    "unclosed depth bomb": b'{"body":' + b"[" * 100_000,
    "5000 digits": body(b"1" * 5000),
    "65 bits": body(b"18446744073709551616"),
    "lone surrogate": body(b'"\\ud800"'),
    "lone surrogate as key": body(b'{"\\udfff":1}'),
    "bare control character": body(b'"\x00"'),
    "not UTF-8": body(b'"\xff"'),
    "flood of lists": body(b"[" + b"[]," * 500_000 + b"[]]"),
    "flood of quotes": b'{"body":"' + b'\\"' * 400_000,
    "trailing text": body(b"1") + b"x",
    "two values": body(b"1") * 2,
    "byte order mark": b"\xef\xbb\xbf" + body(b"1"),
    "no object": b"[1]",
    "other keys": b'{"body":1,"buffers":[],"more":1}',
    "nothing": b"",
    "single quotes": b"{'body':1,'buffers':[]}",
}


@pytest.mark.parametrize("kind", HOSTILE_HEADERS)
def test_a_hostile_header_is_a_protocol_error(kind: str) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(frame(header=HOSTILE_HEADERS[kind]))


@pytest.mark.parametrize(
    "described",
    [
        buffer(dtype="|O8"),
        buffer(dtype="<c16", nbytes=16),
        buffer(dtype="<U2"),
        buffer(dtype=">f8"),
        buffer(dtype="<f16", nbytes=16),
        buffer(dtype="f8"),
        buffer(dtype=["<f8"]),
        buffer(shape=[2]),
        buffer(shape=[-1]),
        buffer(shape=[1.0]),
        buffer(shape=[True]),
        buffer(shape=8),
        buffer(shape=[1] * 40),
        buffer(shape=[0, 2**62], nbytes=0),
        buffer(shape=[2**40, 2**40, 0], nbytes=0),
        buffer(nbytes=16),
        buffer(nbytes=-8),
        buffer(nbytes=True),
        [{"dtype": "<f8", "shape": [1]}],
        [{"dtype": "<f8", "shape": [1], "nbytes": 8, "data": "x"}],
        ["<f8"],
        {"0": buffer()[0]},
        buffer() * 2,
        [],
        buffer(dtype="|b1", shape=[8]),
    ],
)
def test_a_buffer_that_disagrees_with_its_bytes_is_a_protocol_error(described: object) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(frame({"$array": 0}, described, b"\x02" * 8))


@pytest.mark.parametrize(
    "value",
    [None, {"$array": 1}, {"$array": -1}, {"$array": True}, {"$array": "0"}, [{"$array": 0}] * 2, {"$dict": 1}],
)
def test_every_buffer_is_used_exactly_once(value: object) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(frame(value, buffer(), b"\0" * 8))
    assert decode_frame(frame({"$array": 0}, buffer(), b"\0" * 8)).tolist() == [0.0]


@pytest.mark.parametrize("value", [{"$dict": {"a": 1}}, {"$dict": {}}, {"$dict": {"$array": 0, "b": 1}}])
def test_an_escape_that_escapes_nothing_is_a_protocol_error(value: object) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(frame(value))


@pytest.mark.parametrize("cut", [1, 5, 11, 12, 13, 30])
def test_a_part_of_a_frame_is_a_protocol_error(cut: int) -> None:
    with pytest.raises(ProtocolError, match="part"):
        decode_frame(encode_frame({"a": 1})[:cut])


def test_bytes_after_a_frame_are_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="after its end"):
        decode_frame(encode_frame(1) + b"x")


@pytest.mark.parametrize(("header_bytes", "payload_bytes"), [(4097, 0), (0, 4097), (2**32 - 1, 2**64 - 1)])
def test_an_announced_size_beyond_the_limits_is_refused_before_anything_is_kept(
    header_bytes: int, payload_bytes: int
) -> None:
    reader = FrameReader(SMALL)
    with pytest.raises(FrameTooLarge):
        reader.feed(PREFIX.pack(header_bytes, payload_bytes) + b"x" * 100_000)


def test_a_frame_may_arrive_byte_by_byte() -> None:
    data = encode_frame({"text": "é", "array": np.arange(3)})
    reader = FrameReader()
    for number in range(len(data)):
        assert not reader.is_complete
        reader.feed(data[number : number + 1])
    assert reader.is_complete
    assert reader.value()["array"].tolist() == [0, 1, 2]


def test_a_flood_of_small_lists_is_refused_before_it_is_parsed() -> None:
    data = frame(header=body(b"[" + b"[]," * 300_000 + b"[]]"))
    limits = FrameLimits(nodes=100_000)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode_frame(data, limits)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(data)  # parsed, it would be 21 times


def test_the_largest_legal_header_stays_within_a_bounded_memory() -> None:
    limits = FrameLimits(header_bytes=100_000, nodes=20_000)
    data = frame(header=body(b"[" + b"[]," * (limits.nodes - 2) + b"[]]"))
    tracemalloc.start()
    try:
        assert len(decode_frame(data, limits)) == limits.nodes - 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 32 * limits.header_bytes


def test_decoded_arrays_are_writable_and_share_no_memory() -> None:
    sent = np.arange(4.0)
    first, second = decode_frame(encode_frame([sent, sent]))
    first[0] = 9.0
    assert second.tolist() == [0, 1, 2, 3]
    assert sent.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("-inf"),
        np.float64("nan"),
        2**63,
        -(2**63) - 1,
        {1: 2},
        {1, 2},
        b"bytes",
        bytearray(b"bytes"),
        1j,
        object(),
        "\ud800",
        {"\ud800": 1},
        np.array([object()]),
        np.array(["text"]),
        np.array([1j]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.zeros(1, dtype=[("a", "f8")]),
    ],
)
def test_a_value_that_must_not_cross_is_refused_by_the_encoder(value: object) -> None:
    with pytest.raises(ProtocolError):
        encode_frame([value])


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(ProtocolError, match="cycle"):
        encode_frame(loop)


@pytest.mark.parametrize("value", ["x" * 5000, [0] * 101, np.zeros(513)])
def test_the_encoder_keeps_to_the_limits(value: object) -> None:
    with pytest.raises(FrameTooLarge):
        encode_frame(value, SMALL)


def test_both_ends_of_the_wire_write_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    from sandboxes._packages import GUEST_FOLDER

    monkeypatch.syspath_prepend(str(GUEST_FOLDER))
    import wire

    value = {"a": [1, -2.5, "é\n😀", None, True], "$": {"$dict": {}}, "x": [np.arange(6, dtype="<i2").reshape(2, 3)]}
    assert np.array_equal(decode_frame(wire.frame(value, 1 << 20, 1 << 20))["x"][0], value["x"][0])
    plain = {**value, "x": []}
    assert decode_frame(wire.frame(plain, 1 << 20, 1 << 20)) == decode_frame(encode_frame(plain)) == plain
