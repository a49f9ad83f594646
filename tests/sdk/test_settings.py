"""Parameters of a request: in the upstream's words where it has them, left out where it would refuse them."""

import pytest

from clients import CLIENTS, ROOM, Chat, Messages, Responses
from items import TOOLS, Text
from upstreams import CHAT, MESSAGES, OPEN, RESPONSES, UPSTREAMS

every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-client")
every_upstream = pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: f"{upstream.speaks}-upstream")

FOREIGN = [(client, upstream) for client in CLIENTS for upstream in UPSTREAMS if client.name != upstream.speaks]
every_foreign_pair = pytest.mark.parametrize(
    "client, upstream", FOREIGN, ids=lambda one: f"{one.name}-client" if isinstance(one, type) else f"{one.speaks}-upstream"
)

ONE_CALL = {
    Messages: {"tool_choice": {"type": "tool", "name": "read_file", "disable_parallel_tool_use": True}},
    Chat: {"tool_choice": {"type": "function", "function": {"name": "read_file"}}, "parallel_tool_calls": False},
    Responses: {"tool_choice": {"type": "function", "name": "read_file"}, "parallel_tool_calls": False},
}

#: The SDK for Messages has no word for it any more; older clients send it still.
WARM = {Messages: {"extra_body": {"temperature": 0.25}}, Chat: {"temperature": 0.25}, Responses: {"temperature": 0.25}}


@every_client
@every_upstream
def test_a_forced_call_and_the_longest_answer_arrive(stage, client, upstream):
    asked = stage.client(client, upstream, "tools", tools=TOOLS, settings=ONE_CALL[client])
    asked.say(Text("Read."))
    asked.ask(True)
    body = stage.relay.last.body
    room = {"messages": "max_tokens", "chat": "max_completion_tokens", "responses": "max_output_tokens"}
    assert body[room[upstream.speaks]] == ROOM
    forced = {CHAT: Chat, RESPONSES: Responses, MESSAGES: Messages}[upstream]
    assert {name: body[name] for name in ONE_CALL[forced]} == ONE_CALL[forced]


@every_foreign_pair
def test_a_temperature_that_the_model_refuses_is_left_out(stage, client, upstream):
    asked = stage.client(client, upstream, "words", settings=WARM[client])
    asked.say(Text("Say it."))
    assert asked.ask(True).stop == "end"
    takes = upstream is not MESSAGES
    assert stage.relay.last.body.get("temperature") == (0.25 if takes else None)


@every_client
def test_thinking_is_asked_for_in_each_makers_words(stage, client):
    def sent(upstream):
        asked = stage.client(client, upstream, "words", tools=TOOLS, thinks=True)
        asked.say(Text("Think."))
        assert asked.ask(True).stop == "end"
        return stage.relay.last.body

    assert sent(MESSAGES)["thinking"]["type"] == "adaptive"
    assert sent(RESPONSES)["reasoning"]["effort"] == "high"
    assert sent(OPEN)["reasoning_effort"] == "high"


@pytest.mark.parametrize("client", [Messages, Responses], ids=lambda client: f"{client.name}-client")
def test_thinking_with_tools_is_not_asked_of_chat_completions_that_refuse_it(stage, client):
    asked = stage.client(client, CHAT, "words", tools=TOOLS, thinks=True)
    asked.say(Text("Think."))
    assert asked.ask(True).stop == "end"
    assert stage.relay.last.body.get("reasoning_effort") in (None, "none")


@pytest.mark.parametrize("client", [Messages, Responses], ids=lambda client: f"{client.name}-client")
def test_a_provider_with_words_of_its_own_is_spoken_to_in_them(stage, client):
    """`max_tokens_field` and `cache_key` of the provider's `chat` settings."""
    asked = stage.client(client, OPEN, "words")
    asked.say(Text("Say it."))
    asked.ask(True)
    body = stage.relay.last.body
    assert body.get("max_tokens") == ROOM and "max_completion_tokens" not in body
    assert "prompt_cache_key" not in body
    assert body["stream_options"] == {"include_usage": True}
