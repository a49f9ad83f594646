"""Schema files and references between them."""

import json
import pathlib
from dataclasses import dataclass

from kiln.errors import SchemaError


@dataclass(frozen=True)
class Place:
    """A place in a file: its name as seen from the first file's folder, and the steps of a JSON pointer."""

    file: str
    steps: tuple = ()

    def __truediv__(self, step):
        return Place(self.file, (*self.steps, step))

    def __str__(self):
        steps = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.steps)
        return f"{self.file}#{steps}"


class Loader:
    """Reads each file once. References are followed beneath the first file's folder only."""

    def __init__(self, path):
        path = pathlib.Path(path)
        self._folder = path.parent
        self.root = Place(path.name)
        self._documents = {}

    def get(self, place):
        """The schema at a place; raises SchemaError if there is none."""
        schema = self._document(place.file)
        for at, step in enumerate(place.steps):
            if not isinstance(schema, dict) or step not in schema:
                missing = Place(place.file, place.steps[: at + 1])
                raise SchemaError(missing, "there is nothing at this place")
            schema = schema[step]
        return schema

    def resolve(self, reference, place):
        """The place that a `$ref` at `place` means."""
        file, _, fragment = reference.partition("#")
        if "://" in file or file.startswith("/") or ".." in pathlib.PurePosixPath(file).parts:
            raise SchemaError(place, f"the reference {reference!r} leaves the folder of the schema")
        target = Place(file or place.file)
        if fragment:
            if not fragment.startswith("/"):
                raise SchemaError(place, f"the reference {reference!r} is not a JSON pointer")
            steps = fragment[1:].split("/")
            target = Place(target.file, tuple(step.replace("~1", "/").replace("~0", "~") for step in steps))
        self.get(target)
        return target

    def definitions(self, file):
        """Places of the definitions in a file, in its order."""
        found = self._document(file).get("$defs", {})
        if not isinstance(found, dict):
            raise SchemaError(Place(file) / "$defs", "has to be an object")
        return [Place(file, ("$defs", name)) for name in found]

    def _document(self, file):
        if file not in self._documents:
            try:
                document = json.loads((self._folder / file).read_text(encoding="utf-8"))
            except OSError as error:
                raise SchemaError(file, f"cannot be read: {error.strerror}") from error
            except ValueError as error:
                raise SchemaError(file, f"is not JSON: {error}") from error
            if not isinstance(document, dict):
                raise SchemaError(file, "has to be an object")
            self._documents[file] = document
        return self._documents[file]
