"""What happens around every request. Each function takes the app and the next handler and returns a handler."""

import logging
import re

from depot.errors import DepotError
from depot.http import Response

log = logging.getLogger("depot.requests")

#: Ids that clients may choose: they end up in the log.
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def request_id(app, handler):
    """Gives the request an id, the client's own if it is a decent one, and tells it in the response."""

    def inside(request):
        given = request.headers.get("x-request-id", "")
        request.id = given if _CLIENT_ID.fullmatch(given) else app.tracer.new_trace_id()
        response = handler(request)
        response.headers["X-Request-Id"] = request.id
        return response

    return inside


def spans(app, handler):
    """Opens the span that everything else in this request belongs to."""

    def inside(request):
        with app.tracer.span("request", trace_id=request.id, method=request.method, path=request.path) as span:
            response = handler(request)
            span.set("status", response.status)
            return response

    return inside


def access_log(app, handler):
    """One line and one count per request."""

    def inside(request):
        began = app.clock.monotonic()
        response = handler(request)
        millis = (app.clock.monotonic() - began) * 1000
        log.info(
            "request id=%s method=%s path=%s status=%d ms=%d",
            request.id, request.method, request.path, response.status, millis,
        )
        app.counters.add(f"requests_{response.status}")
        return response

    return inside


def errors(app, handler):
    """Errors as JSON. What is not the client's fault tells it nothing but the id."""

    def inside(request):
        try:
            return handler(request)
        except DepotError as error:
            return Response(error.status, {"error": str(error), "request_id": request.id})
        except Exception:
            log.exception("request id=%s failed", request.id)
            return Response(500, {"error": "internal error", "request_id": request.id})

    return inside


#: From the outside in.
CHAIN = (request_id, spans, access_log, errors)


def wrap(app, handler):
    for layer in reversed(CHAIN):
        handler = layer(app, handler)
    return handler
