"""Makes Python dataclasses from JSON Schema files."""

__version__ = "0.9.0"
