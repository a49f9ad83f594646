"""A CSV file for each group: docs/outputs.md."""

import csv
import io
import re

from sluice.options import flag, names
from sluice.registry import extension
from sluice.stages import Encode, need_columns

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes."""
    if cell[:1] in ("=", "+", "-", "@") and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


@extension
class CsvExport(Encode):
    name = "csv"
    help = "a CSV file for each group"
    options = {
        "columns": names("which columns, in this order", default=None),
        "header": flag("whether the first line names the columns", default=True),
    }

    def check(self, columns):
        need_columns(self, self.set["columns"] or (), columns)

    def encode(self, group, records):
        columns = self.set["columns"] or records[0].columns
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self.set["header"]:
            writer.writerow(columns)
        for record in records:
            writer.writerow(harmless(record.cells[name]) for name in columns)
        return f"{group}.csv", text.getvalue().encode()
