"""Tests of the depot service."""
