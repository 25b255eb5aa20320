"""What an operator does, whether from a terminal or from a page: free of click and Flask."""
