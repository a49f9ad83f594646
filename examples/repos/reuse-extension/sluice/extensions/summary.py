"""Counts and sums for each group, as text: docs/outputs.md."""

from sluice.dates import month_key
from sluice.registry import extension
from sluice.stages import Encode


def money(cents: int) -> str:
    """`1,234.50`, `-0.05`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


@extension
class Summary(Encode):
    name = "summary"
    help = "counts and sums for each group, as text"

    def encode(self, group, records):
        lines = [f"Summary {group}", ""]
        for currency in sorted({record.cells["currency"] for record in records}):
            own = [record for record in records if record.cells["currency"] == currency]
            lines.append(f"{currency}  {len(own):6} postings  {money(sum(each.amount for each in own)):>16}")
            lines.append(f"     largest          {money(max((each.amount for each in own), key=abs)):>16}")
            months: dict[str, int] = {}
            for record in own:
                months[month_key(record.day)] = months.get(month_key(record.day), 0) + record.amount
            lines.extend(f"     {month}          {money(months[month]):>16}" for month in sorted(months))
        return f"{group}.txt", "".join(f"{line}\n" for line in lines).encode()
