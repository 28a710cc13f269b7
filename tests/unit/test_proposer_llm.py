import asyncio

import pytest

from evolve.errors import ConfigError, ModelUnavailable
from evolve.program import Program
from evolve.proposers import LlmProposer
from evolve.testing import PlainDesk, ScriptedModel, make_brief, make_view
from evolve.types import Status

TEXT = "LIMIT = 10\n\n\ndef solve(count):\n    return count + LIMIT\n"
GOOD = "<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = 20\n>>>>>>> REPLACE\n"
BAD = "<<<<<<< SEARCH\nLIMIT = elsewhere\n=======\nLIMIT = 20\n>>>>>>> REPLACE\n"
BROKEN = "<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = = 20\n>>>>>>> REPLACE\n"
RENAMED = "<<<<<<< SEARCH\ndef solve(count):\n=======\ndef solve(count, more):\n>>>>>>> REPLACE\n"
GONE = "```python\nLIMIT = 20\n```\n"


def propose(*texts, options=None, **changes):
    model = ScriptedModel([list(texts)])
    brief = make_brief([make_view(Program.single(TEXT))], operator="improve", **changes)
    return asyncio.run(LlmProposer(options or {}).propose(brief, PlainDesk(model))), model


def test_a_good_answer_is_a_program_after_one_call():
    proposal, model = propose("The limit was too low.\n" + GOOD)
    assert proposal.program.files["program.py"] == TEXT.replace("10", "20")
    assert proposal.rationale == "The limit was too low."
    assert [request.role for request in model.requests] == ["propose"]


@pytest.mark.parametrize(
    ("first", "quoted"),
    [(BAD, "not found"), (BROKEN, "not valid Python"), (RENAMED, "required parameters"), (GONE, "must define")],
)
def test_an_unusable_answer_is_repaired_once_with_the_error_quoted(first, quoted):
    proposal, model = propose(first, GOOD)
    assert proposal.program is not None
    assert [request.role for request in model.requests] == ["propose", "repair"]
    turns = model.requests[1].messages
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[2].content == first
    assert quoted in turns[3].content
    assert turns[:2] == model.requests[0].messages, "the prefix stays equal, so that a provider can cache it"


@pytest.mark.parametrize(
    ("answers", "stage"),
    [((BAD, BAD), "parsed"), ((BROKEN, BROKEN), "static"), ((BAD, GONE), "static"), (("Sorry.", "No."), "parsed")],
)
def test_a_second_failure_is_a_rejection_and_there_is_no_third_call(answers, stage):
    proposal, model = propose(*answers, GOOD)
    assert proposal.program is None
    assert proposal.rejection.stage == stage
    assert len(model.requests) == 2


def test_an_answer_that_changes_nothing_is_not_new_and_not_repaired():
    proposal, model = propose(GOOD.replace("LIMIT = 20", "LIMIT = 10"))
    assert proposal.rejection.stage == "new"
    assert len(model.requests) == 1


def test_an_empty_answer_is_a_rejection_without_a_second_call():
    proposal, model = propose("  \n")
    assert proposal.rejection.stage == "parsed"
    assert "empty" in proposal.rejection.reason
    assert len(model.requests) == 1


def test_repair_can_be_switched_off():
    proposal, model = propose(BAD, GOOD, options={"repair": False})
    assert proposal.rejection.stage == "parsed"
    assert len(model.requests) == 1


def test_options_reach_the_request_and_the_seed_is_the_ticket():
    _, model = propose(GOOD, options={"max_output_tokens": 77, "temperature": 0.5})
    request = model.requests[0]
    assert (request.max_output_tokens, request.temperature, request.seed) == (77, 0.5, 1)


def test_wrong_options_are_errors():
    with pytest.raises(ConfigError, match="did you mean 'temperature'"):
        LlmProposer({"temprature": 1.0})
    with pytest.raises(ConfigError, match="expected a number"):
        LlmProposer({"temperature": "hot"})
    with pytest.raises(ConfigError, match="expected int"):
        LlmProposer({"max_output_tokens": "many"})


def test_a_model_that_is_unavailable_is_passed_on():
    brief = make_brief([make_view(Program.single(TEXT))])
    with pytest.raises(ModelUnavailable):
        asyncio.run(LlmProposer({}).propose(brief, PlainDesk()))


def test_the_operator_that_is_reported_is_the_one_that_was_made():
    good, failing = make_view(Program.single(TEXT)), make_view(Program.single(TEXT), 1, Status.CRASHED, "boom")

    def operator(parents, wanted):
        model = ScriptedModel([GOOD])
        brief = make_brief(parents, operator=wanted)
        return asyncio.run(LlmProposer({}).propose(brief, PlainDesk(model))).operator

    assert operator([good], "explore") == "explore"
    assert operator([good, good], "crossover") == "crossover"
    assert operator([good], "crossover") == "improve"
    assert operator([good], "repair") == "improve"
    assert operator([failing], "improve") == "repair"
    assert operator([good], "mutate") == "improve"
