"""Nodes as Python sees them: annotations, decoders, defaults. All of them are text."""

from kiln.nodes import Array, Choice, Map, Nullable, Ref, Scalar

ANNOTATIONS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "datetime.date",
    "date-time": "datetime.datetime",
    "any": "object",
}

DECODERS = {
    "string": "_string",
    "integer": "_integer",
    "number": "_number",
    "boolean": "_boolean",
    "date": "_date",
    "date-time": "_date_time",
    "any": "_any",
}


def annotation(node, names):
    """The annotation of a field; `names` are class names by place."""
    match node:
        case Scalar():
            return ANNOTATIONS[node.kind]
        case Choice():
            return f"Literal[{', '.join(repr(value) for value in node.values)}]"
        case Array():
            return f"list[{annotation(node.item, names)}]"
        case Map():
            return f"dict[str, {annotation(node.value, names)}]"
        case Nullable():
            return f"{annotation(node.node, names)} | None"
        case Ref():
            return names[node.place]
    raise TypeError(f"no annotation for {node!r}")


def decoder(node, names):
    """An expression for the function that decodes a node."""
    match node:
        case Scalar():
            return _limited(DECODERS[node.kind], node.limits)
        case Choice():
            return f"_choice({', '.join(repr(value) for value in node.values)})"
        case Array():
            return _limited(f"_array({decoder(node.item, names)})", node.limits)
        case Map():
            return f"_map({decoder(node.value, names)})"
        case Nullable():
            return f"_nullable({decoder(node.node, names)})"
        case Ref():
            return f"{names[node.place]}.from_json"
    raise TypeError(f"no decoder for {node!r}")


def _limited(text, limits):
    if not limits:
        return text
    return f"_limited({text}, {', '.join(f'{name}={value!r}' for name, value in limits)})"


def default(prop):
    """What a property that is not required is when it is missing: for the field, and for the decoder."""
    match prop.node:
        case _ if prop.has_default:
            return repr(prop.default), repr(prop.default)
        case Array():
            return "field(default_factory=list)", "[]"
        case Map():
            return "field(default_factory=dict)", "{}"
    return "None", "None"


def may_be_none(prop):
    """Whether None is a value of the field beside those of its node."""
    if prop.required or prop.has_default or isinstance(prop.node, (Array, Map, Nullable)):
        return False
    return prop.node != Scalar("any")
