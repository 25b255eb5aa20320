"""Helpers that the tests share: waiting, a clock set by hand, stand-in vendors, visitors, processes."""
