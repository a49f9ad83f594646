"""What writes files."""

import json
import unittest

from sluice.extensions.csv_export import harmless
from sluice.extensions.summary import money
from tests.support import run_extension


class Csv(unittest.TestCase):
    def test_all_columns_unless_some_are_chosen(self):
        lines = run_extension("csv")["all.csv"].decode().split("\n")
        self.assertEqual(lines[0], "id,date,holder,account,amount,currency,memo,branch")
        self.assertEqual(lines[2], 'P2,2026-01-02,Ben Cole,DE98 7654 3210,-2500,EUR,"Refund, order 7",south')
        self.assertEqual(lines[-1], "")

    def test_columns_come_in_the_order_given(self):
        text = run_extension("csv", columns="memo,id", header="no")["all.csv"].decode()
        self.assertEqual(text.split("\n")[0], "Rent,P1")

    def test_no_cell_is_a_formula(self):
        formulas, others = ("=1+1", "@x", "+a", "-b"), ("-5", "+5.25", "a=b", "")
        self.assertEqual([harmless(cell) for cell in formulas], [f"'{cell}" for cell in formulas])
        self.assertEqual([harmless(cell) for cell in others], list(others))
        self.assertIn("'=1+1", run_extension("csv")["all.csv"].decode())


class Json(unittest.TestCase):
    def test_a_line_is_a_posting(self):
        lines = run_extension("json", columns="id,amount,holder")["all.jsonl"].decode().splitlines()
        self.assertEqual(lines[3], '{"id":"P4","amount":80000,"holder":"Zoë Diaz"}')
        self.assertEqual(len(lines), 5)

    def test_keys_stand_in_the_order_of_the_columns(self):
        first = json.loads(run_extension("json")["all.jsonl"].decode().splitlines()[0])
        self.assertEqual(list(first)[:3], ["id", "date", "holder"])


class Summaries(unittest.TestCase):
    def test_currencies_are_not_mixed(self):
        text = run_extension("summary")["all.txt"].decode()
        self.assertEqual(
            text.splitlines(),
            [
                "Summary all",
                "",
                "CHF       1 postings            800.00",
                "     largest                    800.00",
                "     2026-02                    800.00",
                "EUR       4 postings             91.49",
                "     largest                    100.50",
                "     2025-12                    100.50",
                "     2026-01                    -21.01",
                "     2026-04                     12.00",
            ],
        )

    def test_money_is_grouped_and_signed(self):
        self.assertEqual([money(cents) for cents in (123450, -5, 0)], ["1,234.50", "-0.05", "0.00"])
