import unittest
from datetime import date

from sluice import dates
from sluice.errors import DataError
from tests.support import POSTINGS, postings


class Reading(unittest.TestCase):
    def test_required_columns_come_first(self):
        first = postings()[0]
        self.assertEqual(first.columns, ("id", "date", "holder", "account", "amount", "currency", "memo", "branch"))
        self.assertEqual((first.day, first.amount), (date(2025, 12, 30), 10050))

    def test_mistakes_are_named_with_their_line(self):
        for old, new, words in [
            ("2026-01-02", "2026-1-2", r"test\.csv:3: `2026-1-2` is no day"),
            ("2026-01-31", "2026-02-31", r"test\.csv:4: `2026-02-31` is no day"),
            ("P3", "P1", r"test\.csv:4: the id `P1` was there before"),
            ("80000", "800.00", r"the amount `800\.00` is no whole number of cents"),
            (",Books,north", ",Books", r"test\.csv:6: the line has another number of cells"),
            ("currency,", "curr,", r"columns are missing: `currency`"),
        ]:
            with self.subTest(new), self.assertRaisesRegex(DataError, words):
                postings(POSTINGS.replace(old, new, 1))

    def test_other_text_in_a_cell_changes_neither_day_nor_amount(self):
        first = postings()[0]
        changed = first.with_cells({"date": "?", "memo": "x"})
        self.assertEqual((changed.day, changed.cells["memo"], changed.columns), (first.day, "x", first.columns))
        self.assertEqual(first.cells["memo"], "Rent")


class Keys(unittest.TestCase):
    def test_keys_sort_as_time_does(self):
        days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 10, 1)]
        for key in (dates.day_key, dates.month_key, dates.quarter_key, dates.year_key):
            keys = [key(day) for day in days]
            self.assertEqual(keys, sorted(keys))

    def test_keys_are_spelled_as_documented(self):
        day = date(2026, 3, 2)
        keys = [key(day) for key in (dates.day_key, dates.month_key, dates.quarter_key, dates.year_key)]
        self.assertEqual(keys, ["2026-03-02", "2026-03", "2026-Q1", "2026"])
        self.assertEqual([dates.quarter_key(date(2026, month, 1))[-1] for month in range(1, 13)], list("111222333444"))
