"""What the recipes that come with the program make."""

import json
import unittest

from tests.support import run_extension


class Handovers(unittest.TestCase):
    def test_a_file_for_each_quarter_and_the_list(self):
        files = run_extension("handover", from_="2026-01-01")
        self.assertEqual(list(files), ["2026-Q1.jsonl", "2026-Q2.jsonl", "SHA256SUMS"])

    def test_memos_are_masked_and_nothing_else(self):
        first = json.loads(run_extension("handover")["2025-Q4.jsonl"].decode())
        self.assertEqual((first["memo"], first["holder"]), ("****", "Ada Blum"))


class Overviews(unittest.TestCase):
    def test_a_summary_for_each_year(self):
        files = run_extension("overview", to="2026-03-31")
        self.assertEqual(list(files), ["2025.txt", "2026.txt"])
        self.assertIn("2026-02", files["2026.txt"].decode())
        self.assertNotIn("2026-04", files["2026.txt"].decode())
