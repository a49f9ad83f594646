"""Failures: the SDK's own exception, with the upstream's status and words."""

import pytest

from clients import CLIENTS, Messages
from items import TOOLS, Result, Text
from upstreams import UPSTREAMS

every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-client")
every_upstream = pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: f"{upstream.speaks}-upstream")
both_ways = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])


def refused(stage, client, upstream, scene, streamed=True):
    """The exception that the SDK raises."""
    asked = stage.client(client, upstream.alone(), scene)
    asked.say(Text("Try."))
    with pytest.raises(client.errors.APIError) as raised:
        asked.ask(streamed)
    return raised.value


@every_client
@every_upstream
@both_ways
def test_a_rate_limit_keeps_its_words_and_its_time(stage, client, upstream, streamed):
    before = len(stage.relay.passed)
    error = refused(stage, client, upstream, "storm", streamed)
    assert isinstance(error, client.errors.RateLimitError), repr(error)
    assert error.status_code == 429
    assert "This request would exceed your rate limit." in error.message
    assert error.response.headers["retry-after"] == "37"
    assert len(stage.relay.passed) == before + 1, "nobody waits that long inside a gateway"


@every_client
@every_upstream
@both_ways
def test_a_prompt_that_does_not_fit_is_named_as_the_clients_vendor_names_it(stage, client, upstream, streamed):
    error = refused(stage, client, upstream, "full", streamed)
    assert isinstance(error, client.errors.BadRequestError), repr(error)
    if client is Messages:
        assert "prompt is too long" in error.message
        assert error.body["error"]["type"] == "invalid_request_error"
    else:
        assert error.code == "context_length_exceeded"


@every_client
@every_upstream
@both_ways
def test_a_bad_request_keeps_the_upstreams_words(stage, client, upstream, streamed):
    asked = stage.client(client, upstream, "nowhere")
    asked.say(Text("Is anybody there?"))
    with pytest.raises(client.errors.BadRequestError) as raised:
        asked.ask(streamed)
    assert "no actor of scenario `sdk` answers this request" in raised.value.message


@every_client
@every_upstream
def test_a_key_that_the_upstream_refuses_is_an_authentication_error(stage, client, upstream):
    error = refused(stage, client, upstream, "locked")
    assert isinstance(error, client.errors.AuthenticationError), repr(error)
    words = "invalid x-api-key" if upstream.speaks == "messages" else "Incorrect API key provided."
    assert words in error.message
    assert "sk-of-the-upstream" not in str(error.body)


@every_client
def test_a_wrong_token_is_an_authentication_error(stage, client):
    before = len(stage.relay.passed)
    asked = stage.client(client, UPSTREAMS[0], "words", token="agw-wrong")
    asked.say(Text("Let me in."))
    with pytest.raises(client.errors.AuthenticationError):
        asked.ask(True)
    assert len(stage.relay.passed) == before


@every_client
def test_a_model_that_nobody_has_is_not_found(stage, client):
    asked = client(stage.gateway, "no-such-model-1", system="Scene: words.")
    asked.say(Text("Who are you?"))
    with pytest.raises(client.errors.NotFoundError) as raised:
        asked.ask(True)
    assert "no-such-model-1" in raised.value.message


@every_client
@every_upstream
def test_an_error_in_the_middle_of_a_stream_is_raised(stage, client, upstream):
    error = refused(stage, client, upstream, "broken")
    assert "Overloaded" in error.message


@every_client
@every_upstream
def test_a_stream_that_breaks_off_is_not_taken_for_a_whole_one(stage, client, upstream):
    error = refused(stage, client, upstream, "cut")
    assert error.message


@every_upstream
def test_a_call_without_its_result_is_refused_or_mended_but_never_dropped(stage, upstream):
    """Same dialect: the upstream's own refusal. Translated: the missing result is made up for, so that the talk goes on."""
    asked = stage.client(Messages, upstream, "tools", tools=TOOLS)
    asked.say(Text("Look around."))
    calls = asked.ask(True).calls
    asked.answer(Result(calls[0].id, (Text("only one"),)))
    if upstream.speaks == "messages":
        with pytest.raises(Messages.errors.BadRequestError) as raised:
            asked.ask(True)
        assert calls[1].id in raised.value.message
        return
    asked.ask(True)
    results = [item for _, item in stage.seen(upstream).said if isinstance(item, Result)]
    assert sorted(result.call for result in results) == sorted(call.id for call in calls)
