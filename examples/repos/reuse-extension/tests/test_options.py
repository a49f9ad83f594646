import unittest
from datetime import date

from sluice import options
from sluice.errors import OptionError

DECLARED = {
    "size": options.number("how large", default=3, most=9),
    "fields": options.names("which"),
    "from": options.day("since when"),
    "by": options.choice("what", of={"day": 1, "year": 2}, default="day"),
    "loud": options.flag("noise"),
}


def checked(**given):
    return options.checked(DECLARED, {name.rstrip("_"): value for name, value in given.items()}, "`thing`")


class Checking(unittest.TestCase):
    def test_text_and_python_values_are_the_same(self):
        typed = checked(size="7", fields="a, b", from_="2026-03-02", by="year", loud="yes")
        written = checked(size=7, fields=("a", "b"), from_=date(2026, 3, 2), by="year", loud=True)
        self.assertEqual(typed, written)

    def test_what_is_left_out_has_its_default(self):
        found = checked(fields="a")
        self.assertEqual(found, {"size": 3, "fields": ("a",), "from": None, "by": "day", "loud": False})

    def test_errors_say_what_is_allowed(self):
        for given, words in [
            ({}, "`thing` needs the option `fields`: which"),
            ({"fields": "a", "colour": "red"}, "no option `colour`; it has `by`, `fields`, `from`, `loud`, `size`"),
            ({"fields": "a", "size": "10"}, "`size` takes a whole number from 0 to 9, not `10`"),
            ({"fields": "a", "size": "many"}, "`size` takes"),
            ({"fields": "a,a"}, "`fields` takes names separated by commas, each once"),
            ({"fields": "a", "by": "month"}, "`by` takes one of `day`, `year`, not `month`"),
            ({"fields": "a", "from_": "soon"}, "`from` takes a day like 2026-03-02"),
            ({"fields": "a", "loud": "maybe"}, "`loud` takes `yes` or `no`"),
        ]:
            with self.subTest(given), self.assertRaisesRegex(OptionError, words):
                checked(**given)
