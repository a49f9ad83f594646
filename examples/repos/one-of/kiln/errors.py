"""What can be wrong with a schema."""


class SchemaError(Exception):
    """A schema cannot be turned into code. `place` is a file and a JSON pointer, as in `petshop.json#/$defs/Pet`."""

    def __init__(self, place, message):
        super().__init__(f"{place}: {message}")
        self.place = place
