"""The kinds of extensions. docs/extensions.md says how they work together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from sluice.errors import PlanError, listed
from sluice.options import Option, checked
from sluice.record import Record


class Below(Protocol):
    """Where a layer hands its files: the next layer, or the folder."""

    def put(self, name: str, data: bytes) -> None: ...


class Stage:
    """What all kinds have. An instance has its options as `self.set`."""

    name: ClassVar[str]
    help: ClassVar[str]
    kind: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}

    def __init__(self, given: Mapping[str, Any] | None = None):
        self.set = checked(self.options, given or {}, f"`{self.name}`")

    def check(self, columns: tuple[str, ...]) -> None:
        """Refuses to work on records with these columns; called before the first record."""


class Transform(Stage):
    """Chooses or changes records."""

    kind = "transform"

    def apply(self, records: Iterable[Record]) -> Iterator[Record]:
        raise NotImplementedError


class Group(Stage):
    """Says into which group a record goes."""

    kind = "group"

    def key(self, record: Record) -> str:
        raise NotImplementedError


class Encode(Stage):
    """Makes a file of a group."""

    kind = "encode"

    def encode(self, group: str, records: list[Record]) -> tuple[str, bytes]:
        raise NotImplementedError


class Layer(Stage):
    """Gets finished files and hands on what it makes of them. Made anew for each run, so it may remember files."""

    kind = "layer"

    def put(self, name: str, data: bytes, below: Below) -> None:
        raise NotImplementedError

    def finish(self, below: Below) -> None:
        """Called once, behind the last file."""


def need_columns(stage: Stage, wanted: Iterable[str], columns: tuple[str, ...]) -> None:
    """For `check`: refuses columns that are not there."""
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise PlanError(f"`{stage.name}`: there is no column {listed(missing)}; there are {listed(columns)}")
