"""The command line."""

import argparse
import difflib
import pathlib
import sys

from kiln import __version__
from kiln.emit import emit
from kiln.errors import SchemaError
from kiln.loader import Loader
from kiln.parse import parse


def generate(path):
    """The module for a schema file."""
    path = pathlib.Path(path)
    return emit(parse(Loader(path)), path.name)


def parser():
    top = argparse.ArgumentParser(prog="kiln", description="Makes Python dataclasses from JSON Schema files.")
    top.add_argument("schema", help="the schema file")
    where = top.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", help="write to this file instead of printing")
    where.add_argument("--check", metavar="FILE", help="compare with this file instead of printing")
    top.add_argument("--version", action="version", version=__version__)
    return top


def main(argv, out=sys.stdout, err=sys.stderr):
    arguments = parser().parse_args(argv)
    try:
        text = generate(arguments.schema)
        if arguments.check:
            return check(pathlib.Path(arguments.check), text, out)
        if arguments.output:
            pathlib.Path(arguments.output).write_text(text, encoding="utf-8")
        else:
            out.write(text)
    except SchemaError as error:
        err.write(f"kiln: {error}\n")
        return 2
    except OSError as error:
        err.write(f"kiln: {error.filename}: {error.strerror}\n")
        return 2
    return 0


def check(path, text, out):
    """Prints the difference between a file and what it should be; 1 if there is one."""
    there = path.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(
        there.splitlines(keepends=True), text.splitlines(keepends=True), str(path), "as generated now"
    ))
    out.writelines(difference)
    return 1 if difference else 0
