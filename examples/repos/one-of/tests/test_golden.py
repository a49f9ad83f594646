"""Generated modules, word for word. `python3 -m kiln schemas/X.json -o tests/golden/X.py` makes them anew."""

import unittest

from kiln.cli import generate
from tests.support import GOLDEN, SCHEMAS, load


class Golden(unittest.TestCase):
    maxDiff = None

    def test_modules_are_what_users_have_checked_in(self):
        found = sorted(GOLDEN.glob("*.py"))
        self.assertTrue(found)
        for path in found:
            with self.subTest(path.stem):
                self.assertEqual(generate(SCHEMAS / f"{path.stem}.json"), path.read_text(encoding="utf-8"))

    def test_modules_stand_alone(self):
        for path in sorted(GOLDEN.glob("*.py")):
            text = path.read_text(encoding="utf-8")
            self.assertNotIn("kiln import", text)
            load(text, f"golden_{path.stem}")
