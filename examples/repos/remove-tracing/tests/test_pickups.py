"""Days on which parcels are fetched."""

from depot import pickups
from depot.errors import Conflict, DepotError
from tests.support import AppTest


class PickupTest(AppTest):
    def plan(self, number="P00000001", wanted=None):
        return self.app.pickups.plan(number, wanted)

    def test_orders_in_time_are_fetched_tomorrow(self):
        self.assertEqual(self.plan(), "2024-05-07")

    def test_orders_after_the_cut_off_a_day_later(self):
        self.clock.advance(6 * 3600)
        self.assertEqual(self.plan(), "2024-05-08")

    def test_sundays_are_left_out(self):
        self.clock.advance(5 * 24 * 3600)
        self.assertEqual(self.plan(), "2024-05-13")
        with self.assertRaisesRegex(DepotError, "no pickups on Sundays"):
            self.plan(wanted="2024-05-19")

    def test_a_full_van_moves_to_the_next_day_or_refuses_the_wanted_one(self):
        for at in range(pickups.CAPACITY):
            self.plan(f"P{at:08d}")
        self.assertEqual(self.plan("P99999999"), "2024-05-08")
        with self.assertRaisesRegex(Conflict, "full on 2024-05-07"):
            self.plan("P99999998", "2024-05-07")

    def test_days_too_early_too_late_and_no_days_are_refused(self):
        for wanted in ("2024-05-06", "2024-05-22", "tomorrow"):
            with self.assertRaises(DepotError):
                self.plan(wanted=wanted)

    def test_a_pickup_that_is_over_is_none(self):
        self.plan()
        self.clock.advance(3 * 24 * 3600)
        self.assertIsNone(self.app.pickups.day_of("P00000001"))
