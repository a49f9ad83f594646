"""What the board gets."""

from sluice.recipe import Recipe, use
from sluice.registry import extension


@extension
class Overview(Recipe):
    name = "overview"
    help = "a summary of each year"
    stages = (
        use("date-range"),
        use("partition", by="year"),
        use("summary"),
    )
    exposes = {"from": "date-range.from", "to": "date-range.to"}
