import unittest

from sluice.errors import OptionError, PlanError
from sluice.plan import Plan
from sluice.recipe import Recipe, use
from tests.support import cells, postings


class Masked(Recipe):
    name = "masked"
    help = "for tests"
    stages = (
        use("date-range", from_="2026-01-01"),
        use("redact", alias="names", fields=("holder",)),
        use("redact", alias="accounts", fields=("account",), keep=2),
        use("csv", columns=("id",)),
    )
    exposes = {"from": "date-range.from", "keep": "accounts.keep"}


class Recipes(unittest.TestCase):
    def applied(self, **given):
        records = postings()
        for transform in Plan.of(Masked.build({name.rstrip("_"): value for name, value in given.items()})).transforms:
            records = list(transform.apply(records))
        return records

    def test_a_stage_can_be_used_twice_with_other_options(self):
        records = self.applied()
        self.assertEqual(records[0].cells["holder"], "*** ****")
        self.assertEqual(records[0].cells["account"], "**** **** **10")

    def test_what_the_recipe_sets_holds_until_it_is_given(self):
        self.assertEqual(cells(self.applied(), "id"), ["P2", "P3", "P4", "P5"])
        self.assertEqual(cells(self.applied(from_="2026-02-01"), "id"), ["P4", "P5"])
        self.assertEqual(self.applied(keep="4")[0].cells["account"], "**** **** 3210")

    def test_only_what_is_exposed_can_be_given(self):
        with self.assertRaisesRegex(OptionError, "`masked` has no option `fields`; it has `from`, `keep`"):
            Masked.build({"fields": "memo"})

    def test_the_same_name_twice_needs_an_alias(self):
        class Twice(Masked):
            stages = (use("redact", fields=("memo",)), use("redact", fields=("holder",)), use("csv"))
            exposes = {}

        with self.assertRaisesRegex(PlanError, "uses `redact` twice"):
            Twice.build({})

    def test_what_is_exposed_has_to_exist(self):
        class Wrong(Masked):
            exposes = {"level": "gzip.level"}

        with self.assertRaisesRegex(PlanError, "exposes `gzip.level`, but has only `accounts`, `csv`"):
            Wrong.build({})

        class WrongOption(Masked):
            exposes = {"level": "csv.level"}

        with self.assertRaisesRegex(PlanError, "`csv` has `columns`, `header`"):
            WrongOption.build({})
