"""From a submitted form to a committed call and its progress: API and hosted page."""
