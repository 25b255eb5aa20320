"""Callme: a "Call me" button for websites, rung through DialogTech."""
