"""What generated modules need. Each function is copied into them if it is used, so none may use anything but the others here,
`datetime` and `re`."""

import datetime
import re


class DecodeError(ValueError):
    """A value is not what the schema says. `path` is where, as in `$.pets[2].name`."""

    def __init__(self, path, message):
        super().__init__(f"{path}: {message}")
        self.path = path


def _found(value):
    """A value in a message: short, and as JSON calls it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _string(value, path):
    if not isinstance(value, str):
        raise DecodeError(path, f"expected a string, found {_found(value)}")
    return value


def _integer(value, path):
    if not isinstance(value, int) or isinstance(value, bool):
        raise DecodeError(path, f"expected an integer, found {_found(value)}")
    return value


def _number(value, path):
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise DecodeError(path, f"expected a number, found {_found(value)}")
    return value


def _boolean(value, path):
    if not isinstance(value, bool):
        raise DecodeError(path, f"expected true or false, found {_found(value)}")
    return value


def _any(value, path):
    return value


def _date(value, path):
    try:
        return datetime.date.fromisoformat(_string(value, path))
    except ValueError as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(path, f"expected a date like 2024-05-31, found {_found(value)}") from None


def _date_time(value, path):
    try:
        moment = datetime.datetime.fromisoformat(_string(value, path))
    except ValueError as error:
        if isinstance(error, DecodeError):
            raise
        raise DecodeError(path, f"expected a time like 2024-05-31T12:00:00Z, found {_found(value)}") from None
    if moment.tzinfo is None:
        raise DecodeError(path, f"expected a time with an offset, found {_found(value)}")
    return moment


def _choice(*allowed):
    def decode(value, path):
        if isinstance(value, bool) or value not in allowed:
            names = ", ".join(repr(one) for one in allowed)
            expected = names if len(allowed) == 1 else f"one of {names}"
            raise DecodeError(path, f"expected {expected}, found {_found(value)}")
        return value

    return decode


def _nullable(inner):
    def decode(value, path):
        return None if value is None else inner(value, path)

    return decode


def _array(item):
    def decode(value, path):
        if not isinstance(value, list):
            raise DecodeError(path, f"expected an array, found {_found(value)}")
        return [item(one, f"{path}[{at}]") for at, one in enumerate(value)]

    return decode


def _map(inner):
    def decode(value, path):
        if not isinstance(value, dict):
            raise DecodeError(path, f"expected an object, found {_found(value)}")
        return {name: inner(one, f"{path}.{name}") for name, one in value.items()}

    return decode


def _limited(inner, minimum=None, maximum=None, min_length=None, max_length=None, pattern=None, min_items=None,
             max_items=None):
    def decode(value, path):
        result = inner(value, path)
        if minimum is not None and value < minimum:
            raise DecodeError(path, f"expected at least {minimum}, found {_found(value)}")
        if maximum is not None and value > maximum:
            raise DecodeError(path, f"expected at most {maximum}, found {_found(value)}")
        least, most = (min_length, max_length) if isinstance(value, str) else (min_items, max_items)
        unit = "characters" if isinstance(value, str) else "items"
        if least is not None and len(value) < least:
            raise DecodeError(path, f"expected at least {least} {unit}, found {len(value)}")
        if most is not None and len(value) > most:
            raise DecodeError(path, f"expected at most {most} {unit}, found {len(value)}")
        if pattern is not None and not re.search(pattern, value):
            raise DecodeError(path, f"expected text that fits {pattern}, found {_found(value)}")
        return result

    return decode


def _object(value, path, known=None):
    """Checks that a value is an object, and that it has only known keys if these are given."""
    if not isinstance(value, dict):
        raise DecodeError(path, f"expected an object, found {_found(value)}")
    for name in value:
        if known is not None and name not in known:
            raise DecodeError(f"{path}.{name}", "is not known")
    return value


def _required(value, name, path, decode):
    if name not in value:
        raise DecodeError(path, f"{name} is missing")
    return decode(value[name], f"{path}.{name}")


def _optional(value, name, path, decode, default=None):
    return decode(value[name], f"{path}.{name}") if name in value else default


def _dump(value):
    """JSON for a field's value."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, list):
        return [_dump(one) for one in value]
    if isinstance(value, dict):
        return {name: _dump(one) for name, one in value.items()}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return value
