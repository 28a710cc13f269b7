"""Whatever is done to a store, it holds what was committed, in order, without gaps."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from evolve.events import ModelFailed
from evolve.store import RunStore
from evolve.store._blobs import blob_hash, pack, unpack

texts = st.text(st.characters(exclude_categories=()), max_size=30)  # surrogates included


class StoreMachine(RuleBasedStateMachine):
    """Appends, blobs, batches that end well or not, and reopening, against a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name) / "run"
        self.store = RunStore.create(self.folder)
        self.reader = RunStore.open(self.folder, read_only=True)
        self.model: list[ModelFailed] = []
        self.blobs: dict[str, bytes] = {}

    @rule(text=texts, durable=st.booleans())
    def append(self, text: str, *, durable: bool) -> None:
        event = ModelFailed(len(self.model), "propose", "m", text)
        assert self.store.append(event, durable=durable) == len(self.model) + 1
        self.model.append(event)

    @rule(data=st.binary(max_size=300) | st.binary(min_size=1, max_size=4).map(lambda part: part * 200))
    def put(self, data: bytes) -> None:
        self.blobs[self.store.put_blob(data)] = data

    @rule(batch=st.lists(texts, max_size=4), fails=st.booleans(), durable=st.booleans())
    def append_batch(self, batch: list[str], *, fails: bool, durable: bool) -> None:
        events = [ModelFailed(0, "propose", "m", text) for text in batch]
        try:
            with self.store.batch():
                for event in events:
                    self.store.put_text(event.reason + "in a batch")
                    self.store.append(event, durable=durable)
                assert self.reader.last_seq == len(self.model)
                assert 1 // (not fails)  # division by zero inside the batch
        except ZeroDivisionError:
            return
        self.model.extend(events)
        self.blobs |= {blob_hash(text): text for event in events for text in [(event.reason + "in a batch").encode("utf-8", "surrogatepass")]}  # fmt: skip

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = RunStore.open(self.folder)

    @invariant()
    def the_reader_sees_what_was_committed(self) -> None:
        stored = list(self.reader.events())
        assert [item.event for item in stored] == self.model
        assert [item.seq for item in stored] == list(range(1, len(self.model) + 1))
        assert set(self.reader.blob_hashes()) == set(self.blobs)

    def teardown(self) -> None:
        assert self.store.verify() == []
        assert all(self.store.get_blob(name) == data for name, data in self.blobs.items())
        self.reader.close()
        self.store.close()
        self.scratch.cleanup()


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_packing_never_makes_a_blob_larger() -> None:
    for data in (b"", b"x", b"ab" * 1000, bytes(range(256)) * 2, Path(__file__).read_bytes()):
        codec, packed = pack(data)
        assert len(packed) <= len(data)
        assert unpack(codec, packed) == data
