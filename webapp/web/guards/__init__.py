"""What stands before a view, and may refuse."""
