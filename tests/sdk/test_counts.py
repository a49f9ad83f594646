"""What is asked beside conversations: how long a prompt is, and which models there are."""

import pytest

from clients import CLIENTS, Messages, Responses
from items import TOOLS, Text
from upstreams import MESSAGES, RESPONSES, UPSTREAMS

PROSE = "A sentence of which there are many, so that its tokens can be counted. " * 50


@pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: f"{upstream.speaks}-upstream")
def test_tokens_are_counted_before_they_are_sent(stage, upstream):
    asked = stage.client(Messages, upstream, "words", tools=TOOLS)
    asked.say(Text(PROSE))
    counted = asked.count()
    billed = asked.ask(False).prompt
    # Where the upstream counts, it is its number; elsewhere an estimate from the length of the text.
    allowed = 0 if upstream is MESSAGES else 0.35
    assert abs(counted - billed) <= allowed * billed, (counted, billed)


def test_tokens_of_responses_are_counted_by_an_upstream_that_can(stage):
    asked = stage.client(Responses, RESPONSES, "words", tools=TOOLS)
    asked.say(Text(PROSE))
    assert asked.count() == asked.ask(False).prompt


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-client")
def test_models_are_listed_and_shown(stage, client):
    asked = stage.client(client, UPSTREAMS[0], "words")
    models = asked.models()
    assert len(models) == len(set(models))
    for name in ("claude-opus-5-5", "gpt-5.5", "deepseek-v4-pro"):
        assert name in models
        assert asked.one_model(name) == name
    with pytest.raises(client.errors.NotFoundError):
        asked.one_model("no-such-model-1")
