"""What can go wrong, with the status that clients see."""


class DepotError(Exception):
    """The request cannot be done; the message is for the client."""

    status = 400


class NotFound(DepotError):
    status = 404


class Conflict(DepotError):
    """The thing is not in a state in which this can be done."""

    status = 409


class ConfigError(Exception):
    """A configuration file is wrong; the message names the key."""
