"""The other end: what an upstream was sent, read back into items."""

import itertools
import json
from dataclasses import dataclass, replace

from items import Call, Image, Result, Text, Thought, Tool


@dataclass(frozen=True)
class Upstream:
    """Somebody who speaks one dialect."""

    #: Provider in the gateway's configuration.
    provider: str
    model: str
    path: str
    #: The dialect: `messages`, `chat` or `responses`.
    speaks: str

    @property
    def name(self):
        return f"{self.provider}/{self.model}"

    def read(self, body):
        return READERS[self.speaks](body)

    def alone(self):
        """A model that nobody else asks for: one that fails is left alone for a while."""
        return replace(self, model=f"{self.model}-{next(NUMBERS)}")


NUMBERS = itertools.count(1)


MESSAGES = Upstream("messages", "claude-opus-5-5", "/v1/messages", "messages")
CHAT = Upstream("chat", "gpt-5.5", "/v1/chat/completions", "chat")
RESPONSES = Upstream("responses", "gpt-5.5", "/v1/responses", "responses")
#: Chat Completions with reasoning that is shown and wanted back.
OPEN = Upstream("open", "deepseek-v4-pro", "/v1/chat/completions", "chat")
UPSTREAMS = [MESSAGES, CHAT, RESPONSES]


@dataclass
class Seen:
    """A request without its wrapping."""

    system: str
    tools: list
    #: Pairs of who speaks (`user`, `model`) and an item.
    said: list


def picture(url):
    media, data = url.removeprefix("data:").split(";base64,")
    return Image(data, media)


def of_messages(body):
    system = body.get("system", "")
    if isinstance(system, list):
        system = "".join(block["text"] for block in system)
    tools = [Tool(tool["name"], tool["description"], tool["input_schema"]) for tool in body.get("tools", [])]
    said = []

    def part(block):
        match block["type"]:
            case "text":
                return Text(block["text"])
            case "image":
                return Image(block["source"]["data"], block["source"]["media_type"])
            case "thinking":
                return Thought(block["thinking"], block["signature"])
            case "tool_use":
                return Call(block["id"], block["name"], block["input"])
            case "tool_result":
                content = block["content"]
                content = [{"type": "text", "text": content}] if isinstance(content, str) else content
                return Result(block["tool_use_id"], tuple(map(part, content)), block.get("is_error", False))

    for message in body["messages"]:
        who = {"user": "user", "assistant": "model"}[message["role"]]
        content = message["content"]
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content
        said += [(who, part(block)) for block in content]
    return Seen(system, tools, said)


def of_chat(body):
    system, said = "", []

    def parts(content):
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        for part in content:
            yield Text(part["text"]) if part["type"] == "text" else picture(part["image_url"]["url"])

    for message in body["messages"]:
        match message["role"]:
            case "system" | "developer":
                system += "".join(part.text for part in parts(message["content"]))
            case "user":
                said += [("user", part) for part in parts(message["content"])]
            case "tool":
                said.append(("user", Result(message["tool_call_id"], tuple(parts(message["content"])))))
            case "assistant":
                if thought := message.get("reasoning_content"):
                    said.append(("model", Thought(thought)))
                said += [("model", part) for part in parts(message.get("content"))]
                for call in message.get("tool_calls", []):
                    function = call["function"]
                    said.append(("model", Call(call["id"], function["name"], json.loads(function["arguments"]))))
    functions = [tool["function"] for tool in body.get("tools", [])]
    tools = [Tool(function["name"], function["description"], function["parameters"]) for function in functions]
    return Seen(system, tools, said)


def of_responses(body):
    system, said = body.get("instructions") or "", []

    def parts(content):
        content = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
        for part in content:
            yield picture(part["image_url"]) if part["type"] == "input_image" else Text(part["text"])

    for item in body["input"]:
        match item.get("type", "message"):
            case "message" if item["role"] in ("system", "developer"):
                system += "".join(part.text for part in parts(item["content"]))
            case "message":
                who = {"user": "user", "assistant": "model"}[item["role"]]
                said += [(who, part) for part in parts(item["content"])]
            case "reasoning":
                text = "".join(part["text"] for part in item["summary"])
                said.append(("model", Thought(text, item.get("encrypted_content") or "")))
            case "function_call":
                said.append(("model", Call(item["call_id"], item["name"], json.loads(item["arguments"]))))
            case "function_call_output":
                said.append(("user", Result(item["call_id"], tuple(parts(item["output"])))))
    tools = [Tool(tool["name"], tool["description"], tool["parameters"]) for tool in body.get("tools", [])]
    return Seen(system, tools, said)


READERS = {"messages": of_messages, "chat": of_chat, "responses": of_responses}
