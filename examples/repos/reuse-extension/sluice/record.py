"""A posting, and reading them from a CSV file."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sluice.dates import parse_day
from sluice.errors import DataError, listed

#: Columns that every input has, in the order in which outputs show them.
REQUIRED = ("id", "date", "holder", "account", "amount", "currency", "memo")


@dataclass(frozen=True)
class Record:
    """One posting. `cells` holds every column as text, the required ones first; `day` and `amount` are read from it."""

    day: date
    amount: int
    cells: Mapping[str, str]

    def with_cells(self, changed: Mapping[str, str]) -> "Record":
        """The same posting with other text in some columns. `day` and `amount` stay what they were."""
        return replace(self, cells={**self.cells, **changed})

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns in order."""
        return tuple(self.cells)


def read(lines: Iterable[str], where: str) -> Iterator[Record]:
    """Reads postings one by one. `where` names the input in errors."""
    reader = csv.DictReader(lines, strict=True)
    header = reader.fieldnames or []
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise DataError(f"{where}: columns are missing: {listed(missing)}; the header has {listed(header)}")
    order = [*REQUIRED, *(name for name in header if name not in REQUIRED)]
    seen: set[str] = set()
    try:
        for row in reader:
            yield _record(row, order, seen, f"{where}:{reader.line_num}")
    except csv.Error as error:
        raise DataError(f"{where}:{reader.line_num}: {error}") from None


def _record(row: dict, order: list[str], seen: set[str], where: str) -> Record:
    if None in row or None in row.values():
        raise DataError(f"{where}: the line has another number of cells than the header")
    cells = {name: row[name] for name in order}
    if cells["id"] in seen:
        raise DataError(f"{where}: the id `{cells['id']}` was there before")
    seen.add(cells["id"])
    try:
        amount = int(cells["amount"])
    except ValueError:
        raise DataError(f"{where}: the amount `{cells['amount']}` is no whole number of cents") from None
    return Record(parse_day(cells["date"], where), amount, cells)
