"""What is understood, and what is refused with its place."""

from kiln.errors import SchemaError
from kiln.loader import Loader
from kiln.nodes import Array, Choice, Map, Nullable, Ref, Scalar
from kiln.parse import parse
from tests.support import SCHEMAS, SchemaTest


class Understood(SchemaTest):
    def node(self, schema):
        thing = {"type": "object", "properties": {"x": schema}}
        other = {"type": "object", "properties": {}}
        model = parse(Loader(self.write({"$defs": {"Thing": thing, "Other": other}})))
        return model.records[0].properties[0].node

    def test_simple_types(self):
        for kind in ("string", "integer", "number", "boolean"):
            self.assertEqual(self.node({"type": kind}), Scalar(kind))
        self.assertEqual(self.node({"type": "string", "format": "date"}), Scalar("date"))
        self.assertEqual(self.node({}), Scalar("any"))
        self.assertEqual(self.node(True), Scalar("any"))

    def test_limits_keep_their_order_and_get_pythons_names(self):
        node = self.node({"type": "string", "maxLength": 3, "minLength": 1, "pattern": "a"})
        self.assertEqual(node, Scalar("string", (("min_length", 1), ("max_length", 3), ("pattern", "a"))))

    def test_composed_types(self):
        self.assertEqual(self.node({"type": "array", "items": {"type": "string"}}), Array(Scalar("string")))
        self.assertEqual(self.node({"type": "object"}), Map(Scalar("any")))
        self.assertEqual(self.node({"type": ["null", "integer"]}), Nullable(Scalar("integer")))
        self.assertEqual(self.node({"enum": ["a", 1]}), Choice(("a", 1)))
        self.assertEqual(self.node({"const": "a", "type": "string"}), Choice(("a",)))
        self.assertIsInstance(self.node({"$ref": "#/$defs/Other"}), Ref)

    def test_definitions_come_in_the_order_of_the_schema_and_other_files_last(self):
        model = parse(Loader(SCHEMAS / "petshop.json"))
        self.assertEqual([record.title for record in model.records], ["Shop", "Pet", "Person", "Money", "Address"])


class Refused(SchemaTest):
    def refused(self, schema, message):
        with self.assertRaises(SchemaError) as caught:
            parse(Loader(self.write(schema)))
        self.assertEqual(str(caught.exception), f"schema.json#{message}")

    def field(self, schema, message):
        thing = {"type": "object", "properties": {"x": schema}}
        self.refused({"$defs": {"Thing": thing}}, f"/$defs/Thing/properties/x{message}")

    def test_keywords_that_are_not_known(self):
        self.field({"type": "string", "contentEncoding": "base64"},
                   "/contentEncoding: contentEncoding is not supported here")
        self.field({"type": "integer", "maxLength": 1}, "/maxLength: maxLength is not supported here")

    def test_keywords_that_people_look_for_with_what_to_do_instead(self):
        self.field({"anyOf": []}, "/anyOf: anyOf is not supported; write one definition with optional properties")
        self.field({"oneOf": []}, "/oneOf: oneOf is not supported; write one definition with optional properties")
        self.field({"type": "array", "prefixItems": []}, "/prefixItems: tuples are not supported; use an object")
        self.refused({"$defs": {"A": {"allOf": []}}},
                     "/$defs/A/allOf: allOf is not supported; write the properties out")

    def test_types_that_are_none(self):
        self.field({"type": "text"}, ": type has to be one of array, boolean, integer, number, object, string, found 'text'")
        self.field({"type": ["string", "integer"]}, "/type: a list of types has to be one type and null")
        self.field({"type": "string", "format": "email"}, "/format: formats are date, date-time")
        self.field({"enum": [True]}, "/enum: only strings and integers can be chosen from")
        self.field({"type": "array"}, ": an array needs items")
        self.field("string", ": a schema has to be an object")

    def test_objects_have_to_be_definitions(self):
        self.field({"type": "object", "properties": {}},
                   ": an object with properties has to be a definition of its own; use $ref")
        self.refused({"$defs": {"A": {"type": "string"}}}, "/$defs/A: a definition has to be an object with properties")
        self.refused({"title": "x"}, ": there is no object at the root and there are no definitions")

    def test_required_and_default(self):
        thing = {"type": "object", "properties": {}, "required": ["x"]}
        self.refused({"$defs": {"Thing": thing}}, "/$defs/Thing/required: there is no property 'x'")
        thing = {"type": "object", "properties": {"x": {"type": "string", "default": ""}}, "required": ["x"]}
        self.refused({"$defs": {"Thing": thing}},
                     "/$defs/Thing/properties/x/default: a required property has no default")
        self.field({"type": "array", "items": {}, "default": []}, "/default: only simple types can have a default")
