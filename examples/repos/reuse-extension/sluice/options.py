"""Options of extensions: declared once, checked the same way whether they come from the command line or from a recipe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sluice.dates import parse_day
from sluice.errors import DataError, OptionError, listed

#: Stands for `has to be given`.
REQUIRED = object()


@dataclass(frozen=True)
class Option:
    """What an option takes. `read` turns text into a value and refuses other values with a `ValueError`."""

    read: Callable[[Any], Any]
    takes: str
    default: Any
    help: str


def text(help: str, default: Any = REQUIRED) -> Option:
    """Any text that is not empty."""

    def read(value):
        if not isinstance(value, str) or not value:
            raise ValueError
        return value

    return Option(read, "text", default, help)


def number(help: str, default: Any = REQUIRED, least: int = 0, most: int = 1_000_000) -> Option:
    """A whole number between two limits."""

    def read(value):
        found = int(value)
        if isinstance(value, float) or not least <= found <= most:
            raise ValueError
        return found

    return Option(read, f"a whole number from {least} to {most}", default, help)


def flag(help: str, default: bool = False) -> Option:
    """Yes or no."""
    words = {"yes": True, "no": False, "true": True, "false": False, True: True, False: False}

    def read(value):
        if value not in words:
            raise ValueError
        return words[value]

    return Option(read, "`yes` or `no`", default, help)


def choice(help: str, of: Mapping[str, Any], default: Any = REQUIRED) -> Option:
    """One of some words."""

    def read(value):
        if value not in of:
            raise ValueError
        return value

    return Option(read, f"one of {listed(of)}", default, help)


def names(help: str, default: Any = REQUIRED) -> Option:
    """Names separated by commas, or a tuple of them. None may be there twice."""

    def read(value):
        found = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else tuple(value)
        if not found or not all(found) or len(set(found)) < len(found):
            raise ValueError
        return found

    return Option(read, "names separated by commas, each once", default, help)


def day(help: str, default: Any = None) -> Option:
    """A day like `2026-03-02`; left out it is open."""

    def read(value):
        if value is None or isinstance(value, date):
            return value
        try:
            return parse_day(value, "option")
        except DataError:
            raise ValueError from None

    return Option(read, "a day like 2026-03-02", default, help)


def checked(declared: Mapping[str, Option], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values of all declared options. Refuses what is unknown, missing or wrong."""
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise OptionError(f"{where} has no option {listed(unknown)}; it has {listed(declared)}")
    values = {}
    for name, option in declared.items():
        if name not in given:
            if option.default is REQUIRED:
                raise OptionError(f"{where} needs the option `{name}`: {option.help}")
            values[name] = option.default
            continue
        try:
            values[name] = option.read(given[name])
        except (ValueError, TypeError):
            raise OptionError(f"{where}: `{name}` takes {option.takes}, not `{given[name]}`") from None
    return values
