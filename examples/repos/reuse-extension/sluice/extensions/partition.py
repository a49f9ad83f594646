"""One group for each span of time."""

from sluice import dates
from sluice.options import choice
from sluice.registry import extension
from sluice.stages import Group

#: Spans by name, each with the function that gives a day's key.
SPANS = {
    "day": dates.day_key,
    "quarter": dates.quarter_key,
    "year": dates.year_key,
}


@extension
class Partition(Group):
    name = "partition"
    help = "one group for each span of time"
    options = {"by": choice("how long a span is", of=SPANS)}

    def key(self, record):
        return SPANS[self.set["by"]](record.day)
