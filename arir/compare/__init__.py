"""Comparing systems under significance tests."""
