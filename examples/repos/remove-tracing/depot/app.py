"""Puts the parts together. Nothing else makes parts."""

import random

from depot import middleware, routes, shutdown
from depot.addresses import Addresses
from depot.clock import SystemClock
from depot.jobs import Queue
from depot.labels import Labels
from depot.notify import Mailer
from depot.pickups import Pickups
from depot.rates import Rates
from depot.store import Store
from depot.telemetry import Counters, Exporter, Tracer, random_id
from depot.webhooks import Webhooks


class App:
    """The service. `handle` takes a Request and returns a Response."""

    def __init__(self, settings, clock=None, new_id=random_id, dice=random.random):
        self.settings = settings
        self.clock = clock or SystemClock()
        self.counters = Counters(settings["telemetry.counters"])
        self.exporter = Exporter(
            settings["telemetry.tracing.endpoint"], settings["telemetry.tracing.batch"], self.counters
        )
        self.tracer = Tracer(
            self.clock,
            self.exporter,
            slow_ms=settings["telemetry.slow_ms"],
            sample_rate=settings["telemetry.tracing.sample_rate"],
            new_id=new_id,
            dice=dice,
        )
        self.store = Store(settings["store.path"], self.tracer)
        self.addresses = Addresses(self.tracer)
        self.rates = Rates(self.addresses, self.tracer)
        self.labels = Labels(self.tracer)
        self.pickups = Pickups(self.store, self.clock, self.tracer)
        self.mailer = Mailer(settings["mail.sender"], settings["mail.outbox"], self.counters, self.tracer)
        self.webhooks = Webhooks(settings["webhooks.timeout_seconds"], self.counters, self.tracer)
        self.queue = Queue(
            self.store,
            self.clock,
            self.counters,
            self.tracer,
            settings["jobs.attempts"],
            settings["jobs.pause_seconds"],
        )
        self.queue.register("mail", self.mailer.send)
        self.queue.register("hook", self.webhooks.send)
        self.handle = middleware.wrap(self, routes.dispatch(self))

    def stop(self):
        shutdown.stop(self)
