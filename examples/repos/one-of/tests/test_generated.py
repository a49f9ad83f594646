"""What generated code does."""

import datetime

from kiln.cli import generate
from tests.support import SCHEMAS, SchemaTest, load


class Decoding(SchemaTest):
    def test_a_whole_document_comes_in_and_goes_out_again(self):
        shop = load(generate(SCHEMAS / "petshop.json")).Shop
        document = {
            "name": "Fur and feather",
            "opened": "2024-05-31T09:00:00+02:00",
            "pets": [
                {"name": "Rex", "kind": "dog", "born": "2020-02-29", "tags": ["loud"],
                 "owner": {"full-name": "Ada", "class": None, "friends": [{"full-name": "Bo", "class": "b", "friends": []}]}},
                {"name": "Tweet", "kind": "bird", "tags": []},
            ],
            "prices": {"Rex": {"amount": 12000, "currency": "EUR"}},
            "rating": 4,
        }
        decoded = shop.from_json(document)
        self.assertEqual(decoded.pets[0].born, datetime.date(2020, 2, 29))
        self.assertEqual(decoded.pets[0].owner.friends[0].full_name, "Bo")
        # A null that is required is kept by the field and left out on the way back only where it may be missing.
        self.assertEqual(decoded.to_json(), document)

    def test_errors_name_the_path(self):
        shop = load(generate(SCHEMAS / "petshop.json")).Shop
        pet = {"name": "Rex", "kind": "dog"}
        cases = [
            ([], "$: expected an object, found an array"),
            ({"name": "x"}, "$: pets is missing"),
            ({"name": "", "pets": []}, "$.name: expected at least 1 characters, found 0"),
            ({"name": "x", "pets": [pet, {**pet, "kind": "fish"}]},
             "$.pets[1].kind: expected one of 'cat', 'dog', 'bird', found 'fish'"),
            ({"name": "x", "pets": [{**pet, "born": "31.5.24"}]},
             "$.pets[0].born: expected a date like 2024-05-31, found '31.5.24'"),
            ({"name": "x", "pets": [], "opened": "2024-05-31T09:00:00"},
             "$.opened: expected a time with an offset, found '2024-05-31T09:00:00'"),
            ({"name": "x", "pets": [], "rating": 6}, "$.rating: expected at most 5, found 6"),
            ({"name": "x", "pets": [], "prices": {"a": {"amount": 1, "currency": "EUR", "tax": 0}}},
             "$.prices.a.tax: is not known"),
        ]
        for value, message in cases:
            self.decode_fails(shop.from_json, value, message)

    def test_types_are_strict(self):
        cases = [
            ("integer", True, "expected an integer, found true"),
            ("integer", 1.0, "expected an integer, found 1.0"),
            ("number", "1", "expected a number, found '1'"),
            ("boolean", 0, "expected true or false, found 0"),
            ("string", None, "expected a string, found null"),
        ]
        for kind, value, message in cases:
            thing = self.one({"x": {"type": kind}})
            self.decode_fails(thing.from_json, {"x": value}, f"$.x: {message}")

    def test_patterns_and_lengths(self):
        thing = self.one({"x": {"type": "string", "pattern": "^a"}, "y": {"type": "array", "items": {}, "minItems": 2}})
        self.decode_fails(thing.from_json, {"x": "ba"}, "$.x: expected text that fits ^a, found 'ba'")
        self.decode_fails(thing.from_json, {"y": [1]}, "$.y: expected at least 2 items, found 1")

    def test_what_is_missing_has_its_default(self):
        thing = self.one({"a": {"type": "integer", "default": 3}, "b": {"type": "array", "items": {}},
                          "c": {"type": "object"}, "d": {"type": "string"}})
        value = thing.from_json({})
        self.assertEqual((value.a, value.b, value.c, value.d), (3, [], {}, None))
        self.assertIsNot(thing.from_json({}).b, value.b)
        self.assertEqual(value.to_json(), {"a": 3, "b": [], "c": {}})

    def test_unknown_keys_are_dropped_unless_the_object_is_closed(self):
        self.assertEqual(self.one({"x": {}}).from_json({"y": 1}).to_json(), {})
        closed = self.one({"x": {}}, additionalProperties=False)
        self.decode_fails(closed.from_json, {"y": 1}, "$.y: is not known")

    def test_a_const_can_have_one_value_only(self):
        thing = self.one({"x": {"const": "a"}}, required=["x"])
        self.assertEqual(thing.from_json({"x": "a"}).x, "a")
        self.decode_fails(thing.from_json, {"x": "b"}, "$.x: expected 'a', found 'b'")

    def test_only_what_is_used_is_copied(self):
        text = self.source({"$defs": {"Thing": {"type": "object", "properties": {"x": {"type": "string"}}}}})
        self.assertIn("def _string(", text)
        for line in ("def _integer(", "def _limited(", "import re\n", "from typing"):
            self.assertNotIn(line, text)
