"""For those who run it: health, metrics, reports of vendors, and the description of the API."""
