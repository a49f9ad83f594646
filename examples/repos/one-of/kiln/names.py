"""Python names for what a schema calls its own way."""

import keyword
import re

from kiln.errors import SchemaError

#: Names that every generated module or class has already.
TAKEN_CLASSES = {"DecodeError", "Literal"}
TAKEN_FIELDS = {"from_json", "to_json", "cls", "self"}

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def class_name(text):
    """`order-line`, `orderLine` and `order_line` are `OrderLine`."""
    name = "".join(word[0].upper() + word[1:].lower() if not word.isupper() or len(word) == 1 else word
                   for word in WORDS.findall(text))
    if not name or name[0].isdigit():
        name = f"Type{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in TAKEN_CLASSES else name


def field_name(text):
    """`full-name` and `fullName` are `full_name`; keywords get an underscore."""
    name = "_".join(word.lower() for word in WORDS.findall(text))
    if not name or name[0].isdigit():
        name = f"field_{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) or name in TAKEN_FIELDS else name


def class_names(model):
    """Place -> class name for every definition; raises SchemaError where two would have the same."""
    names = {}
    owners = {}
    for record in model.records:
        name = class_name(record.title)
        if name in owners:
            raise SchemaError(record.place, f"would be called {name}, as {owners[name]} is already")
        owners[name] = record.place
        names[record.place] = name
    return names


def field_names(record):
    """Property name -> field name; raises SchemaError where two would have the same."""
    names = {}
    owners = {}
    for prop in record.properties:
        name = field_name(prop.name)
        if name in owners:
            place = record.place / "properties" / prop.name
            raise SchemaError(place, f"would be called {name}, as {owners[name]!r} is already")
        owners[name] = prop.name
        names[prop.name] = name
    return names
