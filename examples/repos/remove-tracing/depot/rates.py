"""Zones and prices. Everything is in cents and grams."""

from dataclasses import dataclass

from depot.errors import DepotError
from depot.telemetry import traced

#: Heaviest parcel that is taken, in grams.
HEAVIEST = 31_500

#: Up to so many grams, the price for zones 1, 2 and 3 in cents.
BANDS = [
    (1_000, (450, 560, 690)),
    (2_000, (540, 690, 850)),
    (5_000, (690, 890, 1_090)),
    (10_000, (890, 1_150, 1_450)),
    (20_000, (1_290, 1_650, 2_050)),
    (HEAVIEST, (1_790, 2_250, 2_790)),
]

DAYS = {1: 1, 2: 2, 3: 3}

#: Islands, by the beginning of the postcode: one day and 300 cents more.
ISLANDS = ("18565", "25849", "25859", "25938", "25946", "25980", "26465", "26474", "26486", "26548", "26571", "26579",
           "26757", "27498")


@dataclass(frozen=True)
class Offer:
    cents: int
    zone: int
    days: int


class Rates:
    def __init__(self, addresses, tracer):
        self._addresses = addresses
        self.tracer = tracer

    @traced("rates.quote")
    def quote(self, origin, target, grams):
        """What a parcel costs and how long it takes; raises DepotError if it cannot be sent."""
        if grams < 1:
            raise DepotError("grams has to be at least 1")
        if grams > HEAVIEST:
            raise DepotError(f"parcels are taken up to {HEAVIEST} grams")
        origin, target = self._addresses.postcode(origin), self._addresses.postcode(target)
        zone = self.zone(origin, target)
        cents = next(prices[zone - 1] for limit, prices in BANDS if grams <= limit)
        days = DAYS[zone]
        if target.startswith(ISLANDS):
            cents, days = cents + 300, days + 1
        return Offer(cents, zone, days)

    @staticmethod
    def zone(origin, target):
        """1 within a region (the first two digits), 2 within an area (the first) or the next one, 3 beyond."""
        if origin[:2] == target[:2]:
            return 1
        return 2 if abs(int(origin[0]) - int(target[0])) <= 1 else 3
