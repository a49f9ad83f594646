"""What the tax office gets."""

from sluice.recipe import Recipe, use
from sluice.registry import extension


@extension
class Handover(Recipe):
    name = "handover"
    help = "quarters as JSON Lines, memos masked, with checksums"
    stages = (
        use("date-range"),
        use("redact", fields=("memo",)),
        use("partition", by="quarter"),
        use("json"),
        use("checksums"),
    )
    exposes = {"from": "date-range.from", "to": "date-range.to"}
