"""Tests of kiln."""
