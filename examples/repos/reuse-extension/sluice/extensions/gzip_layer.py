"""Packs each file."""

import gzip

from sluice.options import number
from sluice.registry import extension
from sluice.stages import Layer


@extension
class Gzip(Layer):
    name = "gzip"
    help = "packs each file"
    options = {"level": number("how hard to try", default=9, least=1, most=9)}

    def put(self, name, data, below):
        # Without a time in the header the same file is packed to the same bytes.
        below.put(f"{name}.gz", gzip.compress(data, self.set["level"], mtime=0))
