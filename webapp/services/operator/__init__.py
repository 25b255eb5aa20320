"""The operator's use cases, for a terminal or a page: without click and Flask."""
