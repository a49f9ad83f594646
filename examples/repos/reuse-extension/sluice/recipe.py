"""Recipes: stages with their options, under a name of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sluice.errors import PlanError, listed
from sluice.options import Option, checked
from sluice.registry import find
from sluice.stages import Stage


@dataclass(frozen=True)
class Use:
    """A stage in a recipe: which extension, how it is called here, what is set."""

    extension: str
    alias: str
    given: Mapping[str, Any]


def use(extension: str, alias: str | None = None, **given: Any) -> Use:
    """`use("redact", alias="names", fields=("holder",))`. Options that are Python words end in `_`: `from_`."""
    return Use(extension, alias or extension, {name.rstrip("_"): value for name, value in given.items()})


class Recipe:
    """A list of stages. Subclasses say which, and which of their options can be set from outside."""

    kind: ClassVar[str] = "recipe"
    name: ClassVar[str]
    help: ClassVar[str]
    stages: ClassVar[tuple[Use, ...]]
    #: Own option -> `alias.option` of a stage.
    exposes: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def targets(cls) -> dict[str, tuple[str, str]]:
        """Own option -> alias and option of the stage, checked."""
        aliases = [each.alias for each in cls.stages]
        twice = {alias for alias in aliases if aliases.count(alias) > 1}
        if twice:
            raise PlanError(f"`{cls.name}` uses {listed(twice)} twice; give one of them an alias")
        found = {}
        for own, target in cls.exposes.items():
            alias, _, option = target.partition(".")
            if alias not in aliases:
                raise PlanError(f"`{cls.name}` exposes `{target}`, but has only {listed(aliases)}")
            found[own] = (alias, option)
        return found

    @classmethod
    def options_of(cls) -> dict[str, Option]:
        """What can be set from outside, as declared by the stages."""
        extensions = {each.alias: find(each.extension) for each in cls.stages}
        declared = {}
        for own, (alias, option) in cls.targets().items():
            if option not in extensions[alias].options:
                raise PlanError(f"`{cls.name}` exposes `{alias}.{option}`; `{alias}` has {listed(extensions[alias].options)}")
            declared[own] = extensions[alias].options[option]
        return declared

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> list[Stage]:
        """The stages, made with what was given from outside and what the recipe sets."""
        # Only what was given: a default of a stage must not replace what the recipe sets.
        values = checked(cls.options_of(), given, f"`{cls.name}`")
        passed: dict[str, dict[str, Any]] = {}
        for own, (alias, option) in cls.targets().items():
            if own in given:
                passed.setdefault(alias, {})[option] = values[own]
        return [find(each.extension)({**each.given, **passed.get(each.alias, {})}) for each in cls.stages]
