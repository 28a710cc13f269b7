import asyncio
import subprocess
import sys

import pytest

from evolve.completions import Message, ModelRequest, Price
from evolve.errors import ConfigError, ModelUnavailable
from evolve.proposers import create_model, find_price
from evolve.proposers._chat import MAX_TEXT_CHARS, read_chat
from evolve.proposers._litellm_model import LitellmModel
from evolve.proposers._openai_model import OpenaiModel
from evolve.proposers._retry import PermanentFault, Retrier, RetryPolicy, TransientFault, fault_of_status

REQUEST = ModelRequest((Message("user", "x" * 400),))


def test_names_choose_their_adapter(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert isinstance(create_model("openai/gpt-5-mini"), OpenaiModel)
    assert isinstance(create_model("anything", base_url="http://127.0.0.1:1/v1"), OpenaiModel)
    assert isinstance(create_model("anthropic/claude-sonnet-4-5"), LitellmModel)


def test_creating_models_and_finding_prices_imports_no_sdk():
    code = (
        "import sys; from evolve.proposers import create_model, find_price\n"
        "create_model('openai/x', base_url='http://127.0.0.1:1/v1'); create_model('gemini/gemini-2.5-flash')\n"
        "assert find_price('gemini/gemini-2.5-flash')\n"
        "sys.exit(', '.join({'litellm', 'openai', 'anthropic', 'httpx', 'numpy', 'docker'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_prices_come_from_the_list_with_and_without_the_provider_and_unknown_is_none():
    price = find_price("openai/gpt-5-mini")
    assert price == find_price("gpt-5-mini")
    assert price.source == "litellm"
    assert 0 < price.input_usd_per_mtok < price.output_usd_per_mtok
    assert find_price("anthropic/gpt-5-mini") is None
    assert find_price("openai/no-such-model") is None


def test_a_price_of_the_user_wins_and_a_foreign_endpoint_has_none(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    mine = Price(1.0, 2.0, "user")
    assert create_model("openai/gpt-5-mini", price=mine).price == mine
    assert create_model("openai/gpt-5-mini").price.source == "litellm"
    assert create_model("openai/gpt-5-mini", base_url="http://127.0.0.1:1/v1").price is None


def test_a_missing_key_says_which_variable_to_set(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY") as caught:
        create_model("openai/gpt-5-mini")
    assert caught.value.is_permanent
    with pytest.raises(ModelUnavailable, match="MY_KEY"):
        create_model("anthropic/x", api_key_env="MY_KEY")


@pytest.mark.parametrize("name", ["", " ", "openai/"])
def test_an_empty_name_is_a_configuration_error(name):
    with pytest.raises(ConfigError):
        create_model(name)


def run(policy: RetryPolicy, outcomes: list):
    calls = []

    async def call():
        calls.append(None)
        outcome = outcomes[len(calls) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def main():
        return await Retrier("m", policy).run(call)

    try:
        return asyncio.run(main()), len(calls)
    except ModelUnavailable as error:
        return error, len(calls)


QUICK = RetryPolicy(max_retries=2, backoff_s=0.0)


def test_transient_faults_are_retried_as_often_as_allowed():
    assert run(QUICK, [TransientFault("a"), TransientFault("b"), "answer"]) == ("answer", 3)
    error, calls = run(QUICK, [TransientFault("a")] * 9)
    assert calls == 3
    assert "3 tries" in error.message
    assert not error.is_permanent


def test_a_permanent_fault_ends_it_at_once():
    error, calls = run(QUICK, [PermanentFault("HTTP 401: no", "set a key")])
    assert calls == 1
    assert error.is_permanent
    assert error.fix == "set a key"


def test_a_wait_that_is_too_long_is_no_answer():
    error, calls = run(QUICK, [TransientFault("HTTP 429", 3600.0), "answer"])
    assert calls == 1
    assert "3600 s" in error.message


def test_a_retry_after_holds_back_every_call_of_the_model():
    begun: list[tuple[str, float]] = []

    async def main():
        loop = asyncio.get_running_loop()
        retrier = Retrier("m", RetryPolicy(backoff_s=0.0))
        start = loop.time()

        async def call(name: str):
            begun.append((name, loop.time() - start))
            if len(begun) == 1:
                raise TransientFault("HTTP 429", 0.2)
            return name

        await asyncio.gather(retrier.run(lambda: call("a")), later(retrier, call))

    async def later(retrier, call):
        await asyncio.sleep(0.05)
        return await retrier.run(lambda: call("b"))

    asyncio.run(main())
    assert [name for name, _ in begun[:1]] == ["a"]
    assert all(at >= 0.19 for _, at in begun[1:]), begun


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, TransientFault), (500, TransientFault), (503, TransientFault), (529, TransientFault), (408, TransientFault)]
    + [(status, PermanentFault) for status in (400, 401, 403, 404, 422)],
)
def test_statuses_are_retried_or_final(status, kind):
    assert isinstance(fault_of_status(status, "no", None), kind)


def test_an_exhausted_account_is_final_though_its_status_says_retry():
    assert isinstance(fault_of_status(429, '{"code": "insufficient_quota"}', None), PermanentFault)


@pytest.mark.parametrize(("header", "seconds"), [("2", 2.0), ("0.5", 0.5), ("soon", None), ("-1", None), (None, None)])
def test_retry_after_is_read_if_it_is_a_number(header, seconds):
    assert fault_of_status(429, "no", header).retry_after_s == seconds


def chat(content, **extra):
    return {"choices": [{"message": {"content": content}, "finish_reason": "stop"}], **extra}


def read(data, price=None):
    return read_chat(data, name="m", request=REQUEST, price=price)


def test_usage_and_cost_are_read_where_they_are_reported():
    usage = {"prompt_tokens": 50, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}}
    completion = read(chat("hi", usage=usage), Price(1.0, 10.0, "litellm"))
    assert (completion.usage.input_tokens, completion.usage.output_tokens, completion.usage.cached_tokens) == (
        50,
        7,
        40,
    )
    assert completion.usage.cost_usd == pytest.approx(120e-6)
    assert completion.usage.price_source == "litellm"


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": -1, "completion_tokens": 2}, 7])
def test_missing_usage_is_estimated_and_marked(usage):
    completion = read(chat("y" * 40, usage=usage), Price(1.0, 1.0, "litellm"))
    assert completion.usage.input_tokens == 101
    assert completion.usage.output_tokens == 11
    assert completion.usage.price_source == "estimated"


def test_without_a_price_the_cost_is_unknown_and_never_zero():
    assert read(chat("hi")).usage.cost_usd is None


@pytest.mark.parametrize("data", [None, [], 3, "x", {}, {"choices": []}, {"choices": [1]}, {"error": "busy"}])
def test_a_body_of_another_shape_is_a_transient_fault(data):
    with pytest.raises(TransientFault):
        read(data)


@pytest.mark.parametrize(("content", "text"), [(None, ""), ("", ""), ([{"text": "a"}, {"text": "b"}], "ab"), (3, "")])
def test_every_shape_of_content_is_text(content, text):
    assert read(chat(content)).text == text


def test_an_enormous_answer_is_cut_and_says_so():
    completion = read(chat("z" * (MAX_TEXT_CHARS + 5)))
    assert len(completion.text) == MAX_TEXT_CHARS
    assert completion.finish_reason == "length"


def test_an_answer_without_choices_that_was_billed_is_an_empty_answer_and_not_asked_for_again():
    body = {"choices": [], "usage": {"prompt_tokens": 5000, "completion_tokens": 900}}
    got = read_chat(body, name="m", request=REQUEST, price=Price(1.0, 1.0, "test"))
    assert (got.text, got.finish_reason, got.usage.tokens) == ("", "content_filter", 5900)
    assert got.usage.cost_usd == pytest.approx(0.0059)
