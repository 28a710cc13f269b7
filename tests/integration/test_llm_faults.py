"""The real proposer and the real adapters against an endpoint that does everything wrong."""

import asyncio
import time

import pytest

from evolve.briefs import Proposal
from evolve.completions import Message, ModelRequest, Price
from evolve.errors import ModelUnavailable
from evolve.program import Program
from evolve.proposers import LlmProposer, create_model
from evolve.proposers._chat import MAX_TEXT_CHARS
from evolve.testing import Fault, PlainDesk, make_brief, make_view

TEXT = "LIMIT = 10\n\n\ndef solve(count):\n    return count + LIMIT\n"
GOOD = "<<<<<<< SEARCH\nLIMIT = 10\n=======\nLIMIT = 20\n>>>>>>> REPLACE\n"
OK = Fault.ok(GOOD)
# The same wire format through both adapters.
ADAPTERS = ["openai/fake", "hosted_vllm/fake"]


@pytest.fixture(params=ADAPTERS, ids=["openai", "litellm"])
def name(request) -> str:
    return request.param


def propose(server, name: str, script: list[Fault], **options) -> tuple[Proposal | ModelUnavailable, PlainDesk]:
    """One proposal; what the engine would be handed, be it an exception."""
    server.set_script(script)
    settings = {"timeout_s": 30.0, "max_retries": 2, "backoff_s": 0.01} | options
    model = create_model(name, base_url=server.url, price=Price(1.0, 1.0, "user"), **settings)
    desk = PlainDesk(model)

    async def main():
        try:
            brief = make_brief([make_view(Program.single(TEXT))], operator="improve")
            return await LlmProposer({}).propose(brief, desk)
        except ModelUnavailable as error:
            return error
        finally:
            await model.close()
            await model.close()

    return asyncio.run(main()), desk


def is_good(outcome: object) -> bool:
    return isinstance(outcome, Proposal) and outcome.program == Program.single(TEXT.replace("10", "20"))


def test_a_good_answer_is_a_program_with_usage_and_price(fault_server, name):
    outcome, desk = propose(fault_server, name, [OK])
    assert is_good(outcome)
    usage = desk.completions[0].usage
    assert (usage.input_tokens, usage.output_tokens, usage.calls) == (100, 10, 1)
    assert usage.cost_usd == pytest.approx(110e-6)
    assert usage.price_source == "user"
    sent = fault_server.requests[0]
    assert sent["model"] == "fake"
    assert sent["max_tokens"] == 4096
    assert sent["seed"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault.error(429, "slow down"),
        Fault.error(429, "slow down", retry_after="0.05"),
        Fault.error(500),
        Fault.error(502),
        Fault.error(503),
        Fault.error(529, "overloaded"),
        Fault.cut(),
        Fault.raw(b""),
        Fault.html(),
        Fault.raw(b'{"not": "a completion"}'),
        Fault.raw(b"[1, 2"),
        Fault.raw(b"[" * 100_000),
    ],
    ids=[
        "429",
        "429-wait",
        "500",
        "502",
        "503",
        "529",
        "cut",
        "empty-body",
        "html",
        "wrong-json",
        "no-json",
        "deep-json",
    ],
)
def test_a_passing_fault_is_retried_and_the_answer_is_used(fault_server, name, fault):
    outcome, _ = propose(fault_server, name, [fault, OK])
    assert is_good(outcome), outcome
    assert len(fault_server.requests) == 2


@pytest.mark.parametrize(
    "fault",
    [Fault.error(429), Fault.error(500), Fault.cut(), Fault.html(), Fault.raw(b"")],
    ids=["429", "500", "cut", "html", "empty-body"],
)
def test_a_fault_that_stays_ends_after_the_allowed_tries_and_no_more_requests(fault_server, name, fault):
    outcome, desk = propose(fault_server, name, [fault])
    assert isinstance(outcome, ModelUnavailable)
    assert not outcome.is_permanent
    assert "3 tries" in outcome.message
    assert outcome.fix
    assert len(fault_server.requests) == 3, "no retries hide inside an SDK"
    assert desk.completions == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_request_is_final_after_one_try(fault_server, name, status):
    outcome, _ = propose(fault_server, name, [Fault.error(status, "bad thing")])
    assert isinstance(outcome, ModelUnavailable)
    assert outcome.is_permanent
    assert f"HTTP {status}" in outcome.message
    assert "bad thing" in outcome.message
    assert len(fault_server.requests) == 1


def test_an_exhausted_account_is_final(fault_server, name):
    outcome, _ = propose(fault_server, name, [Fault.error(429, "pay", code="insufficient_quota")])
    assert outcome.is_permanent
    assert len(fault_server.requests) == 1


def test_an_endpoint_that_asks_for_an_hour_gets_no_further_request(fault_server, name):
    outcome, _ = propose(fault_server, name, [Fault.error(429, retry_after="3600"), OK])
    assert isinstance(outcome, ModelUnavailable)
    assert "3600 s" in outcome.message
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("fault", [Fault.hang(), Fault.drip()], ids=["hang", "drip"])
def test_the_time_limit_bounds_the_whole_answer(fault_server, name, fault):
    if name.startswith("hosted_vllm"):
        propose(fault_server, name, [OK])  # the import of litellm is not the endpoint's time
    outcome, _ = propose(fault_server, name, [fault], timeout_s=0.4, max_retries=1)
    assert isinstance(outcome, ModelUnavailable)
    assert len(fault_server.requests) == 2


def test_nobody_listening_is_unavailable_and_not_permanent(fault_server, name):
    class Nowhere:
        url = "http://127.0.0.1:9/v1"
        set_script = staticmethod(lambda script: None)

    outcome, _ = propose(Nowhere, name, [])
    assert isinstance(outcome, ModelUnavailable)
    assert not outcome.is_permanent


def test_bytes_that_are_no_utf8_do_not_cost_the_answer(fault_server):
    outcome, desk = propose(fault_server, "openai/fake", [Fault.not_utf8("I say %% and\n" + GOOD)])
    assert is_good(outcome)
    assert "\ufffd" in desk.completions[0].text


def test_bytes_that_are_no_utf8_are_survived_by_litellm(fault_server):
    outcome, _ = propose(fault_server, "hosted_vllm/fake", [Fault.not_utf8("I say %% and\n" + GOOD), OK])
    assert is_good(outcome)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("I am sorry, but I cannot help.", "parsed"),
        ("Just do it better.", "parsed"),
        ("```python\ndef (\n```", "static"),
    ],
    ids=["refusal", "prose", "broken"],
)
def test_an_answer_without_a_program_is_repaired_once_and_then_rejected(fault_server, name, text, stage):
    outcome, desk = propose(fault_server, name, [Fault.ok(text)])
    assert isinstance(outcome, Proposal)
    assert outcome.program is None
    assert outcome.rejection.stage == stage
    assert len(fault_server.requests) == len(desk.completions) == 2
    assert is_good(propose(fault_server, name, [Fault.ok(text), OK])[0])


@pytest.mark.parametrize("text", ["", None])
def test_an_empty_answer_was_paid_for_and_is_a_rejection(fault_server, name, text):
    outcome, desk = propose(fault_server, name, [Fault.ok(text)])
    assert outcome.rejection.stage == "parsed"
    assert desk.completions[0].text == ""
    assert desk.completions[0].usage.cost_usd > 0
    assert len(fault_server.requests) == 1


def test_missing_usage_is_estimated_by_the_adapter_that_sees_it(fault_server):
    outcome, desk = propose(fault_server, "openai/fake", [Fault.ok(GOOD, usage=False)])
    assert is_good(outcome)
    assert desk.completions[0].usage.price_source == "estimated"
    assert desk.completions[0].usage.input_tokens > 100


def test_an_answer_of_ten_megabytes_is_kept_in_part_and_rejected(fault_server, name):
    outcome, desk = propose(fault_server, name, [Fault.ok("x = 1\n" * 1_700_000)])
    assert isinstance(outcome, Proposal)
    assert outcome.program is None
    assert len(desk.completions[0].text) == MAX_TEXT_CHARS
    assert desk.completions[0].finish_reason == "length"


def test_cancelling_a_call_ends_it_at_once(fault_server, name):
    fault_server.set_script([OK, Fault.hang()])
    model = create_model(name, base_url=fault_server.url, timeout_s=60.0)
    request = ModelRequest((Message("user", "hi"),))

    async def main() -> float:
        await model.complete(request)
        task = asyncio.create_task(model.complete(request))
        await asyncio.to_thread(fault_server.wait_for_requests, 2)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await model.close()
        return time.monotonic() - began

    # The endpoint would hang for a minute; anything far below that is a cancelled request.
    assert asyncio.run(main()) < 20.0


def test_thirty_two_calls_are_in_flight_together(fault_server):
    fault_server.set_script([Fault.ok(str(n)) for n in range(32)])
    model = create_model("openai/fake", base_url=fault_server.url, backoff_s=0.01)

    async def main() -> list[str]:
        request = ModelRequest((Message("user", "hi"),))
        try:
            return [item.text for item in await asyncio.gather(*(model.complete(request) for _ in range(32)))]
        finally:
            await model.close()

    assert sorted(asyncio.run(main()), key=int) == [str(n) for n in range(32)]


def test_a_key_is_sent_only_where_it_was_named(fault_server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OTHER_KEY", "sk-other")
    propose(fault_server, "openai/fake", [OK])
    assert fault_server.keys == ["Bearer none"]
    propose(fault_server, "openai/fake", [OK], api_key_env="OTHER_KEY")
    assert fault_server.keys == ["Bearer sk-other"]
