"""Orders records."""

from sluice.options import flag, text
from sluice.registry import extension
from sluice.stages import Transform, need_columns


@extension
class Sort(Transform):
    name = "sort"
    help = "orders records by a column"
    options = {
        "by": text("the column", default="date"),
        "descending": flag("largest first"),
    }

    def check(self, columns):
        need_columns(self, [self.set["by"]], columns)

    def apply(self, records):
        by = self.set["by"]
        # Amounts are numbers. The id decides where the column is equal, so that the order never depends on the input's.
        value = (lambda record: record.amount) if by == "amount" else (lambda record: record.cells[by])
        ordered = sorted(records, key=lambda record: record.cells["id"])
        return iter(sorted(ordered, key=value, reverse=self.set["descending"]))
