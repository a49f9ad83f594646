"""Keeps records between two days."""

from sluice.dates import within
from sluice.errors import OptionError
from sluice.options import day
from sluice.registry import extension
from sluice.stages import Transform


@extension
class DateRange(Transform):
    name = "date-range"
    help = "keeps records between two days"
    options = {
        "from": day("the first day, included"),
        "to": day("the last day, included"),
    }

    def __init__(self, given=None):
        super().__init__(given)
        first, last = self.set["from"], self.set["to"]
        if first and last and last < first:
            raise OptionError(f"`date-range`: {last} is before {first}")

    def apply(self, records):
        return (record for record in records if within(record.day, self.set["from"], self.set["to"]))
