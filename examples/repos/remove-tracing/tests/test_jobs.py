"""Work that can wait."""

import io

from depot.telemetry import current_context
from tests.support import AppTest


class QueueTest(AppTest):
    def test_a_mail_is_written_after_the_request(self):
        self.book(mail="bert@example.org")
        self.assertFalse(self.outbox.exists())
        self.assertTrue(self.app.queue.run_next())
        text = (self.outbox / "P00000001-booked.eml").read_text(encoding="utf-8")
        self.assertIn("To: bert@example.org\nSubject: Your parcel P00000001\n", text)
        self.assertIn("on 2024-05-07.", text)
        self.assertFalse(self.app.queue.run_next())

    def test_a_failing_job_is_tried_again_with_longer_pauses(self):
        calls = []

        def function(number):
            calls.append(number)
            if len(calls) < 3:
                raise OSError("not now")

        self.app.queue.register("flaky", function)
        self.app.queue.put("flaky", {"number": 7})
        with self.assertLogs("depot.jobs", "WARNING"):
            self.app.queue.run_next()
        self.assertEqual((calls, self.clock.slept), ([7, 7, 7], [2.0, 4.0]))
        self.assertEqual(self.app.counters.snapshot()["jobs_done"], 1)

    def test_a_job_that_keeps_failing_is_set_aside(self):
        self.app.queue.register("broken", lambda: 1 / 0)
        self.app.queue.put("broken", {})
        self.app.queue.put("mail", {"to": "a@b", "template": "moved", "number": "P1", "day": "2024-05-07"})
        with self.assertLogs("depot.jobs", "WARNING") as logs:
            self.app.queue.run_next()
        self.assertIn("job broken failed (attempt 3 of 3): division by zero", logs.output[-1])
        self.assertTrue(self.app.queue.run_next())
        self.assertEqual(self.app.counters.snapshot(), {"jobs_done": 1, "jobs_failed": 1, "mails": 1})

    def test_a_job_continues_the_trace_of_its_request(self):
        seen = []
        self.app.queue.register("hook", lambda **args: seen.append(current_context()))
        self.book(hook="http://shop", x_request_id="ignored")
        self.app.queue.run_next()
        self.assertEqual(seen[0]["trace_id"], f"{1:032x}")

    def test_a_slow_job_is_named_in_the_log(self):
        self.app.queue.register("slow", lambda: self.clock.advance(3))
        self.app.queue.put("slow", {})
        with self.assertLogs("depot.telemetry", "WARNING") as logs:
            self.app.queue.run_next()
        self.assertEqual(logs.output, ["WARNING:depot.telemetry:slow call job slow took 3000 ms"])


class WebhookTest(AppTest):
    def setUp(self):
        super().setUp()
        self.requests = []

        def open_url(request, timeout):
            self.requests.append((request, timeout))
            return io.BytesIO()

        self.app.webhooks._open = open_url

    def test_an_event_is_posted(self):
        self.book(hook="http://shop.example/hook")
        self.app.queue.run_next()
        request, timeout = self.requests[0]
        self.assertEqual((request.full_url, timeout), ("http://shop.example/hook", 5.0))
        self.assertEqual(request.data, b'{"event": "booked", "number": "P00000001"}')
        self.assertEqual(self.app.counters.snapshot()["hooks_sent"], 1)

    def test_the_trace_is_sent_on(self):
        self.book(hook="http://shop.example/hook")
        self.app.queue.run_next()
        self.assertRegex(self.requests[0][0].get_header("Traceparent"), rf"^00-{1:032x}-[0-9a-f]{{16}}-01$")
