"""JSON to nodes. A keyword is either in one of the tables here or an error."""

from kiln.errors import SchemaError
from kiln.nodes import Array, Choice, Map, Model, Nullable, Property, Record, Ref, Scalar

#: Keywords without a meaning for the code, allowed everywhere.
NOTES = {"title", "description", "examples", "$schema", "$id", "$comment"}

#: What may stand beside `type`.
KEYWORDS = {
    "string": {"format", "minLength", "maxLength", "pattern"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set(),
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
}

#: Limits as JSON has them and as the run time does.
LIMITS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "minItems": "min_items",
    "maxItems": "max_items",
}

FORMATS = {"date", "date-time"}

#: Keywords that people look for, with what to do instead.
REFUSED = {
    "oneOf": "oneOf is not supported; write one definition with optional properties",
    "anyOf": "anyOf is not supported; write one definition with optional properties",
    "allOf": "allOf is not supported; write the properties out",
    "not": "not is not supported",
    "if": "if is not supported",
    "prefixItems": "tuples are not supported; use an object",
    "patternProperties": "patternProperties is not supported; use additionalProperties",
}


def parse(loader):
    """The model of the loader's first file and of everything that it refers to."""
    return _Parser(loader).model()


class _Parser:
    def __init__(self, loader):
        self._loader = loader
        self._waiting = []
        self._seen = set()

    def model(self):
        root = self._loader.root
        document = self._loader.get(root)
        if "type" in document:
            self._want(root)
        for place in self._loader.definitions(root.file):
            self._want(place)
        model = Model()
        # Grows while definitions refer to further ones.
        for place in self._waiting:
            model.records.append(self._record(self._loader.get(place), place))
        if not model.records:
            raise SchemaError(root, "there is no object at the root and there are no definitions")
        return model

    def _want(self, place):
        if place not in self._seen:
            self._seen.add(place)
            self._waiting.append(place)

    def _record(self, schema, place):
        """A definition: always an object with properties."""
        self._check_object(schema, place)
        if schema.get("type") != "object" or "properties" not in schema:
            self._refuse(schema, place)
            raise SchemaError(place, "a definition has to be an object with properties")
        self._check_keywords(schema, place, KEYWORDS["object"] | {"type", "$defs"})
        required = self._required(schema, place)
        properties = []
        for name, part in schema["properties"].items():
            properties.append(self._property(name, part, name in required, place / "properties" / name))
        unknown = required - {one.name for one in properties}
        if unknown:
            raise SchemaError(place / "required", f"there is no property {sorted(unknown)[0]!r}")
        extra = schema.get("additionalProperties", True)
        if not isinstance(extra, bool):
            raise SchemaError(place / "additionalProperties", "beside properties this has to be true or false")
        title = place.steps[-1] if place.steps else schema.get("title", "Root")
        return Record(place, title, tuple(properties), closed=not extra, description=schema.get("description", ""))

    def _required(self, schema, place):
        required = schema.get("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise SchemaError(place / "required", "has to be a list of names")
        return set(required)

    def _property(self, name, schema, required, place):
        has_default = isinstance(schema, dict) and "default" in schema
        if has_default and required:
            raise SchemaError(place / "default", "a required property has no default")
        default = schema["default"] if has_default else None
        node = self._node(schema, place, extra={"default"})
        if has_default and not isinstance(node, (Scalar, Choice, Nullable)):
            raise SchemaError(place / "default", "only simple types can have a default")
        description = schema.get("description", "") if isinstance(schema, dict) else ""
        return Property(name, node, required, description, default, has_default)

    def _node(self, schema, place, extra=frozenset()):
        """The node of a schema that stands inside a definition."""
        if schema is True or schema == {}:
            return Scalar("any")
        self._check_object(schema, place)
        if "$ref" in schema:
            self._check_keywords(schema, place, {"$ref"} | extra)
            target = self._loader.resolve(schema["$ref"], place / "$ref")
            self._want(target)
            return Ref(target)
        if "enum" in schema or "const" in schema:
            return self._choice(schema, place, extra)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._nullable(schema, kind, place, extra)
        if kind not in KEYWORDS:
            self._refuse(schema, place)
            raise SchemaError(place, f"type has to be one of {', '.join(sorted(KEYWORDS))}, found {kind!r}")
        self._check_keywords(schema, place, KEYWORDS[kind] | {"type"} | extra)
        if kind == "object":
            return self._map(schema, place)
        if kind == "array":
            if "items" not in schema:
                raise SchemaError(place, "an array needs items")
            return Array(self._node(schema["items"], place / "items"), self._limits(schema, place))
        if kind == "string" and "format" in schema:
            if schema["format"] not in FORMATS:
                raise SchemaError(place / "format", f"formats are {', '.join(sorted(FORMATS))}")
            return Scalar(schema["format"], self._limits(schema, place))
        return Scalar(kind, self._limits(schema, place))

    def _nullable(self, schema, kinds, place, extra):
        others = [kind for kind in kinds if kind != "null"]
        if len(kinds) != 2 or len(others) != 1:
            raise SchemaError(place / "type", "a list of types has to be one type and null")
        return Nullable(self._node({**schema, "type": others[0]}, place, extra))

    def _map(self, schema, place):
        if "properties" in schema:
            raise SchemaError(place, "an object with properties has to be a definition of its own; use $ref")
        value = schema.get("additionalProperties", True)
        if value is False:
            raise SchemaError(place, "an object without properties that allows no others is always empty")
        return Map(self._node(value, place / "additionalProperties"))

    def _choice(self, schema, place, extra):
        keyword = "enum" if "enum" in schema else "const"
        self._check_keywords(schema, place, {keyword, "type"} | extra)
        values = schema["enum"] if keyword == "enum" else [schema["const"]]
        simple = isinstance(values, list) and all(
            isinstance(value, (str, int)) and not isinstance(value, bool) for value in values
        )
        if not simple or not values:
            raise SchemaError(place / keyword, "only strings and integers can be chosen from")
        return Choice(tuple(values))

    def _limits(self, schema, place):
        found = []
        for keyword, name in LIMITS.items():
            if keyword not in schema:
                continue
            wanted = str if keyword == "pattern" else (int, float)
            if not isinstance(schema[keyword], wanted) or isinstance(schema[keyword], bool):
                raise SchemaError(place / keyword, "has the wrong type")
            found.append((name, schema[keyword]))
        return tuple(found)

    @staticmethod
    def _check_object(schema, place):
        if not isinstance(schema, dict):
            raise SchemaError(place, "a schema has to be an object")

    def _check_keywords(self, schema, place, known):
        self._refuse(schema, place)
        for keyword in schema:
            if keyword not in known | NOTES:
                raise SchemaError(place / keyword, f"{keyword} is not supported here")

    @staticmethod
    def _refuse(schema, place):
        for keyword, message in REFUSED.items():
            if keyword in schema:
                raise SchemaError(place / keyword, message)
