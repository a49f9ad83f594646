"""Sends postings through small extensions into files."""

__version__ = "1.6.0"
