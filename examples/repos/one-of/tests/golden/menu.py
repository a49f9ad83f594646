# Made by kiln from menu.json. Changes made by hand are lost.
from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal


@dataclass(kw_only=True)
class Dish:
    version: Literal[2]
    title: str
    spicy: bool = False
    portions: int = 1
    diet: Literal['vegan', 'vegetarian'] | None = None
    extra: object = None

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path, {'version', 'title', 'spicy', 'portions', 'diet', 'extra'})
        return cls(
            version=_required(value, 'version', path, _choice(2)),
            title=_required(value, 'title', path, _string),
            spicy=_optional(value, 'spicy', path, _boolean, False),
            portions=_optional(value, 'portions', path, _limited(_integer, minimum=1), 1),
            diet=_optional(value, 'diet', path, _choice('vegan', 'vegetarian')),
            extra=_optional(value, 'extra', path, _any),
        )

    def to_json(self):
        value = {}
        value['version'] = _dump(self.version)
        value['title'] = _dump(self.title)
        if self.spicy is not None:
            value['spicy'] = _dump(self.spicy)
        if self.portions is not None:
            value['portions'] = _dump(self.portions)
        if self.diet is not None:
            value['diet'] = _dump(self.diet)
        if self.extra is not None:
            value['extra'] = _dump(self.extra)
        return value


@dataclass(kw_only=True)
class Week:
    number: int
    days: dict[str, list[Dish]]
    previous: Week | None = None

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path)
        return cls(
            number=_required(value, 'number', path, _limited(_integer, minimum=1, maximum=53)),
            days=_required(value, 'days', path, _map(_limited(_array(Dish.from_json), min_items=1))),
            previous=_optional(value, 'previous', path, Week.from_json),
        )

    def to_json(self):
        value = {}
        value['number'] = _dump(self.number)
        value['days'] = _dump(self.days)
        if self.previous is not None:
            value['previous'] = _dump(self.previous)
        return value


class DecodeError(ValueError):
    """A value is not what the schema says. `path` is where, as in `$.pets[2].name`."""

    def __init__(self, path, message):
        super().__init__(f"{path}: {message}")
        self.path = path


def _found(value):
    """A value in a message: short, and as JSON calls it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _string(value, path):
    if not isinstance(value, str):
        raise DecodeError(path, f"expected a string, found {_found(value)}")
    return value


def _integer(value, path):
    if not isinstance(value, int) or isinstance(value, bool):
        raise DecodeError(path, f"expected an integer, found {_found(value)}")
    return value


def _boolean(value, path):
    if not isinstance(value, bool):
        raise DecodeError(path, f"expected true or false, found {_found(value)}")
    return value


def _any(value, path):
    return value


def _choice(*allowed):
    def decode(value, path):
        if isinstance(value, bool) or value not in allowed:
            names = ", ".join(repr(one) for one in allowed)
            expected = names if len(allowed) == 1 else f"one of {names}"
            raise DecodeError(path, f"expected {expected}, found {_found(value)}")
        return value

    return decode


def _array(item):
    def decode(value, path):
        if not isinstance(value, list):
            raise DecodeError(path, f"expected an array, found {_found(value)}")
        return [item(one, f"{path}[{at}]") for at, one in enumerate(value)]

    return decode


def _map(inner):
    def decode(value, path):
        if not isinstance(value, dict):
            raise DecodeError(path, f"expected an object, found {_found(value)}")
        return {name: inner(one, f"{path}.{name}") for name, one in value.items()}

    return decode


def _limited(inner, minimum=None, maximum=None, min_length=None, max_length=None, pattern=None, min_items=None,
             max_items=None):
    def decode(value, path):
        result = inner(value, path)
        if minimum is not None and value < minimum:
            raise DecodeError(path, f"expected at least {minimum}, found {_found(value)}")
        if maximum is not None and value > maximum:
            raise DecodeError(path, f"expected at most {maximum}, found {_found(value)}")
        least, most = (min_length, max_length) if isinstance(value, str) else (min_items, max_items)
        unit = "characters" if isinstance(value, str) else "items"
        if least is not None and len(value) < least:
            raise DecodeError(path, f"expected at least {least} {unit}, found {len(value)}")
        if most is not None and len(value) > most:
            raise DecodeError(path, f"expected at most {most} {unit}, found {len(value)}")
        if pattern is not None and not re.search(pattern, value):
            raise DecodeError(path, f"expected text that fits {pattern}, found {_found(value)}")
        return result

    return decode


def _object(value, path, known=None):
    """Checks that a value is an object, and that it has only known keys if these are given."""
    if not isinstance(value, dict):
        raise DecodeError(path, f"expected an object, found {_found(value)}")
    for name in value:
        if known is not None and name not in known:
            raise DecodeError(f"{path}.{name}", "is not known")
    return value


def _required(value, name, path, decode):
    if name not in value:
        raise DecodeError(path, f"{name} is missing")
    return decode(value[name], f"{path}.{name}")


def _optional(value, name, path, decode, default=None):
    return decode(value[name], f"{path}.{name}") if name in value else default


def _dump(value):
    """JSON for a field's value."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, list):
        return [_dump(one) for one in value]
    if isinstance(value, dict):
        return {name: _dump(one) for name, one in value.items()}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return value
