"""Names."""

from kiln.errors import SchemaError
from kiln.names import class_name, field_name
from tests.support import SchemaTest


class Names(SchemaTest):
    def test_classes(self):
        cases = {"order-line": "OrderLine", "orderLine": "OrderLine", "HTTPRequest": "HTTPRequest", "2fa": "Type2Fa",
                 "none": "None_", "decode error": "DecodeError_", "x": "X"}
        for text, name in cases.items():
            self.assertEqual(class_name(text), name)

    def test_fields(self):
        cases = {"full-name": "full_name", "fullName": "full_name", "class": "class_", "to_json": "to_json_", "1st": "field_1_st",
                 "---": "field", "ID": "id"}
        for text, name in cases.items():
            self.assertEqual(field_name(text), name)

    def test_two_of_the_same_name_are_an_error(self):
        empty = {"type": "object", "properties": {}}
        with self.assertRaisesRegex(SchemaError, "order_line: would be called OrderLine, as .*order-line is already"):
            self.source({"$defs": {"order-line": empty, "order_line": empty}})
        both = {"type": "object", "properties": {"a-b": {}, "a_b": {}}}
        with self.assertRaisesRegex(SchemaError, "properties/a_b: would be called a_b, as 'a-b' is already"):
            self.source({"$defs": {"Thing": both}})
