"""Tests; `support` is what they share."""
