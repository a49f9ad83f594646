"""The time, so that tests can be on any day."""

import datetime
import time


class SystemClock:
    def now(self):
        """Local time."""
        return datetime.datetime.now()

    def monotonic(self):
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds):
        time.sleep(seconds)


class ManualClock:
    """Stands still until it is told otherwise."""

    def __init__(self, start=datetime.datetime(2024, 5, 6, 9, 0)):
        self._now = start
        self._seconds = 0.0
        self.slept = []

    def now(self):
        return self._now

    def monotonic(self):
        return self._seconds

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds):
        self._seconds += seconds
        self._now += datetime.timedelta(seconds=seconds)
