"""Extensions by name. Importing a module of `sluice.extensions` registers what it holds."""

import importlib
import pkgutil

from sluice.errors import SluiceError, listed

_KNOWN: dict[str, type] = {}
_loaded = False


def extension(cls: type) -> type:
    """Class decorator: puts an extension into the registry."""
    for needed in ("name", "help", "kind"):
        if not isinstance(getattr(cls, needed, None), str):
            raise TypeError(f"{cls.__name__} is an extension without `{needed}`")
    if _KNOWN.setdefault(cls.name, cls) is not cls:
        raise TypeError(f"{cls.__name__} and {_KNOWN[cls.name].__name__} are both called `{cls.name}`")
    return cls


def _load() -> None:
    global _loaded
    if _loaded:
        return
    _loaded = True
    import sluice.extensions

    # Sorted by the file system's order otherwise, which differs between machines.
    for module in sorted(pkgutil.iter_modules(sluice.extensions.__path__), key=lambda found: found.name):
        importlib.import_module(f"sluice.extensions.{module.name}")


def find(name: str) -> type:
    """The extension of that name."""
    _load()
    if name not in _KNOWN:
        raise SluiceError(f"there is no extension `{name}`; there are {listed(_KNOWN)}")
    return _KNOWN[name]


def every() -> list[type]:
    """All extensions, by kind in the order of a plan, then by name."""
    _load()
    order = ["transform", "group", "encode", "layer", "recipe"]
    return sorted(_KNOWN.values(), key=lambda cls: (order.index(cls.kind), cls.name))
