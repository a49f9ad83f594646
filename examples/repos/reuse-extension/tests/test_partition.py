import unittest

from sluice.errors import OptionError
from sluice.extensions.partition import Partition
from tests.support import postings


class Spans(unittest.TestCase):
    def keys(self, by):
        stage = Partition({"by": by})
        return [stage.key(record) for record in postings()]

    def test_a_key_for_each_span(self):
        self.assertEqual(self.keys("quarter"), ["2025-Q4", "2026-Q1", "2026-Q1", "2026-Q1", "2026-Q2"])
        self.assertEqual(self.keys("year"), ["2025", "2026", "2026", "2026", "2026"])
        self.assertEqual(self.keys("day")[0], "2025-12-30")

    def test_a_span_has_to_be_chosen(self):
        with self.assertRaisesRegex(OptionError, "`partition` needs the option `by`"):
            Partition()
        with self.assertRaisesRegex(OptionError, "`by` takes one of `day`, .*, not `decade`"):
            Partition({"by": "decade"})
