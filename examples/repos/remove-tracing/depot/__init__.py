"""The service behind the counter of a parcel depot."""

__version__ = "4.2.0"
