"""Every event and value survives the way to JSON and back."""

import json
import typing
from dataclasses import fields
from pathlib import Path

import pytest

from evolve.codec import from_json, json_schema, to_json
from evolve.errors import EvolveError
from evolve.events import EVENT_TYPES, CandidateCreated, Event
from evolve.store import RunStore
from evolve.testing._engine import LiteralEvaluator, NumberProposer, Search


def test_every_event_of_a_run_survives_json(tmp_path: Path) -> None:
    Search(tmp_path / "run", NumberProposer(), LiteralEvaluator()).go()
    with RunStore.open(tmp_path / "run", read_only=True) as store:
        events = [stored.event for stored in store.events()]
    assert len({type(event) for event in events}) >= 8
    for event in events:
        assert from_json(type(event), json.loads(json.dumps(to_json(event)))) == event


def test_the_table_of_events_is_complete() -> None:
    assert set(EVENT_TYPES.values()) == set(typing.get_args(Event))
    assert all(kind == cls.__name__ for kind, cls in EVENT_TYPES.items())


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=lambda cls: cls.__name__)
def test_every_event_has_a_schema_that_names_its_fields(cls: type[Event]) -> None:
    schema = json_schema(cls)
    assert isinstance(schema, dict)
    assert set(typing.cast("dict[str, object]", schema["properties"])) == {field.name for field in fields(cls)}


def test_a_wrong_shape_says_where() -> None:
    with pytest.raises(EvolveError, match="expected a CandidateCreated, got something else at ticket"):
        from_json(CandidateCreated, {"ticket": "many"})
