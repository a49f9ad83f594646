import unittest

from sluice.errors import FolderError, PlanError, SluiceError
from sluice.plan import Plan, plan_for
from sluice.registry import every, extension, find
from sluice.stages import Layer
from tests.support import run


def stage(name, **given):
    return find(name)(given)


class Note(Layer):
    """Adds its mark to each file, and a file at the end."""

    name = "note"
    help = "for tests"

    def put(self, name, data, below):
        below.put(name, data + b"!")

    def finish(self, below):
        below.put("note", b"done")


class Count(Layer):
    name = "count"
    help = "for tests"

    def __init__(self):
        super().__init__()
        self.seen = []

    def put(self, name, data, below):
        self.seen.append((name, len(data)))
        below.put(name, data)


class Plans(unittest.TestCase):
    def test_kinds_come_in_order(self):
        csv, year, sort = stage("csv"), stage("partition", by="year"), stage("sort")
        with self.assertRaisesRegex(PlanError, "`sort` is a transform and cannot stand behind a group"):
            Plan.of([year, sort, csv])
        with self.assertRaisesRegex(PlanError, "needs one encode stage, this one has 0"):
            Plan.of([sort, year])
        with self.assertRaisesRegex(PlanError, "this one has 2"):
            Plan.of([csv, stage("json")])
        with self.assertRaisesRegex(PlanError, "at most one group stage"):
            Plan.of([year, year, csv])

    def test_without_a_group_stage_everything_is_one_file(self):
        self.assertEqual(list(run(stage("csv"))), ["all.csv"])

    def test_a_file_passes_the_layers_as_listed_and_so_does_what_they_add(self):
        count = Count()
        files = run(stage("csv", columns=("id",)), Note({}), count)
        self.assertEqual(count.seen, [("all.csv", len(files["all.csv"])), ("note", 4)])
        before = Count()
        run(stage("csv", columns=("id",)), before, Note({}))
        self.assertEqual(before.seen, [("all.csv", len(files["all.csv"]) - 1)])

    def test_columns_are_checked_before_anything_is_written(self):
        with self.assertRaisesRegex(PlanError, "`csv`: there is no column `colour`; there are `account`"):
            run(stage("csv", columns=("id", "colour")))

    def test_two_files_of_one_name_are_refused(self):
        class Same(Layer):
            name = "same"
            help = "for tests"

            def put(self, name, data, below):
                below.put("x", data)

        with self.assertRaisesRegex(FolderError, "two files are called `x`"):
            run(stage("partition", by="year"), stage("csv"), Same())

    def test_only_recipes_and_encode_stages_run_alone(self):
        with self.assertRaisesRegex(PlanError, "`gzip` is a layer and makes no files by itself"):
            plan_for("gzip", {})


class Registry(unittest.TestCase):
    def test_every_extension_is_found_by_its_name(self):
        names = [cls.name for cls in every()]
        self.assertEqual(len(names), len(set(names)))
        for name in ("csv", "redact", "handover"):
            self.assertIn(name, names)
            self.assertEqual(find(name).name, name)

    def test_a_name_that_is_not_there_says_which_are(self):
        with self.assertRaisesRegex(SluiceError, "no extension `xml`; there are .*`checksums`, `csv`"):
            find("xml")

    def test_a_name_cannot_be_taken_twice(self):
        class Other(Layer):
            name = "gzip"
            help = "another"

        with self.assertRaisesRegex(TypeError, "both called `gzip`"):
            extension(Other)
