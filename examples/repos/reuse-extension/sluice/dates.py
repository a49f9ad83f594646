"""Days and the spans they lie in. Keys are text that sorts as time does."""

import re
from datetime import date

from sluice.errors import DataError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_day(text: str, where: str) -> date:
    """Reads `2026-03-02`. Nothing else is a day: not `2026-3-2`, not a day that does not exist."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError("the form is YYYY-MM-DD")
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{where}: `{text}` is no day ({error})") from None


def day_key(day: date) -> str:
    """`2026-03-02`."""
    return day.isoformat()


def month_key(day: date) -> str:
    """`2026-03`."""
    return f"{day.year:04}-{day.month:02}"


def quarter_key(day: date) -> str:
    """`2026-Q1`."""
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def year_key(day: date) -> str:
    """`2026`."""
    return f"{day.year:04}"


def within(day: date, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two others, both included; `None` is open."""
    return (first is None or first <= day) and (last is None or day <= last)
