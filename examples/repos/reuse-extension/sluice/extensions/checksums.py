"""A list of SHA-256 sums beside the files."""

import hashlib

from sluice.options import text
from sluice.registry import extension
from sluice.stages import Layer


@extension
class Checksums(Layer):
    name = "checksums"
    help = "a list of SHA-256 sums beside the files"
    options = {"file": text("name of the list", default="SHA256SUMS")}

    def __init__(self, given=None):
        super().__init__(given)
        self._sums: dict[str, str] = {}

    def put(self, name, data, below):
        self._sums[name] = hashlib.sha256(data).hexdigest()
        below.put(name, data)

    def finish(self, below):
        lines = [f"{self._sums[name]}  {name}\n" for name in sorted(self._sums)]
        below.put(self.set["file"], "".join(lines).encode())
