"""What the service tells about itself: counters, warnings about slow calls, and spans for tracing."""

import contextlib
import contextvars
import functools
import json
import logging
import random
import threading
import urllib.request
import uuid

log = logging.getLogger("depot.telemetry")

#: The span that is open in this thread, if any.
_current = contextvars.ContextVar("depot_current_span", default=None)


class Counters:
    """Numbers since the start, by name. Safe to use from several threads."""

    def __init__(self, enabled=True):
        self._enabled = enabled
        self._numbers = {}
        self._lock = threading.Lock()

    def add(self, name, by=1):
        if not self._enabled:
            return
        with self._lock:
            self._numbers[name] = self._numbers.get(name, 0) + by

    def snapshot(self):
        """A copy, sorted by name."""
        with self._lock:
            return dict(sorted(self._numbers.items()))


def random_id():
    """32 hexadecimal digits."""
    return uuid.uuid4().hex


class Span:
    """One piece of work with a beginning, an end and what is known about it."""

    def __init__(self, name, trace_id, span_id, parent_id, sampled, started, attributes):
        self.name = name
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent_id = parent_id
        self.sampled = sampled
        self.started = started
        self.ended = None
        self.error = None
        self.attributes = attributes

    def set(self, key, value):
        self.attributes[key] = value

    @property
    def millis(self):
        return (self.ended - self.started) * 1000

    def context(self):
        """What has to be handed on so that others can continue this trace."""
        return {"trace_id": self.trace_id, "span_id": self.span_id, "sampled": self.sampled}

    def as_dict(self):
        return {
            "name": self.name,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_id": self.parent_id,
            "started": self.started,
            "ended": self.ended,
            "error": self.error,
            "attributes": self.attributes,
        }


class Tracer:
    """Opens spans, warns about slow ones and hands those that are sampled to the exporter."""

    def __init__(self, clock, exporter, slow_ms=250, sample_rate=1.0, new_id=random_id, dice=random.random):
        self._clock = clock
        self._exporter = exporter
        self._slow_ms = slow_ms
        self._sample_rate = sample_rate
        self._new_id = new_id
        self._dice = dice

    def new_trace_id(self):
        """An id for a trace that is about to begin; also used as request id."""
        return self._new_id()

    @contextlib.contextmanager
    def span(self, name, trace_id=None, parent=None, **attributes):
        """A span around the block. `parent` is what `Span.context` gave, perhaps in another process."""
        opener = _current.get()
        if parent is None and opener is not None:
            parent = opener.context()
        if parent is not None:
            trace_id, parent_id, sampled = parent["trace_id"], parent["span_id"], parent["sampled"]
        else:
            trace_id, parent_id = trace_id or self.new_trace_id(), None
            sampled = self._dice() < self._sample_rate
        span = Span(name, trace_id, self._new_id()[:16], parent_id, sampled, self._clock.monotonic(), attributes)
        token = _current.set(span)
        try:
            yield span
        except Exception as error:
            span.error = repr(error)
            raise
        finally:
            _current.reset(token)
            span.ended = self._clock.monotonic()
            if span.millis > self._slow_ms:
                log.warning("slow call %s took %d ms", name, span.millis)
            if sampled:
                self._exporter.add(span)


def current_context():
    """The context of the open span, or None."""
    span = _current.get()
    return span.context() if span else None


def traced(name):
    """A span around each call of a method; its object has the tracer as `tracer`."""

    def wrap(method):
        @functools.wraps(method)
        def inside(self, *args, **kwargs):
            with self.tracer.span(name):
                return method(self, *args, **kwargs)

        return inside

    return wrap


class Exporter:
    """Posts spans to a collector in batches. Without an endpoint they are thrown away."""

    def __init__(self, endpoint, batch, counters, post=None):
        self._endpoint = endpoint
        self._batch = batch
        self._counters = counters
        self._post = post or self._post_json
        self._waiting = []
        self._lock = threading.Lock()

    def add(self, span):
        if not self._endpoint:
            return
        with self._lock:
            self._waiting.append(span.as_dict())
            full = len(self._waiting) >= self._batch
        if full:
            self.flush()

    def flush(self):
        """Sends what is waiting; what cannot be sent is counted and forgotten."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            self._post(self._endpoint, batch)
            self._counters.add("spans_sent", len(batch))
        except OSError as error:
            self._counters.add("spans_dropped", len(batch))
            log.info("spans dropped: %s", error)

    @staticmethod
    def _post_json(endpoint, batch):
        body = json.dumps(batch).encode()
        request = urllib.request.Request(endpoint, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=2):
            pass


def render_trees(spans):
    """Saved spans as text, one tree per trace, children in the order in which they began."""
    children = {}
    for span in sorted(spans, key=lambda span: span["started"]):
        children.setdefault((span["trace_id"], span["parent_id"]), []).append(span)
    lines = []

    def show(span, depth):
        millis = (span["ended"] - span["started"]) * 1000
        mark = " !" if span["error"] else ""
        lines.append(f"{'  ' * depth}{span['name']} {millis:.0f} ms{mark}")
        for child in children.get((span["trace_id"], span["span_id"]), []):
            show(child, depth + 1)

    for (trace_id, parent_id), roots in children.items():
        if parent_id is None:
            lines.append(trace_id)
            for root in roots:
                show(root, 1)
    return "\n".join(lines) + "\n" if lines else ""
