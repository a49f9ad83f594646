"""What a schema means, without anything of Python's: the result of `parse`, the input of `emit`."""

from dataclasses import dataclass, field

from kiln.loader import Place


@dataclass(frozen=True)
class Scalar:
    """`string`, `integer`, `number`, `boolean`, `date`, `date-time` or `any`, with limits by keyword."""

    kind: str
    limits: tuple = ()


@dataclass(frozen=True)
class Choice:
    """One of some strings or integers: `enum` and `const`."""

    values: tuple


@dataclass(frozen=True)
class Array:
    item: object
    limits: tuple = ()


@dataclass(frozen=True)
class Map:
    """An object with any keys and values of one kind."""

    value: object


@dataclass(frozen=True)
class Nullable:
    """The node or null."""

    node: object


@dataclass(frozen=True)
class Ref:
    """A definition, by its place."""

    place: Place


@dataclass(frozen=True)
class Property:
    name: str
    node: object
    required: bool
    description: str = ""
    #: Only if `has_default`.
    default: object = None
    has_default: bool = False


@dataclass(frozen=True)
class Record:
    """An object with known properties: becomes a class."""

    place: Place
    title: str
    properties: tuple
    closed: bool = False
    description: str = ""


@dataclass
class Model:
    """Everything that one module is made of, in the order in which it is written."""

    records: list = field(default_factory=list)
