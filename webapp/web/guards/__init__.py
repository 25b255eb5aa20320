"""Checks before a view, which may refuse."""
