"""Masks columns."""

from sluice.errors import OptionError
from sluice.options import names, number, text
from sluice.registry import extension
from sluice.stages import Transform, need_columns

#: Days and amounts decide where a record goes and what is summed; with a mask in their place the files would contradict themselves.
NEVER = ("id", "date", "amount")


def mask(value: str, keep: int, sign: str) -> str:
    """Letters and digits become `sign`, except the last `keep` of them. Spaces and punctuation stay, so that the form shows."""
    left = sum(character.isalnum() for character in value) - keep
    masked = []
    for character in value:
        if character.isalnum():
            masked.append(sign if left > 0 else character)
            left -= 1
        else:
            masked.append(character)
    return "".join(masked)


@extension
class Redact(Transform):
    name = "redact"
    help = "masks columns, and may keep their last characters"
    options = {
        "fields": names("columns to mask"),
        "keep": number("letters and digits at the end that stay readable", default=0, most=8),
        "sign": text("what stands for a letter or digit", default="*"),
    }

    def __init__(self, given=None):
        super().__init__(given)
        for field in self.set["fields"]:
            if field in NEVER:
                raise OptionError(f"`redact`: `{field}` cannot be masked")

    def check(self, columns):
        need_columns(self, self.set["fields"], columns)

    def apply(self, records):
        keep, sign = self.set["keep"], self.set["sign"]
        for record in records:
            yield record.with_cells({field: mask(record.cells[field], keep, sign) for field in self.set["fields"]})
