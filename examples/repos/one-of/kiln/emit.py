"""A model as the source of a module."""

import inspect
import re

from kiln import names, runtime, types

#: Import lines in their order, each with the text that needs it.
IMPORTS = [
    ("import datetime", r"\bdatetime\."),
    ("import re", r"\bre\."),
    ("from dataclasses import dataclass, field", r"= field\("),
    ("from dataclasses import dataclass", r"@dataclass"),
    ("from typing import Literal", r"\bLiteral\["),
]


def emit(model, source):
    """The text of a module; `source` is the schema's name for the first line."""
    class_names = names.class_names(model)
    classes = "\n\n".join(_record(record, class_names) for record in model.records)
    helpers = _helpers(classes)
    imports = "\n".join(_imports(classes + helpers))
    return (
        f"# Made by kiln from {source}. Changes made by hand are lost.\n"
        f"from __future__ import annotations\n\n{imports}\n\n\n{classes}{helpers}"
    )


def _imports(text):
    lines = [line for line, needs in IMPORTS if re.search(needs, text)]
    # The longer line of two about the same module holds the shorter one.
    return [line for at, line in enumerate(lines) if at == 0 or not lines[at - 1].startswith(f"{line},")]


def _record(record, class_names):
    fields = names.field_names(record)
    lines = ["@dataclass(kw_only=True)", f"class {class_names[record.place]}:"]
    if record.description:
        lines += [f'    """{_docstring(record.description)}"""', ""]
    for prop in record.properties:
        lines += _field(prop, fields[prop.name], class_names)
    lines += ["", *_from_json(record, fields, class_names), "", *_to_json(record, fields)]
    return "\n".join(lines) + "\n"


def _field(prop, name, class_names):
    lines = [f"    #: {line}" for line in prop.description.splitlines()]
    text = types.annotation(prop.node, class_names)
    if types.may_be_none(prop):
        text += " | None"
    if not prop.required:
        text += f" = {types.default(prop)[0]}"
    return [*lines, f"    {name}: {text}"]


def _from_json(record, fields, class_names):
    known = ", ".join(repr(prop.name) for prop in record.properties)
    closed = f", {{{known}}}" if record.closed else ""
    lines = [
        "    @classmethod",
        "    def from_json(cls, value, path='$'):",
        f"        _object(value, path{closed})",
        "        return cls(",
    ]
    for prop in record.properties:
        decode = types.decoder(prop.node, class_names)
        if prop.required:
            call = f"_required(value, {prop.name!r}, path, {decode})"
        else:
            default = types.default(prop)[1]
            rest = "" if default == "None" else f", {default}"
            call = f"_optional(value, {prop.name!r}, path, {decode}{rest})"
        lines.append(f"            {fields[prop.name]}={call},")
    return [*lines, "        )"]


def _to_json(record, fields):
    lines = ["    def to_json(self):", "        value = {}"]
    for prop in record.properties:
        own = f"self.{fields[prop.name]}"
        put = f"value[{prop.name!r}] = _dump({own})"
        if prop.required:
            lines.append(f"        {put}")
        else:
            lines += [f"        if {own} is not None:", f"            {put}"]
    return [*lines, "        return value"]


def _helpers(text):
    """The functions of the run time that the text uses, and those that these use, in the order of `runtime`."""
    available = {name: inspect.getsource(value) for name, value in vars(runtime).items()
                 if getattr(value, "__module__", "") == runtime.__name__}
    used = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop()))
        for name in words & (available.keys() - used):
            used.add(name)
            waiting.append(available[name])
    return "".join(f"\n\n{source}" for name, source in available.items() if name in used)


def _docstring(text):
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').strip()
