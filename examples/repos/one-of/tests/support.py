"""Schemas on disk, and the modules that are made of them."""

import json
import pathlib
import sys
import tempfile
import types
import unittest

from kiln.cli import generate

ROOT = pathlib.Path(__file__).parent.parent
SCHEMAS = ROOT / "schemas"
GOLDEN = ROOT / "tests" / "golden"


def load(text, name="generated"):
    """Runs a generated module."""
    module = types.ModuleType(name)
    # Dataclasses look their module up.
    sys.modules[name] = module
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


class SchemaTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, schema, name="schema.json"):
        path = self.folder / name
        path.write_text(json.dumps(schema), encoding="utf-8")
        return path

    def source(self, schema):
        """The text of the module for a schema."""
        return generate(self.write(schema))

    def module(self, schema):
        """The module itself."""
        return load(self.source(schema))

    def one(self, properties, **more):
        """The class of a schema with one definition, `Thing`."""
        thing = {"type": "object", "properties": properties, **more}
        return self.module({"$defs": {"Thing": thing}}).Thing

    def decode_fails(self, decode, value, message):
        """Decoding a value has to fail with exactly this message."""
        with self.assertRaises(ValueError) as caught:
            decode(value)
        self.assertEqual(str(caught.exception), message)
