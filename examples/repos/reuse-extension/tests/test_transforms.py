"""What chooses and changes records."""

import unittest

from sluice.errors import OptionError, PlanError
from sluice.extensions.csv_export import CsvExport
from sluice.extensions.date_range import DateRange
from sluice.extensions.redact import Redact, mask
from sluice.extensions.sort import Sort
from tests.support import cells, postings, run


class Sorting(unittest.TestCase):
    def order(self, **given):
        return cells(Sort(given).apply(postings()), "id")

    def test_by_date_unless_told_otherwise(self):
        self.assertEqual(self.order(), ["P1", "P2", "P3", "P4", "P5"])
        self.assertEqual(self.order(descending="yes"), ["P5", "P4", "P3", "P2", "P1"])

    def test_amounts_are_numbers(self):
        self.assertEqual(self.order(by="amount"), ["P2", "P3", "P5", "P1", "P4"])

    def test_the_id_decides_where_the_column_is_equal(self):
        records = list(reversed(postings()))
        self.assertEqual(cells(Sort({"by": "currency"}).apply(records), "id"), ["P4", "P1", "P2", "P3", "P5"])

    def test_a_column_has_to_exist(self):
        with self.assertRaisesRegex(PlanError, "`sort`: there is no column `size`"):
            run(Sort({"by": "size"}), CsvExport())


class Ranges(unittest.TestCase):
    def kept(self, **given):
        return cells(DateRange({name.rstrip("_"): value for name, value in given.items()}).apply(postings()), "id")

    def test_both_days_belong_to_it(self):
        self.assertEqual(self.kept(from_="2026-01-02", to="2026-02-01"), ["P2", "P3", "P4"])

    def test_an_end_can_be_open(self):
        self.assertEqual(self.kept(to="2025-12-31"), ["P1"])
        self.assertEqual(self.kept(), ["P1", "P2", "P3", "P4", "P5"])

    def test_the_last_day_is_not_before_the_first(self):
        with self.assertRaisesRegex(OptionError, "2026-01-01 is before 2026-02-01"):
            self.kept(from_="2026-02-01", to="2026-01-01")


class Masks(unittest.TestCase):
    def test_the_form_of_a_value_stays(self):
        self.assertEqual(mask("Zoë O'Neill", 0, "*"), "*** *'*****")
        self.assertEqual(mask("DE12 3456 7890", 4, "x"), "xxxx xxxx 7890")

    def test_the_characters_kept_are_letters_and_digits(self):
        self.assertEqual(mask("12-34-", 2, "*"), "**-34-")
        self.assertEqual(mask("12", 4, "*"), "12")
        self.assertEqual(mask("", 4, "*"), "")

    def test_only_the_fields_named_are_masked(self):
        records = list(Redact({"fields": "holder"}).apply(postings()))
        self.assertEqual(cells(records, "holder")[0], "*** ****")
        self.assertEqual(cells(records, "account"), cells(postings(), "account"))

    def test_what_decides_and_is_summed_cannot_be_masked(self):
        for field in ("id", "date", "amount"):
            with self.assertRaisesRegex(OptionError, f"`{field}` cannot be masked"):
                Redact({"fields": ("memo", field)})
