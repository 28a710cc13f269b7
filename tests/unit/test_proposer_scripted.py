import asyncio
import json

import pytest

from evolve.completions import Message, ModelRequest, Price
from evolve.errors import ConfigError, ProposerExhausted
from evolve.program import Program
from evolve.proposers import ScriptedProposer, create_model
from evolve.testing import PlainDesk, ScriptedModel, make_brief, make_view

TEXT = "LIMIT = 10\n"


def edit(value: int) -> str:
    return f"<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = {value}\n>>>>>>> REPLACE\n"


def propose(proposer, ticket, desk=None):
    brief = make_brief([make_view(Program.single(TEXT))], ticket=ticket, function="", operator="improve")
    return asyncio.run(proposer.propose(brief, desk or PlainDesk()))


def limit(proposal):
    return proposal.program.files["program.py"]


def test_ticket_k_gets_the_k_th_text_in_any_order():
    proposer = ScriptedProposer({"script": [edit(1), edit(2), edit(3)]})
    assert limit(propose(proposer, 3)) == "LIMIT = 3\n"
    assert limit(propose(proposer, 1)) == "LIMIT = 1\n"
    assert not proposer.uses_models


def test_after_the_last_text_the_proposer_is_exhausted():
    with pytest.raises(ProposerExhausted, match="ticket 2 wants one more"):
        propose(ScriptedProposer({"script": [edit(1)]}), 2)


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_scripts_are_read_from_files(tmp_path, suffix):
    entries = [edit(1), {"text": edit(2), "delay_s": 0.0}]
    path = tmp_path / f"script{suffix}"
    path.write_text(json.dumps(entries) if suffix == ".json" else "\n".join(map(json.dumps, entries)) + "\n")
    assert limit(propose(ScriptedProposer({"script": str(path)}), 2)) == "LIMIT = 2\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON"),
        ("[1]\n", "expected a text"),
        ('{"txt": "a"}\n', "keys text and delay_s"),
        ("3\n", "a text"),
    ],
)
def test_a_bad_script_is_one_clear_error(tmp_path, content, message):
    path = tmp_path / "script.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        ScriptedProposer({"script": str(path)})


def test_a_missing_script_is_an_error_with_the_next_step(tmp_path):
    with pytest.raises(ConfigError, match="expected the proposer option 'script'"):
        ScriptedProposer({})
    with pytest.raises(ConfigError, match="script of answers"):
        ScriptedProposer({"script": str(tmp_path / "none.jsonl")})


def test_with_recording_every_text_comes_through_the_desk(tmp_path):
    path = tmp_path / "script.jsonl"
    path.write_text("\n".join(json.dumps(edit(n)) for n in (1, 2)))
    (tmp_path / "script.jsonl.log").touch()
    desk = PlainDesk(create_model(f"scripted:{path}"))
    proposer = ScriptedProposer({"record": True})
    assert proposer.uses_models
    assert limit(propose(proposer, 2, desk)) == "LIMIT = 2\n"
    assert limit(propose(proposer, 1, desk)) == "LIMIT = 1\n"
    assert (tmp_path / "script.jsonl.log").read_text() == "2 propose\n1 propose\n"
    assert [item.text for item in desk.completions] == [edit(2), edit(1)]
    with pytest.raises(ProposerExhausted):
        propose(proposer, 3, desk)


def test_a_scripted_model_counts_prices_and_answers_the_repair_with_the_second_text():
    model = ScriptedModel([["first", "second"]], price=Price(1.0, 2.0, "user"))
    question = (Message("system", "abcd"), Message("user", "efgh"))
    first = asyncio.run(model.complete(ModelRequest(question, seed=1)))
    retry = (*question, Message("assistant", first.text), Message("user", "again"))
    assert asyncio.run(model.complete(ModelRequest(retry, "repair", seed=1))).text == "second"
    assert len(model.requests) == 2
    assert first.usage.calls == 1
    assert first.usage.cost_usd == pytest.approx((3 * 1.0 + 2 * 2.0) / 1e6)
    assert first.usage.price_source == "user"


def test_a_scripted_model_without_a_price_has_an_unknown_cost():
    model = ScriptedModel(lambda request: request.role)
    completion = asyncio.run(model.complete(ModelRequest((Message("user", "x"),), "repair")))
    assert completion.text == "repair"
    assert completion.usage.cost_usd is None
