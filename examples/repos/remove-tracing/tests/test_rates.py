"""Prices and zones."""

import unittest

from depot.addresses import Addresses
from depot.clock import ManualClock
from depot.errors import DepotError
from depot.rates import BANDS, HEAVIEST, Rates
from depot.telemetry import Counters, Exporter, Tracer


class RatesTest(unittest.TestCase):
    def setUp(self):
        tracer = Tracer(ManualClock(), Exporter("", 1, Counters()))
        self.addresses = Addresses(tracer)
        self.rates = Rates(self.addresses, tracer)

    def test_zones_follow_the_first_digits(self):
        for origin, target, zone in [("10115", "10999", 1), ("10115", "12043", 2), ("10115", "20095", 2),
                                     ("10115", "80331", 3), ("01067", "99084", 3)]:
            self.assertEqual(self.rates.zone(origin, target), zone, (origin, target))

    def test_each_band_ends_where_it_says(self):
        for (limit, prices), (_, next_prices) in zip(BANDS, BANDS[1:]):
            self.assertEqual(self.rates.quote("10115", "10117", limit).cents, prices[0])
            self.assertEqual(self.rates.quote("10115", "10117", limit + 1).cents, next_prices[0])

    def test_islands_cost_more_and_take_longer(self):
        offer = self.rates.quote("20095", "27498", 900)
        self.assertEqual((offer.cents, offer.zone, offer.days), (860, 2, 3))

    def test_nothing_and_too_much_are_refused(self):
        for grams in (0, -5, HEAVIEST + 1):
            with self.assertRaises(DepotError):
                self.rates.quote("10115", "10117", grams)

    def test_postcodes_are_read_as_people_write_them(self):
        for text in ["10115", " 10115 ", "D-10115", "d10115", "10 115"]:
            self.assertEqual(self.addresses.postcode(text), "10115")
        for text in ["1011", "101155", "00123", "1011a", ""]:
            with self.assertRaises(DepotError):
                self.addresses.postcode(text)
