"""Which day a parcel is fetched."""

import datetime

from depot.errors import Conflict, DepotError

#: Parcels that fit into the van on one day.
CAPACITY = 40

#: Orders after this hour are fetched the day after tomorrow at the earliest.
CUT_OFF = 15

#: How many days ahead can be planned.
HORIZON = 14


class Pickups:
    def __init__(self, store, clock, tracer):
        self._store = store
        self._clock = clock
        self._tracer = tracer

    def plan(self, number, wanted=None):
        """Plans the pickup for the wanted day or the next one with room; returns it as `YYYY-MM-DD`."""
        with self._tracer.span("pickups.plan", wanted=wanted) as span:
            day = self._wanted(wanted) if wanted else self._next_free()
            self._store.set_pickup(number, day.isoformat())
            span.set("day", day.isoformat())
        return day.isoformat()

    def day_of(self, number):
        """The planned day, or None when it is over."""
        day = self._store.pickup(number)
        return day if day and day >= self._clock.now().date().isoformat() else None

    def earliest(self):
        now = self._clock.now()
        day = now.date() + datetime.timedelta(days=1 if now.hour < CUT_OFF else 2)
        return self._working(day)

    @staticmethod
    def _working(day):
        """That day or the next that is not a Sunday."""
        return day + datetime.timedelta(days=1) if day.weekday() == 6 else day

    def _wanted(self, text):
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            raise DepotError(f"{text!r} is not a day like 2024-05-31") from None
        first = self.earliest()
        if not first <= day <= first + datetime.timedelta(days=HORIZON):
            raise DepotError(f"pickups can be planned from {first} on for {HORIZON} days")
        if day.weekday() == 6:
            raise DepotError("there are no pickups on Sundays")
        if not self._room(day):
            raise Conflict(f"the van is full on {day}")
        return day

    def _next_free(self):
        day = self.earliest()
        for _ in range(HORIZON):
            if self._room(day):
                return day
            day = self._working(day + datetime.timedelta(days=1))
        raise Conflict("the van is full for two weeks")

    def _room(self, day):
        return len(self._store.pickups_on(day.isoformat())) < CAPACITY
