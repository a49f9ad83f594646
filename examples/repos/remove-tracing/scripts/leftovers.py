"""Says where words are left in the repository, also as a part of a name: `python3 scripts/leftovers.py WORD...`

`span` is found in `span_id`, `openSpan` and `SPAN`, and not in `spaniel`. The history in CHANGELOG.md may name what there was.
Ends with code 1 if something was found.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent
TEXT = {".py", ".json", ".md", ".toml", ".txt", ".cfg", ".sh"}
SPARED = {"CHANGELOG.md", "scripts/leftovers.py"}

#: `tracing_endpoint`, `tracingEndpoint` and `TRACING-ENDPOINT` are the same two words.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def files():
    for path in sorted(ROOT.rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(ROOT).parts)
        if path.is_file() and path.suffix in TEXT and not hidden and name not in SPARED:
            yield name, path


def main(words):
    if not words:
        print("usage: leftovers.py WORD...", file=sys.stderr)
        return 2
    wanted = {word.lower() for word in words}
    found = 0
    for name, path in files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if wanted & {part.lower() for part in PART.findall(line)}:
                print(f"{name}:{number}: {line.strip()}")
                found += 1
    print(f"{found} lines" if found else f"nothing is left of {', '.join(sorted(wanted))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
