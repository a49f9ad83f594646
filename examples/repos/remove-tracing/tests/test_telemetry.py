"""Counters, slow calls, spans."""

import itertools
import unittest

from depot.clock import ManualClock
from depot.telemetry import Counters, Exporter, Tracer, current_context, render_trees, traced
from tests.support import AppTest


class Recorder:
    def __init__(self):
        self.spans = []

    def add(self, span):
        self.spans.append(span)


class CountersTest(unittest.TestCase):
    def test_numbers_add_up_and_are_sorted(self):
        counters = Counters()
        counters.add("b")
        counters.add("a", 2)
        counters.add("b")
        self.assertEqual(list(counters.snapshot().items()), [("a", 2), ("b", 2)])

    def test_switched_off_they_stay_empty(self):
        counters = Counters(enabled=False)
        counters.add("a")
        self.assertEqual(counters.snapshot(), {})


class TracerTest(unittest.TestCase):
    def setUp(self):
        self.clock = ManualClock()
        self.recorder = Recorder()
        numbers = itertools.count(1)
        self.rolls = []
        self.tracer = Tracer(
            self.clock,
            self.recorder,
            slow_ms=100,
            sample_rate=0.5,
            new_id=lambda: f"{next(numbers):032x}",
            dice=lambda: self.rolls.pop(0) if self.rolls else 0.0,
        )

    def test_spans_nest(self):
        with self.tracer.span("outer") as outer:
            with self.tracer.span("inner") as inner:
                self.assertEqual(inner.parent_id, outer.span_id)
                self.assertEqual(inner.trace_id, outer.trace_id)
        self.assertEqual([span.name for span in self.recorder.spans], ["inner", "outer"])

    def test_a_context_can_be_continued_elsewhere(self):
        with self.tracer.span("here"):
            context = current_context()
        with self.tracer.span("there", parent=context) as span:
            self.assertEqual(span.trace_id, context["trace_id"])
        self.assertIsNone(current_context())

    def test_what_is_not_sampled_is_not_exported_with_all_that_is_in_it(self):
        self.rolls = [0.7, 0.2]
        with self.tracer.span("left out"):
            with self.tracer.span("inside"):
                pass
        with self.tracer.span("kept"):
            pass
        self.assertEqual([span.name for span in self.recorder.spans], ["kept"])

    def test_an_error_is_noted_and_goes_on(self):
        with self.assertRaises(ValueError):
            with self.tracer.span("bad"):
                raise ValueError("no")
        self.assertEqual(self.recorder.spans[0].error, "ValueError('no')")

    def test_a_slow_call_is_named_in_the_log(self):
        with self.assertLogs("depot.telemetry", "WARNING") as logs:
            with self.tracer.span("store.save"):
                self.clock.advance(0.412)
        self.assertEqual(logs.output, ["WARNING:depot.telemetry:slow call store.save took 412 ms"])

    def test_a_slow_call_is_named_even_if_it_fails(self):
        with self.assertLogs("depot.telemetry", "WARNING") as logs, self.assertRaises(OSError):
            with self.tracer.span("webhooks.send"):
                self.clock.advance(5)
                raise OSError("timed out")
        self.assertEqual(logs.output, ["WARNING:depot.telemetry:slow call webhooks.send took 5000 ms"])

    def test_calls_up_to_the_limit_are_not_slow(self):
        with self.assertNoLogs("depot.telemetry", "WARNING"):
            with self.tracer.span("store.save"):
                self.clock.advance(0.1)

    def test_methods_can_be_traced(self):
        tracer = self.tracer

        class Part:
            def __init__(self):
                self.tracer = tracer

            @traced("part.double")
            def double(self, number):
                """Twice as much."""
                return number * 2

        self.assertEqual(Part().double(number=21), 42)
        self.assertEqual(Part.double.__doc__, "Twice as much.")
        self.assertEqual([span.name for span in self.recorder.spans], ["part.double"])


class ExporterTest(unittest.TestCase):
    def setUp(self):
        self.counters = Counters()
        self.posted = []
        self.tracer = lambda exporter: Tracer(ManualClock(), exporter)

    def test_spans_are_posted_in_batches_and_the_rest_by_flush(self):
        exporter = Exporter("http://x", 2, self.counters, lambda endpoint, batch: self.posted.append(len(batch)))
        for _ in range(3):
            with self.tracer(exporter).span("a"):
                pass
        self.assertEqual(self.posted, [2])
        exporter.flush()
        self.assertEqual(self.posted, [2, 1])
        self.assertEqual(self.counters.snapshot(), {"spans_sent": 3})

    def test_a_collector_that_does_not_answer_costs_the_batch_only(self):
        def post(endpoint, batch):
            raise OSError("connection refused")

        exporter = Exporter("http://x", 1, self.counters, post)
        with self.tracer(exporter).span("a"):
            pass
        self.assertEqual(self.counters.snapshot(), {"spans_dropped": 1})

    def test_without_an_endpoint_nothing_is_kept(self):
        exporter = Exporter("", 1, self.counters, self.fail)
        with self.tracer(exporter).span("a"):
            pass
        exporter.flush()


class Trees(unittest.TestCase):
    def test_spans_are_shown_below_their_parents(self):
        def span(name, own, parent, started, ended, error=None):
            return {"name": name, "trace_id": "t", "span_id": own, "parent_id": parent, "started": started,
                    "ended": ended, "error": error, "attributes": {}}

        saved = [span("b", "2", "1", 0.2, 0.3, "E"), span("root", "1", None, 0.0, 1.0), span("a", "3", "1", 0.1, 0.2)]
        self.assertEqual(render_trees(saved), "t\n  root 1000 ms\n    a 100 ms\n    b 100 ms !\n")
        self.assertEqual(render_trees([]), "")


class SlowParts(AppTest):
    """Every part that can be slow is watched."""

    settings = {"telemetry.slow_ms": 10}

    def slow(self, part, name):
        """Makes something inside a part take a second."""
        inner = getattr(part, name)

        def crawl(*args, **kwargs):
            self.clock.advance(1)
            return inner(*args, **kwargs)

        setattr(part, name, crawl)

    def test_a_slow_postcode_is_seen_in_quotes(self):
        self.slow(self.app.addresses, "postcode")
        with self.assertLogs("depot.telemetry", "WARNING") as logs:
            self.ask("POST", "/quotes", {"from": "10115", "to": "80331", "grams": 1200})
        self.assertIn("WARNING:depot.telemetry:slow call rates.quote took 2000 ms", logs.output)
        self.assertIn("WARNING:depot.telemetry:slow call request took 2000 ms", logs.output)

    def test_a_slow_store_is_seen_in_pickups(self):
        self.slow(self.app.store, "pickups_on")
        with self.assertLogs("depot.telemetry", "WARNING") as logs:
            self.book()
        self.assertIn("WARNING:depot.telemetry:slow call pickups.plan took 1000 ms", logs.output)
        self.assertIn("WARNING:depot.telemetry:slow call book took 1000 ms", logs.output)
