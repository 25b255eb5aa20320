"""For operators: health, metrics, the vendor's reports, and the description of the API."""
