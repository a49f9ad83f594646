"""The command line."""

import argparse
import sys
from pathlib import Path

from sluice.errors import OptionError, SluiceError
from sluice.options import REQUIRED
from sluice.plan import plan_for
from sluice.record import read
from sluice.registry import every, find
from sluice.stores import Folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sluice", description="Sends postings through extensions into files.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all extensions")
    show = commands.add_parser("show", help="what an extension does and takes")
    show.add_argument("name")
    run = commands.add_parser("run", help="make files")
    run.add_argument("name", help="a recipe, or an encode stage")
    run.add_argument("--input", type=Path, required=True)
    run.add_argument("--out", type=Path, required=True)
    run.add_argument("--replace", action="store_true", help="overwrite files that are there")
    run.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE")
    return parser


def _list() -> list[str]:
    extensions = every()
    width = max(len(cls.name) for cls in extensions)
    return [f"{cls.name:{width}}  {cls.kind:9}  {cls.help}" for cls in extensions]


def _show(name: str) -> list[str]:
    cls = find(name)
    lines = [f"{cls.name} ({cls.kind}): {cls.help}"]
    if cls.kind == "recipe":
        lines.append(f"  = {' -> '.join(each.alias for each in cls.stages)}")
        options = cls.options_of()
    else:
        options = cls.options
    for option, declared in options.items():
        default = " (has to be given)" if declared.default is REQUIRED else ""
        lines.append(f"  {option}: {declared.help}; takes {declared.takes}{default}")
    return lines


def _settings(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        option, equals, value = word.partition("=")
        if not equals or option in found:
            raise OptionError(f"--set {word}: write OPTION=VALUE, each option once")
        found[option] = value
    return found


def _run(arguments: argparse.Namespace) -> list[str]:
    plan = plan_for(arguments.name, _settings(arguments.set))
    folder = Folder(arguments.out, arguments.replace)
    with arguments.input.open(encoding="utf-8", newline="") as lines:
        count = plan.run(read(lines, str(arguments.input)), folder)
    names = folder.write()
    return [f"{count} postings in {len(names)} files in {arguments.out}", *(f"  {name}" for name in names)]


def main(words: list[str]) -> int:
    """Runs a command line; gives the exit code."""
    arguments = _parser().parse_args(words)
    try:
        if arguments.command == "list":
            lines = _list()
        elif arguments.command == "show":
            lines = _show(arguments.name)
        else:
            lines = _run(arguments)
    except (SluiceError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0
