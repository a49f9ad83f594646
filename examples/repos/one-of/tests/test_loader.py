"""Files and references."""

from kiln.errors import SchemaError
from kiln.loader import Loader, Place
from tests.support import SCHEMAS, SchemaTest


class References(SchemaTest):
    def test_places_are_shown_as_pointers(self):
        place = Place("a.json") / "$defs" / "x/y" / "~"
        self.assertEqual(str(place), "a.json#/$defs/x~1y/~0")

    def test_references_lead_to_places_in_this_and_other_files(self):
        loader = Loader(SCHEMAS / "petshop.json")
        here = loader.root / "properties"
        self.assertEqual(loader.resolve("#/$defs/Pet", here), Place("petshop.json", ("$defs", "Pet")))
        self.assertEqual(loader.resolve("common.json#/$defs/Money", here), Place("common.json", ("$defs", "Money")))
        self.assertEqual(loader.resolve("#", here), Place("petshop.json"))

    def test_a_reference_within_another_file_stays_there(self):
        loader = Loader(SCHEMAS / "petshop.json")
        there = Place("common.json", ("$defs", "Address"))
        self.assertEqual(loader.resolve("#/$defs/Money", there).file, "common.json")

    def test_what_is_not_there_is_named(self):
        loader = Loader(SCHEMAS / "petshop.json")
        cases = {
            "#/$defs/Fish": "petshop.json#/$defs/Fish: there is nothing at this place",
            "#Pet": "is not a JSON pointer",
            "none.json#/x": "none.json: cannot be read",
            "../secret.json": "leaves the folder",
            "https://example.com/a.json": "leaves the folder",
        }
        for reference, message in cases.items():
            with self.assertRaises(SchemaError) as caught:
                loader.resolve(reference, loader.root)
            self.assertIn(message, str(caught.exception))

    def test_files_that_are_no_schemas_are_refused(self):
        for text in ("[1]", "{"):
            path = self.folder / "bad.json"
            path.write_text(text, encoding="utf-8")
            with self.assertRaises(SchemaError):
                Loader(path).get(Place("bad.json"))
