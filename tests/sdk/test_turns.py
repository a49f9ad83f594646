"""Whole conversations: what the model says reaches the client, and what the client says reaches the model."""

import pytest

from clients import CLIENTS, Chat, Messages
from items import TOOLS, Call, Image, Result, Text, Thought, png
from upstreams import CHAT, MESSAGES, OPEN, RESPONSES, UPSTREAMS

WORDS = (
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. \U0001f30a "
    '"Quoted", \\escaped\\,\tand\nover lines.'
)

every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: f"{client.name}-client")
every_upstream = pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: f"{upstream.speaks}-upstream")
both_ways = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])


@every_client
@every_upstream
@both_ways
def test_words_arrive_as_they_were_said(stage, client, upstream, streamed):
    asked = stage.client(client, upstream, "words")
    asked.say(Text("Say it.\n  With all signs: \"ä\\\" \U0001f40b"))
    answer = asked.ask(streamed)
    assert (answer.text, answer.stop, answer.calls, answer.thoughts) == (WORDS, "end", [], [])
    assert answer.prompt > 5 and answer.output > 5
    assert not streamed or answer.pieces > 1, "a stream that comes in one piece is none"
    seen = stage.seen(upstream)
    assert seen.system == "Scene: words."
    assert seen.said == [("user", Text("Say it.\n  With all signs: \"ä\\\" \U0001f40b"))]
    assert stage.relay.last.headers.get("x-api-key", stage.relay.last.headers.get("authorization")) in (
        "sk-of-the-upstream",
        "Bearer sk-of-the-upstream",
    )


@every_client
@every_upstream
@both_ways
def test_parallel_calls_keep_order_names_ids_and_arguments(stage, client, upstream, streamed):
    asked = stage.client(client, upstream, "tools", tools=TOOLS)
    asked.say(Text("Look around."))
    first = asked.ask(streamed)
    assert first.text == "I look at three things at once."
    assert [(call.name, call.arguments) for call in first.calls] == [
        ("read_file", {"path": "src/größe.rs", "lines": [1, 2, 3]}),
        ("list_files", {}),
        ("read_file", {"path": 'a "quoted" \\ name\n'}),
    ]
    assert first.stop == "calls"
    assert len({call.id for call in first.calls}) == 3
    results = [Result(call.id, (Text(f"result {n}"),)) for n, call in enumerate(first.calls)]
    asked.answer(*results)
    second = asked.ask(streamed)
    assert [call.name for call in second.calls] == ["list_files"] and second.text == ""
    last = Result(second.calls[0].id, (Text("nothing"),))
    asked.answer(last)
    third = asked.ask(streamed)
    assert (third.text, third.stop, third.calls) == ("That is all there is.", "end", [])
    seen = stage.seen(upstream)
    assert seen.tools == TOOLS
    assert seen.said == [
        ("user", Text("Look around.")),
        ("model", Text("I look at three things at once.")),
        *[("model", call) for call in first.calls],
        *[("user", result) for result in results],
        ("model", second.calls[0]),
        ("user", last),
    ]


@every_client
@every_upstream
def test_images_arrive_from_the_user_and_from_tools(stage, client, upstream):
    red, blue = Image(png(255, 0, 0)), Image(png(0, 0, 255))
    asked = stage.client(client, upstream, "images", tools=TOOLS)
    asked.say(Text("What is this?"), red)
    first = asked.ask(True)
    assert first.text == "I see 1 images."
    seen = stage.seen(upstream)
    assert seen.said == [("user", Text("What is this?")), ("user", red)]
    # Chat Completions have no images in a tool's answer, neither to say nor to hear them: there the user's next message has it.
    if client is Chat:
        asked.answer(Result(first.calls[0].id, (Text("see below"),)))
        asked.say(blue)
    else:
        asked.answer(Result(first.calls[0].id, (Text("see below"), blue)))
    second = asked.ask(True)
    assert second.text == "Now I see 2 images."
    pictures = [part for _, item in stage.seen(upstream).said for part in getattr(item, "parts", (item,))]
    assert [part for part in pictures if isinstance(part, Image)] == [red, blue]


def think(stage, client, upstream, streamed):
    """A conversation of three answers, each with a thought; gives the answers and what was seen at last."""
    asked = stage.client(client, upstream, "thinking", tools=TOOLS, thinks=True)
    asked.say(Text("Read both."))
    answers = []
    for n in range(3):
        answer = asked.ask(streamed)
        answers.append(answer)
        if answer.calls:
            asked.answer(*[Result(call.id, (Text(f"hello {n}"),)) for call in answer.calls])
    assert [answer.text for answer in answers] == ["I read.", "", "Both say hello."]
    assert [[call.arguments["path"] for call in answer.calls] for answer in answers] == [["a.txt"], ["b.txt"], []]
    return answers, stage.seen(upstream)


THOUGHTS = ["First I have to read, then I think again.", "It says what I thought it would.", "Enough."]


@every_client
@pytest.mark.parametrize("upstream", [MESSAGES, RESPONSES], ids=["messages-upstream", "responses-upstream"])
@both_ways
def test_sealed_thinking_is_shown_and_comes_back_to_its_maker(stage, client, upstream, streamed):
    answers, seen = think(stage, client, upstream, streamed)
    shown = [thought.text for answer in answers for thought in answer.thoughts]
    thoughts = [item for _, item in seen.said if isinstance(item, Thought)]
    if client is Chat:
        # No field for a seal: nothing is sent back to somebody who would refuse it. And no word for wanting to see the thinking,
        # which Responses have to be asked for.
        assert thoughts == []
        assert shown == (THOUGHTS if upstream is MESSAGES else [])
        return
    assert shown == THOUGHTS
    assert [thought.text for thought in thoughts] == THOUGHTS[:2]
    assert all(thought.proof for thought in thoughts), "the simulator has sealed them, and refuses what it has not sealed"
    # The thought stands before the words and the call that it led to.
    assert [type(item) for who, item in seen.said if who == "model"] == [Thought, Text, Call, Thought, Call]


@every_client
@both_ways
def test_open_reasoning_is_shown_and_comes_back(stage, client, streamed):
    answers, seen = think(stage, client, OPEN, streamed)
    assert [thought.text for answer in answers for thought in answer.thoughts] == THOUGHTS
    thoughts = [item for _, item in seen.said if isinstance(item, Thought)]
    assert [thought.text for thought in thoughts] == THOUGHTS[:2]


@every_client
@every_upstream
@both_ways
def test_an_answer_that_was_cut_says_so(stage, client, upstream, streamed):
    asked = stage.client(client, upstream, "long")
    asked.say(Text("Go on."))
    answer = asked.ask(streamed)
    assert (answer.text, answer.stop) == ("It goes on and on.", "length")


@every_client
@every_upstream
def test_a_long_prompt_is_read_from_the_cache_the_second_time(stage, client, upstream):
    asked = stage.client(client, upstream, "words")
    asked.say(Text(f"{client.name} {upstream.name} " + "Something that has to be said at length. " * 600))
    first = asked.ask(True)
    asked.say(Text("And again."))
    second = asked.ask(True)
    assert first.cached == 0
    assert second.cached > 0.9 * first.prompt
    assert second.prompt > first.prompt
    assert upstream is MESSAGES or "cache_control" not in str(stage.relay.last.body)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@every_upstream
def test_a_failed_tool_is_told_as_one(stage, upstream, streamed):
    asked = stage.client(Messages, upstream, "tools", tools=TOOLS)
    asked.say(Text("Look around."))
    calls = asked.ask(streamed).calls
    asked.answer(*[Result(call.id, (Text("no such file"),), failed=True) for call in calls])
    asked.ask(streamed)
    results = [item for _, item in stage.seen(upstream).said if isinstance(item, Result)]
    assert len(results) == 3
    for result in results:
        assert result.failed or result.parts[0].text.startswith("Error: ")
        assert result.parts[0].text.endswith("no such file")


def test_the_upstreams_are_three_dialects():
    assert [upstream.speaks for upstream in UPSTREAMS] == ["messages", "chat", "responses"]
    assert CHAT.path != RESPONSES.path
