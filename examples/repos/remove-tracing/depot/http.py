"""Requests and responses, and the side that faces a WSGI server."""

import json
from dataclasses import dataclass, field

from depot.errors import DepotError

REASONS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
           409: "Conflict", 500: "Internal Server Error"}

#: Bytes of a body that are read; no request of ours comes near it.
LARGEST_BODY = 64 * 1024


@dataclass
class Request:
    method: str
    path: str
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    #: Set by the middleware.
    id: str = ""

    def json(self):
        """The body as a dictionary; raises DepotError if it is anything else."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise DepotError("the body is not JSON") from None
        if not isinstance(value, dict):
            raise DepotError("the body has to be a JSON object")
        return value


@dataclass
class Response:
    status: int = 200
    body: object = None
    headers: dict = field(default_factory=dict)

    def encode(self):
        """Bytes and content type: text stays text, everything else is JSON."""
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json"


def required(data, name, kind):
    """A field of a request's body; raises DepotError with its name."""
    value = data.get(name)
    if value is None:
        raise DepotError(f"{name} is missing")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DepotError(f"{name} has the wrong type")
    return value


def wsgi(handler):
    """A WSGI application around a handler."""

    def application(environ, start_response):
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LARGEST_BODY)
        body = environ["wsgi.input"].read(length) if length else b""
        response = handler(Request(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"), headers, body))
        content, kind = response.encode()
        lines = [("Content-Type", kind), ("Content-Length", str(len(content))), *response.headers.items()]
        start_response(f"{response.status} {REASONS.get(response.status, 'Unknown')}", lines)
        return [content]

    return application
