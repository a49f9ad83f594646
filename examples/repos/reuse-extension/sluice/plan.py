"""Stages in their order, and running them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.errors import PlanError
from sluice.record import REQUIRED, Record
from sluice.recipe import Recipe
from sluice.registry import find
from sluice.stages import Below, Encode, Group, Layer, Stage, Transform

#: The group of everything, where there is no group stage.
EVERYTHING = "all"


@dataclass
class Plan:
    """What is done with records, from the first stage to the folder."""

    encode: Encode
    transforms: list[Transform] = field(default_factory=list)
    group: Group | None = None
    layers: list[Layer] = field(default_factory=list)

    @classmethod
    def of(cls, stages: Iterable[Stage]) -> "Plan":
        """Sorts out a list of stages. The order of kinds is a part of the plan's meaning, so a wrong one is refused."""
        order = ["transform", "group", "encode", "layer"]
        found: dict[str, list[Any]] = {kind: [] for kind in order}
        reached = 0
        for stage in stages:
            at = order.index(stage.kind)
            if at < reached:
                raise PlanError(f"`{stage.name}` is a {stage.kind} and cannot stand behind a {order[reached]}")
            reached = at
            found[stage.kind].append(stage)
        if len(found["encode"]) != 1:
            raise PlanError(f"a plan needs one encode stage, this one has {len(found['encode'])}")
        if len(found["group"]) > 1:
            raise PlanError("a plan has at most one group stage")
        group = found["group"][0] if found["group"] else None
        return cls(found["encode"][0], found["transform"], group, found["layer"])

    def run(self, records: Iterable[Record], folder: Below) -> int:
        """Sends records through. Gives the number of records that reached a file."""
        groups = self._grouped(self._transformed(records))
        chain = _chain(self.layers, folder)
        for key in sorted(groups):
            chain[0].put(*self.encode.encode(key, groups[key]))
        for layer, below in zip(self.layers, chain[1:]):
            layer.finish(below)
        return sum(len(group) for group in groups.values())

    def _transformed(self, records: Iterable[Record]) -> list[Record]:
        taken = list(records)
        columns = taken[0].columns if taken else REQUIRED
        for stage in [*self.transforms, *([self.group] if self.group else []), self.encode]:
            stage.check(columns)
        flow: Iterable[Record] = taken
        for transform in self.transforms:
            flow = transform.apply(flow)
        return list(flow)

    def _grouped(self, records: list[Record]) -> dict[str, list[Record]]:
        groups: dict[str, list[Record]] = {}
        for record in records:
            groups.setdefault(self.group.key(record) if self.group else EVERYTHING, []).append(record)
        return groups


class _Bound:
    """A layer together with what is below it."""

    def __init__(self, layer: Layer, below: Below):
        self._layer = layer
        self._below = below

    def put(self, name: str, data: bytes) -> None:
        self._layer.put(name, data, self._below)


def _chain(layers: list[Layer], folder: Below) -> list[Below]:
    """What a file is put into first, then what is below each layer; the folder is last."""
    chain: list[Below] = [folder]
    for layer in reversed(layers):
        chain.insert(0, _Bound(layer, chain[0]))
    return chain


def plan_for(name: str, given: Mapping[str, Any]) -> Plan:
    """The plan of a recipe, or of one encode stage alone."""
    cls = find(name)
    if issubclass(cls, Recipe):
        return Plan.of(cls.build(given))
    if cls.kind != "encode":
        raise PlanError(f"`{name}` is a {cls.kind} and makes no files by itself; run a recipe or an encode stage")
    return Plan.of([cls(given)])
