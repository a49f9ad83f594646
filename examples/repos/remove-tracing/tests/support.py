"""An app in memory, on a Monday morning, with ids that count."""

import itertools
import json
import pathlib
import tempfile
import unittest

from depot.app import App
from depot.clock import ManualClock
from depot.http import Request
from depot.settings import Settings, load

ANNA = {"name": "Anna Beispiel", "street": "Torstraße 1", "postcode": "10115", "town": "Berlin"}
BERT = {"name": "Bert Muster", "street": "Tal 5", "postcode": "80331", "town": "München"}


class AppTest(unittest.TestCase):
    """`self.app` and short forms of asking it."""

    settings = {}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outbox = pathlib.Path(folder.name) / "outbox"
        own = {"store.path": ":memory:", "mail.outbox": str(self.outbox), **self.settings}
        self.clock = ManualClock()
        numbers = itertools.count(1)
        self.app = App(
            Settings({**dict(load().items()), **own}),
            clock=self.clock,
            new_id=lambda: f"{next(numbers):032x}",
            dice=lambda: 0.0,
        )

    def ask(self, method, path, data=None, **headers):
        body = b"" if data is None else json.dumps(data).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.handle(Request(method, path, names, body))

    def book(self, **more):
        return self.ask("POST", "/parcels", {"sender": ANNA, "recipient": BERT, "grams": 1200, **more})
