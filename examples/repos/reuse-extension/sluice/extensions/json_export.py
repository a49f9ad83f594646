"""A JSON Lines file for each group: docs/outputs.md."""

import json

from sluice.options import names
from sluice.registry import extension
from sluice.stages import Encode, need_columns


@extension
class JsonExport(Encode):
    name = "json"
    help = "a JSON Lines file for each group"
    options = {"columns": names("which columns, in this order", default=None)}

    def check(self, columns):
        need_columns(self, self.set["columns"] or (), columns)

    def encode(self, group, records):
        columns = self.set["columns"] or records[0].columns
        lines = []
        for record in records:
            values = {name: record.amount if name == "amount" else record.cells[name] for name in columns}
            lines.append(json.dumps(values, ensure_ascii=False, separators=(",", ":")))
        return f"{group}.jsonl", "".join(f"{line}\n" for line in lines).encode()
