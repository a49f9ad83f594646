"""What the log and the counters say about requests."""

from depot import middleware
from tests.support import AppTest


class AccessLog(AppTest):
    def test_one_line_per_request(self):
        with self.assertLogs("depot.requests", "INFO") as logs:
            self.ask("GET", "/health", x_request_id="shop-12345")
        self.assertEqual(
            logs.output, ["INFO:depot.requests:request id=shop-12345 method=GET path=/health status=200 ms=0"]
        )

    def test_the_line_tells_how_long_it_took(self):
        self.app.store.count_parcels = lambda: self.clock.advance(0.042)
        with self.assertLogs("depot.requests", "INFO") as logs:
            self.ask("GET", "/health")
        self.assertIn("ms=42", logs.output[0])

    def test_requests_are_counted_by_status(self):
        self.ask("GET", "/health")
        self.ask("GET", "/nowhere")
        self.ask("GET", "/nowhere")
        counters = self.ask("GET", "/counters").body
        self.assertEqual((counters["requests_200"], counters["requests_404"]), (1, 2))


class Order(AppTest):
    def test_errors_are_responses_before_the_log_sees_them(self):
        names = [layer.__name__ for layer in middleware.CHAIN]
        self.assertLess(names.index("access_log"), names.index("errors"))
        self.assertEqual(names[0], "request_id")

    def test_the_span_is_open_while_the_line_is_written(self):
        names = [layer.__name__ for layer in middleware.CHAIN]
        self.assertLess(names.index("spans"), names.index("access_log"))
