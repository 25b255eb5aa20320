"""Callme: a "Call me" button for websites, rung through DialogTech."""

__version__ = "0.1.0"
