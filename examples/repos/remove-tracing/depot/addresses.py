"""Postcodes and address lines."""

import re

from depot.errors import DepotError
from depot.telemetry import traced

#: What every address has, with the longest that fits on a label.
FIELDS = {"name": 35, "street": 35, "town": 25}


class Addresses:
    def __init__(self, tracer):
        self.tracer = tracer

    def postcode(self, text):
        """Five digits, blanks and a leading `D-` removed; raises DepotError for anything else."""
        code = re.sub(r"^D-?|\s", "", text.strip().upper())
        if not re.fullmatch(r"\d{5}", code) or code.startswith("00"):
            raise DepotError(f"{text!r} is not a postcode")
        return code

    @traced("addresses.check")
    def check(self, address):
        """A tidy copy of an address; raises DepotError that names what is wrong."""
        tidy = {"postcode": self.postcode(str(address.get("postcode", "")))}
        for name, longest in FIELDS.items():
            value = " ".join(str(address.get(name, "")).split())
            if not value:
                raise DepotError(f"the address has no {name}")
            if len(value) > longest:
                raise DepotError(f"{name} has {len(value)} characters, {longest} fit on a label")
            tidy[name] = value
        return tidy
