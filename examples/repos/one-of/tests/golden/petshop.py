# Made by kiln from petshop.json. Changes made by hand are lost.
from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Shop:
    """A shop with everything that is in it."""

    name: str
    pets: list[Pet]
    opened: datetime.datetime | None = None
    prices: dict[str, Money] = field(default_factory=dict)
    rating: float | None = None

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path)
        return cls(
            name=_required(value, 'name', path, _limited(_string, min_length=1)),
            pets=_required(value, 'pets', path, _array(Pet.from_json)),
            opened=_optional(value, 'opened', path, _date_time),
            prices=_optional(value, 'prices', path, _map(Money.from_json), {}),
            rating=_optional(value, 'rating', path, _limited(_number, minimum=0, maximum=5)),
        )

    def to_json(self):
        value = {}
        value['name'] = _dump(self.name)
        value['pets'] = _dump(self.pets)
        if self.opened is not None:
            value['opened'] = _dump(self.opened)
        if self.prices is not None:
            value['prices'] = _dump(self.prices)
        if self.rating is not None:
            value['rating'] = _dump(self.rating)
        return value


@dataclass(kw_only=True)
class Pet:
    """An animal, sold or not."""

    name: str
    kind: Literal['cat', 'dog', 'bird']
    born: datetime.date | None = None
    tags: list[str] = field(default_factory=list)
    owner: Person | None = None

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path)
        return cls(
            name=_required(value, 'name', path, _string),
            kind=_required(value, 'kind', path, _choice('cat', 'dog', 'bird')),
            born=_optional(value, 'born', path, _date),
            tags=_optional(value, 'tags', path, _limited(_array(_limited(_string, max_length=20)), max_items=8), []),
            owner=_optional(value, 'owner', path, Person.from_json),
        )

    def to_json(self):
        value = {}
        value['name'] = _dump(self.name)
        value['kind'] = _dump(self.kind)
        if self.born is not None:
            value['born'] = _dump(self.born)
        if self.tags is not None:
            value['tags'] = _dump(self.tags)
        if self.owner is not None:
            value['owner'] = _dump(self.owner)
        return value


@dataclass(kw_only=True)
class Person:
    #: As on the door.
    full_name: str
    address: Address | None = None
    class_: str | None
    friends: list[Person] = field(default_factory=list)

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path)
        return cls(
            full_name=_required(value, 'full-name', path, _string),
            address=_optional(value, 'address', path, Address.from_json),
            class_=_required(value, 'class', path, _nullable(_string)),
            friends=_optional(value, 'friends', path, _array(Person.from_json), []),
        )

    def to_json(self):
        value = {}
        value['full-name'] = _dump(self.full_name)
        if self.address is not None:
            value['address'] = _dump(self.address)
        value['class'] = _dump(self.class_)
        if self.friends is not None:
            value['friends'] = _dump(self.friends)
        return value


@dataclass(kw_only=True)
class Money:
    """An amount in the smallest unit of its currency."""

    amount: int
    currency: Literal['EUR', 'CHF', 'GBP']

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path, {'amount', 'currency'})
        return cls(
            amount=_required(value, 'amount', path, _integer),
            currency=_required(value, 'currency', path, _choice('EUR', 'CHF', 'GBP')),
        )

    def to_json(self):
        value = {}
        value['amount'] = _dump(self.amount)
        value['currency'] = _dump(self.currency)
        return value


@dataclass(kw_only=True)
class Address:
    street: str
    postcode: str
    town: str
    country: str = 'DE'

    @classmethod
    def from_json(cls, value, path='$'):
        _object(value, path)
        return cls(
            street=_required(value, 'street', path, _limited(_string, min_length=1)),
            postcode=_required(value, 'postcode', path, _limited(_string, pattern='^[0-9]{5}$')),
            town=_required(value, 'town', path, _string),
            country=_optional(value, 'country', path, _limited(_string, min_length=2, max_length=2), 'DE'),
        )

    def to_json(self):
        value = {}
        value['street'] = _dump(self.street)
        value['postcode'] = _dump(self.postcode)
        value['town'] = _dump(self.town)
        if self.country is not None:
            value['country'] = _dump(self.country)
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


def _number(value, path):
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise DecodeError(path, f"expected a number, found {_found(value)}")
    return value


def _date(value, path):
    try:
        return datetime.date.fromisoformat(_string(value, path))
    except ValueError as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(path, f"expected a date like 2024-05-31, found {_found(value)}") from None


def _date_time(value, path):
    try:
        moment = datetime.datetime.fromisoformat(_string(value, path))
    except ValueError as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(path, f"expected a time like 2024-05-31T12:00:00Z, found {_found(value)}") from None
    if moment.tzinfo is None:
        raise DecodeError(path, f"expected a time with an offset, found {_found(value)}")
    return moment


def _choice(*allowed):
    def decode(value, path):
        if isinstance(value, bool) or value not in allowed:
            names = ", ".join(repr(one) for one in allowed)
            expected = names if len(allowed) == 1 else f"one of {names}"
            raise DecodeError(path, f"expected {expected}, found {_found(value)}")
        return value

    return decode


def _nullable(inner):
    def decode(value, path):
        return None if value is None else inner(value, path)

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
