"""What can go wrong, in words for the person at the command line."""


class SluiceError(Exception):
    """Something that the user can mend. The text says where, what was found and what is allowed."""


class OptionError(SluiceError):
    """An option that does not exist, is missing, or has a value that it cannot have."""


class PlanError(SluiceError):
    """Stages that do not fit together."""


class DataError(SluiceError):
    """Input that is not as described in README.md."""


class FolderError(SluiceError):
    """An output folder that cannot be written to."""


def listed(names) -> str:
    """Names for an error: sorted, in backticks."""
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"
