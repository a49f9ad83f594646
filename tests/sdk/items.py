"""What a conversation is made of, in words of no dialect."""

import struct
import zlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Image:
    """A picture, as base64."""

    data: str
    media: str = "image/png"


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict

    def __hash__(self):
        return hash(self.id)


@dataclass(frozen=True)
class Result:
    """What a tool answered. `parts` are texts and images."""

    call: str
    parts: tuple
    failed: bool = False


@dataclass(frozen=True)
class Thought:
    """Reasoning as it is shown. `proof` is what its maker sealed it with."""

    text: str
    proof: str = ""


@dataclass
class Answer:
    """What a client was told."""

    thoughts: list = field(default_factory=list)
    text: str = ""
    calls: list = field(default_factory=list)
    #: `end`, `calls` or `length`.
    stop: str = ""
    #: Tokens of the whole prompt, cached ones included.
    prompt: int = 0
    cached: int = 0
    output: int = 0
    model: str = ""
    #: How many pieces the text came in.
    pieces: int = 0


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    schema: dict


READ = Tool(
    "read_file",
    "Reads a file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}, "lines": {"type": "array", "items": {"type": "integer"}}},
        "required": ["path"],
    },
)
LIST = Tool("list_files", "Lists the files.", {"type": "object", "properties": {}})
TOOLS = [READ, LIST]


def png(red, green, blue):
    """A picture of one pixel, as base64."""
    import base64

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes([0, red, green, blue]))
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    return base64.b64encode(picture).decode()
