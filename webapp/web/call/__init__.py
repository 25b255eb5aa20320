"""From a press to a committed call, and how it goes on: the API and the hosted page."""
