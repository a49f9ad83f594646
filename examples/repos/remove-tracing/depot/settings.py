"""Configuration: a JSON file over the defaults, some of it over that from the environment. Unknown keys are refused."""

import json
import pathlib

from depot.errors import ConfigError

DEFAULTS = pathlib.Path(__file__).parent.parent / "config" / "default.json"

#: Every key with the type of its value.
KNOWN = {
    "listen.host": str,
    "listen.port": int,
    "store.path": str,
    "jobs.attempts": int,
    "jobs.pause_seconds": float,
    "mail.sender": str,
    "mail.outbox": str,
    "webhooks.timeout_seconds": float,
    "telemetry.counters": bool,
    "telemetry.slow_ms": int,
    "telemetry.tracing.endpoint": str,
    "telemetry.tracing.sample_rate": float,
    "telemetry.tracing.batch": int,
}

#: Variables that win over the file.
ENVIRONMENT = {
    "DEPOT_PORT": "listen.port",
    "DEPOT_STORE": "store.path",
    "DEPOT_TRACING_ENDPOINT": "telemetry.tracing.endpoint",
}


class Settings:
    """Values by dotted key: `settings["listen.port"]`."""

    def __init__(self, values):
        self._values = values

    def __getitem__(self, key):
        return self._values[key]

    def items(self):
        return sorted(self._values.items())


def load(path=None, environment=()):
    """The settings of a file; raises ConfigError with the key that is wrong."""
    values = _read(DEFAULTS)
    if path is not None:
        values.update(_read(pathlib.Path(path)))
    for name, key in ENVIRONMENT.items():
        if name in environment:
            values[key] = _parse(environment[name], key, name)
    _check_ranges(values)
    return Settings(values)


def _read(path):
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    values = {}
    for key, value in _flatten(tree, ""):
        if key not in KNOWN:
            raise ConfigError(f"{path}: unknown key {key}")
        values[key] = _typed(value, key, path)
    return values


def _flatten(tree, prefix):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _typed(value, key, where):
    wanted = KNOWN[key]
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ConfigError(f"{where}: {key} has to be of type {wanted.__name__}, not {type(value).__name__}")
    return value


def _parse(text, key, name):
    try:
        return KNOWN[key](text)
    except ValueError:
        raise ConfigError(f"{name}: {text!r} is not of type {KNOWN[key].__name__}") from None


def _check_ranges(values):
    if not 0 < values["listen.port"] < 65536:
        raise ConfigError(f"listen.port has to be from 1 to 65535, not {values['listen.port']}")
    if not 0 <= values["telemetry.tracing.sample_rate"] <= 1:
        rate = values["telemetry.tracing.sample_rate"]
        raise ConfigError(f"telemetry.tracing.sample_rate has to be from 0 to 1, not {rate}")
    for key in ("jobs.attempts", "telemetry.tracing.batch"):
        if values[key] < 1:
            raise ConfigError(f"{key} has to be at least 1, not {values[key]}")
