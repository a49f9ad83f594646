"""What clients see."""

import io
import json

from depot.http import wsgi
from tests.support import ANNA, BERT, AppTest


class Quotes(AppTest):
    def test_a_quote_names_price_zone_and_days(self):
        response = self.ask("POST", "/quotes", {"from": "10115", "to": "80331", "grams": 1200})
        self.assertEqual((response.status, response.body), (200, {"cents": 850, "zone": 3, "days": 3}))

    def test_what_is_missing_or_wrong_is_named(self):
        cases = [
            ({"to": "80331", "grams": 1}, "from is missing"),
            ({"from": "10115", "to": "80331", "grams": "1"}, "grams has the wrong type"),
            ({"from": "1011", "to": "80331", "grams": 1}, "'1011' is not a postcode"),
            ({"from": "10115", "to": "80331", "grams": 40_000}, "parcels are taken up to 31500 grams"),
        ]
        for data, message in cases:
            response = self.ask("POST", "/quotes", data)
            self.assertEqual((response.status, response.body["error"]), (400, message))


class Parcels(AppTest):
    def test_a_parcel_is_booked_and_shown(self):
        response = self.book()
        self.assertEqual(response.status, 201)
        self.assertEqual(response.body, {"number": "P00000001", "cents": 850, "pickup": "2024-05-07"})
        shown = self.ask("GET", "/parcels/P00000001").body
        self.assertEqual(
            shown,
            {"number": "P00000001", "sender": ANNA, "recipient": BERT, "grams": 1200, "cents": 850, "pickup": "2024-05-07"},
        )

    def test_a_label_is_text(self):
        self.book()
        content, kind = self.ask("GET", "/parcels/P00000001/label").encode()
        self.assertEqual(kind, "text/plain; charset=utf-8")
        self.assertIn("TO   Bert Muster\n     Tal 5\n     80331 München\n", content.decode())

    def test_a_pickup_moves_until_the_afternoon_before(self):
        self.book(pickup="2024-05-08")
        self.clock.advance(24 * 3600 + 6.9 * 3600)
        moved = self.ask("PUT", "/parcels/P00000001/pickup", {"pickup": "2024-05-10"})
        self.assertEqual((moved.status, moved.body), (200, {"pickup": "2024-05-10"}))
        self.clock.advance(48 * 3600 + 360)
        late = self.ask("PUT", "/parcels/P00000001/pickup", {"pickup": "2024-05-13"})
        self.assertEqual(late.status, 409)
        self.assertEqual(late.body["error"], "a pickup can be moved until 16:00 of the day before")

    def test_an_address_that_does_not_fit_is_refused_and_nothing_is_booked(self):
        response = self.book(recipient={**BERT, "street": "x" * 36})
        self.assertEqual(response.body["error"], "street has 36 characters, 35 fit on a label")
        self.assertEqual(self.ask("GET", "/health").body["parcels"], 0)

    def test_unknown_parcels_paths_and_methods(self):
        cases = [
            ("GET", "/parcels/P00000009", 404, "there is no parcel P00000009"),
            ("GET", "/parcel", 404, "there is nothing under /parcel"),
            ("DELETE", "/quotes", 405, "/quotes knows POST"),
        ]
        for method, path, status, message in cases:
            response = self.ask(method, path)
            self.assertEqual((response.status, response.body["error"]), (status, message))


class Ids(AppTest):
    def test_every_response_tells_the_requests_id(self):
        self.assertEqual(self.ask("GET", "/health").headers["X-Request-Id"], f"{1:032x}")

    def test_errors_hold_the_same_id(self):
        response = self.ask("GET", "/nowhere")
        self.assertEqual(response.body["request_id"], response.headers["X-Request-Id"])

    def test_a_client_may_bring_a_decent_id(self):
        self.assertEqual(self.ask("GET", "/health", x_request_id="shop-12345").headers["X-Request-Id"], "shop-12345")
        for bad in ["short", "has blank in it", "x" * 65, "new\nline-1234"]:
            self.assertRegex(self.ask("GET", "/health", x_request_id=bad).headers["X-Request-Id"], r"^[0-9a-f]{32}$")

    def test_what_breaks_inside_tells_nothing_but_the_id(self):
        self.app.store.count_parcels = lambda: 1 / 0
        with self.assertLogs("depot.requests", "ERROR"):
            response = self.ask("GET", "/health")
        self.assertEqual(response.status, 500)
        self.assertEqual(response.body, {"error": "internal error", "request_id": response.headers["X-Request-Id"]})


class Wsgi(AppTest):
    def test_bodies_and_headers_pass_through(self):
        body = json.dumps({"from": "10115", "to": "10117", "grams": 900}).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/quotes",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_REQUEST_ID": "from-wsgi-1",
            "wsgi.input": io.BytesIO(body),
        }
        seen = []
        content = wsgi(self.app.handle)(environ, lambda status, headers: seen.append((status, dict(headers))))
        self.assertEqual(json.loads(b"".join(content)), {"cents": 450, "zone": 1, "days": 1})
        status, headers = seen[0]
        self.assertEqual((status, headers["X-Request-Id"]), ("200 OK", "from-wsgi-1"))
