"""The SDKs as their users use them, with one interface: say something, ask, answer the calls, ask again."""

import json

import anthropic
import openai

from items import Answer, Call, Image, Result, Text, Thought

#: Time for a whole answer, in seconds.
PATIENCE = 30

#: Room for an answer.
ROOM = 4000


class Client:
    """A conversation of one SDK with one model."""

    def __init__(self, gateway, model, *, system, tools=(), thinks=False, token=None, settings=None):
        self.model, self.system, self.tools, self.thinks = model, system, list(tools), thinks
        #: Further parameters, in the SDK's own words.
        self.settings = settings or {}
        self.history = []
        self.connect(gateway.url, token or gateway.token)

    def ask(self, streamed):
        """Asks, remembers the answer as it came, and gives it in neutral words."""
        return self.ask_streamed() if streamed else self.ask_whole()


class Messages(Client):
    """`anthropic`: Messages."""

    name = "messages"
    errors = anthropic

    def connect(self, url, token):
        self.sdk = anthropic.Anthropic(base_url=url, api_key=token, max_retries=0, timeout=PATIENCE)

    def say(self, *parts):
        self.history.append({"role": "user", "content": [self.part(part) for part in parts]})

    def part(self, part):
        match part:
            case Text(text):
                return {"type": "text", "text": text}
            case Image(data, media):
                return {"type": "image", "source": {"type": "base64", "media_type": media, "data": data}}
            case Result(call, parts, failed):
                content = [self.part(part) for part in parts]
                return {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": failed}

    def answer(self, *results):
        self.say(*results)

    def request(self):
        request = {"model": self.model, "max_tokens": ROOM, "messages": self.marked(), "system": self.system}
        if self.tools:
            request["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema} for tool in self.tools
            ]
        if self.thinks:
            request["thinking"] = {"type": "adaptive"}
        return request | self.settings

    def marked(self):
        """The conversation with a cache breakpoint at its end."""
        *before, last = self.history
        *parts, end = last["content"]
        return [*before, last | {"content": [*parts, end | {"cache_control": {"type": "ephemeral"}}]}]

    def ask_whole(self):
        return self.told(self.sdk.messages.create(**self.request()), 0)

    def ask_streamed(self):
        pieces = []
        with self.sdk.messages.stream(**self.request()) as stream:
            for event in stream:
                if event.type == "text":
                    pieces.append(event.text)
            message = stream.get_final_message()
        answer = self.told(message, len(pieces))
        assert "".join(pieces) == answer.text
        return answer

    def told(self, message, pieces):
        self.history.append({"role": "assistant", "content": [block.to_dict() for block in message.content]})
        answer = Answer(model=message.model, pieces=pieces, output=message.usage.output_tokens)
        answer.stop = {"end_turn": "end", "tool_use": "calls", "max_tokens": "length"}[message.stop_reason]
        usage = message.usage
        answer.cached = usage.cache_read_input_tokens or 0
        answer.prompt = usage.input_tokens + answer.cached + (usage.cache_creation_input_tokens or 0)
        for block in message.content:
            match block.type:
                case "text":
                    answer.text += block.text
                case "thinking":
                    answer.thoughts.append(Thought(block.thinking, block.signature))
                case "tool_use":
                    answer.calls.append(Call(block.id, block.name, block.input))
        return answer

    def begin(self):
        """Opens a stream and waits for the first piece of text; gives what closes it."""
        stream = self.sdk.messages.create(**self.request(), stream=True)
        for event in stream:
            if event.type == "content_block_delta":
                return stream.close
        raise AssertionError("the stream ended at once")

    def count(self):
        request = self.request()
        del request["max_tokens"]
        return self.sdk.messages.count_tokens(**request).input_tokens

    def models(self):
        return [model.id for model in self.sdk.models.list()]

    def one_model(self, name):
        return self.sdk.models.retrieve(name).id


class OpenAi(Client):
    """What both surfaces of `openai` have in common."""

    errors = openai

    def connect(self, url, token):
        self.sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0, timeout=PATIENCE)

    def models(self):
        return [model.id for model in self.sdk.models.list()]

    def one_model(self, name):
        return self.sdk.models.retrieve(name).id


class Chat(OpenAi):
    """`openai`: Chat Completions."""

    name = "chat"

    def say(self, *parts):
        self.history.append({"role": "user", "content": [self.part(part) for part in parts]})

    @staticmethod
    def part(part):
        match part:
            case Text(text):
                return {"type": "text", "text": text}
            case Image(data, media):
                return {"type": "image_url", "image_url": {"url": f"data:{media};base64,{data}"}}

    def answer(self, *results):
        for result in results:
            content = [self.part(part) for part in result.parts]
            self.history.append({"role": "tool", "tool_call_id": result.call, "content": content})

    def request(self):
        system = {"role": "system", "content": self.system}
        request = {"model": self.model, "max_completion_tokens": ROOM, "messages": [system, *self.history]}
        if self.tools:
            functions = [
                {"name": tool.name, "description": tool.description, "parameters": tool.schema} for tool in self.tools
            ]
            request["tools"] = [{"type": "function", "function": function} for function in functions]
        if self.thinks:
            request["reasoning_effort"] = "high"
        return request | self.settings

    def ask_whole(self):
        return self.told(self.sdk.chat.completions.create(**self.request()), 0)

    def ask_streamed(self):
        pieces = []
        with self.sdk.chat.completions.stream(**self.request(), stream_options={"include_usage": True}) as stream:
            try:
                for event in stream:
                    if event.type == "content.delta":
                        pieces.append(event.delta)
                completion = stream.get_final_completion()
            except openai.LengthFinishReasonError as cut:
                completion = cut.completion
        answer = self.told(completion, len(pieces))
        assert "".join(pieces) == answer.text
        return answer

    def told(self, completion, pieces):
        [choice] = completion.choices
        message = choice.message
        thought = getattr(message, "reasoning_content", None)
        calls = message.tool_calls or []
        said = {"role": "assistant", "content": message.content or None}
        if thought:
            said["reasoning_content"] = thought
        if calls:
            said["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
                for call in calls
            ]
        self.history.append(said)
        usage = completion.usage
        answer = Answer(text=message.content or "", model=completion.model, pieces=pieces)
        answer.thoughts = [Thought(thought)] if thought else []
        answer.calls = [Call(call.id, call.function.name, json.loads(call.function.arguments)) for call in calls]
        answer.stop = {"stop": "end", "tool_calls": "calls", "length": "length"}[choice.finish_reason]
        answer.prompt, answer.output = usage.prompt_tokens, usage.completion_tokens
        answer.cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0
        return answer

    def begin(self):
        stream = self.sdk.chat.completions.create(**self.request(), stream=True)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                return stream.close
        raise AssertionError("the stream ended at once")


class Responses(OpenAi):
    """`openai`: Responses, with nothing stored at the server."""

    name = "responses"

    def say(self, *parts):
        self.history.append({"role": "user", "content": [self.part(part) for part in parts]})

    @staticmethod
    def part(part):
        match part:
            case Text(text):
                return {"type": "input_text", "text": text}
            case Image(data, media):
                return {"type": "input_image", "image_url": f"data:{media};base64,{data}", "detail": "auto"}

    def answer(self, *results):
        for result in results:
            output = [self.part(part) for part in result.parts]
            self.history.append({"type": "function_call_output", "call_id": result.call, "output": output})

    def request(self):
        request = {
            "model": self.model,
            "max_output_tokens": ROOM,
            "input": self.history,
            "instructions": self.system,
            "store": False,
        }
        if self.tools:
            request["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.schema,
                    "strict": False,
                }
                for tool in self.tools
            ]
        if self.thinks:
            request["reasoning"] = {"effort": "high", "summary": "auto"}
            request["include"] = ["reasoning.encrypted_content"]
        return request | self.settings

    def ask_whole(self):
        return self.told(self.sdk.responses.create(**self.request()), 0)

    def ask_streamed(self):
        pieces = []
        numbers = []
        with self.sdk.responses.stream(**self.request()) as stream:
            for event in stream:
                numbers.append(event.sequence_number)
                match event.type:
                    case "response.output_text.delta":
                        pieces.append(event.delta)
                    case "response.completed" | "response.incomplete":
                        response = event.response
                    case "response.failed":
                        # The SDK leaves it to its user to look at how a response ended.
                        raise openai.APIError(event.response.error.message, stream._raw_stream.response.request, body=None)
        assert numbers == list(range(len(numbers))), numbers
        answer = self.told(response, len(pieces))
        assert "".join(pieces) == answer.text
        return answer

    def told(self, response, pieces):
        answer = Answer(model=response.model, pieces=pieces)
        for item in response.output:
            self.history.append({k: v for k, v in item.to_dict().items() if k not in ("parsed_arguments", "status")})
            match item.type:
                case "message":
                    for part in item.content:
                        answer.text += part.text
                    for part in self.history[-1]["content"]:
                        part.pop("parsed", None)
                case "reasoning":
                    text = "".join(part.text for part in item.summary)
                    answer.thoughts.append(Thought(text, item.encrypted_content or ""))
                case "function_call":
                    answer.calls.append(Call(item.call_id, item.name, json.loads(item.arguments)))
        usage = response.usage
        answer.prompt, answer.output = usage.input_tokens, usage.output_tokens
        answer.cached = usage.input_tokens_details.cached_tokens
        if response.status == "completed":
            answer.stop = "calls" if answer.calls else "end"
        else:
            answer.stop = {"max_output_tokens": "length"}[response.incomplete_details.reason]
        return answer

    def begin(self):
        stream = self.sdk.responses.create(**self.request(), stream=True)
        for event in stream:
            if event.type == "response.output_text.delta":
                return stream.close
        raise AssertionError("the stream ended at once")

    def count(self):
        request = self.request()
        for field in ("max_output_tokens", "store", "include"):
            request.pop(field, None)
        return self.sdk.responses.input_tokens.count(**request).input_tokens


CLIENTS = [Messages, Chat, Responses]
